import Foundation

/// The committed records of a spool directory, read from its files as the format's version 1 lays
/// them out, without the code that replays them.
enum SpoolFiles {
    /// The values of all records whose commit (the length, stored last) stands in a segment, delivered or not.
    static func committedValues(in directory: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        var values: [String] = []
        for name in names.sorted() where name.hasPrefix("segment-") && name.hasSuffix(".spool") {
            let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
            try data.withUnsafeBytes { values += try committed($0) }
        }
        return values
    }

    private static func committed(_ segment: UnsafeRawBufferPointer) throws -> [String] {
        let (segmentHeader, recordHeader) = (64, 64)
        guard segment.count >= segmentHeader, segment.prefix(8).elementsEqual("KLSSPOOL".utf8) else { return [] }
        let generation = segment.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
        var values: [String] = []
        var offset = segmentHeader
        while offset + recordHeader <= segment.count {
            let length = segment.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            let recordGeneration = segment.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
            guard length != 0, length != .max, recordGeneration == generation else { break }
            let count = Int(segment.loadUnaligned(fromByteOffset: offset + 32, as: UInt32.self))
            let start = offset + recordHeader
            guard count > 0, count <= Int(length), start + count <= segment.count else { break }
            // An event is a JSON object: anything else means that this is not the layout.
            guard segment[start] == UInt8(ascii: "{"), segment[start + count - 1] == UInt8(ascii: "}") else {
                throw HarnessError("the record at byte \(offset) of a segment holds no event")
            }
            values.append(String(decoding: segment[start..<start + count], as: UTF8.self))
            offset += Int(length)
        }
        return values
    }
}
