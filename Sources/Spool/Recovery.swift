import CLinux
import Glibc

/// What an earlier process left in the spool's directory.
public struct RecoveredRecords {
    /// The segments with undelivered records, in the order they were written; nil when there are none.
    public var chain: SegmentChain?
    /// Undelivered records.
    public var pending: UInt64 = 0
    /// Records that a power loss tore: found, counted, not sent. Several torn ones in a row count as one where their
    /// lengths are gone too.
    public var damaged: UInt64 = 0
    /// Files named like segments that are not (another version, cut short), left as they are.
    public var foreign: [String] = []
    /// The furthest position of each origin among all records found: where reading it can go on.
    public var origins: [OriginIdentity: UInt64] = [:]
}

extension Spool {
    /// Reads the directory: undelivered records become a chain for the sender, empty segments go to the pool.
    /// - Parameter topicIndex: gives the index, in this process, of the topic with a name.
    public func recover(topicIndex: (String) -> UInt32) throws(SpoolError) -> RecoveredRecords {
        var found = RecoveredRecords()
        guard let directory = settings.directory else { return found }
        var segments: [Segment] = []
        for name in try Self.segmentNames(in: directory) {
            let path = directory + "/" + name
            if let number = UInt64(name.dropFirst("segment-".count).dropLast(".spool".count)) { skip(sequence: number) }
            guard let segment = try Segment.open(path: path) else {
                found.foreign.append(path)
                continue
            }
            segments.append(segment)
        }
        // A stuck topic's backlog was copied out of segments that may still hold younger records of the same topic.
        segments.sort { ($0.isBacklog ? 0 : 1, $0.sequence) < ($1.isBacklog ? 0 : 1, $1.sequence) }
        let chain = SegmentChain(number: 0)
        for segment in segments {
            let pending = scan(segment, into: &found, topicIndex: topicIndex)
            if pending == 0, segment.size != settings.segmentSize {
                segment.removeFile()
                continue
            }
            adopt(segment, spent: pending == 0)
            if pending > 0 {
                found.pending += pending
                chain.append(segment)
            }
            segment.rest()
        }
        chain.finish()
        if found.pending > 0 { found.chain = chain }
        return found
    }

    private static func segmentNames(in directory: String) throws(SpoolError) -> [String] {
        guard let stream = opendir(directory) else {
            throw SpoolError(path: directory, operation: "list", errno: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix("segment-"), name.hasSuffix(".spool") { names.append(name) }
        }
        return names
    }

    /// Counts what a segment holds, seals it and gives its records their topics' indexes.
    private func scan(
        _ segment: Segment, into found: inout RecoveredRecords, topicIndex: (String) -> UInt32
    ) -> UInt64 {
        var offset = SegmentLayout.header
        var count: UInt32 = 0
        var settled: UInt32 = 0
        var indexes: [String: UInt32] = [:]
        var chain: UInt32 = 0
        let limit = segment.size - RecordLayout.alignment
        while offset + RecordLayout.header <= limit {
            let length = clinux_load_acquire_u32(segment.base + offset)
            if length == RecordLayout.seal, count == segment.sealedCount { break }
            let record = Record(base: segment.base + offset)
            guard Self.isBelievable(record, at: offset, in: segment) else {
                // The end of what was written, or a tear with more behind it. The search alone tells which.
                guard let next = Self.firstIntact(in: segment, from: offset + RecordLayout.header) else {
                    if length != 0, length != RecordLayout.seal { found.damaged += 1 }
                    break
                }
                record.cover(to: next - offset, position: offset, generation: segment.generation)
                found.damaged += 1
                settled += 1
                count += 1
                offset = next
                continue
            }
            count += 1
            offset += record.size
            if record.state == .damaged {
                settled += 1
                continue
            }
            guard record.isIntact else {
                found.damaged += 1
                settled += 1
                record.markDamaged()
                continue
            }
            chain = max(chain, record.place.chain)
            if record.hasOrigin {
                let identity = record.originIdentity
                found.origins[identity] = max(found.origins[identity] ?? 0, record.originPosition)
                record.forgetOrigin()
            }
            guard record.state == .pending else {
                settled += 1
                continue
            }
            let name = String(decoding: record.topicName, as: UTF8.self)
            let index = indexes[name] ?? topicIndex(name)
            indexes[name] = index
            record.assign(topicIndex: index)
        }
        skip(chain: chain)
        clinux_store_release_u32(segment.base + SegmentLayout.settled, settled)
        segment.seal(at: offset, count: count)
        return UInt64(count - settled)
    }

    /// Whether a record's lengths can be followed: they fit each other and the segment, and no earlier use of the
    /// segment left it behind. One that was found damaged before is followed too.
    private static func isBelievable(_ record: Record, at offset: Int, in segment: Segment) -> Bool {
        let size = record.size
        return size >= RecordLayout.header && size % RecordLayout.alignment == 0
            && offset + size <= segment.size - RecordLayout.alignment && record.isOf(segment.generation, at: offset)
            && (record.state == .damaged || record.isWellFormed(size: size))
    }

    /// Where the first intact record of the segment's present use begins, from `start` on: its own position, generation
    /// and checksum vouch for it.
    private static func firstIntact(in segment: Segment, from start: Int) -> Int? {
        var offset = start
        let end = segment.size - RecordLayout.alignment - RecordLayout.header
        while offset <= end {
            let record = Record(base: segment.base + offset)
            if record.isOf(segment.generation, at: offset), isBelievable(record, at: offset, in: segment),
                record.isWellFormed(size: record.size), record.isIntact
            {
                return offset
            }
            offset += RecordLayout.alignment
        }
        return nil
    }
}
