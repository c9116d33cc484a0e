/// Where things stand in a segment and in a record. Little-endian, as the processor has it: a spool directory is read
/// back by the machine that wrote it.
///
/// ```
/// segment:  header (64 bytes) | record | record | … | 0 or the seal
/// record:   header (64 bytes) | value | key copy, if any | topic name | padding to 8 | origin (40 bytes), if any
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
    /// `originFlag`, `copyFlag`.
    static let flags = 9
    static let topicCount = 10
    /// CRC-32C of everything from `checkedFrom` to the end of the topic's name and of the origin's checked part, begun
    /// with generation, flags and `topicCount`; 0 in memory, which no power loss tears.
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
    /// Its number among the records of its chain. A copy keeps it.
    static let number = 40
    /// The chain that it was first committed to. A copy keeps it.
    static let chain = 48
    static let keyCopyCount = 52
    /// Where in its segment the record begins: from a record's address to its segment's.
    static let position = 56
    static let keyCount = 60
    static let header = 64

    /// The record came from an origin, and tells of it in its last 40 bytes.
    static let originFlag: UInt8 = 1
    /// The record is a copy of another: its number does not follow from the one before it.
    static let copyFlag: UInt8 = 2

    /// What stands in `length`'s place behind the last record of a segment that is not written any more.
    static let seal: UInt32 = 0xFFFF_FFFF

    /// Kafka's limit on a topic's name, bytes.
    static let maximumTopicCount = 249

    /// Most bytes that a record takes beside its value and its key's copy, the next one's length word included.
    static let overhead = header + maximumTopicCount + 2 * alignment + OriginLayout.size

    /// A record's size with everything in it.
    static func size(valueCount: Int, keyCopy: Int, topicCount: Int, hasOrigin: Bool) -> Int {
        let body = (header + valueCount + keyCopy + topicCount + alignment - 1) & ~(alignment - 1)
        return body + (hasOrigin ? OriginLayout.size : 0)
    }

    /// What a checksum begins with, so that it vouches for what stands before `checkedFrom` as well.
    static func seed(generation: UInt32, flags: UInt8, topicCount: UInt16) -> UInt32 {
        generation ^ (UInt32(flags) << 24 | UInt32(topicCount))
    }
}

/// Where things stand in the last bytes of a record that came from an origin.
enum OriginLayout {
    /// `OriginIdentity`, two words.
    static let identity = 0
    /// Position in the origin after this message (a file's byte offset).
    static let position = 16
    /// Up to here the record's checksum covers it; the rest is this process's alone.
    static let checked = 24
    /// The record's number among those of its origin.
    static let number = 24
    /// Address of the `Origin` that is told of its settlement, 0 when nobody asks.
    static let address = 32
    static let size = 40
}

/// Where things stand in a segment's first 64 bytes.
enum SegmentLayout {
    static let magic = 0
    static let version = 8
    static let size = 12
    /// Raised each time the segment is used anew.
    static let generation = 16
    static let flags = 20
    /// Order in which segments were begun. Replay of version 1 follows it.
    static let sequence = 24
    /// Records settled so far. Written by the sender alone, read by whoever asks whether the segment can be recycled.
    static let settled = 32
    /// Records in the segment with one added, once sealed.
    static let sealedCount = 36
    /// Number of the chain whose writer used the segment.
    static let chain = 40
    /// CRC-32C of what stands before `settled`, of `chain` and of `firstNumber`.
    static let checksum = 44
    /// CRC-32C of `sealedCount`'s word, begun with the generation.
    static let sealCheck = 48
    /// The number in its chain of the first record.
    static let firstNumber = 56
    static let header = 64

    /// "KLSSPOOL".
    static let magicValue: UInt64 = 0x4C4F_4F50_5353_4C4B
    static let currentVersion: UInt32 = 2
    /// What was written before records had places and headers checksums. Read, never written.
    static let firstVersion: UInt32 = 1

    /// Version 1: holds the backlog of topics that were stuck, older than anything else of them whatever its sequence.
    static let backlogFlag: UInt32 = 2

    /// A shorter file does not even say what was in it.
    static let smallest = header
    /// What a record's position can name.
    static let largest = 1 << 30
}

/// What became of a record. On a disk a bit may flip: from every state it takes four flips to another, and what is no
/// state at all is sent once more rather than never.
public enum RecordState: UInt8, Sendable {
    /// Not yet known to be with Kafka.
    case pending = 0
    /// Kafka's delivery report said so.
    case delivered = 0x0F
    /// Refused by Kafka for good, and its dead letter is committed to the spool.
    case deadLettered = 0x33
    /// Found damaged at start and counted.
    case damaged = 0x3C
    /// Copied to the backlog of its topic, which is stuck: the copy is the record now.
    case moved = 0x55
}
