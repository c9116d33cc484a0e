import CLinux
import Glibc

/// Looks into a spool's directory without touching it: nothing is written or locked, and a process that works in it notices
/// nothing. What it does meanwhile may be seen or not.
public struct SpoolInspection {
    /// What one segment holds.
    public struct Segment: Sendable, Equatable {
        /// The file's name in the directory.
        public var name: String
        /// Its bytes.
        public var size: Int
        /// Order in which segments were begun.
        public var sequence: UInt64 = 0
        /// Records that can be read.
        public var records = 0
        /// Of those, the ones that are not settled.
        public var pending = 0
        /// When the oldest of them was received, Unix ms; 0 = there is none.
        public var oldest: Int64 = 0
        /// Pending records by topic.
        public var topics: [String: Int] = [:]
        /// What is wrong with it, nil when nothing is.
        public var fault: String?
    }

    /// A record that waits.
    public struct Entry {
        /// Its topic.
        public var topic: String
        /// When it was received, Unix ms.
        public var timestamp: Int64
        /// Its key, nil when it has none. Valid during the call.
        public var key: UnsafeRawBufferPointer?
        /// The event. Valid during the call.
        public var value: UnsafeRawBufferPointer
    }

    private let directory: String

    /// Of a directory.
    public init(_ directory: String) { self.directory = directory }

    /// Reads all segments, in the order in which they were begun.
    /// - Parameter pending: called for each record that waits; false ends the reading.
    /// - Throws: when the directory or a file in it cannot be read.
    public func read(pending: (Entry) -> Bool = { _ in true }) throws(SpoolError) -> [Segment] {
        var segments: [Segment] = []
        // The order stands in the headers: they are read first, and a file's body when its turn has come.
        var order: [(name: String, sequence: UInt64)] = []
        for name in try Spool.segmentNames(in: directory) {
            let head = try contents(name, most: SegmentLayout.header)
            defer { head.deallocate() }
            order.append((name, Self.header(head, fileSize: try size(name))?.sequence ?? 0))
        }
        for (name, sequence) in order.sorted(by: { ($0.sequence, $0.name) < ($1.sequence, $1.name) }) {
            let bytes = try contents(name, most: 1 << 30)
            defer { bytes.deallocate() }
            var segment = Segment(name: name, size: bytes.count, sequence: sequence)
            let goesOn = read(bytes, into: &segment, pending)
            segments.append(segment)
            if !goesOn { break }
        }
        return segments
    }

    private static func header(_ bytes: UnsafeMutableRawBufferPointer, fileSize: Int) -> SegmentHeader? {
        guard bytes.count >= SegmentLayout.smallest,
            case .good(let header) = SegmentHeader.read(UnsafeRawPointer(bytes.baseAddress!), fileSize: fileSize)
        else { return nil }
        return header
    }

    /// Reads one segment; false when no more is wanted.
    private func read(
        _ bytes: UnsafeMutableRawBufferPointer, into segment: inout Segment, _ pending: (Entry) -> Bool
    ) -> Bool {
        guard bytes.count >= SegmentLayout.smallest, let header = Self.header(bytes, fileSize: bytes.count) else {
            let isEmpty = bytes.allSatisfy { $0 == 0 }
            segment.fault = isEmpty ? nil : "its header cannot be read"
            return true
        }
        let search = RecordSearch(
            base: bytes.baseAddress!, end: bytes.count, generation: header.generation, version: header.version)
        var budget = RecordSearch.budget(bytes.count)
        var offset = SegmentLayout.header
        while let at = search.next(from: offset, budget: &budget) {
            if at != offset { segment.fault = "some of its records cannot be read" }
            let record = Record(base: bytes.baseAddress! + at)
            guard let size = record.wellFormedSize(within: bytes.count - at, version: header.version) else { break }
            offset = at + size
            segment.records += 1
            guard record.state(in: header.version) == .pending else { continue }
            segment.pending += 1
            if segment.oldest == 0 || record.timestamp < segment.oldest { segment.oldest = record.timestamp }
            let topic = String(decoding: record.topicName, as: UTF8.self)
            segment.topics[topic, default: 0] += 1
            let entry = Entry(
                topic: topic, timestamp: record.timestamp,
                key: record.key.map { UnsafeRawBufferPointer(start: $0, count: record.keyCount) },
                value: UnsafeRawBufferPointer(start: record.value, count: record.valueCount))
            if !pending(entry) { return false }
        }
        return true
    }

    private func size(_ name: String) throws(SpoolError) -> Int {
        let path = directory + "/" + name
        var status = stat()
        guard stat(path, &status) == 0 else { throw SpoolError(path: path, operation: "inspect", errno: errno) }
        return Int(status.st_size)
    }

    /// A copy of a file's first bytes: whoever works in the directory may remove or cut the file meanwhile, which a mapping
    /// would not survive.
    private func contents(_ name: String, most: Int) throws(SpoolError) -> UnsafeMutableRawBufferPointer {
        let path = directory + "/" + name
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpoolError(path: path, operation: "open", errno: errno) }
        defer { close(descriptor) }
        let count = min(most, try size(name))
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 8), alignment: 8)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        var done = 0
        while done < count {
            let got = Glibc.read(descriptor, bytes.baseAddress! + done, count - done)
            if got < 0, errno == EINTR { continue }
            if got < 0 {
                let code = errno
                bytes.deallocate()
                throw SpoolError(path: path, operation: "read", errno: code)
            }
            if got == 0 { break }
            done += got
        }
        return UnsafeMutableRawBufferPointer(rebasing: bytes[..<max(count, 8)])
    }
}
