import Spool
import Synchronization
import TestSupport
import Testing

@Suite struct OriginTests {
    private static let file = OriginIdentity(high: 1, low: 2)

    /// What an origin's listener was told.
    private final class Told: Sendable {
        let all = Mutex<[OriginProgress]>([])
        func note(_ progress: OriginProgress) { all.withLock { $0.append(progress) } }
    }

    @Test func `an origin is told how far its records are settled without a gap`() throws {
        let spool = try memorySpool(segments: 8)
        let told = Told()
        let origin = spool.openOrigin(Self.file, at: 50, until: .kept, onProgress: told.note)
        let writer = spool.makeWriter()
        for index in 1...5 as ClosedRange<UInt64> {
            #expect(writer.write(Sample("line"), origin: origin, position: 50 + index * 10))
            #expect(writer.write(Sample("of another")))
        }
        try writer.endBatch()
        #expect(origin.settled == OriginProgress(count: 0, position: 50), "in memory nothing is kept by itself")
        let receipts = spool.makeReceipts()
        let records = Walk(writer.chain).takeAll()
        // Every second record is of another.
        for (index, count, position) in [(4, 0, 50), (0, 1, 60), (6, 1, 60), (8, 1, 60), (2, 5, 100)]
            as [(Int, UInt64, UInt64)]
        {
            receipts.finish(records[index], as: .delivered)
            _ = receipts.endTurn()
            #expect(origin.settled == OriginProgress(count: count, position: position), "record \(index)")
        }
        #expect(
            told.all.withLock { $0 } == [
                OriginProgress(count: 1, position: 60), OriginProgress(count: 5, position: 100),
            ])
    }

    @Test(arguments: Array(1...40) as [UInt64])
    func `any order of settling, through copies and letters, ends at the furthest gapless place`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let spool = try memorySpool(segments: 64)
        let writer = spool.makeWriter()
        let backlog = spool.makeWriter(for: .backlog)
        let letters = spool.makeWriter(for: .deadLetters)
        let receipts = spool.makeReceipts()
        let origins = (1...3).map {
            spool.openOrigin(OriginIdentity(high: 0, low: $0), at: 0, until: .delivered)
        }
        var open: [[Bool]] = [[], [], []]
        var under: [(record: Record, origin: Int, number: Int)] = []
        let walks = [Walk(writer.chain), Walk(backlog.chain), Walk(letters.chain)]
        for step in 0..<1500 {
            if step < 700, random.int(0...1) == 0 {
                let which = random.int(0...2)
                open[which].append(true)
                #expect(
                    writer.write(
                        Sample("\(which)"), origin: origins[which], position: UInt64(open[which].count * 7)))
                under.append((walks[0].take()!, which, open[which].count - 1))
            } else if !under.isEmpty {
                let at = random.int(0...2) == 0 ? 0 : random.int(0...(under.count - 1))
                let (record, which, number) = under[at]
                switch random.int(0...5) {
                case 0:
                    #expect(backlog.append(copyOf: record))
                    receipts.replace(record, as: .moved, by: backlog)
                    under[at].record = walks[1].take()!
                case 1:
                    #expect(letters.write(letter: "letter", for: record))
                    receipts.replace(record, as: .deadLettered, by: letters)
                    under[at].record = walks[2].take()!
                default:
                    receipts.finish(record, as: .delivered)
                    open[which][number] = false
                    under.remove(at: at)
                }
            }
            if random.int(0...3) == 0 {
                _ = receipts.endTurn()
                for which in 0...2 {
                    let prefix = UInt64(open[which].firstIndex(of: true) ?? open[which].count)
                    #expect(
                        origins[which].settled == OriginProgress(count: prefix, position: prefix * 7), "seed \(seed)")
                }
            }
        }
        for origin in origins { spool.closeOrigin(origin) }
        #expect(spool.originCount == Set(under.map(\.origin)).count, "seed \(seed)")
        for (record, _, _) in under { receipts.finish(record, as: .delivered) }
        _ = receipts.endTurn()
        #expect(origins.map(\.settled.count) == open.map { UInt64($0.count) }, "seed \(seed)")
        #expect(spool.originCount == 0, "nothing of a closed origin stays when its last record is settled")
    }

    @Test func `in a directory what is kept follows the batch, or the disk when it is synchronised`() throws {
        for sync in [.process, .always, .interval] as [SpoolSettings.Sync] {
            let directory = try TemporaryDirectory()
            let spool = try Spool(
                SpoolSettings(directory: directory.path, maximumSize: 8 * smallest, segmentSize: smallest, sync: sync))
            let told = Told()
            let origin = spool.openOrigin(Self.file, at: 0, until: .kept, onProgress: told.note)
            let delivered = spool.openOrigin(Self.file, at: 0, until: .delivered)
            let writer = spool.makeWriter()
            #expect(writer.write(Sample("a"), origin: origin, position: 2))
            #expect(writer.write(Sample("b"), origin: delivered, position: 4))
            #expect(writer.write(Sample("c"), origin: origin, position: 6))
            #expect(origin.settled.count == 0)
            try writer.endBatch()
            let all = OriginProgress(count: 2, position: 6)
            if case .interval = sync {
                #expect(origin.settled.count == 0)
                #expect(writer.write(Sample("later"), origin: origin, position: 8))
                try spool.synchronise()
            }
            #expect(origin.settled == all, "\(sync)")
            #expect(told.all.withLock { $0 } == [all])
            #expect(delivered.settled.count == 0, "\(sync)")
            let receipts = spool.makeReceipts()
            for record in Walk(writer.chain).takeAll() { receipts.finish(record, as: .delivered) }
            _ = receipts.endTurn()
            #expect(delivered.settled == OriginProgress(count: 1, position: 4))
            #expect(origin.settled == all, "\(sync)")
        }
    }

    @Test func `an origin that is closed with nothing under way is forgotten at once`() throws {
        let spool = try memorySpool(segments: 4)
        spool.closeOrigin(spool.openOrigin(Self.file, at: 0, until: .delivered))
        #expect(spool.originCount == 0)
    }
}
