import Spool
import Testing

@Suite struct ChainTests {
    @Test func `a reader at the end of a segment keeps it from being recycled under it`() throws {
        let spool = try memorySpool(segments: 8)
        let writer = spool.makeWriter()
        #expect(writer.write(half("0")))
        #expect(writer.write(half("1")))
        let walk = Walk(writer.chain)
        for record in walk.takeAll() { record.settle(.delivered) }
        #expect(walk.peek() == nil)
        // The writer goes on after the sender looked; what is spent by then is still the reader's.
        #expect(writer.write(half("2")))
        spool.reclaim(writer.chain)
        let other = spool.makeWriter()
        // As long as the first two, so that the reader would stand exactly where the next one goes.
        #expect(other.write(half("a")))
        #expect(other.write(half("b")))
        #expect(walk.take().map(Sample.init) == half("2"))
        #expect(walk.peek() == nil)
        #expect(spool.reclaim(writer.chain), "it has gone on to the next")
        #expect(writer.chain.count == 1)
    }
}
