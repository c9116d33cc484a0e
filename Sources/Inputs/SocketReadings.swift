/// What a listener's sockets have seen since they were opened.
public struct SocketReadings: Sendable, Equatable {
    /// Datagrams that the kernel dropped because the socket's buffer was full.
    public var kernelDrops: UInt64 = 0
    /// Connections open now.
    public var openConnections = 0
    /// Of those, the ones whose bytes wait because there is no room for them.
    public var heldConnections = 0
    /// Connections accepted.
    public var acceptedConnections: UInt64 = 0
    /// Connections that have ended.
    public var closedConnections: UInt64 = 0
    /// Of those, the ones that ended with an error, as a reset.
    public var failedConnections: UInt64 = 0
    /// Of those, the ones that were closed because nothing came for too long.
    public var idleConnections: UInt64 = 0
    /// Connections refused because there were too many.
    public var refusedByLimit: UInt64 = 0
    /// Connections refused because there were too many of their source.
    public var refusedBySource: UInt64 = 0
    /// Connections refused because their address is not allowed.
    public var refusedByNetwork: UInt64 = 0
    /// Connections refused because the descriptors that are left are kept for brokers, the spool and files.
    public var refusedForDescriptors: UInt64 = 0
    /// Times that the system had no descriptor or memory for a connection, which then waits in its queue.
    public var acceptFailures: UInt64 = 0

    /// Who was refused last.
    public var lastRefused = PeerAddress.none

    /// No readings yet.
    public init() {}

    /// The sums of both.
    public static func + (a: SocketReadings, b: SocketReadings) -> SocketReadings {
        var sum = a
        sum.kernelDrops += b.kernelDrops
        sum.openConnections += b.openConnections
        sum.heldConnections += b.heldConnections
        sum.acceptedConnections += b.acceptedConnections
        sum.closedConnections += b.closedConnections
        sum.failedConnections += b.failedConnections
        sum.idleConnections += b.idleConnections
        sum.refusedByLimit += b.refusedByLimit
        sum.refusedBySource += b.refusedBySource
        sum.refusedByNetwork += b.refusedByNetwork
        sum.refusedForDescriptors += b.refusedForDescriptors
        sum.acceptFailures += b.acceptFailures
        if sum.lastRefused == .none { sum.lastRefused = b.lastRefused }
        return sum
    }
}
