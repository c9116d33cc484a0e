import CLinux
import Glibc

/// What an earlier process left in the spool's directory.
public struct RecoveredRecords {
    /// A file in the directory that is not as it should be.
    public struct Fault: Equatable, Sendable {
        /// The file.
        public var path: String
        /// What is wrong with it.
        public var reason: String
        /// Records that were in it and cannot be read.
        public var lost: UInt64 = 0
    }

    /// The undelivered records, oldest first; nil when there are none.
    public var replay: Replay?
    /// Undelivered records.
    public var pending: UInt64 = 0
    /// The same by the index of their topic.
    var countByTopic: [UInt32: UInt64] = [:]
    /// Records that cannot be read any more, as exactly as can be known: found, counted, not sent.
    public var damaged: UInt64 = 0
    /// Segments that were damaged. What is intact in them was found.
    public var damage: [Fault] = []
    /// Files named like segments that were left alone: no segments, of a later version, or not ours to read.
    public var foreign: [Fault] = []
    /// The furthest position of each origin among all records found: where reading it can go on. An origin that version 1
    /// wrote has its 32-bit hash for an identity.
    public var origins: [OriginIdentity: UInt64] = [:]
}

extension Spool {
    /// Reads the directory: undelivered records are put in order for a sender, empty segments go to the pool.
    /// - Parameter topicIndex: gives the index, in this process, of the topic with a name.
    public func recover(topicIndex: (String) -> UInt32) throws(SpoolError) -> RecoveredRecords {
        var found = RecoveredRecords()
        guard let directory = settings.directory else { return found }
        let chain = SegmentChain(number: 0)
        var runs: [ReplayRun] = []
        for name in try Self.segmentNames(in: directory) {
            let path = directory + "/" + name
            let number = UInt64(name.dropFirst("segment-".count).dropLast(".spool".count))
            if let number { skip(sequence: number) }
            switch try disk.open(path) {
            case .empty: disk.remove(path)
            case .refused(let reason): found.foreign.append(.init(path: path, reason: reason))
            case .file(let file):
                let scan = try read(file, sequence: number ?? 0, into: &found, topicIndex: topicIndex)
                guard let scan else { continue }
                runs += scan.runs
                if !scan.runs.isEmpty { chain.append(scan.segment) }
            }
        }
        chain.finish()
        if found.pending > 0 {
            found.replay = Replay(chain, runs: runs, countByTopic: found.countByTopic, firstNewChain: firstChain)
        }
        return found
    }

    static func segmentNames(in directory: String) throws(SpoolError) -> [String] {
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
        return names.sorted()
    }

    /// Reads one file, and gives its segment to the pool or to what is replayed. Nil when it is neither.
    private func read(
        _ file: SpoolFile, sequence: UInt64, into found: inout RecoveredRecords, topicIndex: (String) -> UInt32
    ) throws(SpoolError) -> (segment: Segment, runs: [ReplayRun])? {
        let segment = Segment(file, disk: disk)
        defer { segment.rest() }
        var reasons: [String] = []
        let header: SegmentHeader
        switch SegmentHeader.read(file.base, fileSize: file.size) {
        case .good(let read):
            header = Self.proven(read, file)
            segment.adopt(header)
        case .later(let version):
            found.foreign.append(.init(path: file.path, reason: "a segment of version \(version), which is not known"))
            return nil
        case .damaged:
            guard let rebuilt = RecordSearch.survey(file, fallbackSequence: sequence) else {
                giveUp(segment, file, into: &found)
                return nil
            }
            header = rebuilt
            segment.adopt(rebuilt)
            reasons.append("its header was damaged and was rebuilt from its records")
        }
        let sealed = sealedCount(of: segment, header)
        if SegmentHeader.read(file.base, fileSize: file.size) != .good(header) { segment.use(header) }
        if file.size < header.size { reasons.append("cut to \(file.size) of \(header.size) bytes") }
        let scan = scan(segment, header, sealed: sealed, into: &found, topicIndex: topicIndex)
        if scan.gaveUp { reasons.append("too much looks like a record and is none: the rest was not searched") }
        note(file.path, reasons, lost: scan.lost, isEmpty: scan.runs.isEmpty && !scan.gaveUp, into: &found)
        skip(chain: scan.highestChain)
        guard !scan.runs.isEmpty || segment.size == settings.segmentSize else {
            segment.removeFile()
            return nil
        }
        adopt(segment, sequence: header.sequence, spent: scan.runs.isEmpty)
        if settings.sync != .process, !scan.runs.isEmpty { try segment.synchronise(from: 0, to: segment.size) }
        return (segment, scan.runs)
    }

    /// A header of version 1 has no checksum: a generation that no record has is not the one that it was written with.
    private static func proven(_ header: SegmentHeader, _ file: SpoolFile) -> SegmentHeader {
        guard header.version == SegmentLayout.firstVersion else { return header }
        let search = RecordSearch(
            base: file.base, end: file.size, generation: header.generation, version: header.version)
        var budget = RecordSearch.budget(file.size)
        guard search.next(from: SegmentLayout.header, budget: &budget) == nil,
            let found = RecordSearch.survey(file, fallbackSequence: header.sequence),
            found.version == header.version
        else { return header }
        var proven = header
        proven.generation = found.generation
        return proven
    }

    private func sealedCount(of segment: Segment, _ header: SegmentHeader) -> UInt32? {
        guard header.version == SegmentLayout.firstVersion else { return segment.checkedSealedCount }
        // Version 1 has no check of the count: one that cannot be is not believed.
        let most = header.size / (RecordLayout.header + RecordLayout.alignment)
        return segment.sealedCount.flatMap { Int($0) <= most ? $0 : nil }
    }

    /// A file without a header or a record that could be read.
    private func giveUp(_ segment: Segment, _ file: SpoolFile, into found: inout RecoveredRecords) {
        let body = UnsafeRawBufferPointer(start: file.base, count: file.size).dropFirst(SegmentLayout.header)
        // The process was killed, or the power went, before the first record: a segment like one that was just made.
        if body.allSatisfy({ $0 == 0 }) {
            guard segment.size == settings.segmentSize else { return segment.removeFile() }
            return adopt(segment, sequence: 0, spent: true)
        }
        found.foreign.append(.init(path: file.path, reason: "no segment: neither its header nor a record can be read"))
    }

    private func note(
        _ path: String, _ reasons: [String], lost: UInt64, isEmpty: Bool, into found: inout RecoveredRecords
    ) {
        found.damaged += lost
        var reasons = reasons
        if lost > 0 { reasons.append("\(lost) records cannot be read") }
        // A header that was just being written when the process died is nothing to speak of, with nothing behind it.
        guard lost > 0 || !reasons.isEmpty && !isEmpty else { return }
        found.damage.append(.init(path: path, reason: reasons.joined(separator: "; "), lost: lost))
    }

    /// Walks a segment, seals it and gives its records their topics' indexes.
    private func scan(
        _ segment: Segment, _ header: SegmentHeader, sealed: UInt32?, into found: inout RecoveredRecords,
        topicIndex: (String) -> UInt32
    ) -> SegmentScan {
        var indexes: [String: UInt32] = [:]
        var scan = SegmentScan(segment, header, sealed: sealed)
        scan.walk { record in
            let name = String(decoding: record.topicName, as: UTF8.self)
            let index = indexes[name] ?? topicIndex(name)
            indexes[name] = index
            record.assign(topicIndex: index)
            found.pending += 1
            found.countByTopic[index, default: 0] += 1
        } intact: { record in
            let origin = record.hasOrigin ? (record.originIdentity, record.originPosition) : record.firstVersionOrigin
            guard let (identity, position) = origin else { return }
            found.origins[identity] = max(found.origins[identity] ?? 0, position)
        }
        return scan
    }
}
