import CLinux

/// A committed record where it lies in its segment. It borrows: whoever holds one knows that the segment stays, because
/// the record is not settled yet.
public struct Record: @unchecked Sendable {
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
    /// record afterwards. Called once per record, by the one sender of its chain; for a record that may have an origin
    /// through that sender's `Settlement`.
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
    func isOf(_ generation: UInt32, at offset: Int) -> Bool { stands(at: offset) && self.generation == generation }

    /// Whether it says of itself that it stands there.
    func stands(at offset: Int) -> Bool {
        base.load(fromByteOffset: RecordLayout.position, as: UInt32.self) == UInt32(offset)
    }

    /// Whether its checksum is that of its bytes. Asked of a well-formed record only.
    func isIntact(version: UInt32) -> Bool {
        let checksum =
            version == SegmentLayout.firstVersion
            ? clinux_crc32c(0, base + RecordLayout.checkedFrom, bodyCheckedCount) : computedChecksum
        return checksum == base.load(fromByteOffset: RecordLayout.checksum, as: UInt32.self)
    }

    /// The checksum of its bytes as they are now.
    var computedChecksum: UInt32 {
        let seed = RecordLayout.seed(generation: generation, flags: flags, topicCount: topicCount)
        let body = clinux_crc32c(seed, base + RecordLayout.checkedFrom, bodyCheckedCount)
        return hasOrigin ? clinux_crc32c(body, originBase, OriginLayout.checked) : body
    }

    private var bodyCheckedCount: Int {
        RecordLayout.header - RecordLayout.checkedFrom + valueCount + keyCopyCount + Int(topicCount)
    }

    var generation: UInt32 { base.load(fromByteOffset: RecordLayout.generation, as: UInt32.self) }
    var flags: UInt8 { base.load(fromByteOffset: RecordLayout.flags, as: UInt8.self) }
    var topicCount: UInt16 { base.load(fromByteOffset: RecordLayout.topicCount, as: UInt16.self) }
    var keyStart: Int { Int(base.load(fromByteOffset: RecordLayout.keyStart, as: UInt32.self)) }
    var keyCopyCount: Int { Int(base.load(fromByteOffset: RecordLayout.keyCopyCount, as: UInt32.self)) }

    /// Bytes from this record's first to the next one's.
    public var size: Int { Int(base.load(fromByteOffset: RecordLayout.length, as: UInt32.self)) }

    /// The value's first byte.
    public var value: UnsafeMutableRawPointer { base + RecordLayout.header }
    /// Bytes of the value.
    public var valueCount: Int { Int(base.load(fromByteOffset: RecordLayout.valueCount, as: UInt32.self)) }

    /// The key's first byte, nil when the record has none.
    public var key: UnsafeMutableRawPointer? {
        keyCount == 0 ? nil : value + keyStart
    }
    /// Bytes of the key.
    public var keyCount: Int { Int(base.load(fromByteOffset: RecordLayout.keyCount, as: UInt32.self)) }

    /// Unix time of reception, milliseconds.
    public var timestamp: Int64 { base.load(fromByteOffset: RecordLayout.timestamp, as: Int64.self) }

    /// The topic's index in this process.
    public var topicIndex: UInt32 { base.load(fromByteOffset: RecordLayout.topicIndex, as: UInt32.self) }

    /// The topic's name, as stored.
    public var topicName: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: value + valueCount + keyCopyCount, count: Int(topicCount))
    }

    /// Gives a record of an earlier process its topic's index in this one.
    func assign(topicIndex: UInt32) {
        base.storeBytes(of: topicIndex, toByteOffset: RecordLayout.topicIndex, as: UInt32.self)
    }

    /// Where it stands among all records of its worker: a copy has the place of its original.
    public var place: RecordPlace { isOfFirstVersion ? firstVersionPlace : storedPlace }

    var storedPlace: RecordPlace {
        RecordPlace(
            chain: base.load(fromByteOffset: RecordLayout.chain, as: UInt32.self),
            number: base.load(fromByteOffset: RecordLayout.number, as: UInt64.self))
    }

    /// Whether it is a copy of another.
    var isCopy: Bool { flags & RecordLayout.copyFlag != 0 }

    // MARK: Version 1

    private var segmentBase: UnsafeMutableRawPointer {
        base - Int(base.load(fromByteOffset: RecordLayout.position, as: UInt32.self))
    }

    private var isOfFirstVersion: Bool {
        segmentBase.load(fromByteOffset: SegmentLayout.version, as: UInt32.self) == SegmentLayout.firstVersion
    }

    /// The first version had no places: backlogs came first, then what the order of the segments says.
    private var firstVersionPlace: RecordPlace {
        let header = segmentBase
        let flags = header.load(fromByteOffset: SegmentLayout.flags, as: UInt32.self)
        let sequence = header.load(fromByteOffset: SegmentLayout.sequence, as: UInt64.self)
        let rank: UInt64 = flags & SegmentLayout.backlogFlag != 0 ? 0 : 1 << 62
        return RecordPlace(
            chain: 0, number: rank | (sequence & 0x3FFF_FFFF) << 32 | UInt64(base - header))
    }

    /// The origin of the first version: a hash and a position; nil without one.
    var firstVersionOrigin: (identity: OriginIdentity, position: UInt64)? {
        guard isOfFirstVersion, storedPlace.chain != 0 else { return nil }
        return (OriginIdentity(high: 0, low: UInt64(storedPlace.chain)), storedPlace.number)
    }

    /// What is known of its delivery, as a version wrote it.
    func state(in version: UInt32) -> RecordState {
        guard version == SegmentLayout.firstVersion else { return state }
        return switch clinux_load_acquire_u8(base + RecordLayout.state) {
        case 1: .delivered
        case 2: .deadLettered
        case 3: .damaged
        case 4: .moved
        default: state
        }
    }

    /// Says the same in this version's words.
    func renew(_ state: RecordState) { clinux_store_release_u8(base + RecordLayout.state, state.rawValue) }

    // MARK: Its origin

    /// Whether it came from an origin.
    @inline(__always)
    public var hasOrigin: Bool { flags & RecordLayout.originFlag != 0 }

    /// Found by the lengths of what stands before it, not by the record's own, which is stored last.
    private var originBase: UnsafeMutableRawPointer {
        base
            + RecordLayout.size(
                valueCount: valueCount, keyCopy: keyCopyCount, topicCount: Int(topicCount), hasOrigin: false)
    }

    /// Which origin it came from.
    public var originIdentity: OriginIdentity {
        guard hasOrigin else { return .none }
        return OriginIdentity(
            high: originBase.load(fromByteOffset: OriginLayout.identity, as: UInt64.self),
            low: originBase.load(fromByteOffset: OriginLayout.identity + 8, as: UInt64.self))
    }

    /// The position in the origin behind it; 0 without one.
    public var originPosition: UInt64 {
        hasOrigin ? originBase.load(fromByteOffset: OriginLayout.position, as: UInt64.self) : 0
    }

    /// Its number among the records of its origin, in this process.
    var originNumber: UInt64 { originBase.load(fromByteOffset: OriginLayout.number, as: UInt64.self) }

    /// The origin that waits for its settlement. The spool keeps an origin until its last record is settled, and a
    /// record is settled once: the address is good as long as it is asked for.
    var origin: Origin? {
        let address = originBase.load(fromByteOffset: OriginLayout.address, as: UInt.self)
        return UnsafeRawPointer(bitPattern: address).map { Unmanaged<Origin>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Forgets the origin's address, which an earlier process wrote.
    func forgetOrigin() { originBase.storeBytes(of: 0, toByteOffset: OriginLayout.address, as: UInt.self) }

    /// What a record that takes its place keeps of its origin; nil without one.
    var originBytes: UnsafeRawBufferPointer? {
        hasOrigin ? UnsafeRawBufferPointer(start: originBase, count: OriginLayout.size) : nil
    }

    /// Its size by the lengths inside it; nil when they do not fit each other or the room: the first thing to ask of bytes
    /// found on a disk.
    func wellFormedSize(within room: Int, version: UInt32) -> Int? {
        let topicCount = Int(topicCount)
        let unknown =
            version == SegmentLayout.firstVersion ? flags : flags & ~(RecordLayout.originFlag | RecordLayout.copyFlag)
        guard unknown == 0, topicCount > 0, topicCount <= RecordLayout.maximumTopicCount,
            keyStart + keyCount <= valueCount + keyCopyCount
        else { return nil }
        let size = RecordLayout.size(
            valueCount: valueCount, keyCopy: keyCopyCount, topicCount: topicCount, hasOrigin: hasOrigin)
        return size <= room ? size : nil
    }
}

/// The place of a record in its worker's order, across processes: later processes have higher chains, and a chain's
/// records count from 0.
public struct RecordPlace: Comparable, Hashable, Sendable {
    /// The chain that it was first committed to.
    public var chain: UInt32
    /// Its number in that chain.
    public var number: UInt64

    /// By chain, then by number.
    public static func < (one: RecordPlace, other: RecordPlace) -> Bool {
        (one.chain, one.number) < (other.chain, other.number)
    }
}
