/// Why a message was not kept. The names are part of the ledger's contract.
public enum Rejection: Int, CaseIterable, Sendable {
    /// The listener's, the service's or the source's rate was used up (datagrams; streams and files are slowed).
    case rateLimited
    /// No room in the spool (datagrams; streams and files wait).
    case spoolFull
    /// The kernel's buffer was full: the datagram was never seen.
    case kernelDrop
    /// The sender's address is not allowed.
    case acl
    /// A route says `drop: true`.
    case route
    /// A datagram without a byte.
    case empty
    /// A record that a power loss tore in the spool.
    case torn
    /// Kafka refused the record and its dead letter.
    case deadLetterRefused
    /// The process ended before it was delivered, and the spool was memory.
    case abandoned

    /// As the ledger prints it.
    public var name: String {
        switch self {
        case .rateLimited: "rate_limited"
        case .spoolFull: "spool_full"
        case .kernelDrop: "kernel_drop"
        case .acl: "acl"
        case .route: "route"
        case .empty: "empty"
        case .torn: "torn"
        case .deadLetterRefused: "dead_letter_refused"
        case .abandoned: "abandoned"
        }
    }
}

/// Where every message that was received is now: `received = delivered + pending + rejected`.
public struct Ledger: Sendable, Equatable {
    /// Messages read from sockets and files, those that the kernel dropped, and those found in the spool at start.
    public var received: UInt64 = 0
    /// Messages that Kafka has, by its delivery report; those that became dead letters among them.
    public var delivered: UInt64 = 0
    /// Messages committed to the spool and not delivered.
    public var pending: UInt64 = 0
    /// Messages not kept, by reason.
    public var rejected: [Rejection: UInt64] = [:]
    /// Of the received: found in the spool at start.
    public var replayed: UInt64 = 0
    /// Of the committed: refused by Kafka and committed anew as dead letters.
    public var deadLettered: UInt64 = 0
    /// Of the received: cut at the maximum size (kept, with a mark).
    public var truncated: UInt64 = 0
    /// Of the received: no parser knew them (kept, as type `SYSLOG`).
    public var unmatched: UInt64 = 0
    /// Times that a stream's frames had to be found anew after a wrong octet count.
    public var resynchronised: UInt64 = 0

    /// Nothing was received.
    public init() {}

    /// Messages not kept, all reasons.
    public var rejectedTotal: UInt64 { rejected.values.reduce(0, +) }

    /// Whether every message is accounted for.
    public var isBalanced: Bool { received == delivered + pending + rejectedTotal }

    /// What `/metrics`, the log and the exit print, in a stable order: the four sums always, the rest when not 0.
    public var entries: [(name: String, value: UInt64)] {
        var entries: [(String, UInt64)] = [
            ("received", received), ("delivered", delivered), ("pending", pending), ("rejected", rejectedTotal),
        ]
        for reason in Rejection.allCases {
            if let count = rejected[reason], count > 0 { entries.append(("rejected.\(reason.name)", count)) }
        }
        for (name, value) in [
            ("replayed", replayed), ("dead_lettered", deadLettered), ("truncated", truncated),
            ("unmatched", unmatched), ("resynchronised", resynchronised),
        ] where value > 0 {
            entries.append((name, value))
        }
        return entries
    }
}
