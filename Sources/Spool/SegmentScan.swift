import CLinux

/// Reads what an earlier process left in one segment. Every byte is looked at a bounded number of times, whatever stands
/// there.
///
/// A record that is not what was written costs itself. Where lengths cannot be followed, the next record that its own
/// position, generation and checksum vouch for is searched for, and what lies between is covered.
struct SegmentScan {
    private let segment: Segment
    private let base: UnsafeMutableRawPointer
    private let header: SegmentHeader
    /// Behind the last byte that a record may have.
    private let end: Int
    /// Records it was sealed with; nil while it was still written, or when that cannot be believed.
    private let sealed: UInt32?
    private var offset = SegmentLayout.header
    /// The number that the next record has when it is no copy; nil when that cannot be known.
    private var expected: UInt64?
    private var budget: Int

    /// Records that a reader can walk, covers included.
    private(set) var count: UInt32 = 0
    private(set) var settled: UInt32 = 0
    private var found: UInt32 = 0
    private var marked: UInt64 = 0
    private var missing: UInt64 = 0
    private var endsSealed = false
    /// The records to send, by chain.
    private(set) var runs: [ReplayRun] = []
    private(set) var highestChain: UInt32 = 0

    /// - Parameters:
    ///   - header: the segment's, as read or as rebuilt.
    ///   - sealed: records that the segment was sealed with, when that is known.
    init(_ segment: Segment, _ header: SegmentHeader, sealed: UInt32?) {
        self.segment = segment
        self.header = header
        base = segment.base
        // The last length word of a whole file is the seal's.
        end = segment.size < header.size ? segment.size : segment.size - RecordLayout.alignment
        self.sealed = sealed
        expected = header.version == SegmentLayout.currentVersion ? header.firstNumber : nil
        budget = RecordSearch.budget(segment.size)
        highestChain = header.chain
    }

    /// Records that were there and cannot be read, as exactly as can be known. Some of them may have been delivered.
    var lost: UInt64 {
        guard let sealed, missing > 0 || !endsSealed else { return missing + marked }
        return UInt64(max(0, Int(sealed) - Int(found))) + marked
    }

    /// Whether bytes that look like the beginnings of records, and are none, were so many that the search was given up.
    var gaveUp: Bool { budget <= 0 }

    /// Walks to the end of what was written.
    /// - Parameters:
    ///   - pending: called for each record that is to be sent.
    ///   - intact: called for each record, sent or not.
    mutating func walk(pending: (Record) -> Void, intact: (Record) -> Void) {
        while offset + RecordLayout.header <= end {
            let record = Record(base: base + offset)
            let length = clinux_load_acquire_u32(base + offset)
            endsSealed = length == RecordLayout.seal
            if endsSealed, sealed == found { break }
            if isCover(record, length) {
                pass(Int(length), isCover: true)
                settled += 1
            } else if let size = intactSize(record) {
                if Int(length) != size { clinux_store_release_u32(base + offset, UInt32(size)) }
                take(record, pending, intact)
                pass(size, isCover: false)
            } else if isFollowable(record, length) {
                // What was delivered is not lost, however it looks now.
                if record.state(in: header.version) == .pending { marked += 1 }
                record.markDamaged()
                settled += 1
                pass(Int(length), isCover: false)
                expected = expected.map { $0 + 1 }
            } else if !coverStretch() {
                if length != 0, length != RecordLayout.seal { missing += 1 }
                break
            }
        }
        clinux_store_release_u32(base + SegmentLayout.settled, settled)
        segment.seal(at: offset, count: count)
    }

    private mutating func pass(_ size: Int, isCover: Bool) {
        offset += size
        count += 1
        found += 1
        if isCover { expected = nil }
    }

    private mutating func take(_ record: Record, _ pending: (Record) -> Void, _ intact: (Record) -> Void) {
        let place = record.place
        highestChain = max(highestChain, place.chain)
        expected = record.isCopy ? nil : place.number + 1
        intact(record)
        if record.hasOrigin { record.forgetOrigin() }
        let state = record.state(in: header.version)
        record.renew(state)
        guard state == .pending else {
            settled += 1
            return
        }
        pending(record)
        if let run = runs.last(where: { $0.chain == place.chain }) {
            run.count += 1
        } else {
            runs.append(ReplayRun(segment, chain: place.chain, first: record))
        }
    }

    // MARK: What stands at a place

    /// A record that was found damaged before, or the cover of a stretch.
    private func isCover(_ record: Record, _ length: UInt32) -> Bool {
        let size = Int(length)
        return record.state == .damaged && size >= RecordLayout.header && size % RecordLayout.alignment == 0
            && offset + size <= end && record.isOf(segment.generation, at: offset)
    }

    private func intactSize(_ record: Record) -> Int? {
        guard record.isOf(segment.generation, at: offset),
            let size = record.wellFormedSize(within: end - offset, version: header.version),
            record.isIntact(version: header.version)
        else { return nil }
        return size
    }

    /// Whether its lengths agree with each other, though its bytes are not what was written.
    private func isFollowable(_ record: Record, _ length: UInt32) -> Bool {
        record.isOf(segment.generation, at: offset)
            && record.wellFormedSize(within: end - offset, version: header.version) == Int(length)
    }

    /// Lays one damaged record over everything up to the next that is intact. False when there is none.
    private mutating func coverStretch() -> Bool {
        let search = RecordSearch(base: base, end: end, generation: segment.generation, version: header.version)
        guard let next = search.next(from: offset + RecordLayout.header, budget: &budget) else { return false }
        let record = Record(base: base + next)
        missing += missingCount(before: record, bytes: next - offset)
        Record(base: base + offset).cover(to: next - offset, position: offset, generation: segment.generation)
        offset = next
        count += 1
        settled += 1
        return true
    }

    /// Records between the last one read and the next one, by their numbers where those say it.
    private func missingCount(before next: Record, bytes: Int) -> UInt64 {
        let place = next.place
        guard let expected, !next.isCopy, place.chain == header.chain, place.number > expected else { return 1 }
        let most = UInt64(bytes / RecordLayout.header)
        return min(place.number - expected, max(1, most))
    }
}

/// Looks for records in bytes whose lengths cannot be followed.
struct RecordSearch {
    let base: UnsafeMutableRawPointer
    let end: Int
    /// Only records of this use of the segment; nil = of any.
    let generation: UInt32?
    let version: UInt32

    /// Bytes that checksums may be computed over in vain. True records do not overlap and need the file's size at most;
    /// without a bound, bytes made to look like the beginnings of long records would cost their square.
    static func budget(_ size: Int) -> Int { 4 * size }

    /// The first intact record from `start` on.
    func next(from start: Int, budget: inout Int) -> Int? {
        var offset = (start + RecordLayout.alignment - 1) & ~(RecordLayout.alignment - 1)
        while offset + RecordLayout.header <= end {
            let record = Record(base: base + offset)
            if record.stands(at: offset), generation == nil || record.generation == generation,
                let size = record.wellFormedSize(within: end - offset, version: version)
            {
                if record.isIntact(version: version) { return offset }
                budget -= size
                guard budget > 0 else { return nil }
            }
            offset += RecordLayout.alignment
        }
        return nil
    }

    /// The header that a file must have had, by the records in it: those of its last use have the highest generation.
    static func survey(_ file: SpoolFile, fallbackSequence: UInt64) -> SegmentHeader? {
        for version in [SegmentLayout.currentVersion, SegmentLayout.firstVersion] {
            let search = RecordSearch(base: file.base, end: file.size, generation: nil, version: version)
            var budget = budget(file.size)
            var header: SegmentHeader?
            var offset = SegmentLayout.header
            while let at = search.next(from: offset, budget: &budget) {
                let record = Record(base: file.base + at)
                offset = at + (record.wellFormedSize(within: file.size - at, version: version) ?? RecordLayout.header)
                if let known = header, known.generation >= record.generation { continue }
                let place =
                    version == SegmentLayout.currentVersion ? record.storedPlace : RecordPlace(chain: 0, number: 0)
                header = SegmentHeader(
                    version: version, size: file.size, generation: record.generation, sequence: fallbackSequence,
                    chain: place.chain, firstNumber: place.number)
            }
            if let header { return header }
        }
        return nil
    }
}
