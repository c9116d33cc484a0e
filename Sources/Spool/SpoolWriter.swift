import CLinux

/// Appends records to its own chain of segments. Owned by one worker's thread; no other touches it.
///
/// A value is written in place: ask for `room`, write the value there, then `commit` it. Until the commit nothing has
/// happened; the room can be asked for again.
public final class SpoolWriter {
    /// What a writer writes, which decides the room it may take.
    public enum Purpose: Sendable {
        /// Messages from an input.
        case messages
        /// Records of a stuck topic, copied out of the way of the others.
        case backlog
        /// Dead letters: they may take the segments that are kept back.
        case deadLetters
    }

    /// The chain that a reader follows.
    public let chain: SegmentChain
    private let spool: Spool
    private let purpose: Purpose
    private var segment: Segment?
    private var base: UnsafeMutableRawPointer
    private var offset = 0
    /// End of what records may fill; 0 without a segment.
    private var limit = 0
    private var countInSegment: UInt32 = 0
    private var synchronisedTo = 0
    /// Up to where the memory of copies was given back.
    private var restedTo = 0
    /// With `sync: always`: segments that the batch has left behind, and what of them is not on the disk.
    private var left: [(segment: Segment, from: Int, to: Int)] = []
    /// The number of the next record.
    private var number: UInt64 = 0
    /// Origins with records in this batch that are told when it ends.
    private var inBatch: [Origin] = []
    private var commits: UInt64 = 0
    /// Records committed by this writer so far.
    public var committed: UInt64 { commits }

    init(spool: Spool, purpose: Purpose) {
        self.spool = spool
        self.purpose = purpose
        chain = SegmentChain(number: spool.takeChainNumber())
        base = UnsafeMutableRawPointer(bitPattern: 8)!
    }

    /// The longest value that fits an empty segment.
    public var maximumValueCount: Int { spool.maximumValueCount }

    /// Where the next value may be written, and how long it may be. Empty before the first `roll`.
    public var room: UnsafeMutableRawBufferPointer {
        let free = limit - offset - RecordLayout.overhead
        guard free > 0 else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        return UnsafeMutableRawBufferPointer(start: base + offset + RecordLayout.header, count: free)
    }

    /// Goes to an empty segment. False when the spool has none to give: what is committed stays, and the room that was
    /// left is given up. A segment that its writer held on to could never be recycled, and with one such segment per
    /// writer in a small spool nobody would ever find room again.
    public func roll() -> Bool {
        // An empty segment would be exchanged for another empty one.
        if segment != nil, countInSegment == 0 { return true }
        guard let next = spool.acquire(purpose, chain: chain.number, firstNumber: number) else {
            giveUpSegment()
            return false
        }
        sealCurrent()
        segment = next
        base = next.base
        offset = SegmentLayout.header
        synchronisedTo = 0
        restedTo = 0
        // The last length word must have a place for the seal.
        limit = next.size - RecordLayout.alignment
        countInSegment = 0
        chain.append(next)
        return true
    }

    private func giveUpSegment() {
        sealCurrent()
        segment = nil
        limit = 0
        offset = 0
    }

    private func sealCurrent() {
        guard let segment else { return }
        segment.seal(at: offset, count: countInSegment)
        if spool.settings.sync == .always, spool.settings.directory != nil, offset > synchronisedTo {
            left.append((segment, synchronisedTo, offset + RecordLayout.alignment))
        }
        // Far behind, the sender will fault the pages in again when it comes to them; until then they need no memory. In a
        // backlog it stands at the first record and waits.
        if purpose == .backlog || !chain.isRead(segment) { segment.rest() }
    }

    /// Commits the value that stands at the start of `room`.
    ///
    /// - Parameters:
    ///   - valueCount: bytes of the value.
    ///   - keyStart: where the key begins, from the value's first byte.
    ///   - keyCount: bytes of the key; 0 = no key.
    ///   - keyCopyCount: bytes that stand behind the value for the key alone (0 when the key lies inside the value).
    ///   - topicIndex: the topic's index in this process.
    ///   - topicName: its name, at most 249 bytes.
    ///   - timestamp: Unix time of reception, ms.
    ///   - origin: where the message came from, when it is to be told of what becomes of the record.
    ///   - position: the position in the origin behind the message.
    public func commit(
        valueCount: Int, keyStart: Int, keyCount: Int, keyCopyCount: Int = 0, topicIndex: UInt32,
        topicName: UnsafeRawBufferPointer, timestamp: Int64, origin: Origin? = nil, position: UInt64 = 0
    ) {
        let lengths = Lengths(value: valueCount, keyStart: keyStart, key: keyCount, keyCopy: keyCopyCount)
        if let origin {
            store(origin, position, behind: lengths, topicCount: topicName.count)
            commit(lengths, topicIndex, topicName, timestamp, nextPlace(), flags: RecordLayout.originFlag)
        } else {
            commit(lengths, topicIndex, topicName, timestamp, nextPlace(), flags: 0)
        }
    }

    /// Commits the value that stands at the start of `room` in the place of `record`, which it replaces: what waits for
    /// the settlement of that one's origin waits for this one.
    public func commit(
        valueCount: Int, topicIndex: UInt32, topicName: UnsafeRawBufferPointer, timestamp: Int64,
        replacing record: Record
    ) {
        let lengths = Lengths(value: valueCount, keyStart: 0, key: 0, keyCopy: 0)
        let flags = copyOrigin(of: record, behind: lengths, topicCount: topicName.count)
        commit(lengths, topicIndex, topicName, timestamp, nextPlace(), flags: flags)
    }

    private struct Lengths {
        var value: Int
        var keyStart: Int
        var key: Int
        var keyCopy: Int
    }

    @inline(__always)
    private func nextPlace() -> RecordPlace {
        defer { number += 1 }
        return RecordPlace(chain: chain.number, number: number)
    }

    /// Where the origin of a record stands that is committed next.
    private func originBase(_ lengths: Lengths, topicCount: Int) -> UnsafeMutableRawPointer {
        let size = RecordLayout.size(
            valueCount: lengths.value, keyCopy: lengths.keyCopy, topicCount: topicCount, hasOrigin: true)
        precondition(offset + size <= limit, "a committed value lies inside the room that was given")
        return base + offset + size - OriginLayout.size
    }

    private func store(_ origin: Origin, _ position: UInt64, behind lengths: Lengths, topicCount: Int) {
        let at = originBase(lengths, topicCount: topicCount)
        at.storeBytes(of: origin.identity.high, toByteOffset: OriginLayout.identity, as: UInt64.self)
        at.storeBytes(of: origin.identity.low, toByteOffset: OriginLayout.identity + 8, as: UInt64.self)
        at.storeBytes(of: position, toByteOffset: OriginLayout.position, as: UInt64.self)
        at.storeBytes(of: origin.take(position: position), toByteOffset: OriginLayout.number, as: UInt64.self)
        let address = origin.followsDelivery ? UInt(bitPattern: Unmanaged.passUnretained(origin).toOpaque()) : 0
        at.storeBytes(of: address, toByteOffset: OriginLayout.address, as: UInt.self)
        if !origin.followsDelivery, !origin.isInBatch {
            origin.isInBatch = true
            inBatch.append(origin)
        }
    }

    private func copyOrigin(of record: Record, behind lengths: Lengths, topicCount: Int) -> UInt8 {
        guard let bytes = record.originBytes else { return 0 }
        originBase(lengths, topicCount: topicCount).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        return RecordLayout.originFlag
    }

    @inline(__always)
    private func commit(
        _ lengths: Lengths, _ topicIndex: UInt32, _ topicName: UnsafeRawBufferPointer, _ timestamp: Int64,
        _ place: RecordPlace, flags: UInt8
    ) {
        let topicCount = topicName.count
        let size = RecordLayout.size(
            valueCount: lengths.value, keyCopy: lengths.keyCopy, topicCount: topicCount,
            hasOrigin: flags & RecordLayout.originFlag != 0)
        precondition(
            topicCount > 0 && topicCount <= RecordLayout.maximumTopicCount && offset + size <= limit,
            "a committed value lies inside the room that was given")
        let record = base + offset
        (record + RecordLayout.header + lengths.value + lengths.keyCopy)
            .copyMemory(from: topicName.baseAddress!, byteCount: topicCount)
        record.storeBytes(of: segment!.generation, toByteOffset: RecordLayout.generation, as: UInt32.self)
        record.storeBytes(of: RecordState.pending.rawValue, toByteOffset: RecordLayout.state, as: UInt8.self)
        record.storeBytes(of: flags, toByteOffset: RecordLayout.flags, as: UInt8.self)
        record.storeBytes(of: UInt16(topicCount), toByteOffset: RecordLayout.topicCount, as: UInt16.self)
        record.storeBytes(of: topicIndex, toByteOffset: RecordLayout.topicIndex, as: UInt32.self)
        record.storeBytes(of: UInt32(lengths.key), toByteOffset: RecordLayout.keyCount, as: UInt32.self)
        record.storeBytes(of: timestamp, toByteOffset: RecordLayout.timestamp, as: Int64.self)
        record.storeBytes(of: UInt32(lengths.value), toByteOffset: RecordLayout.valueCount, as: UInt32.self)
        record.storeBytes(of: UInt32(lengths.keyStart), toByteOffset: RecordLayout.keyStart, as: UInt32.self)
        record.storeBytes(of: place.number, toByteOffset: RecordLayout.number, as: UInt64.self)
        record.storeBytes(of: place.chain, toByteOffset: RecordLayout.chain, as: UInt32.self)
        record.storeBytes(of: UInt32(lengths.keyCopy), toByteOffset: RecordLayout.keyCopyCount, as: UInt32.self)
        record.storeBytes(of: UInt32(offset), toByteOffset: RecordLayout.position, as: UInt32.self)
        if spool.isChecked {
            record.storeBytes(
                of: Record(base: record).computedChecksum, toByteOffset: RecordLayout.checksum, as: UInt32.self)
        }
        // What an earlier use left where the next record will stand must not be taken for one.
        clinux_store_release_u32(record + size, 0)
        clinux_store_release_u32(record, UInt32(size))
        offset += size
        countInSegment += 1
        commits += 1
    }

    /// Copies a committed record of another chain to the end of this one, its place and origin with it. False when there
    /// is no room.
    public func append(copyOf record: Record) -> Bool {
        let needed = record.valueCount + record.keyCopyCount
        if room.count < needed, !roll() || room.count < needed { return false }
        room.baseAddress!.copyMemory(from: record.value, byteCount: needed)
        let lengths = Lengths(
            value: record.valueCount, keyStart: record.keyStart, key: record.keyCount, keyCopy: record.keyCopyCount)
        let topic = record.topicName
        let flags = copyOrigin(of: record, behind: lengths, topicCount: topic.count)
        commit(
            lengths, record.topicIndex, topic, record.timestamp, record.place, flags: flags | RecordLayout.copyFlag)
        if offset - restedTo >= Segment.restStep {
            // Nobody reads a copy soon.
            segment?.rest(from: restedTo, to: offset)
            restedTo = offset
        }
        return true
    }

    /// Called at the end of a batch: with `sync: always` it returns when the batch is on the disk, wherever its segments
    /// are by now. The origins of its records that need not wait for Kafka are told.
    public func endBatch() throws(SpoolError) {
        if spool.settings.sync == .always, spool.settings.directory != nil { try synchronise() }
        if !inBatch.isEmpty { endBatchOfOrigins() }
    }

    private func synchronise() throws(SpoolError) {
        while let stretch = left.last {
            // Settled and used by another writer meanwhile, it is written once too often: no harm.
            try stretch.segment.synchronise(from: stretch.from, to: stretch.to)
            left.removeLast()
        }
        if let segment, offset > synchronisedTo {
            try segment.synchronise(from: synchronisedTo, to: offset + RecordLayout.alignment)
            synchronisedTo = offset
        }
        try spool.writeNames()
    }

    private func endBatchOfOrigins() {
        for origin in inBatch where origin.endBatch(isKept: !spool.keepsOnInterval) { spool.forget(origin) }
        inBatch.removeAll(keepingCapacity: true)
    }

    /// No more will be written: the last segment can be recycled once its records are settled.
    public func finish() {
        giveUpSegment()
        chain.finish()
    }
}
