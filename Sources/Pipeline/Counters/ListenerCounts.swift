/// What came in by one listener, all its workers together, since the process started.
public struct ListenerCounts: Sendable, Equatable {
    /// Messages read, and those that the kernel dropped.
    public var received: UInt64 = 0
    /// Messages committed to the spool.
    public var committed: UInt64 = 0
    /// Messages not kept, by reason.
    public var rejected: [Rejection: UInt64] = [:]
    /// Of the committed: cut at the maximum size.
    public var truncated: UInt64 = 0
    /// Of the committed: no parser knew them.
    public var unmatched: UInt64 = 0
    /// Times that a stream's frames had to be found anew after a wrong octet count.
    public var resynchronised: UInt64 = 0
    /// Of the unmatched: matching was given up because it cost more steps than a message may.
    public var abandonedMatches: UInt64 = 0
    /// What its sockets say.
    public var sockets = SocketReadings()
}

/// What a listener's sockets have seen: read from them when somebody asks.
public struct SocketReadings: Sendable, Equatable {
    /// Datagrams that the kernel dropped because the socket's buffer was full.
    public var kernelDrops: UInt64 = 0
    /// Connections open now.
    public var openConnections = 0
    /// Connections accepted.
    public var acceptedConnections: UInt64 = 0
    /// Connections that have ended.
    public var closedConnections: UInt64 = 0
    /// Connections refused because there were too many.
    public var refusedByLimit: UInt64 = 0
    /// Connections refused because their address is not allowed.
    public var refusedByNetwork: UInt64 = 0

    /// No readings yet.
    public init() {}

    static func + (a: SocketReadings, b: SocketReadings) -> SocketReadings {
        var sum = a
        sum.kernelDrops += b.kernelDrops
        sum.openConnections += b.openConnections
        sum.acceptedConnections += b.acceptedConnections
        sum.closedConnections += b.closedConnections
        sum.refusedByLimit += b.refusedByLimit
        sum.refusedByNetwork += b.refusedByNetwork
        return sum
    }
}
