import Inputs

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
    /// Times that lines of files had to wait because the spool was full.
    public var roomWaits: UInt64 = 0
    /// Times that a stream or lines of files had to wait because a rate was used up.
    public var rateWaits: UInt64 = 0
    /// Of the committed: their header has a fault.
    public var headerFaults: UInt64 = 0
    /// What its sockets say.
    public var sockets = SocketReadings()
}

/// The counts of one listener, and what it is called now.
public struct ListenerSums: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its counts since the process started, whatever its names were.
    public var counts: ListenerCounts

    /// Counts under a name.
    public init(name: String, counts: ListenerCounts) {
        self.name = name
        self.counts = counts
    }
}
