import Glibc
import Spool
import Synchronization
import TestSupport
import Testing

@Suite struct ModelTests {
    /// One chain and what it should hold.
    private final class Lane {
        let writer: SpoolWriter
        let walk: Walk
        var unread: [Sample] = []
        var inFlight: [(record: Record, sample: Sample)] = []

        init(_ spool: Spool) {
            writer = spool.makeWriter()
            walk = Walk(writer.chain)
        }
    }

    @Test(arguments: Array(1...30) as [UInt64])
    func `any interleaving of writing, reading, settling and recycling keeps the records`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        let onDisk = random.int(0...1) == 0
        let segments = random.int(2...9)
        var spool: Spool? =
            onDisk ? try directorySpool(directory, segments: segments) : try memorySpool(segments: segments)
        var lanes = (0..<random.int(1...3)).map { _ in Lane(spool!) }
        var written = 0
        for _ in 0..<600 {
            let lane = random.pick(lanes)
            switch random.int(0...9) {
            case 0...4:
                let sample = Sample("\(written) " + String(repeating: "m", count: random.int(0...20_000)))
                if lane.writer.write(sample) {
                    lane.unread.append(sample)
                    written += 1
                }
            case 5, 6:
                for _ in 0..<random.int(1...8) {
                    guard let record = lane.walk.take() else {
                        #expect(lane.unread.isEmpty, "seed \(seed)")
                        break
                    }
                    try #require(Sample(record) == lane.unread.first, "seed \(seed)")
                    lane.inFlight.append((record, lane.unread.removeFirst()))
                }
            case 7, 8:
                for _ in 0..<random.int(1...8) where !lane.inFlight.isEmpty {
                    let (record, sample) = lane.inFlight.remove(at: random.int(0...(lane.inFlight.count - 1)))
                    // Its memory is its own until now, whatever was recycled meanwhile.
                    #expect(Sample(record) == sample, "seed \(seed)")
                    record.settle(random.pick([.delivered, .deadLettered, .moved]))
                }
            default:
                if random.int(0...3) == 0 { _ = lane.writer.roll() }
                spool!.reclaim(lane.writer.chain)
            }
        }
        #expect(written > 0, "seed \(seed)")
        guard onDisk else { return }
        let expected = lanes.flatMap { lane in lane.unread + lane.inFlight.map(\.sample) }
        lanes = []
        spool = nil
        let found = try directorySpool(directory, segments: segments).recover { _ in 0 }
        let samples = found.replay.map { Walk($0).takeAll().map(Sample.init) } ?? []
        #expect(found.damaged == 0, "seed \(seed)")
        #expect(
            samples.map(\.value).map(Self.number).sorted() == expected.map(\.value).map(Self.number).sorted(),
            "seed \(seed)")
    }

    private static func number(_ value: [UInt8]) -> Int {
        Int(String(decoding: value.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)) ?? -1
    }

    @Test func `a writer and a reader on two threads agree on every record`() throws {
        let spool = try memorySpool(segments: 4)
        let count = 60_000
        final class Writing: @unchecked Sendable {
            let writer: SpoolWriter
            init(_ writer: SpoolWriter) { self.writer = writer }
        }
        // The writer belongs to the thread that is started; this one keeps the chain alone.
        let writing = Writing(spool.makeWriter())
        let chain = writing.writer.chain
        let limit = time(nil) + 60
        let thread = TestThread {
            var index = 0
            while index < count, time(nil) < limit {
                if writing.writer.write(Sample("\(index)/" + String(repeating: "t", count: index % 300))) {
                    index += 1
                } else {
                    sched_yield()
                }
            }
            writing.writer.finish()
        }
        let walk = Walk(chain)
        var next = 0
        while next < count, time(nil) < limit {
            guard let record = walk.take() else {
                spool.reclaim(chain)
                sched_yield()
                continue
            }
            try #require(record.valueCount == "\(next)/".utf8.count + next % 300)
            try #require(Sample(record).value.starts(with: Array("\(next)/".utf8)))
            record.settle(.delivered)
            if next % 50 == 0 { spool.reclaim(chain) }
            next += 1
        }
        thread.join()
        #expect(next == count)
        #expect(walk.peek() == nil)
        spool.reclaim(chain)
        #expect(chain.isExhausted)
    }
}

/// A thread that is waited for.
final class TestThread {
    private var thread = pthread_t()

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    init(_ body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        let failure = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context)
        precondition(failure == 0, "a thread for a test")
    }

    func join() { pthread_join(thread, nil) }
}
