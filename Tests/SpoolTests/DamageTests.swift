import CLinux
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
        let samples = found.replay.map { Walk($0).takeAll().map(Sample.init) } ?? []
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
            #expect(found.replay.map { Walk($0).takeAll().map(Sample.init) } == samples)
        }
    }

    // MARK: Headers, cuts, stretches

    /// Segments as a process that was killed leaves them: some sealed, the last not, and what is in them.
    private func segments(_ count: Int, states: (Int) -> RecordState? = { _ in nil }) throws -> (
        files: [(name: String, bytes: [UInt8])], samples: [Sample], pending: [Sample]
    ) {
        let directory = try TemporaryDirectory()
        var samples: [Sample] = []
        var pending: [Sample] = []
        do {
            let spool = try directorySpool(directory)
            let writer = spool.makeWriter()
            while directory.segmentFiles.count <= count {
                samples.append(Sample("\(samples.count) " + String(repeating: "s", count: samples.count % 700)))
                #expect(writer.write(samples.last!))
            }
            for (index, record) in Walk(writer.chain).takeAll().enumerated() {
                if let state = states(index) { record.settle(state) } else { pending.append(samples[index]) }
            }
        }
        let names = directory.segmentFiles.sorted { directory.read($0)[24] < directory.read($1)[24] }
        return (names.map { ($0, directory.read($0)) }, samples, pending)
    }

    private func recover(_ files: [(name: String, bytes: [UInt8])]) throws -> (
        found: RecoveredRecords, samples: [Sample], again: RecoveredRecords
    ) {
        let directory = try TemporaryDirectory()
        for (name, bytes) in files { directory.write(bytes, to: name) }
        let (found, samples): (RecoveredRecords, [Sample]) = try {
            let found = try directorySpool(directory).recover { _ in 0 }
            return (found, SpoolTests.pending(found))
        }()
        let again = try directorySpool(directory).recover { _ in 0 }
        #expect(again.damaged == 0, "what is lost is counted once")
        #expect(SpoolTests.pending(again) == samples)
        return (found, samples, again)
    }

    @Test(arguments: Array(0..<64)) func `no byte of a header costs a record, whatever it becomes`(byte: Int) throws {
        var (files, _, pending) = try segments(2) { $0 % 3 == 0 ? .delivered : nil }
        for (file, change) in [(0, 0x01), (1, 0xFF), (2, 0x80)] as [(Int, UInt8)] {
            files[file].bytes[byte] ^= change
        }
        let result = try recover(files)
        #expect(result.samples == pending)
        #expect(result.found.damaged == 0)
        #expect(result.found.foreign.isEmpty)
    }

    @Test func `a header of zeros or of noise costs no record`() throws {
        var (files, samples, _) = try segments(2)
        for index in 0..<64 {
            files[0].bytes[index] = 0
            files[1].bytes[index] = UInt8(index) &* 37 &+ 11
        }
        let result = try recover(files)
        #expect(result.samples == samples)
        #expect(result.found.damaged == 0)
        #expect(result.found.damage.map(\.lost) == [0, 0])
    }

    @Test(arguments: [100, 4096, 20_000, 32_768, 65_000, 65_535])
    func `of a file that was cut, everything before the cut is sent and the rest is counted`(cut: Int) throws {
        var (files, samples, _) = try segments(3)
        let starts = starts(in: files[1].bytes)
        files[1].bytes = Array(files[1].bytes.prefix(cut))
        let result = try recover(files)
        let gone = starts.count - starts.filter { $0.end <= cut }.count
        #expect(isPart(result.samples, of: samples))
        #expect(result.samples.count == samples.count - gone)
        #expect(result.found.damaged == UInt64(gone))
        #expect(result.found.damage.map(\.lost) == [UInt64(gone)])
    }

    /// Where the records of a segment stand.
    private func starts(in bytes: [UInt8]) -> [(start: Int, end: Int)] {
        var found: [(Int, Int)] = []
        var offset = 64
        while offset + 4 <= bytes.count {
            let length = bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            if length == 0 || length == 0xFFFF_FFFF { break }
            found.append((offset, offset + length))
            offset += length
        }
        return found
    }

    @Test(arguments: [0, 1]) func `a stretch of zeros is counted to the record, sealed or not`(file: Int) throws {
        var (files, samples, _) = try segments(1)
        if file == 1 {
            // The last segment is still written: it needs something behind the stretch.
            try #require(starts(in: files[1].bytes).count >= 1)
            (files, samples, _) = try open(records: 80)
        }
        let at = min(file, files.count - 1)
        let starts = starts(in: files[at].bytes)
        let zeros = starts[10].start + 5..<starts[60].start + 5
        for index in zeros { files[at].bytes[index] = 0 }
        let result = try recover(files)
        #expect(result.samples.count == samples.count - 51)
        #expect(isPart(result.samples, of: samples))
        #expect(result.found.damaged == 51)
        #expect(result.found.damage.map(\.lost) == [51])
    }

    /// One segment that is still written.
    private func open(records: Int) throws -> (
        files: [(name: String, bytes: [UInt8])], samples: [Sample], pending: [Sample]
    ) {
        let directory = try TemporaryDirectory()
        let samples = (0..<records).map { Sample("\($0) " + String(repeating: "o", count: $0)) }
        do {
            let writer = try directorySpool(directory).makeWriter()
            for sample in samples { #expect(writer.write(sample)) }
        }
        let name = directory.segmentFiles[0]
        return ([(name, directory.read(name))], samples, samples)
    }

    @Test func `a single flipped bit never makes a record look delivered`() throws {
        let (files, samples, _) = try open(records: 20)
        let starts = starts(in: files[0].bytes)
        for bit in 0..<8 {
            var damaged = files
            for start in starts { damaged[0].bytes[start.start + 8] ^= 1 << bit }
            #expect(try recover(damaged).samples == samples, "bit \(bit)")
        }
    }

    @Test func `a length word that was damaged is rebuilt`() throws {
        var (files, samples, _) = try open(records: 20)
        for start in starts(in: files[0].bytes) { files[0].bytes[start.start + 1] ^= 0x55 }
        let result = try recover(files)
        #expect(result.samples == samples)
        #expect(result.found.damaged == 0)
    }

    @Test func `bytes made to look like the beginnings of long records cost no more than their size`() throws {
        let size = 1 << 20
        var bytes = [UInt8](repeating: 0, count: size)
        func put(_ value: UInt32, at offset: Int) {
            withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
        }
        bytes.replaceSubrange(0..<8, with: Array("KLSSPOOL".utf8))
        for (offset, value) in [(8, 2), (12, UInt32(size)), (16, 1), (20, 1)] as [(Int, UInt32)] {
            put(value, at: offset)
        }
        renewChecksum(&bytes)
        for offset in stride(from: 64, to: size - 128, by: 64) {
            let length = (size - 8 - offset) & ~7
            put(UInt32(length), at: offset)
            put(1, at: offset + 4)
            bytes[offset + 10] = 1
            put(UInt32(length - 65), at: offset + 32)
            put(UInt32(offset), at: offset + 56)
        }
        let directory = try TemporaryDirectory()
        directory.write(bytes, to: "segment-1.spool")
        let clock = ContinuousClock()
        let start = clock.now
        let found = try directorySpool(directory).recover { _ in 0 }
        // Their square is 8 GiB; the bound says 5 MiB.
        #expect(clock.now - start < .seconds(20))
        #expect(found.pending == 0)
        #expect(found.damaged >= 1)
    }

    // MARK: Version 1

    /// A segment as version 1 wrote it.
    private func firstVersion(
        _ samples: [Sample], sequence: UInt64, isBacklog: Bool = false, states: [Int: UInt8] = [:],
        origin: (id: UInt32, position: UInt64)? = nil
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: smallest)
        func put<T>(_ value: T, at offset: Int) {
            withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        put(0x4C4F_4F50_5353_4C4B as UInt64, at: 0)
        put(1 as UInt32, at: 8)
        put(UInt32(smallest), at: 12)
        put(9 as UInt32, at: 16)
        put((isBacklog ? 3 : 1) as UInt32, at: 20)
        put(sequence, at: 24)
        var at = 64
        for (index, sample) in samples.enumerated() {
            let body = sample.value + sample.key + Array(sample.topic.utf8)
            let size = (64 + body.count + 7) & ~7
            put(UInt32(size), at: at)
            put(9 as UInt32, at: at + 4)
            put(states[index] ?? 0, at: at + 8)
            put(UInt16(sample.topic.utf8.count), at: at + 10)
            put(sample.timestamp, at: at + 24)
            put(UInt32(sample.value.count), at: at + 32)
            put(UInt32(sample.value.count), at: at + 36)
            put(origin?.position ?? 0, at: at + 40)
            put(origin?.id ?? 0, at: at + 48)
            put(UInt32(sample.key.count), at: at + 52)
            put(UInt32(at), at: at + 56)
            put(UInt32(sample.key.count), at: at + 60)
            bytes.replaceSubrange(at + 64..<at + 64 + body.count, with: body)
            put(clinux_crc32c(0, Array(bytes[at + 24..<at + 64 + body.count]), 40 + body.count), at: at + 12)
            at += size
        }
        put(0xFFFF_FFFF as UInt32, at: at)
        put(UInt32(samples.count + 1), at: 36)
        return bytes
    }

    @Test func `segments of version 1 are read, in their order, and copies of their records keep it`() throws {
        let samples = (0..<30).map { Sample("\($0)", key: "k") }
        let files = [
            ("segment-4.spool", firstVersion(Array(samples[20...]), sequence: 4, states: [9: 1])),
            ("segment-3.spool", firstVersion(Array(samples[0..<10]), sequence: 9, isBacklog: true)),
            (
                "segment-2.spool",
                firstVersion(Array(samples[10..<20]), sequence: 2, states: [0: 4, 1: 2, 2: 3], origin: (77, 500))
            ),
        ]
        let expected = samples.enumerated().filter { ![10, 11, 12, 29].contains($0.offset) }.map(\.element)
        let result = try recover(files)
        #expect(result.samples == expected)
        #expect((result.found.damaged, result.found.foreign.count, result.found.damage.count) == (0, 0, 0))
        #expect(result.found.origins == [OriginIdentity(high: 0, low: 77): 500])
        let directory = try TemporaryDirectory()
        for (name, bytes) in files { directory.write(bytes, to: name) }
        do {
            let spool = try directorySpool(directory)
            let replay = try #require(try spool.recover { _ in 0 }.replay)
            let backlog = spool.makeWriter(for: .backlog)
            for (index, record) in Walk(replay).takeAll().enumerated() where index % 2 == 0 {
                #expect(backlog.append(copyOf: record))
                record.settle(.moved)
            }
            #expect(spool.makeWriter().write(Sample("new")))
        }
        #expect(SpoolTests.pending(try directorySpool(directory).recover { _ in 0 }) == expected + [Sample("new")])
    }

    @Test(arguments: [0, 3, 8, 9, 12, 14, 16, 20, 24]) func `a header of version 1 that was damaged costs no record`(
        byte: Int
    ) throws {
        let samples = (0..<30).map { Sample("\($0)", key: "k") }
        var bytes = firstVersion(samples, sequence: 3)
        bytes[byte] ^= 0x04
        let result = try recover([("segment-3.spool", bytes)])
        #expect(result.samples == samples)
        #expect(result.found.damaged == 0)
        #expect(result.found.foreign.isEmpty)
    }
}
