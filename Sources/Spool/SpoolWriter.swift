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
    /// Records committed by this writer so far.
    public private(set) var committed: UInt64 = 0

    init(spool: Spool, purpose: Purpose, isTracked: Bool) {
        self.spool = spool
        self.purpose = purpose
        chain = SegmentChain(isTracked: isTracked)
        base = UnsafeMutableRawPointer(bitPattern: 8)!
    }

    /// The longest value that fits an empty segment.
    public var maximumValueCount: Int { spool.maximumValueCount }

    /// Where the next value may be written, and how long it may be. Empty before the first `roll`.
    public var room: UnsafeMutableRawBufferPointer {
        let free = limit - offset - RecordLayout.header - RecordLayout.maximumTopicCount - 2 * RecordLayout.alignment
        guard free > 0 else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        return UnsafeMutableRawBufferPointer(start: base + offset + RecordLayout.header, count: free)
    }

    /// Goes to an empty segment. False when the spool has none to give: what is committed stays, and the room that was
    /// left is given up. A segment that its writer held on to could never be recycled, and with one such segment per
    /// writer in a small spool nobody would ever find room again.
    public func roll() -> Bool {
        // An empty segment would be exchanged for another empty one.
        if segment != nil, countInSegment == 0 { return true }
        guard let next = spool.acquire(purpose) else {
            giveUpSegment()
            return false
        }
        sealCurrent()
        segment = next
        base = next.base
        offset = SegmentLayout.header
        synchronisedTo = 0
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
        // Far behind, the sender will fault the pages in again when it comes to them; until then they need no memory.
        if !chain.isRead(segment) { segment.rest() }
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
    ///   - origin: where the message came from, when it can be read there again.
    public func commit(
        valueCount: Int, keyStart: Int, keyCount: Int, keyCopyCount: Int = 0, topicIndex: UInt32,
        topicName: UnsafeRawBufferPointer, timestamp: Int64, origin: RecordOrigin = RecordOrigin()
    ) {
        let topicCount = topicName.count
        let size = RecordLayout.size(valueCount: valueCount, keyCopy: keyCopyCount, topicCount: topicCount)
        precondition(
            topicCount > 0 && topicCount <= RecordLayout.maximumTopicCount && offset + size <= limit,
            "a committed value lies inside the room that was given")
        let record = base + offset
        (record + RecordLayout.header + valueCount + keyCopyCount)
            .copyMemory(from: topicName.baseAddress!, byteCount: topicCount)
        record.storeBytes(of: segment!.generation, toByteOffset: RecordLayout.generation, as: UInt32.self)
        record.storeBytes(of: RecordState.pending.rawValue, toByteOffset: RecordLayout.state, as: UInt8.self)
        record.storeBytes(of: 0, toByteOffset: RecordLayout.flags, as: UInt8.self)
        record.storeBytes(of: UInt16(topicCount), toByteOffset: RecordLayout.topicCount, as: UInt16.self)
        record.storeBytes(of: topicIndex, toByteOffset: RecordLayout.topicIndex, as: UInt32.self)
        record.storeBytes(of: UInt32(keyCount), toByteOffset: RecordLayout.keyCount, as: UInt32.self)
        record.storeBytes(of: timestamp, toByteOffset: RecordLayout.timestamp, as: Int64.self)
        record.storeBytes(of: UInt32(valueCount), toByteOffset: RecordLayout.valueCount, as: UInt32.self)
        record.storeBytes(of: UInt32(keyStart), toByteOffset: RecordLayout.keyStart, as: UInt32.self)
        record.storeBytes(of: origin.offset, toByteOffset: RecordLayout.originOffset, as: UInt64.self)
        record.storeBytes(of: origin.id, toByteOffset: RecordLayout.originID, as: UInt32.self)
        record.storeBytes(of: UInt32(keyCopyCount), toByteOffset: RecordLayout.keyCopyCount, as: UInt32.self)
        record.storeBytes(of: UInt32(offset), toByteOffset: RecordLayout.position, as: UInt32.self)
        if spool.isChecked {
            let checked = RecordLayout.header - RecordLayout.checkedFrom + valueCount + keyCopyCount + topicCount
            let crc = clinux_crc32c(0, record + RecordLayout.checkedFrom, checked)
            record.storeBytes(of: crc, toByteOffset: RecordLayout.checksum, as: UInt32.self)
        }
        // What an earlier use left where the next record will stand must not be taken for one.
        clinux_store_release_u32(record + size, 0)
        clinux_store_release_u32(record, UInt32(size))
        offset += size
        countInSegment += 1
        committed += 1
    }

    /// Copies a committed record of another chain to the end of this one. False when there is no room.
    public func append(copyOf record: Record) -> Bool {
        let topic = record.topicName
        let keyCopy = Int(record.base.load(fromByteOffset: RecordLayout.keyCopyCount, as: UInt32.self))
        let needed = record.valueCount + keyCopy
        if room.count < needed, !roll() || room.count < needed { return false }
        room.baseAddress!.copyMemory(from: record.value, byteCount: needed)
        commit(
            valueCount: record.valueCount,
            keyStart: Int(record.base.load(fromByteOffset: RecordLayout.keyStart, as: UInt32.self)),
            keyCount: record.keyCount, keyCopyCount: keyCopy, topicIndex: record.topicIndex, topicName: topic,
            timestamp: record.timestamp, origin: RecordOrigin(id: record.originID, offset: record.originOffset))
        return true
    }

    /// Called at the end of a batch: with `sync: always` it returns when the batch is on the disk.
    public func endBatch() throws(SpoolError) {
        guard spool.settings.sync == .always, let segment, offset > synchronisedTo else { return }
        try segment.synchronise(from: synchronisedTo, to: offset + RecordLayout.alignment)
        synchronisedTo = offset
    }

    /// No more will be written: the last segment can be recycled once its records are settled.
    public func finish() {
        giveUpSegment()
        chain.finish()
    }
}
