import Spool
import Testing

@Suite struct RecordTests {
    static let samples: [Sample] = [
        Sample("{}"),
        Sample(""),
        Sample(#"{"type":"DHCP_LEASE","ip":"192.168.0.101"}"#, key: "192.168.0.101", topic: "dhcp-lease-events"),
        Sample("seven b", topic: "t"),
        Sample("eight by", key: "k", topic: String(repeating: "n", count: 249)),
        Sample("from a file"),
        Sample(value: Array(0...255)),
        Sample(value: [UInt8](repeating: 0, count: 60_000)),
        Sample(value: [UInt8](repeating: 0xFF, count: 4096)),
    ]

    @Test(arguments: [false, true]) func `records come back as they were written, in order`(onDisk: Bool) throws {
        let directory = try TemporaryDirectory()
        let spool = onDisk ? try directorySpool(directory) : try memorySpool(segments: 8)
        let writer = spool.makeWriter()
        for sample in Self.samples { #expect(writer.write(sample)) }
        #expect(writer.committed == UInt64(Self.samples.count))
        let reader = Walk(writer.chain)
        let records = reader.takeAll()
        #expect(records.map(Sample.init) == Self.samples)
        #expect(records.allSatisfy { $0.state == .pending && Int(bitPattern: $0.base) % 8 == 0 })
    }

    @Test func `a key inside the value is found there and a record without one has none`() throws {
        let spool = try memorySpool(segments: 4)
        let writer = spool.makeWriter()
        #expect(writer.roll())
        let value = Array(#"{"ip":"10.0.0.1"}"#.utf8)
        for keyCount in [8, 0] {
            writer.room.copyBytes(from: value)
            Array("topic".utf8).withUnsafeBytes {
                writer.commit(
                    valueCount: value.count, keyStart: 7, keyCount: keyCount, topicIndex: 3, topicName: $0,
                    timestamp: -1)
            }
        }
        let reader = Walk(writer.chain)
        let first = try #require(reader.take())
        #expect(first.key == first.value + 7)
        #expect(Sample(first).key == Array("10.0.0.1".utf8))
        #expect((first.topicIndex, first.timestamp) == (3, -1))
        let second = try #require(reader.take())
        #expect(second.key == nil)
        #expect(second.keyCount == 0)
        #expect(reader.peek() == nil)
    }

    @Test func `the longest value fits an empty segment and one byte more does not`() throws {
        let spool = try memorySpool(segments: 4)
        let writer = spool.makeWriter()
        var longest = Sample(value: [UInt8](repeating: 7, count: spool.maximumValueCount))
        longest.topic = String(repeating: "n", count: 249)
        #expect(writer.write(longest))
        let rest = writer.room.count
        #expect(rest < 64)
        let reader = Walk(writer.chain)
        #expect(reader.take().map(Sample.init) == longest)
        #expect(writer.roll())
        #expect(writer.room.count >= spool.maximumValueCount)
        #expect(writer.room.count < smallest)
    }

    @Test func `a copy of a record equals it, key inside or behind`() throws {
        let spool = try memorySpool(segments: 4)
        let writer = spool.makeWriter()
        for sample in Self.samples.prefix(7) { #expect(writer.write(sample)) }
        let reader = Walk(writer.chain)
        let copies = spool.makeWriter(for: .backlog)
        while let record = reader.take() {
            #expect(copies.append(copyOf: record))
            record.settle(.moved)
        }
        let second = Walk(copies.chain)
        #expect(second.takeAll().map(Sample.init) == Array(Self.samples.prefix(7)))
    }

    @Test func `nothing is visible before its commit and room asked for again is the same`() throws {
        let spool = try memorySpool(segments: 4)
        let writer = spool.makeWriter()
        #expect(writer.room.isEmpty)
        let reader = Walk(writer.chain)
        #expect(reader.peek() == nil)
        #expect(writer.roll())
        writer.room.copyBytes(from: [UInt8](repeating: 0xAA, count: 1000))
        #expect(reader.peek() == nil)
        let before = writer.room.baseAddress
        #expect(writer.roll())
        #expect(writer.room.baseAddress == before, "an empty segment is kept")
        #expect(writer.write(Sample("one")))
        #expect(reader.take().map(Sample.init) == Sample("one"))
        #expect(reader.peek() == nil)
    }

    @Test func `settings that cannot work are refused`() {
        for (size, most) in [(1000, 1 << 20), (65537, 1 << 20), (65536, 65536), (2 << 30, 8 << 30), (0, 0), (-4096, 0)]
        {
            #expect(throws: SpoolError.self) {
                _ = try Spool(SpoolSettings(maximumSize: most, segmentSize: size))
            }
        }
    }
}
