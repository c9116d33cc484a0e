/// How the spool keeps records.
public struct SpoolSettings: Sendable, Equatable {
    /// When records are forced to the disk.
    public enum Sync: Sendable, Equatable {
        /// Never: the page cache keeps them through the death of the process, not of the machine.
        case process
        /// Every so many milliseconds.
        case interval(milliseconds: Int)
        /// At the end of every batch, before the next one is read.
        case always
    }

    /// Where segments are files; nil keeps them in anonymous memory.
    public var directory: String?
    /// Most bytes of all segments together.
    public var maximumSize: Int
    /// Bytes of one segment: a multiple of 4 KiB, at least 64 KiB.
    public var segmentSize: Int
    /// When records are forced to the disk. Without a directory it means nothing.
    public var sync: Sync

    /// Settings; the defaults are those of `configs/kafka.yaml`.
    public init(
        directory: String? = nil, maximumSize: Int = 64 << 20, segmentSize: Int = 4 << 20, sync: Sync = .process
    ) {
        self.directory = directory
        self.maximumSize = maximumSize
        self.segmentSize = segmentSize
        self.sync = sync
    }
}
