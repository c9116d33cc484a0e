/// How the spool keeps records.
public struct SpoolSettings: Sendable, Equatable {
    /// When records are forced to the disk.
    public enum Sync: String, Sendable, CaseIterable {
        /// Never: the page cache keeps them through the death of the process, not of the machine.
        case process
        /// Every ``SpoolSettings/syncMilliseconds``.
        case interval
        /// At the end of every batch, before the next one is read.
        case always
    }

    /// Where segments are files; nil keeps them in anonymous memory, and nothing survives the process.
    public var directory: String?
    /// Most bytes of all segments together; nil = by default.
    public var configuredMaximumSize: Int?
    /// Bytes of one segment: a multiple of ``sizeUnit``; nil = by default.
    public var configuredSegmentSize: Int?
    /// When records are forced to the disk. Without a directory it means nothing.
    public var sync = Sync.process
    /// Milliseconds between two times with `sync: interval`.
    public var syncMilliseconds = 1000

    /// Settings; what is not said is by default.
    public init(
        directory: String? = nil, maximumSize: Int? = nil, segmentSize: Int? = nil, sync: Sync = .process,
        syncMilliseconds: Int = 1000
    ) {
        self.directory = directory
        configuredMaximumSize = maximumSize
        configuredSegmentSize = segmentSize
        self.sync = sync
        self.syncMilliseconds = syncMilliseconds
    }

    /// Most bytes of all segments together.
    public var maximumSize: Int { configuredMaximumSize ?? (directory == nil ? 64 << 20 : 1 << 30) }
    /// Bytes of one segment.
    public var segmentSize: Int { configuredSegmentSize ?? (directory == nil ? 4 << 20 : 16 << 20) }
    /// How many segments there are at most.
    public var segments: Int { maximumSize / segmentSize }

    /// Configured sizes are multiples of this many bytes.
    public static let sizeUnit = 64 << 10
    /// A segment is to hold at least this many messages of the largest size.
    public static let messagesPerSegment = 16
}
