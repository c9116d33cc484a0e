import Glibc
import Spool
import TestSupport
import Testing

@Suite struct RecoveryTests {
    /// Writes samples and settles those that the states say, then "dies": nothing is finished, everything is dropped.
    private func leave(_ directory: TemporaryDirectory, _ samples: [Sample], states: [Int: RecordState] = [:]) throws {
        let spool = try directorySpool(directory)
        let writer = spool.makeWriter()
        for sample in samples { #expect(writer.write(sample, topicIndex: 4711)) }
        let walk = Walk(writer.chain)
        for (index, record) in walk.takeAll().enumerated() {
            if let state = states[index] { record.settle(state) }
        }
    }

    @Test func `what was not delivered is found in order and what was is skipped`() throws {
        let directory = try TemporaryDirectory()
        let samples = (0..<200).map { Sample("\($0)" + String(repeating: "y", count: 2000), key: "k\($0 % 7)") }
        let states: [RecordState] = [.delivered, .deadLettered, .moved, .damaged]
        let settled = Dictionary(
            uniqueKeysWithValues: (0..<200).filter { $0 % 3 != 1 }.map { ($0, states[$0 % 4]) })
        try leave(directory, samples, states: settled)
        let spool = try directorySpool(directory)
        let found = try spool.recover { _ in 5 }
        let expected = samples.indices.filter { settled[$0] == nil }.map { samples[$0] }
        #expect(found.pending == UInt64(expected.count))
        #expect(found.damaged == 0)
        #expect(found.foreign.isEmpty)
        let records = Walk(try #require(found.replay)).takeAll()
        #expect(records.map(Sample.init) == expected)
        #expect(records.allSatisfy { $0.topicIndex == 5 && $0.state == .pending })
    }

    @Test func `topics get their index in this process`() throws {
        let directory = try TemporaryDirectory()
        try leave(directory, ["b", "a", "b", "c"].map { Sample("v", topic: $0) })
        let spool = try directorySpool(directory)
        var asked: [String] = []
        let found = try spool.recover { name in
            asked.append(name)
            return UInt32(name.utf8.first!)
        }
        #expect(asked == ["b", "a", "c"])
        #expect(Walk(try #require(found.replay)).takeAll().map(\.topicIndex) == [98, 97, 98, 99])
    }

    @Test func `an empty directory and one with everything delivered have nothing pending`() throws {
        let directory = try TemporaryDirectory()
        #expect(try directorySpool(directory).recover { _ in 0 }.replay == nil)
        try leave(directory, [Sample("a"), Sample("b")], states: [0: .delivered, 1: .delivered])
        let spool = try directorySpool(directory)
        let found = try spool.recover { _ in 0 }
        #expect(found.replay == nil)
        #expect((found.pending, found.damaged) == (0, 0))
        #expect(spool.makeWriter().roll())
        #expect(directory.segmentFiles.count == 1, "the spent segment is used again")
    }

    @Test func `the segments of a recovered chain are recycled, the last one too`() throws {
        let directory = try TemporaryDirectory()
        try leave(directory, [half("0"), half("1"), half("2"), half("3")])
        let spool = try directorySpool(directory, segments: 2)
        let replay = try #require(try spool.recover { _ in 0 }.replay)
        let writer = spool.makeWriter()
        #expect(!writer.roll())
        let walk = Walk(replay)
        for record in walk.takeAll() { record.settle(.delivered) }
        #expect(walk.peek() == nil)
        #expect(spool.reclaim(replay.chain))
        #expect(replay.chain.isExhausted)
        #expect(writer.roll())
    }

    @Test func `dying again and again loses nothing and repeats nothing that was settled`() throws {
        let directory = try TemporaryDirectory()
        var open: [Sample] = []
        for life in 0..<6 {
            let spool = try directorySpool(directory, segments: 40)
            let found = try spool.recover { _ in 0 }
            let left = found.replay.map { Walk($0).takeAll() } ?? []
            #expect(left.map(Sample.init) == open)
            let writer = spool.makeWriter()
            for index in 0..<50 {
                let sample = Sample("\(life)/\(index) " + String(repeating: "z", count: 900))
                #expect(writer.write(sample))
                open.append(sample)
            }
            // A third of what is there is delivered before the end.
            let records = left + Walk(writer.chain).takeAll()
            for index in records.indices.reversed() where index % 3 == 0 {
                records[index].settle(.delivered)
                open.remove(at: index)
            }
        }
        #expect(open.count > 50)
    }

    @Test func `what an earlier use of a segment left behind is not taken for records`() throws {
        let directory = try TemporaryDirectory()
        do {
            let spool = try directorySpool(directory, segments: 2)
            let writer = spool.makeWriter()
            let walk = Walk(writer.chain)
            // The same lengths each time, so that records of the first use stand exactly where others would.
            for _ in 0..<20 { #expect(writer.write(Sample("old" + String(repeating: "o", count: 997)))) }
            for record in walk.takeAll() { record.settle(.delivered) }
            writer.finish()
            _ = walk.peek()
            #expect(spool.reclaim(writer.chain))
            let second = spool.makeWriter()
            for _ in 0..<3 { #expect(second.write(Sample("new" + String(repeating: "n", count: 997)))) }
        }
        let found = try directorySpool(directory, segments: 2).recover { _ in 0 }
        #expect(found.damaged == 0)
        #expect(pending(found).map { String(decoding: $0.value.prefix(3), as: UTF8.self) } == ["new", "new", "new"])
    }

    /// The fields of a header and the first length word behind it, in the order in which they are written when a segment is
    /// used anew; the magic number is taken away first.
    private static let stores: [Range<Int>] = [
        64..<68, 0..<8, 8..<12, 12..<16, 16..<20, 20..<24, 24..<32, 32..<36, 36..<40, 40..<44, 48..<52, 56..<64,
        44..<48,
        0..<8,
    ]

    /// A segment at the end of one use, and the same at the beginning of the next.
    private func twoUses() throws -> (before: [UInt8], after: [UInt8]) {
        let directory = try TemporaryDirectory()
        let spool = try directorySpool(directory, segments: 2)
        let writer = spool.makeWriter()
        let walk = Walk(writer.chain)
        for _ in 0..<20 { #expect(writer.write(Sample("old" + String(repeating: "o", count: 997)))) }
        for record in walk.takeAll() { record.settle(.delivered) }
        writer.finish()
        _ = walk.peek()
        #expect(spool.reclaim(writer.chain))
        let name = try #require(directory.segmentFiles.first)
        let before = directory.read(name)
        let second = spool.makeWriter()
        #expect(second.roll())
        #expect(directory.segmentFiles == [name])
        return (before, directory.read(name))
    }

    private func expectNothing(in bytes: [UInt8], _ place: String) throws {
        let directory = try TemporaryDirectory()
        directory.write(bytes, to: "segment-1.spool")
        let spool = try directorySpool(directory, segments: 2)
        let found = try spool.recover { _ in 0 }
        #expect(found.damaged == 0 && found.pending == 0 && found.replay == nil, "\(place)")
        #expect(found.damage.isEmpty && found.foreign.isEmpty, "\(place): \(found.damage)")
        #expect(spool.makeWriter().write(Sample("new")), "\(place): the segment can be used")
    }

    @Test func `a kill between any two stores of a segment's new header loses nothing and says nothing`() throws {
        let (before, after) = try twoUses()
        #expect(before[..<64] != after[..<64])
        var bytes = before
        try expectNothing(in: bytes, "before")
        for (index, range) in Self.stores.enumerated() {
            // The first store of the magic number takes it away.
            bytes.replaceSubrange(range, with: index == 1 ? [UInt8](repeating: 0, count: 8)[...] : after[range])
            try expectNothing(in: bytes, "after store \(index)")
        }
        #expect(bytes == after)
    }

    @Test func `whatever of a new header a loss of power leaves loses nothing and says nothing`() throws {
        let (before, after) = try twoUses()
        var random = SeededGenerator(seed: 7)
        for round in 0..<60 {
            // The length word goes first, and all of it stands in one sector of a disk.
            var bytes = before
            bytes.replaceSubrange(64..<68, with: after[64..<68])
            for range in Self.stores where random.int(0...1) == 0 { bytes.replaceSubrange(range, with: after[range]) }
            try expectNothing(in: bytes, "round \(round)")
        }
    }

    @Test func `a backlog's records come in the place of their originals, however often the process dies`() throws {
        let directory = try TemporaryDirectory()
        var expected: [Sample] = []
        for life in 0..<3 {
            let spool = try directorySpool(directory, segments: 40)
            let replay = try spool.recover { _ in 0 }.replay
            let backlog = spool.makeWriter(for: .backlog)
            let writer = spool.makeWriter()
            for index in 0..<30 {
                expected.append(Sample("\(life)/\(index) " + String(repeating: "b", count: 5000)))
                #expect(writer.write(expected.last!))
            }
            // Those of a stuck topic are copied out of what was found and of what is new alike.
            for walk in [replay.map { Walk($0) }, Walk(writer.chain)] {
                for (index, record) in (walk?.takeAll() ?? []).enumerated() where index % 3 == life {
                    #expect(backlog.append(copyOf: record))
                    record.settle(.moved)
                }
            }
        }
        #expect(pending(try directorySpool(directory, segments: 40).recover { _ in 0 }) == expected)
    }

    @Test func `workers' records are put in order of their time, each worker's in its own`() throws {
        let directory = try TemporaryDirectory()
        do {
            let spool = try directorySpool(directory)
            let (first, second) = (spool.makeWriter(), spool.makeWriter())
            for (time, text) in [(10, "a"), (40, "d"), (30, "e")] as [(Int64, String)] {
                var sample = Sample(text)
                sample.timestamp = time
                #expect(first.write(sample))
            }
            for (time, text) in [(20, "b"), (35, "c"), (50, "f")] as [(Int64, String)] {
                var sample = Sample(text)
                sample.timestamp = time
                #expect(second.write(sample))
            }
        }
        let found = try directorySpool(directory).recover { _ in 0 }
        #expect(pending(found).map { String(decoding: $0.value, as: UTF8.self) }.joined() == "abcdef")
    }

    @Test func `the furthest position of each origin is told, delivered or not`() throws {
        let directory = try TemporaryDirectory()
        let (a, b) = (OriginIdentity(high: 7, low: 1), OriginIdentity(high: 7, low: .max))
        do {
            let spool = try directorySpool(directory)
            let writer = spool.makeWriter()
            let origins = [
                a: spool.openOrigin(a, at: 0, until: .delivered), b: spool.openOrigin(b, at: 0, until: .kept),
            ]
            for (identity, position) in [(a, 100), (b, 40), (a, 300), (a, 200)] as [(OriginIdentity, UInt64)] {
                #expect(writer.write(Sample("line"), origin: origins[identity], position: position))
            }
            #expect(writer.write(Sample("of nothing")))
            Walk(writer.chain).takeAll()[2].settle(.delivered)
        }
        let found = try directorySpool(directory).recover { _ in 0 }
        #expect(found.origins == [a: 300, b: 40])
        let records = Walk(try #require(found.replay)).takeAll()
        #expect(records.map(\.originIdentity) == [a, b, a, .none])
        #expect(records.map(\.originPosition) == [100, 40, 200, 0])
    }

    @Test func `what is no segment neither stops nor crashes a start, is named and left as it is`() throws {
        let directory = try TemporaryDirectory()
        try leave(directory, [Sample("mine")])
        let own = directory.read(directory.segmentFiles[0])
        let foreign: [String: [UInt8]] = [
            "segment-abc.spool": Array("hello".utf8), "segment-7.spool": (0..<9000).map { UInt8($0 % 251 + 1) },
            "notes.txt": [1, 2, 3], "elsewhere": own,
        ]
        for (name, bytes) in foreign { directory.write(bytes, to: name) }
        mkdir(directory.path + "/segment-5.spool", 0o750)
        mkfifo(directory.path + "/segment-6.spool", 0o640)
        symlink(directory.path + "/elsewhere", directory.path + "/segment-8.spool")
        symlink("nowhere", directory.path + "/segment-9.spool")
        symlink("/dev/tty", directory.path + "/segment-10.spool")
        let spool = try directorySpool(directory)
        let found = try spool.recover { _ in 0 }
        #expect(
            Set(found.foreign.map(\.path))
                == Set(["abc", "5", "6", "7", "8", "9", "10"].map { "\(directory.path)/segment-\($0).spool" }))
        #expect(pending(found) == [Sample("mine")])
        #expect(found.damaged == 0)
        let writers = (0..<10).map { _ in spool.makeWriter() }
        #expect(writers.allSatisfy { $0.roll() }, "no new segment takes a foreign file's name")
        #expect(spool.refusal == nil)
        for (name, bytes) in foreign { #expect(directory.read(name) == bytes) }
    }

    @Test func `a segment of a later version is left alone and said`() throws {
        let directory = try TemporaryDirectory()
        try leave(directory, [Sample("of tomorrow")])
        let name = directory.segmentFiles[0]
        var bytes = directory.read(name)
        bytes[8] = 3
        renewChecksum(&bytes)
        directory.write(bytes, to: name)
        let found = try directorySpool(directory).recover { _ in 0 }
        #expect(found.foreign.map(\.reason) == ["a segment of version 3, which is not known"])
        #expect(directory.read(name) == bytes)
    }

    @Test(arguments: [0, 20, 40, 64]) func `a process that dies while it makes a segment leaves nothing to warn of`(
        written: Int
    ) throws {
        let directory = try TemporaryDirectory()
        try leave(directory, [])
        do {
            let spool = try directorySpool(directory)
            #expect(spool.makeWriter().roll())
        }
        let name = directory.segmentFiles[0]
        var bytes = directory.read(name)
        for index in written..<64 { bytes[index] = 0 }
        directory.write(bytes, to: name)
        directory.write([], to: "segment-77.spool")
        for _ in 0..<2 {
            let spool = try directorySpool(directory)
            let found = try spool.recover { _ in 0 }
            #expect(found.foreign.isEmpty && found.damage.isEmpty && found.damaged == 0)
            #expect(directory.segmentFiles == [name])
            #expect(spool.makeWriter().roll())
            #expect(directory.segmentFiles == [name], "the empty one is used")
        }
    }

    @Test func `segments of another size are drained and removed`() throws {
        let directory = try TemporaryDirectory()
        try leave(directory, [Sample("small")])
        let before = directory.segmentFiles
        do {
            let spool = try directorySpool(directory, segmentSize: 2 * smallest)
            let replay = try #require(try spool.recover { _ in 0 }.replay)
            let walk = Walk(replay)
            #expect(walk.peek().map(Sample.init) == Sample("small"))
            walk.take()?.settle(.delivered)
            _ = walk.peek()
            #expect(spool.reclaim(replay.chain))
            #expect(directory.segmentFiles.isEmpty)
        }
        try leave(directory, [Sample("small")], states: [0: .delivered])
        #expect(directory.segmentFiles.count == before.count)
        let found = try directorySpool(directory, segmentSize: 2 * smallest).recover { _ in 0 }
        #expect(found.replay == nil)
        #expect(directory.segmentFiles.isEmpty)
    }

    @Test func `a second spool on a directory is refused while the first lives`() throws {
        let directory = try TemporaryDirectory()
        do {
            let first = try directorySpool(directory)
            let error = #expect(throws: SpoolError.self) { _ = try directorySpool(directory) }
            #expect(error?.description.contains("another running process") == true)
            #expect(error?.path == directory.path)
            _ = first.makeWriter()
        }
        _ = try directorySpool(directory)
    }

    @Test func `a directory that cannot be made is an error with its name`() throws {
        let directory = try TemporaryDirectory()
        directory.write([], to: "file")
        let error = #expect(throws: SpoolError.self) {
            _ = try Spool(SpoolSettings(directory: directory.path + "/file/spool"))
        }
        #expect(error?.path == directory.path + "/file/spool")
        let deep = try Spool(SpoolSettings(directory: directory.path + "/a/b/c"))
        #expect(deep.makeWriter().roll())
    }

    @Test(arguments: [SpoolSettings.Sync.always, .interval])
    func `records forced to the disk are there`(sync: SpoolSettings.Sync) throws {
        let directory = try TemporaryDirectory()
        do {
            let spool = try Spool(
                SpoolSettings(
                    directory: directory.path, maximumSize: 8 * smallest, segmentSize: smallest, sync: sync))
            let writer = spool.makeWriter()
            try writer.endBatch()
            for index in 0..<9 {
                #expect(writer.write(half("\(index)")))
                try writer.endBatch()
                try spool.synchronise()
            }
        }
        #expect(pending(try directorySpool(directory).recover { _ in 0 }) == (0..<9).map { half("\($0)") })
    }
}
