import CLinux
import Glibc
import Spool
import Testing

/// A directory of its own for a test, removed with everything in it at the end.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/spool-tests-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        path = try template.withUnsafeBufferPointer {
            String(cString: try #require(made == nil ? nil : $0.baseAddress))
        }
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        for name in names(in: path) {
            let inner = path + "/" + name
            if unlink(inner) != 0 { remove(inner) }
        }
        rmdir(path)
    }

    static func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    var segmentFiles: [String] { Self.names(in: path).filter { $0.hasPrefix("segment-") } }

    func read(_ name: String) -> [UInt8] {
        let descriptor = open("\(path)/\(name)", O_RDONLY)
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let got = pread(descriptor, &bytes, bytes.count, 0)
        precondition(got == bytes.count, "the whole file is read")
        return bytes
    }

    func write(_ bytes: [UInt8], to name: String) {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o640)
        defer { close(descriptor) }
        let put = pwrite(descriptor, bytes, bytes.count, 0)
        precondition(put == bytes.count, "the whole file is written")
    }
}

/// What a test writes and expects back.
struct Sample: Equatable, CustomStringConvertible {
    var value: [UInt8]
    var key: [UInt8] = []
    var topic = "some-events"
    var timestamp: Int64 = 1_762_264_929_120

    init(_ text: String, key: String = "", topic: String = "some-events") {
        value = Array(text.utf8)
        self.key = Array(key.utf8)
        self.topic = topic
    }

    init(value: [UInt8]) { self.value = value }

    init(_ record: Record) {
        value = Array(UnsafeRawBufferPointer(start: record.value, count: record.valueCount))
        key = record.key.map { Array(UnsafeRawBufferPointer(start: $0, count: record.keyCount)) } ?? []
        topic = String(decoding: record.topicName, as: UTF8.self)
        timestamp = record.timestamp
    }

    var description: String { "\(topic): \(String(decoding: value.prefix(40), as: UTF8.self)) (\(value.count))" }
}

extension SpoolWriter {
    /// Writes a sample, its key as a copy behind the value. Rolls once when there is no room. False without room.
    func write(_ sample: Sample, topicIndex: UInt32 = 0, origin: Origin? = nil, position: UInt64 = 0) -> Bool {
        let needed = sample.value.count + sample.key.count
        if room.count < needed, !roll() || room.count < needed { return false }
        room.copyBytes(from: sample.value + sample.key)
        let name = Array(sample.topic.utf8)
        name.withUnsafeBytes {
            commit(
                valueCount: sample.value.count, keyStart: sample.value.count, keyCount: sample.key.count,
                keyCopyCount: sample.key.count, topicIndex: topicIndex, topicName: $0, timestamp: sample.timestamp,
                origin: origin, position: position)
        }
        return true
    }
}

extension SpoolWriter {
    /// Writes a dead letter for a record.
    func write(letter: String, for record: Record) -> Bool {
        if room.count < letter.utf8.count, !roll() { return false }
        room.copyBytes(from: Array(letter.utf8))
        Array("letters".utf8).withUnsafeBytes {
            commit(valueCount: letter.utf8.count, topicIndex: 0, topicName: $0, timestamp: 0, replacing: record)
        }
        return true
    }
}

/// A reader that expectations can be asked about; they take nothing that cannot be copied.
final class Walk {
    private var reader: SpoolReader?
    private let replay: Replay?

    init(_ chain: SegmentChain) {
        reader = SpoolReader(chain)
        replay = nil
    }
    init(_ replay: Replay) { self.replay = replay }

    func peek() -> Record? { replay.map { $0.peek() } ?? reader?.peek() }
    func advance(past record: Record) {
        replay?.advance()
        reader?.advance(past: record)
    }

    /// The next record, passed.
    func take() -> Record? {
        guard let record = peek() else { return nil }
        advance(past: record)
        return record
    }

    func takeAll() -> [Record] {
        var records: [Record] = []
        while let record = take() { records.append(record) }
        return records
    }
}

/// The records that an earlier process left, in the order in which they would be sent.
func pending(_ found: RecoveredRecords) -> [Sample] {
    found.replay.map { Walk($0).takeAll().map(Sample.init) } ?? []
}

let smallest = 65536

func memorySpool(segments: Int) throws -> Spool {
    try Spool(SpoolSettings(maximumSize: segments * smallest, segmentSize: smallest))
}

func directorySpool(
    _ directory: TemporaryDirectory, segments: Int = 16, segmentSize: Int = smallest
) throws -> Spool {
    try Spool(
        SpoolSettings(directory: directory.path, maximumSize: segments * segmentSize, segmentSize: segmentSize))
}

/// A value that nearly fills half of the smallest segment: two fit, three do not.
func half(_ tag: String) -> Sample { Sample(tag + String(repeating: "x", count: 30_000)) }

/// Gives a segment's header, changed by a test, the checksum that belongs to it.
func renewChecksum(_ bytes: inout [UInt8]) {
    var crc = clinux_crc32c(0, Array(bytes[0..<32]), 32)
    crc = clinux_crc32c(crc, Array(bytes[40..<44]), 4)
    crc = clinux_crc32c(crc, Array(bytes[56..<64]), 8)
    withUnsafeBytes(of: crc) { bytes.replaceSubrange(44..<48, with: $0) }
}
