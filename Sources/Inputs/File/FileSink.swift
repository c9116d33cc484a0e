import Spool

/// What a sink knows of one file's lines. It is asked beyond the listener's end, for as long as its records are pending.
public protocol FileOrigin: AnyObject, Sendable {
    /// Records committed for it so far.
    var committedCount: UInt64 { get }

    /// Of those, how many from the first on are safe without a gap: delivered, or kept by a durable spool.
    var settledCount: UInt64 { get }
}

/// Where the lines of files go. All calls come on the follower's thread.
public protocol FileSink: InputSink {
    /// What it keeps for each file.
    associatedtype Origin: FileOrigin

    /// Lines of a file will come, from a position on.
    func open(_ origin: OriginIdentity, at position: UInt64) -> Origin

    /// No more lines of it will come. What is not settled yet is followed to its end.
    func close(_ origin: Origin)

    /// Takes a line. False when there is no room; it is offered again.
    func receive(line: UnsafeRawBufferPointer, isTruncated: Bool, origin: Origin, position: UInt64) -> Bool

    /// Called after each batch of lines.
    func endBatch()

    /// Waits until there is room, or `stopping` may have become true.
    func waitForRoom()
}
