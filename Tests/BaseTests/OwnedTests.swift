import Base
import Synchronization
import Testing

@Suite struct OwnedTests {
    private struct Counter: ~Copyable {
        var count = 0
        let ended: Ended
        deinit { ended.count.add(1, ordering: .relaxed) }
    }
    private final class Ended: Sendable { let count = Atomic(0) }

    @Test func `a value is changed in place and ends with its owner`() {
        let ended = Ended()
        do {
            let owned = Owned(Counter(ended: ended))
            owned.value.count += 1
            owned.value.count += 1
            #expect(owned.value.count == 2)
            owned.value = Counter(count: 7, ended: ended)
            #expect(ended.count.load(ordering: .relaxed) == 1, "the value before it has ended")
            #expect(owned.value.count == 7)
        }
        #expect(ended.count.load(ordering: .relaxed) == 2)
    }

    private static func both(_ one: borrowing Owned<[Int]>) -> Int {
        func sum(_ left: [Int], _ right: [Int]) -> Int { left.count + right.count }
        return sum(one.value, one.value)
    }

    @Test func `it may be read twice at a time`() { #expect(Self.both(Owned([1, 2, 3])) == 6) }

    #if DEBUG
        @Test func `a debug build ends where a value is reached while it is being changed`() async {
            await #expect(processExitsWith: .failure) {
                let owned = Owned([1])
                func change(_ value: inout [Int], _ body: () -> Int) { value.append(body()) }
                change(&owned.value) { owned.value.count }
            }
        }
    #endif
}
