import Spool
import Testing

/// What is seen of a spool from outside, and what it says of itself.
@Suite struct InspectionTests {
    @Test func `what waits in a directory is read without a byte of it changing, beside a process that has it`() throws
    {
        let directory = try TemporaryDirectory()
        let spool = try directorySpool(directory)
        let writer = spool.makeWriter()
        for tag in ["a", "b", "c"] { #expect(writer.write(half(tag))) }
        #expect(writer.write(Sample("d", key: "k", topic: "other")))
        let walk = Walk(writer.chain)
        try #require(walk.take()).settle(.delivered)
        let before = directory.segmentFiles.map { directory.read($0) }
        var found: [Sample] = []
        let segments = try SpoolInspection(directory.path).read { entry in
            var sample = Sample(value: Array(entry.value))
            sample.topic = entry.topic
            sample.key = entry.key.map { Array($0) } ?? []
            sample.timestamp = entry.timestamp
            found.append(sample)
            return true
        }
        #expect(found == [half("b"), half("c"), Sample("d", key: "k", topic: "other")])
        #expect(segments.map(\.records) == [2, 2] && segments.map(\.pending) == [1, 2])
        #expect(segments.map(\.topics) == [["some-events": 1], ["some-events": 1, "other": 1]])
        #expect(segments.allSatisfy { $0.fault == nil && $0.oldest == Sample("").timestamp })
        #expect(directory.segmentFiles.map { directory.read($0) } == before)
    }

    @Test func `a damaged record is stepped over and said, and a file that is none is named`() throws {
        let directory = try TemporaryDirectory()
        do {
            let spool = try directorySpool(directory)
            let writer = spool.makeWriter()
            for tag in ["a", "b"] { #expect(writer.write(half(tag))) }
        }
        let name = directory.segmentFiles[0]
        var bytes = directory.read(name)
        bytes[64 + 64 + 100] ^= 0xFF
        directory.write(bytes, to: name)
        directory.write(
            Array("no segment at all, but a text of more than sixty-four bytes to be read".utf8), to: "segment-9.spool")
        var found: [Sample] = []
        let segments = try SpoolInspection(directory.path).read { entry in
            found.append(Sample(value: Array(entry.value)))
            return true
        }
        #expect(found.map(\.value) == [half("b").value])
        #expect(Set(segments.map(\.fault)) == ["some of its records cannot be read", "its header cannot be read"])
    }

    @Test func `the oldest record that is not settled is found behind those that are`() throws {
        let spool = try memorySpool(segments: 8)
        let writer = spool.makeWriter()
        let now: Int64 = 2_000_000_000_000
        #expect(writer.chain.oldestPending(now: now) == nil)
        for (index, tag) in ["a", "b", "c"].enumerated() {
            var sample = half(tag)
            sample.timestamp = 1_000 + Int64(index)
            #expect(writer.write(sample))
        }
        let walk = Walk(writer.chain)
        #expect(writer.chain.oldestPending(now: now) == 1_000)
        try #require(walk.take()).settle(.delivered)
        #expect(writer.chain.oldestPending(now: now) == 1_001)
        try #require(walk.take()).settle(.delivered)
        #expect(writer.chain.oldestPending(now: now) == 1_002)
        try #require(walk.take()).settle(.delivered)
        #expect(writer.chain.oldestPending(now: now) == nil)
        spool.reclaim(writer.chain)
        var late = half("d")
        late.timestamp = now
        #expect(writer.write(late))
        #expect(writer.chain.oldestPending(now: now) == now)
    }

    @Test func `how full it is follows what is written and settled`() throws {
        let spool = try memorySpool(segments: 8)
        #expect(
            spool.readings == SpoolReadings(segmentSize: smallest, allocated: 0, free: 0, maximum: 8, hasRoom: true))
        let writer = spool.makeWriter()
        var written = 0
        while writer.write(half("x")) { written += 1 }
        #expect(!spool.readings.hasRoom && spool.readings.allocated == 5 && written == 10)
        let walk = Walk(writer.chain)
        for record in walk.takeAll() { record.settle(.delivered) }
        spool.reclaim(writer.chain)
        #expect(spool.readings.hasRoom && spool.readings.allocated - spool.readings.free <= 1)
    }
}
