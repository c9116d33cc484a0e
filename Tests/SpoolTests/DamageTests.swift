import Spool
import TestSupport
import Testing

/// Any damage to a segment's file: no trap, no damaged value handed out as good, and what is missing is counted.
@Suite struct DamageTests {
    private static let stateByte = 8

    /// A file with records of many lengths, and where each record begins.
    private func original(_ random: inout SeededGenerator) throws -> (
        bytes: [UInt8], samples: [Sample], starts: [Int], name: String
    ) {
        let directory = try TemporaryDirectory()
        var samples: [Sample] = []
        var starts: [Int] = []
        do {
            let spool = try directorySpool(directory)
            let writer = spool.makeWriter()
            for index in 0..<random.int(1...60) {
                let text = "\(index) " + String(repeating: "v", count: random.int(0...900))
                samples.append(
                    Sample(text, key: random.pick(["", "key", "longer key"]), topic: random.pick(["a", "bc"])))
                #expect(writer.write(samples[index]))
            }
            let records = Walk(writer.chain).takeAll()
            // The segment's header stands 64 bytes before the first record.
            starts = records.map { $0.base - records[0].base + 64 }
            if random.int(0...1) == 0 { writer.finish() }
        }
        let name = directory.segmentFiles[0]
        return (directory.read(name), samples, starts, name)
    }

    private func recover(_ bytes: [UInt8], _ name: String) throws -> (found: [Sample], damaged: UInt64, foreign: Int) {
        let directory = try TemporaryDirectory()
        directory.write(bytes, to: name)
        let spool = try directorySpool(directory)
        let found = try spool.recover { _ in 0 }
        let samples = found.chain.map { Walk($0).takeAll().map(Sample.init) } ?? []
        #expect(UInt64(samples.count) == found.pending)
        // The spool goes on working with what it found.
        let writer = spool.makeWriter()
        #expect(writer.write(Sample("after")))
        return (samples, found.damaged, found.foreign.count)
    }

    /// Whether `part` follows from `whole` by leaving out.
    private func isPart(_ part: [Sample], of whole: [Sample]) -> Bool {
        var rest = whole[...]
        for sample in part {
            guard let at = rest.firstIndex(of: sample) else { return false }
            rest = rest[(at + 1)...]
        }
        return true
    }

    @Test(arguments: Array(1...60) as [UInt64]) func `one byte changed costs one record at most and is counted`(
        seed: UInt64
    )
        throws
    {
        var random = SeededGenerator(seed: seed)
        let (bytes, samples, starts, name) = try original(&random)
        let intact = try recover(bytes, name)
        #expect(intact.found == samples && intact.damaged == 0, "seed \(seed)")
        let end = starts[starts.count - 1] + 200
        for _ in 0..<6 {
            var damaged = bytes
            // Half of the time in a record's header, where it hurts most.
            let at =
                random.int(0...1) == 0
                ? random.pick(starts) + random.int(0...63) : random.int(64...min(end, bytes.count - 1))
            damaged[at] ^= UInt8(random.int(1...255))
            let result = try recover(damaged, name)
            let place = "seed \(seed), byte \(at)"
            #expect(isPart(result.found, of: samples), "\(place)")
            #expect(samples.count - result.found.count <= 1, "\(place): lost \(samples.count - result.found.count)")
            // A state byte that says "delivered" is believed: it is what every delivery looks like.
            if !starts.contains(at - Self.stateByte) {
                #expect(result.damaged == UInt64(samples.count - result.found.count), "\(place)")
            }
        }
    }

    @Test(arguments: Array(1...40) as [UInt64]) func `stretches of zeros or noise lose only what they touch`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed &+ 1000)
        let (bytes, samples, starts, name) = try original(&random)
        var damaged = bytes
        let from = random.int(64...(starts[starts.count - 1] + 63))
        let to = min(bytes.count, from + random.int(1...5000))
        let isZero = random.int(0...1) == 0
        for index in from..<to { damaged[index] = isZero ? 0 : UInt8(truncatingIfNeeded: random.next()) }
        let result = try recover(damaged, name)
        let touched = starts.indices.filter { index in
            let end = index + 1 < starts.count ? starts[index + 1] : starts[index] + 1200
            return starts[index] < to && from < end
        }
        #expect(isPart(result.found, of: samples), "seed \(seed)")
        #expect(samples.count - result.found.count <= touched.count, "seed \(seed), \(from)..<\(to)")
        // The tail of a segment that vanished whole is what a segment looks like that was never written further.
        let isTail = touched.last == samples.count - 1
        if result.found.count < samples.count, !isTail { #expect(result.damaged >= 1, "seed \(seed), \(from)..<\(to)") }
    }

    @Test(arguments: Array(1...60) as [UInt64]) func `any bytes changed anywhere, the header too, trap nothing`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed &+ 2000)
        let (bytes, samples, starts, name) = try original(&random)
        var damaged = bytes
        for _ in 0..<random.int(1...40) {
            let at: Int
            switch random.int(0...3) {
            case 0: at = random.int(0...63)
            case 1: at = random.pick(starts) + random.int(0...63)
            default: at = random.int(0...(bytes.count - 1))
            }
            damaged[at] = random.pick([0, 0xFF, 0x7F, 0x80, 1, UInt8(truncatingIfNeeded: random.next())])
        }
        let result = try recover(damaged, name)
        #expect(isPart(result.found, of: samples), "seed \(seed)")
    }

    @Test func `a header that says every record is unchecked is not believed`() throws {
        var random = SeededGenerator(seed: 7)
        var (bytes, samples, starts, name) = try original(&random)
        bytes[20] = 0
        let value = starts[0] + 64
        bytes[value] ^= 0xFF
        let result = try recover(bytes, name)
        #expect(result.found == Array(samples.dropFirst()))
        #expect(result.damaged == 1)
    }

    @Test func `the highest segment number does not overflow`() throws {
        var random = SeededGenerator(seed: 8)
        var (bytes, samples, _, name) = try original(&random)
        for index in 24..<32 { bytes[index] = 0xFF }
        let result = try recover(bytes, name)
        #expect(result.found == samples)
    }

    @Test func `damage that was found once is stepped over without being counted again`() throws {
        var random = SeededGenerator(seed: 11)
        var (bytes, samples, starts, name) = try original(&random)
        try #require(starts.count > 4)
        for index in starts[1]..<starts[1] + 64 { bytes[index] = 0xEE }
        bytes[starts[3] + 64] ^= 1
        let directory = try TemporaryDirectory()
        directory.write(bytes, to: name)
        samples.remove(at: 3)
        samples.remove(at: 1)
        for damaged in [2, 0, 0] as [UInt64] {
            let spool = try directorySpool(directory)
            let found = try spool.recover { _ in 0 }
            #expect(found.damaged == damaged)
            #expect(found.chain.map { Walk($0).takeAll().map(Sample.init) } == samples)
        }
    }
}
