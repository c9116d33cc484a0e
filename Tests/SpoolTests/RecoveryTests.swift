import Glibc
import Spool
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

    private func pending(_ found: RecoveredRecords) -> [Sample] {
        found.chain.map { Walk($0).takeAll().map(Sample.init) } ?? []
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
        let chain = try #require(found.chain)
        let records = Walk(chain).takeAll()
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
        #expect(Walk(try #require(found.chain)).takeAll().map(\.topicIndex) == [98, 97, 98, 99])
    }

    @Test func `an empty directory and one with everything delivered have nothing pending`() throws {
        let directory = try TemporaryDirectory()
        #expect(try directorySpool(directory).recover { _ in 0 }.chain == nil)
        try leave(directory, [Sample("a"), Sample("b")], states: [0: .delivered, 1: .delivered])
        let spool = try directorySpool(directory)
        let found = try spool.recover { _ in 0 }
        #expect(found.chain == nil)
        #expect((found.pending, found.damaged) == (0, 0))
        #expect(spool.makeWriter().roll())
        #expect(directory.segmentFiles.count == 1, "the spent segment is used again")
    }

    @Test func `the segments of a recovered chain are recycled, the last one too`() throws {
        let directory = try TemporaryDirectory()
        try leave(directory, [half("0"), half("1"), half("2"), half("3")])
        let spool = try directorySpool(directory, segments: 2)
        let chain = try #require(try spool.recover { _ in 0 }.chain)
        let writer = spool.makeWriter()
        #expect(!writer.roll())
        let walk = Walk(chain)
        for record in walk.takeAll() { record.settle(.delivered) }
        #expect(walk.peek() == nil)
        #expect(spool.reclaim(chain))
        #expect(chain.isExhausted)
        #expect(writer.roll())
    }

    @Test func `dying again and again loses nothing and repeats nothing that was settled`() throws {
        let directory = try TemporaryDirectory()
        var open: [Sample] = []
        for life in 0..<6 {
            let spool = try directorySpool(directory, segments: 40)
            let found = try spool.recover { _ in 0 }
            #expect(pending(found) == open)
            let writer = spool.makeWriter()
            for index in 0..<50 {
                let sample = Sample("\(life)/\(index) " + String(repeating: "z", count: 900))
                #expect(writer.write(sample))
                open.append(sample)
            }
            // A third of what is there is delivered before the end.
            let records = (found.chain.map { Walk($0).takeAll() } ?? []) + Walk(writer.chain).takeAll()
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

    @Test func `a backlog comes before anything else, whatever its number`() throws {
        let directory = try TemporaryDirectory()
        do {
            let spool = try directorySpool(directory)
            let (first, second) = (spool.makeWriter(), spool.makeWriter())
            #expect(first.write(Sample("1")))
            #expect(second.write(Sample("2")))
            let backlog = spool.makeWriter(for: .backlog)
            #expect(backlog.write(Sample("0")))
        }
        let found = try directorySpool(directory).recover { _ in 0 }
        #expect(pending(found) == [Sample("0"), Sample("1"), Sample("2")])
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
        let records = Walk(try #require(found.chain)).takeAll()
        #expect(records.map(\.originIdentity) == [a, b, a, .none])
        #expect(records.map(\.originPosition) == [100, 40, 200, 0])
    }

    @Test func `foreign files are named and left as they are`() throws {
        let directory = try TemporaryDirectory()
        try leave(directory, [Sample("mine")])
        let own = directory.segmentFiles
        var otherVersion = directory.read(own[0])
        otherVersion[8] = 3
        let foreign: [String: [UInt8]] = [
            "segment-2.spool": otherVersion, "segment-3.spool": [], "segment-abc.spool": Array("hello".utf8),
            "segment-9.spool": Array(directory.read(own[0]).dropLast(1)), "notes.txt": [1, 2, 3],
        ]
        for (name, bytes) in foreign { directory.write(bytes, to: name) }
        mkdir(directory.path + "/segment-5.spool", 0o750)
        let spool = try directorySpool(directory)
        let found = try spool.recover { _ in 0 }
        #expect(
            Set(found.foreign)
                == Set(["2", "3", "5", "9", "abc"].map { "\(directory.path)/segment-\($0).spool" }))
        #expect(pending(found) == [Sample("mine")])
        let writers = (0..<6).map { _ in spool.makeWriter() }
        #expect(writers.allSatisfy { $0.roll() }, "no new segment takes a foreign file's name")
        #expect(spool.refusal == nil)
        for (name, bytes) in foreign { #expect(directory.read(name) == bytes) }
    }

    @Test func `segments of another size are drained and removed`() throws {
        let directory = try TemporaryDirectory()
        try leave(directory, [Sample("small")])
        let before = directory.segmentFiles
        do {
            let spool = try directorySpool(directory, segmentSize: 2 * smallest)
            let chain = try #require(try spool.recover { _ in 0 }.chain)
            let walk = Walk(chain)
            #expect(walk.peek().map(Sample.init) == Sample("small"))
            walk.take()?.settle(.delivered)
            _ = walk.peek()
            #expect(spool.reclaim(chain))
            #expect(directory.segmentFiles.isEmpty)
        }
        try leave(directory, [Sample("small")], states: [0: .delivered])
        #expect(directory.segmentFiles.count == before.count)
        let found = try directorySpool(directory, segmentSize: 2 * smallest).recover { _ in 0 }
        #expect(found.chain == nil)
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

    @Test(arguments: [SpoolSettings.Sync.always, .interval(milliseconds: 5)])
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
                try spool.synchronise([writer.chain])
            }
        }
        #expect(pending(try directorySpool(directory).recover { _ in 0 }) == (0..<9).map { half("\($0)") })
    }
}
