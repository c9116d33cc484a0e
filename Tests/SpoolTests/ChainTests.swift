import Spool
import Testing

@Suite struct ChainTests {
    @Test func `the trailing reader of a tracked chain passes the settled prefix only`() throws {
        let spool = try memorySpool(segments: 8)
        let writer = spool.makeWriter(tracked: true)
        for index in 0..<5 { #expect(writer.write(half("\(index)"))) }
        let leading = Walk(writer.chain)
        let trailing = Walk(trailing: writer.chain)
        let records = leading.takeAll()
        func follow() -> UInt64 {
            var count = writer.chain.settledCount
            while let record = trailing.peek(), record.state != .pending {
                trailing.advance(past: record)
                count += 1
            }
            writer.chain.settledCount = count
            return count
        }
        #expect(follow() == 0)
        for (settled, prefix) in [(2, 0), (3, 0), (1, 0), (0, 4), (4, 5)] as [(Int, UInt64)] {
            records[settled].settle(.delivered)
            #expect(follow() == prefix)
        }
        #expect(spool.reclaim(writer.chain))
        #expect(writer.chain.count == 1)
    }

    @Test func `a tracked chain is recycled from its front only`() throws {
        let spool = try memorySpool(segments: 8)
        let writer = spool.makeWriter(tracked: true)
        for index in 0..<5 { #expect(writer.write(half("\(index)"))) }
        let leading = Walk(writer.chain)
        let trailing = Walk(trailing: writer.chain)
        let records = leading.takeAll()
        for record in records[2...3] { record.settle(.delivered) }
        #expect(trailing.peek()?.base == records[0].base)
        #expect(!spool.reclaim(writer.chain))
        for record in records[0...1] {
            record.settle(.delivered)
            #expect(trailing.take()?.base == record.base)
        }
        _ = trailing.peek()
        #expect(spool.reclaim(writer.chain))
        #expect(writer.chain.count == 2)
    }

    @Test func `a leading reader at the end of a segment keeps it from being recycled under it`() throws {
        let spool = try memorySpool(segments: 8)
        let writer = spool.makeWriter(tracked: true)
        #expect(writer.write(half("0")))
        #expect(writer.write(half("1")))
        let leading = Walk(writer.chain)
        let trailing = Walk(trailing: writer.chain)
        for record in leading.takeAll() {
            record.settle(.delivered)
            #expect(trailing.take()?.base == record.base)
        }
        #expect(leading.peek() == nil)
        // The writer goes on after the sender looked, and the checkpoint's reader is the first to see it.
        #expect(writer.write(half("2")))
        #expect(trailing.peek().map(Sample.init) == half("2"))
        spool.reclaim(writer.chain)
        let other = spool.makeWriter()
        // As long as the first two, so that the reader would stand exactly where the next one goes.
        #expect(other.write(half("a")))
        #expect(other.write(half("b")))
        #expect(leading.take().map(Sample.init) == half("2"))
        #expect(leading.peek() == nil)
    }
}
