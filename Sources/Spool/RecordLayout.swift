/// Where things stand in a segment and in a record. Little-endian, as the processor has it: a spool directory is read
/// back by the machine that wrote it.
///
/// ```
/// segment:  header (64 bytes) | record | record | … | 0 or the seal
/// record:   header (64 bytes) | value | key copy, if any | topic name | padding to 8
/// ```
enum RecordLayout {
    /// Every record starts at a multiple of this, so that its length word can be stored atomically.
    static let alignment = 8

    /// The record's whole size, header and padding included. Stored last and atomically: it is the commit. 0 = nothing
    /// here yet.
    static let length = 0
    /// The segment's generation when the record was written: what an earlier use of the segment left behind has another.
    static let generation = 4
    /// `RecordState`, stored atomically by the delivery report.
    static let state = 8
    static let flags = 9
    static let topicCount = 10
    /// CRC-32C of everything from `checkedFrom` to the end of the topic's name; 0 in memory, which no power loss tears.
    static let checksum = 12
    /// Index of the topic in this process's table; meaningless to the next process, so it stands outside the checksum.
    static let topicIndex = 16
    /// When it was handed to the producer, as a count that wraps; outside the checksum too.
    static let handover = 20
    static let checkedFrom = 24
    /// Unix time of reception, milliseconds.
    static let timestamp = 24
    static let valueCount = 32
    /// Where the key begins, counted from the value's first byte: inside the value, or in the copy behind it.
    static let keyStart = 36
    /// Position in the origin after this message (a file's byte offset), 0 without one.
    static let originOffset = 40
    /// Which origin (a file's fingerprint), 0 without one.
    static let originID = 48
    static let keyCopyCount = 52
    /// Where in its segment the record begins: from a record's address to its segment's.
    static let position = 56
    static let keyCount = 60
    static let header = 64

    /// What stands in `length`'s place behind the last record of a segment that is not written any more.
    static let seal: UInt32 = 0xFFFF_FFFF

    /// Kafka's limit on a topic's name, bytes.
    static let maximumTopicCount = 249

    /// A record's size with everything in it.
    static func size(valueCount: Int, keyCopy: Int, topicCount: Int) -> Int {
        (header + valueCount + keyCopy + topicCount + alignment - 1) & ~(alignment - 1)
    }
}

/// Where things stand in a segment's first 64 bytes.
enum SegmentLayout {
    static let magic = 0
    static let version = 8
    static let size = 12
    /// Raised each time the segment is used anew.
    static let generation = 16
    /// `SegmentFlags`.
    static let flags = 20
    /// Order among all segments of the directory: replay follows it.
    static let sequence = 24
    /// Records settled so far. Written by the sender alone, read by whoever asks whether the segment can be recycled.
    static let settled = 32
    /// Records in the segment, once sealed.
    static let sealedCount = 36
    static let header = 64

    /// "KLSSPOOL".
    static let magicValue: UInt64 = 0x4C4F_4F50_5353_4C4B
    static let currentVersion: UInt32 = 1

    /// Records carry a checksum.
    static let checkedFlag: UInt32 = 1
    /// Holds the backlog of topics that were stuck: older than anything else of these topics, whatever its sequence.
    static let backlogFlag: UInt32 = 2
}

/// What became of a record.
@frozen public enum RecordState: UInt8, Sendable {
    /// Not yet known to be with Kafka.
    case pending = 0
    /// Kafka's delivery report said so.
    case delivered = 1
    /// Refused by Kafka for good, and its dead letter is committed to the spool.
    case deadLettered = 2
    /// Found damaged at start and counted.
    case damaged = 3
    /// Copied to the backlog of its topic, which is stuck: the copy is the record now.
    case moved = 4
}
