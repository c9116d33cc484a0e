import Glibc
import Spool
import Synchronization
import Testing

/// A disk that refuses new files while it is told to, and counts how often it is asked.
private final class RefusingDisk: SpoolDisk {
    private let system = SystemDisk()
    let refuses = Atomic(false)
    let attempts = Atomic(0)

    func create(_ path: String, size: Int) throws(SpoolError) -> SpoolFile {
        attempts.add(1, ordering: .relaxed)
        guard !refuses.load(ordering: .relaxed) else {
            throw SpoolError(path: path, operation: "allocate \(size) bytes for", errno: ENOSPC)
        }
        return try system.create(path, size: size)
    }

    func open(_ path: String) throws(SpoolError) -> OpenedFile { try system.open(path) }
    func synchronise(_ file: SpoolFile, from: Int, to: Int) throws(SpoolError) {
        try system.synchronise(file, from: from, to: to)
    }
    func synchroniseDirectory(_ path: String) throws(SpoolError) { try system.synchroniseDirectory(path) }
    func remove(_ path: String) { system.remove(path) }
}

@Suite struct RefusingDiskTests {
    private final class Time: Sendable { let now = Atomic<Int64>(0) }

    private func spool(_ directory: TemporaryDirectory, _ disk: RefusingDisk, _ time: Time) throws -> Spool {
        try Spool(
            SpoolSettings(directory: directory.path, maximumSize: 64 * smallest, segmentSize: smallest), disk: disk,
            clock: { time.now.load(ordering: .relaxed) })
    }

    @Test func `while the disk refuses, a flood of datagrams asks for a file ten times a second and no more`() throws {
        let directory = try TemporaryDirectory()
        let (disk, time) = (RefusingDisk(), Time())
        let spool = try spool(directory, disk, time)
        let writers = [spool.makeWriter(), spool.makeWriter()]
        disk.refuses.store(true, ordering: .relaxed)
        for _ in 0..<1000 {
            for writer in writers { #expect(!writer.roll()) }
            time.now.add(1_000_000, ordering: .relaxed)
        }
        // One second.
        #expect((9...11).contains(disk.attempts.load(ordering: .relaxed)))
        #expect(spool.refusal?.errno == ENOSPC)
    }

    @Test func `when the disk takes files again, the next attempt finds it out and all writers go on at once`() throws {
        let directory = try TemporaryDirectory()
        let (disk, time) = (RefusingDisk(), Time())
        let spool = try spool(directory, disk, time)
        let writers = [spool.makeWriter(), spool.makeWriter()]
        disk.refuses.store(true, ordering: .relaxed)
        #expect(!writers[0].roll())
        disk.refuses.store(false, ordering: .relaxed)
        #expect(!writers[0].roll(), "it is not asked again yet")
        time.now.add(100_000_000, ordering: .relaxed)
        #expect(writers[0].roll() && writers[1].roll())
        #expect(spool.refusal == nil)
        #expect(writers[0].write(Sample("one")))
    }

    @Test func `empty segments are used whatever the disk says`() throws {
        let directory = try TemporaryDirectory()
        let (disk, time) = (RefusingDisk(), Time())
        let spool = try spool(directory, disk, time)
        let (first, second) = (spool.makeWriter(), spool.makeWriter())
        let walk = Walk(first.chain)
        #expect(first.write(Sample("one")))
        disk.refuses.store(true, ordering: .relaxed)
        #expect(!second.roll())
        for record in walk.takeAll() { record.settle(.delivered) }
        first.finish()
        _ = walk.peek()
        #expect(spool.reclaim(first.chain))
        #expect(second.roll())
        #expect(disk.attempts.load(ordering: .relaxed) == 2)
    }
}
