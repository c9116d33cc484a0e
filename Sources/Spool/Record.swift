import CLinux

/// A committed record where it lies in its segment. It borrows: whoever holds one knows that the segment stays, because
/// the record is not settled yet.
@frozen public struct Record: @unchecked Sendable {
    /// The record's first byte. What the producer carries as its opaque pointer.
    public let base: UnsafeMutableRawPointer

    /// The record at an address that came from a reader (or back from the producer).
    @inlinable public init(base: UnsafeMutableRawPointer) { self.base = base }

    /// What is known of its delivery.
    public var state: RecordState {
        // A byte that is no state says nothing of the record: it is sent once more rather than never.
        RecordState(rawValue: clinux_load_acquire_u8(base + RecordLayout.state)) ?? .pending
    }

    /// Says what became of the record: its state byte flips and its segment counts it as settled. Nothing may read the
    /// record afterwards. Called once per record, by the one sender of its chain.
    public func settle(_ state: RecordState) {
        clinux_store_release_u8(base + RecordLayout.state, state.rawValue)
        let position = Int(base.load(fromByteOffset: RecordLayout.position, as: UInt32.self))
        let settled = base - position + SegmentLayout.settled
        clinux_store_release_u32(settled, clinux_load_acquire_u32(settled) &+ 1)
    }

    /// Its place in the order in which a sender hands records over; it wraps. Kept here because neither the address nor
    /// the segment tells it once copies in a backlog and their younger originals are under way together.
    public var handover: UInt32 {
        get { base.load(fromByteOffset: RecordLayout.handover, as: UInt32.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: RecordLayout.handover, as: UInt32.self) }
    }

    /// Marks a record that was found torn, before anyone reads its segment.
    func markDamaged() {
        clinux_store_release_u8(base + RecordLayout.state, RecordState.damaged.rawValue)
    }

    /// Lays one damaged record over a stretch whose lengths cannot be followed, so that readers step over it.
    func cover(to size: Int, position: Int, generation: UInt32) {
        base.storeBytes(of: generation, toByteOffset: RecordLayout.generation, as: UInt32.self)
        base.storeBytes(of: UInt32(position), toByteOffset: RecordLayout.position, as: UInt32.self)
        markDamaged()
        clinux_store_release_u32(base + RecordLayout.length, UInt32(size))
    }

    /// Whether it says of itself that it stands there and belongs to that use of its segment.
    func isOf(_ generation: UInt32, at offset: Int) -> Bool {
        base.load(fromByteOffset: RecordLayout.position, as: UInt32.self) == UInt32(offset)
            && base.load(fromByteOffset: RecordLayout.generation, as: UInt32.self) == generation
    }

    /// Whether its checksum is that of its bytes. Asked of a well-formed record only.
    var isIntact: Bool {
        clinux_crc32c(0, base + RecordLayout.checkedFrom, checkedCount)
            == base.load(fromByteOffset: RecordLayout.checksum, as: UInt32.self)
    }

    /// Bytes from this record's first to the next one's.
    public var size: Int { Int(base.load(fromByteOffset: RecordLayout.length, as: UInt32.self)) }

    /// The value's first byte.
    public var value: UnsafeMutableRawPointer { base + RecordLayout.header }
    /// Bytes of the value.
    public var valueCount: Int { Int(base.load(fromByteOffset: RecordLayout.valueCount, as: UInt32.self)) }

    /// The key's first byte, nil when the record has none.
    public var key: UnsafeMutableRawPointer? {
        keyCount == 0 ? nil : value + Int(base.load(fromByteOffset: RecordLayout.keyStart, as: UInt32.self))
    }
    /// Bytes of the key.
    public var keyCount: Int { Int(base.load(fromByteOffset: RecordLayout.keyCount, as: UInt32.self)) }

    /// Unix time of reception, milliseconds.
    public var timestamp: Int64 { base.load(fromByteOffset: RecordLayout.timestamp, as: Int64.self) }

    /// The topic's index in this process.
    public var topicIndex: UInt32 { base.load(fromByteOffset: RecordLayout.topicIndex, as: UInt32.self) }

    /// The topic's name, as stored.
    public var topicName: UnsafeRawBufferPointer {
        let keyCopy = Int(base.load(fromByteOffset: RecordLayout.keyCopyCount, as: UInt32.self))
        let count = Int(base.load(fromByteOffset: RecordLayout.topicCount, as: UInt16.self))
        return UnsafeRawBufferPointer(start: value + valueCount + keyCopy, count: count)
    }

    /// Gives a record of an earlier process its topic's index in this one.
    func assign(topicIndex: UInt32) {
        base.storeBytes(of: topicIndex, toByteOffset: RecordLayout.topicIndex, as: UInt32.self)
    }

    /// Which origin it came from, 0 without one.
    public var originID: UInt32 { base.load(fromByteOffset: RecordLayout.originID, as: UInt32.self) }
    /// The position in the origin after it.
    public var originOffset: UInt64 { base.load(fromByteOffset: RecordLayout.originOffset, as: UInt64.self) }

    var checkedCount: Int {
        Int(base.load(fromByteOffset: RecordLayout.keyCopyCount, as: UInt32.self)) + RecordLayout.header
            - RecordLayout.checkedFrom + valueCount
            + Int(base.load(fromByteOffset: RecordLayout.topicCount, as: UInt16.self))
    }

    /// Whether the lengths inside the record fit its size: the first thing to ask of bytes found on a disk.
    func isWellFormed(size: Int) -> Bool {
        let keyCopy = Int(base.load(fromByteOffset: RecordLayout.keyCopyCount, as: UInt32.self))
        let topicCount = Int(base.load(fromByteOffset: RecordLayout.topicCount, as: UInt16.self))
        let keyStart = Int(base.load(fromByteOffset: RecordLayout.keyStart, as: UInt32.self))
        return topicCount > 0 && topicCount <= RecordLayout.maximumTopicCount
            && RecordLayout.size(valueCount: valueCount, keyCopy: keyCopy, topicCount: topicCount) == size
            && keyStart + keyCount <= valueCount + keyCopy
    }
}

/// Where a message came from, for inputs that can be read again: a file's fingerprint and the offset behind the line.
public struct RecordOrigin: Equatable, Sendable {
    /// Fingerprint of the origin; 0 = none.
    public var id: UInt32
    /// Position behind the message.
    public var offset: UInt64

    /// An origin; the default is none.
    public init(id: UInt32 = 0, offset: UInt64 = 0) {
        self.id = id
        self.offset = offset
    }
}
