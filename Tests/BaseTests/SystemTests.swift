import Base
import Glibc
import Synchronization
import Testing

@Suite struct SystemTests {
    @Test func `an error is the system's word for it, on any number of threads at a time`() async {
        #expect(SystemError.text(of: ENOENT) == "No such file or directory")
        #expect(SystemError(EACCES).description == "Permission denied")
        #expect(SystemError.text(of: 99_999).contains("99999"))
        await withTaskGroup(of: Bool.self) { group in
            for code in [ENOENT, EACCES, ENOSPC, 99_999] {
                let expected = SystemError.text(of: code)
                group.addTask { (0..<2000).allSatisfy { _ in SystemError.text(of: code) == expected } }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func `a thread runs once and can be waited for`() async throws {
        final class Runs: Sendable { let count = Atomic(0) }
        let runs = Runs()
        let body = { @Sendable () -> Void in runs.count.add(1, ordering: .relaxed) }
        try SystemThread(name: "a name of more than fifteen bytes", body).join()
        #expect(runs.count.load(ordering: .relaxed) == 1)
        try await SystemThread(name: "second", body).end()
        #expect(runs.count.load(ordering: .relaxed) == 2)
    }

    @Test func `the monotonic clock does not go back, and both count nanoseconds`() {
        let before = SystemClock.monotonic
        SystemClock.rest(nanoseconds: -1)
        #expect(SystemClock.monotonic >= before)
        // 2020-09-13: a clock in other units is far from it.
        #expect(SystemClock.realTime > 1_600_000_000 * 1_000_000_000)
    }

    @Test func `names hash as FNV-1a does`() {
        #expect(
            "".utf8.withContiguousStorageIfAvailable { NameHash.of(UnsafeRawBufferPointer($0)) }
                == 0xcbf2_9ce4_8422_2325)
        let hash = "foobar".utf8.withContiguousStorageIfAvailable { NameHash.of(UnsafeRawBufferPointer($0)) }
        #expect(hash == 0x8594_4171_f739_67e8)
    }
}
