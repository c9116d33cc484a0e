/// How full the spool is, at one moment.
public struct SpoolReadings: Sendable, Equatable {
    /// Bytes of a segment.
    public var segmentSize: Int
    /// Segments that exist.
    public var allocated: Int
    /// Of those: without a record.
    public var free: Int
    /// Segments that there may be.
    public var maximum: Int
    /// Whether messages find room: a part is kept for the backlogs of stuck topics and for dead letters.
    public var hasRoom: Bool

    /// Readings.
    public init(segmentSize: Int, allocated: Int, free: Int, maximum: Int, hasRoom: Bool) {
        self.segmentSize = segmentSize
        self.allocated = allocated
        self.free = free
        self.maximum = maximum
        self.hasRoom = hasRoom
    }
}
