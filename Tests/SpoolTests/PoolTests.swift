import Spool
import Synchronization
import Testing

@Suite struct PoolTests {
    @Test func `with no room left a roll is refused and what is committed stays`() throws {
        let spool = try memorySpool(segments: 3)
        let writer = spool.makeWriter()
        var expected: [Sample] = []
        while writer.write(half("\(expected.count)")) { expected.append(half("\(expected.count)")) }
        #expect(expected.count == 4, "two segments of two; the third is kept for dead letters")
        #expect(!writer.roll())
        #expect(writer.committed == 4)
        #expect(spool.refusal == nil, "the limit is not an error")
        let reader = Walk(writer.chain)
        #expect(reader.takeAll().map(Sample.init) == expected)
    }

    @Test func `dead letters take the segment that is kept back`() throws {
        let spool = try memorySpool(segments: 2)
        let messages = spool.makeWriter()
        #expect(messages.write(half("m")))
        #expect(!spool.makeWriter(for: .backlog).roll())
        #expect(spool.makeWriter(for: .deadLetters).roll())
        #expect(!spool.makeWriter(for: .deadLetters).roll())
    }

    @Test func `messages leave a quarter of the segments to backlogs`() throws {
        let spool = try memorySpool(segments: 8)
        func count(_ purpose: SpoolWriter.Purpose) -> Int {
            var count = 0
            while spool.makeWriter(for: purpose).roll() { count += 1 }
            return count
        }
        #expect([count(.messages), count(.backlog), count(.deadLetters)] == [5, 2, 1])
    }

    @Test func `a segment is recycled only when all its records are settled, the last freed first`() throws {
        let spool = try memorySpool(segments: 8)
        let writer = spool.makeWriter()
        for index in 0..<6 { #expect(writer.write(half("\(index)"))) }
        let reader = Walk(writer.chain)
        let records = reader.takeAll()
        records[0].settle(.delivered)
        #expect(!spool.reclaim(writer.chain))
        records[3].settle(.delivered)
        records[2].settle(.deadLettered)
        #expect(spool.reclaim(writer.chain), "the second segment, out of turn")
        records[1].settle(.moved)
        #expect(spool.reclaim(writer.chain))
        #expect(writer.chain.count == 1)
        let allocated = spool.allocatedBytes
        let other = spool.makeWriter()
        #expect(other.roll())
        #expect(other.room.baseAddress == records[0].value, "the first segment was freed last")
        #expect(other.write(Sample("again")))
        let third = spool.makeWriter()
        #expect(third.roll())
        #expect(third.room.baseAddress == records[2].value)
        #expect(spool.allocatedBytes == allocated)
        let second = Walk(other.chain)
        #expect(second.takeAll().map(Sample.init) == [Sample("again")], "nothing of the earlier use shows")
    }

    @Test func `a full segment that its writer cannot leave is recycled all the same`() throws {
        let spool = try memorySpool(segments: 2)
        let writer = spool.makeWriter()
        let reader = Walk(writer.chain)
        // One segment for the writer and one kept back: it fills its only one over and over.
        for round in 0..<20 {
            #expect(writer.write(half("a\(round)")))
            #expect(writer.write(half("b\(round)")))
            #expect(!writer.write(half("c\(round)")))
            let records = reader.takeAll()
            #expect(records.map(Sample.init) == [half("a\(round)"), half("b\(round)")])
            for record in records { record.settle(.delivered) }
            #expect(reader.peek() == nil)
            #expect(spool.reclaim(writer.chain))
        }
    }

    @Test func `the last segment of a finished chain is recycled`() throws {
        let spool = try memorySpool(segments: 4)
        let writer = spool.makeWriter()
        #expect(writer.write(Sample("last")))
        let reader = Walk(writer.chain)
        let record = try #require(reader.take())
        writer.finish()
        record.settle(.delivered)
        #expect(reader.peek() == nil)
        #expect(!writer.chain.isExhausted)
        #expect(spool.reclaim(writer.chain))
        #expect(writer.chain.isExhausted)
        #expect(reader.peek() == nil)
    }

    @Test func `who waits for room is called once, when there is some`() throws {
        let spool = try memorySpool(segments: 2)
        let calls = Atomic<Int>(0)
        let wake: @Sendable () -> Void = { calls.wrappingAdd(1, ordering: .relaxed) }
        spool.whenRoom(wake)
        #expect(calls.load(ordering: .relaxed) == 1, "there is room now")
        let writer = spool.makeWriter()
        #expect(writer.write(Sample("x")))
        spool.whenRoom(wake)
        spool.whenRoom(wake)
        #expect(calls.load(ordering: .relaxed) == 1)
        #expect(!writer.roll())
        let reader = Walk(writer.chain)
        reader.take()?.settle(.delivered)
        #expect(reader.peek() == nil)
        spool.reclaim(writer.chain)
        #expect(calls.load(ordering: .relaxed) == 3)
        spool.reclaim(writer.chain)
        spool.wakeAll()
        #expect(calls.load(ordering: .relaxed) == 3)
        #expect(writer.roll())
        spool.whenRoom(wake)
        spool.wakeAll()
        spool.wakeAll()
        #expect(calls.load(ordering: .relaxed) == 4)
    }

    @Test func `empty segments beyond a few are given back`() throws {
        let directory = try TemporaryDirectory()
        let spool = try directorySpool(directory, segments: 24)
        let writer = spool.makeWriter()
        for index in 0..<30 { #expect(writer.write(half("\(index)"))) }
        #expect(directory.segmentFiles.count == 15)
        let reader = Walk(writer.chain)
        for record in reader.takeAll() { record.settle(.delivered) }
        #expect(spool.reclaim(writer.chain))
        #expect(directory.segmentFiles.count == 9, "eight empty ones and the writer's")
        #expect(spool.allocatedBytes == 9 * smallest)
    }
}
