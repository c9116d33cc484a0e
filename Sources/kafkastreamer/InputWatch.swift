import Base
import CLinux
import Inputs
import Logging
import Pipeline

/// Says what goes wrong at the inputs and when it is over, by listener and kind: two lines for an episode, however many
/// senders make it and however fast they are.
struct InputWatch {
    /// Something that can go wrong, and what counts it.
    private struct Kind: Sendable {
        let text: String
        let level: Logger.Level
        let count: @Sendable (ListenerCounts) -> UInt64

        init(_ text: String, _ level: Logger.Level = .warning, _ count: @escaping @Sendable (ListenerCounts) -> UInt64)
        {
            self.text = text
            self.level = level
            self.count = count
        }
    }

    private static let kinds = [
        Kind("connections refused: max-connections is reached") { $0.sockets.refusedByLimit },
        Kind("connections refused: too many of one source") { $0.sockets.refusedBySource },
        Kind("connections refused: address not allowed") { $0.sockets.refusedByNetwork },
        Kind(
            "connections refused: the descriptors that are left are kept for brokers, spool and files; raise the limit"
        ) {
            $0.sockets.refusedForDescriptors
        },
        Kind("connections wait: no descriptor is left to accept them") { $0.sockets.acceptFailures },
        Kind("connections broken off", .info) { $0.sockets.failedConnections },
        Kind("idle connections closed", .info) { $0.sockets.idleConnections },
        Kind("datagrams rejected: the spool is full") { $0.rejected[.spoolFull, default: 0] },
        Kind("datagrams rejected: rate limit") { $0.rejected[.rateLimited, default: 0] },
        Kind("datagrams rejected: address not allowed") { $0.rejected[.acl, default: 0] },
        Kind("files wait: the spool is full") { $0.roomWaits },
        Kind("senders or files wait: rate limit") { $0.rateWaits },
        Kind("datagrams dropped by the kernel: receive-buffer is too small for the moment") { $0.sockets.kernelDrops },
    ]

    private struct Key: Hashable {
        /// By what it is: another name makes no other counts.
        let listener: String
        let kind: Int
    }

    private let logger: Logger
    private var episodes: [Key: Episode] = [:]
    /// By listener, as above, seconds at whose ends connections waited for room.
    private var held: [String: UInt64] = [:]
    private var holding: [String: Episode] = [:]
    private var mostOpen = 0

    init(logger: Logger) { self.logger = logger }

    /// Looks at the counts; called once a second.
    /// - Parameter now: seconds of a clock that never goes back.
    /// - Parameter listeners: by identity.
    mutating func look(_ listeners: [String: ListenerSums], now: Int) {
        for (identity, listener) in listeners.sorted(by: { $0.key < $1.key }) {
            for (index, kind) in Self.kinds.enumerated() {
                let count = kind.count(listener.counts)
                guard count > 0 else { continue }
                let report = episodes[Key(listener: identity, kind: index), default: Episode()].observe(count, now: now)
                if let report { say(report, kind.text, kind.level, listener) }
            }
            lookAtHeld(identity, listener, now)
        }
        giveBackMemory(listeners.values.reduce(0) { $0 + $1.counts.sockets.openConnections })
    }

    private mutating func lookAtHeld(_ identity: String, _ listener: ListenerSums, _ now: Int) {
        let (name, counts) = (listener.name, listener.counts)
        if counts.sockets.heldConnections > 0 { held[identity, default: 0] += 1 }
        let report = holding[identity, default: Episode()].observe(held[identity, default: 0], now: now)
        switch report {
        case .began, .goesOn:
            logger.warning(
                "senders wait: the spool is full",
                metadata: ["listener": "\(name)", "connections": "\(counts.sockets.heldConnections)"])
        case .ended(_, let seconds):
            logger.notice(
                "over: senders wait: the spool is full", metadata: ["listener": "\(name)", "seconds": "\(seconds)"])
        case nil: break
        }
    }

    private func say(_ report: Episode.Report, _ text: String, _ level: Logger.Level, _ listener: ListenerSums) {
        let counts = listener.counts
        var metadata: Logger.Metadata = ["listener": "\(listener.name)"]
        var (word, level) = ("", level)
        switch report {
        case .began(let count):
            metadata["count"] = "\(count)"
        case .goesOn(let count, let seconds):
            word = "still: "
            metadata["count"] = "\(count)"
            metadata["seconds"] = "\(seconds)"
        case .ended(let count, let seconds):
            word = "over: "
            metadata["count"] = "\(count)"
            metadata["seconds"] = "\(seconds)"
            if level > .notice { level = .notice }
        }
        if text.hasPrefix("connections refused"), counts.sockets.lastRefused.count > 0 {
            metadata["peer"] = "\(counts.sockets.lastRefused.text)"
        }
        logger.log(level: level, "\(word)\(text)", metadata: metadata)
    }

    /// Thousands of connections that have gone leave their memory in the heap, for good if it stays there.
    private mutating func giveBackMemory(_ open: Int) {
        mostOpen = max(mostOpen, open)
        guard mostOpen - open >= 500, open * 2 <= mostOpen else { return }
        mostOpen = open
        clinux_release_free_memory()
    }
}
