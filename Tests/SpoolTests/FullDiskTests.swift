import Glibc
import Spool
import Synchronization
import Testing

/// A disk that fills up. The small file system is mounted for one thread alone, in a mount namespace of its own; where
/// that is not allowed the test is skipped and says so.
@Suite struct FullDiskTests {
    private typealias Mount =
        @convention(c) (
            UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UInt, UnsafePointer<CChar>?
        ) -> Int32
    private typealias Unmount = @convention(c) (UnsafePointer<CChar>?, Int32) -> Int32
    private typealias Unshare = @convention(c) (Int32) -> Int32

    private static func call<T>(_ name: String, as type: T.Type) -> T {
        unsafeBitCast(dlsym(nil, name), to: type)
    }

    /// Runs `body` on a thread that sees 1 MiB of file system at `path`. False when that is not allowed.
    private static func withSmallDisk(at path: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        nonisolated(unsafe) let result = UnsafeMutablePointer<Bool>.allocate(capacity: 1)
        defer { result.deallocate() }
        result.pointee = false
        let newNamespace: Int32 = 0x0002_0000
        let privateRecursive: UInt = (1 << 18) | (1 << 14)
        let thread = TestThread {
            let mount = call("mount", as: Mount.self)
            guard call("unshare", as: Unshare.self)(newNamespace) == 0,
                mount("none", "/", nil, privateRecursive, nil) == 0,
                mount("none", path, "tmpfs", 0, "size=1m") == 0
            else { return }
            result.pointee = true
            body()
            _ = call("umount2", as: Unmount.self)(path, 2)
        }
        thread.join()
        return result.pointee
    }

    static let isAllowed: Bool = {
        guard let directory = try? TemporaryDirectory() else { return false }
        return withSmallDisk(at: directory.path) {}
    }()

    @Test(.enabled(if: isAllowed, "needs the right to mount"))
    func `a full disk refuses a segment with the system's reason and the spool goes on with those it has`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        let calls = Atomic<Int>(0)
        let outcome = Mutex<
            (written: Int, refusal: SpoolError?, files: Int, read: [Sample], rolledAfter: Bool, kept: [Bool])
        >(
            (0, nil, 0, [], false, []))
        let ran = Self.withSmallDisk(at: path) {
            guard
                let spool = try? Spool(
                    SpoolSettings(directory: path, maximumSize: 64 * smallest, segmentSize: smallest))
            else { return }
            let writer = spool.makeWriter()
            var written = 0
            while written < 1000, writer.write(half("\(written)")) { written += 1 }
            let refusal = spool.refusal
            spool.whenRoom { calls.wrappingAdd(1, ordering: .relaxed) }
            let walk = Walk(writer.chain)
            let records = walk.takeAll()
            let read = records.map(Sample.init)
            for record in records { record.settle(.delivered) }
            _ = walk.peek()
            spool.reclaim(writer.chain)
            let rolled = writer.roll()
            // The disk is as full as before, but there are empty segments: who waits now is called at once.
            spool.whenRoom { calls.wrappingAdd(1, ordering: .relaxed) }
            // Regression: a disk that was full was said to be so for ever where the segments that came free were enough.
            var kept: [Bool] = []
            for seconds in [5, 11] {
                spool.forgetRefusal(.now + .seconds(seconds))
                kept.append(spool.refusal != nil)
            }
            let files = TemporaryDirectory.names(in: path).count
            outcome.withLock { $0 = (written, refusal, files, read, rolled, kept) }
        }
        #expect(ran)
        outcome.withLock { outcome in
            #expect((2...40).contains(outcome.written))
            #expect(outcome.refusal?.errno == ENOSPC)
            #expect(outcome.refusal?.description.contains("allocate 65536 bytes for \(path)/segment-") == true)
            #expect(outcome.read == (0..<outcome.written).map { half("\($0)") })
            #expect(outcome.rolledAfter)
            #expect(outcome.kept == [true, false])
            #expect(outcome.files > 1)
        }
        #expect(calls.load(ordering: .relaxed) == 2)
    }
}
