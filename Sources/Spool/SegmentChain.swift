import Synchronization

/// The segments of one writer in the order they were written: the way from a worker to its sender.
///
/// Threads: the writer appends, the reader asks for the next one, and either may look for spent ones. All of that
/// happens once per segment, so a lock is right here; records themselves pass without one.
public final class SegmentChain: Sendable {
    /// Who reads: the one that hands records over, or the one that follows what is settled.
    enum Role { case leading, trailing }

    /// Where a reader is. Segments are numbered from 1 in the order they were appended.
    private struct Place {
        /// The segment it stands in, or the last one it left; 0 before the first.
        var number: UInt64 = 0
        var isStanding = false
        /// Everything before this number it has left for good.
        var floor: UInt64 { isStanding ? number : number + 1 }
    }

    private struct State {
        var entries: [(number: UInt64, segment: Segment)] = []
        var appended: UInt64 = 0
        var leading = Place()
        var trailing = Place()
        var isFinished = false
    }
    private let state = Mutex(State())
    /// Whether a trailing reader follows what is settled, in order. A tracked chain is recycled from its front only.
    public let isTracked: Bool
    private let settledPrefix = Atomic<UInt64>(0)

    /// Its number, which no other chain of this directory has: the first half of its records' places.
    public let number: UInt32

    init(number: UInt32, isTracked: Bool = false) {
        self.number = number
        self.isTracked = isTracked
    }

    /// Records at the chain's beginning that are settled without a gap, in a tracked chain. Published by the sender;
    /// read by the input whose checkpoint follows it.
    public var settledCount: UInt64 {
        get { settledPrefix.load(ordering: .acquiring) }
        set { settledPrefix.store(newValue, ordering: .releasing) }
    }

    func append(_ segment: Segment) {
        state.withLock { state in
            state.appended += 1
            state.entries.append((state.appended, segment))
        }
    }

    /// Leaves the segment of a number (0 = before the first) for the next one, or for the gap behind it when the writer
    /// has not begun the next. A reader in the gap holds no segment back, not even the chain's last.
    func next(after number: UInt64, for role: Role) -> (number: UInt64, segment: Segment)? {
        state.withLock { state in
            let next = state.entries.first { $0.number > number }
            let place = Place(number: next?.number ?? number, isStanding: next != nil)
            switch role {
            case .leading: state.leading = place
            case .trailing: state.trailing = place
            }
            return next
        }
    }

    /// The reader will not come back: it has read the last record of a finished chain.
    func leave() {
        state.withLock { $0.leading.isStanding = false }
    }

    /// The writer will append no more.
    func finish() {
        state.withLock { $0.isFinished = true }
    }

    /// Whether the writer has finished and every segment has been taken out: nothing is left to read or to settle.
    public var isExhausted: Bool { state.withLock { $0.isFinished && $0.entries.isEmpty } }

    /// Takes out the spent segments that no reader stands in, wherever they are; those of a tracked chain from its
    /// front only, once both of its readers have left them.
    func takeSpent() -> [Segment] {
        state.withLock { state in
            let floor = min(state.leading.floor, state.trailing.floor)
            var spent: [Segment] = []
            state.entries.removeAll { entry in
                let isLeft =
                    isTracked
                    ? entry.number < floor : !(state.leading.isStanding && state.leading.number == entry.number)
                guard isLeft, entry.segment.isSpent else { return false }
                spent.append(entry.segment)
                return true
            }
            return spent
        }
    }

    /// Whether a reader stands in `segment` now.
    func isRead(_ segment: Segment) -> Bool {
        state.withLock { state in
            state.entries.contains { entry in
                entry.segment === segment
                    && (state.leading.isStanding && state.leading.number == entry.number
                        || state.trailing.isStanding && state.trailing.number == entry.number)
            }
        }
    }

    /// Gives back the memory of all its segments: nobody reads or writes much of them now.
    func rest() {
        for segment in state.withLock({ $0.entries.map(\.segment) }) { segment.rest() }
    }

    /// How many segments it holds.
    public var count: Int { state.withLock { $0.entries.count } }
}
