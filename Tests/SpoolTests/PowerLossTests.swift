import Spool
import TestSupport
import Testing

/// A loss of power at any moment, with every `sync`: what was promised to be on the disk is found again, in order.
@Suite struct PowerLossTests {
    /// A record's life: which it is, whether the disk has been promised, whether Kafka has it.
    private final class Model {
        var written: [[Sample]] = [[], []]
        var promised: Set<String> = []
        var delivered: Set<String> = []

        func name(_ sample: Sample) -> String { String(decoding: sample.value.prefix { $0 != 32 }, as: UTF8.self) }
    }

    /// What runs: two workers, their sender, a backlog and dead letters.
    private final class Process {
        let spool: Spool
        let disk = ForgetfulDisk()
        let found: RecoveredRecords
        let writers: [SpoolWriter]
        let origins: [Origin]
        let backlog: SpoolWriter
        let letters: SpoolWriter
        let receipts: Receipts
        private var walks: [Walk]
        /// Records that the sender has not looked at, oldest first: only these are put aside, in their order.
        private var unread: [Record]
        private var inFlight: [Record] = []
        /// How many each worker had written before this process.
        private let before: [Int]

        init(_ directory: TemporaryDirectory, _ sync: SpoolSettings.Sync, _ model: Model, life: Int) throws {
            before = model.written.map(\.count)
            spool = try Spool(
                SpoolSettings(
                    directory: directory.path, maximumSize: 60 * smallest, segmentSize: smallest, sync: sync),
                disk: disk)
            found = try spool.recover { _ in 0 }
            unread = found.replay.map { Walk($0).takeAll() } ?? []
            writers = [spool.makeWriter(), spool.makeWriter()]
            let spool = spool
            origins = (0..<2).map {
                spool.openOrigin(OriginIdentity(high: UInt64(life), low: UInt64($0 + 1)), at: 0, until: .kept)
            }
            backlog = spool.makeWriter(for: .backlog)
            letters = spool.makeWriter(for: .deadLetters)
            receipts = spool.makeReceipts()
            walks = (writers + [backlog, letters]).map { Walk($0.chain) }
        }

        var replayed: [Record] { unread }

        func step(_ random: inout SeededGenerator, _ model: Model, life: Int) throws {
            switch random.int(0...9) {
            case 0...3:
                try write(random.int(1...12), &random, model, life: life)
            case 4...6:
                for index in [0, 1] { unread += walks[index].takeAll() }
                for index in [2, 3] { inFlight += walks[index].takeAll() }
                handOver(&random, model)
                settle(&random, model)
            case 7:
                _ = receipts.endTurn()
                do throws(SpoolError) {
                    try spool.synchronise()
                } catch {
                    #expect(error.errno == 5)
                }
                noteSettled(model)
            case 8:
                if random.int(0...5) == 0 { disk.refuse(random.int(1...3)) }
            default:
                _ = receipts.endTurn()
                for writer in writers + [backlog, letters] { spool.reclaim(writer.chain) }
                if let replay = found.replay { spool.reclaim(replay.chain) }
            }
        }

        private func write(_ count: Int, _ random: inout SeededGenerator, _ model: Model, life: Int) throws {
            let worker = random.int(0...1)
            var batch: [String] = []
            for _ in 0..<count {
                let number = model.written[worker].count
                let text = "\(worker)/\(number) " + String(repeating: "p", count: random.int(0...6000))
                let sample = Sample(text)
                guard
                    writers[worker].write(sample, origin: origins[worker], position: UInt64(number + 1))
                else { break }
                model.written[worker].append(sample)
                batch.append(model.name(sample))
            }
            do throws(SpoolError) {
                try writers[worker].endBatch()
            } catch {
                return
            }
            if spool.settings.sync == .always { model.promised.formUnion(batch) }
        }

        /// What an input may forget, because the spool has said that it keeps it.
        private func noteSettled(_ model: Model) {
            guard spool.settings.sync != .process else { return }
            for worker in 0..<2 where origins[worker].settled.count > 0 {
                let end = Int(origins[worker].settled.position)
                model.promised.formUnion((before[worker]..<end).map { "\(worker)/\($0)" })
            }
        }

        private func handOver(_ random: inout SeededGenerator, _ model: Model) {
            for _ in 0..<random.int(0...10) where !unread.isEmpty {
                let record = unread[0]
                switch random.int(0...5) {
                case 0, 1:
                    guard backlog.append(copyOf: record) else { return }
                    receipts.replace(record, as: .moved, by: backlog)
                case 2:
                    guard letters.write(letter: model.name(Sample(record)) + " letter", for: record) else { return }
                    receipts.replace(record, as: .deadLettered, by: letters)
                default:
                    inFlight.append(record)
                }
                unread.removeFirst()
            }
        }

        private func settle(_ random: inout SeededGenerator, _ model: Model) {
            for _ in 0..<random.int(0...6) where !inFlight.isEmpty {
                let record = inFlight.remove(at: random.int(0...(inFlight.count - 1)))
                model.delivered.insert(model.name(Sample(record)))
                receipts.finish(record, as: .delivered)
            }
        }
    }

    @Test(
        arguments: [.process, .interval, .always] as [SpoolSettings.Sync], Array(1...8) as [UInt64])
    func `what was promised is found after a loss of power at any moment`(sync: SpoolSettings.Sync, seed: UInt64) throws
    {
        var random = SeededGenerator(seed: seed)
        let model = Model()
        var directory = try TemporaryDirectory()
        for life in 1...6 {
            let next = try TemporaryDirectory()
            do {
                let process = try Process(directory, sync, model, life: life)
                let names = process.replayed.map { model.name(Sample($0)) }
                let missing = model.promised.subtracting(model.delivered).subtracting(names)
                #expect(missing.isEmpty, "\(sync), seed \(seed), life \(life): \(missing.sorted().prefix(9))")
                checkOrder(process.replayed, "\(sync), seed \(seed), life \(life)")
                for _ in 0..<random.int(1...60) { try process.step(&random, model, life: life) }
                process.disk.crash(into: next, &random)
            }
            directory = next
        }
    }

    /// Each worker's records come in the order in which it committed them; letters are another topic's.
    private func checkOrder(_ records: [Record], _ place: String) {
        for worker in ["0/", "1/"] {
            let numbers = records.compactMap { record -> Int? in
                let text = String(decoding: Sample(record).value, as: UTF8.self)
                guard text.hasPrefix(worker), !text.hasSuffix(" letter") else { return nil }
                return Int(text.dropFirst(2).prefix { $0 != " " })
            }
            #expect(numbers == numbers.sorted(), "\(place), worker \(worker)")
        }
    }

    @Test func `a copy that is not on the disk does not settle its original`() throws {
        for sync in [.interval, .always] as [SpoolSettings.Sync] {
            let directory = try TemporaryDirectory()
            let disk = ForgetfulDisk()
            let spool = try Spool(
                SpoolSettings(
                    directory: directory.path, maximumSize: 20 * smallest, segmentSize: smallest, sync: sync),
                disk: disk)
            let (writer, backlog) = (spool.makeWriter(), spool.makeWriter(for: .backlog))
            #expect(writer.write(Sample("one")))
            try writer.endBatch()
            try spool.synchronise()
            let record = try #require(Walk(writer.chain).take())
            let receipts = spool.makeReceipts()
            #expect(backlog.append(copyOf: record))
            receipts.replace(record, as: .moved, by: backlog)
            #expect(record.state == .pending)
            disk.refuse(1)
            if sync == .always {
                #expect(!receipts.endTurn(), "the disk refused")
            } else {
                #expect(!receipts.endTurn(), "nothing was written yet")
                #expect(throws: SpoolError.self) { try spool.synchronise() }
                #expect(!receipts.endTurn(), "the disk refused")
            }
            #expect(record.state == .pending, "\(sync)")
            try spool.synchronise()
            #expect(receipts.endTurn())
            #expect(record.state == .moved, "\(sync)")
        }
    }
}
