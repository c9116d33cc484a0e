import CLinux
import Synchronization

/// The segments of one writer in the order they were written: the way from a worker to its sender.
///
/// Threads: the writer appends, the reader asks for the next one, and either may look for spent ones. All of that
/// happens once per segment, so a lock is right here; records themselves pass without one.
public final class SegmentChain: Sendable {
    /// Where the reader is. Segments are numbered from 1 in the order they were appended.
    private struct Place {
        /// The segment it stands in, or the last one it left; 0 before the first.
        var number: UInt64 = 0
        var isStanding = false
    }

    private struct State {
        var entries: [(number: UInt64, segment: Segment)] = []
        var appended: UInt64 = 0
        var reader = Place()
        var isFinished = false
        /// Where the search for the oldest record that is not settled goes on: all before it are.
        var settledTo: (number: UInt64, offset: Int) = (0, 0)
    }
    private let state = Mutex(State())
    /// Its number, which no other chain of this directory has: the first half of its records' places.
    public let number: UInt32

    init(number: UInt32) { self.number = number }

    func append(_ segment: Segment) {
        state.withLock { state in
            state.appended += 1
            state.entries.append((state.appended, segment))
        }
    }

    /// Leaves the segment of a number (0 = before the first) for the next one, or for the gap behind it when the writer
    /// has not begun the next. A reader in the gap holds no segment back, not even the chain's last.
    func next(after number: UInt64) -> (number: UInt64, segment: Segment)? {
        state.withLock { state in
            let next = state.entries.first { $0.number > number }
            state.reader = Place(number: next?.number ?? number, isStanding: next != nil)
            return next
        }
    }

    /// When the oldest record was received that is not settled, Unix ms; nil when there is none. Called about once a
    /// second: of what is on its way fast the time of its segment's first record is taken, and only a segment that has
    /// waited is looked through, each record once.
    /// - Parameter now: Unix ms.
    public func oldestPending(now: Int64) -> Int64? {
        state.withLock { state in
            var steps = 0
            for entry in state.entries where entry.number >= state.settledTo.number && !entry.segment.isSpent {
                if entry.number > state.settledTo.number { state.settledTo = (entry.number, SegmentLayout.header) }
                while state.settledTo.offset + RecordLayout.header <= entry.segment.size {
                    let base = entry.segment.base + state.settledTo.offset
                    let length = clinux_load_acquire_u32(base)
                    // Nothing is committed behind it yet.
                    if length == 0 { return nil }
                    guard length != RecordLayout.seal, Int(length) >= RecordLayout.header,
                        state.settledTo.offset + Int(length) <= entry.segment.size
                    else { break }
                    let record = Record(base: base)
                    steps += 1
                    // Younger than five seconds, or enough for one look: the answer is at most that wrong.
                    if record.state == .pending || record.timestamp > now - 5_000 || steps > 65_536 {
                        return record.timestamp
                    }
                    state.settledTo.offset += Int(length)
                }
            }
            return nil
        }
    }

    /// The reader will not come back: it has read the last record of a finished chain.
    func leave() {
        state.withLock { $0.reader.isStanding = false }
    }

    /// The writer will append no more.
    func finish() {
        state.withLock { $0.isFinished = true }
    }

    /// Whether the writer has finished and every segment has been taken out: nothing is left to read or to settle.
    public var isExhausted: Bool { state.withLock { $0.isFinished && $0.entries.isEmpty } }

    /// Takes out the spent segments, wherever they are, but for the one that the reader stands in.
    func takeSpent() -> [Segment] {
        state.withLock { state in
            var spent: [Segment] = []
            state.entries.removeAll { entry in
                let isStoodIn = state.reader.isStanding && state.reader.number == entry.number
                guard !isStoodIn, entry.segment.isSpent else { return false }
                spent.append(entry.segment)
                return true
            }
            return spent
        }
    }

    /// Whether the reader stands in `segment` now.
    func isRead(_ segment: Segment) -> Bool {
        state.withLock { state in
            state.reader.isStanding
                && state.entries.contains { $0.segment === segment && $0.number == state.reader.number }
        }
    }

    /// Gives back the memory of all its segments: nobody reads or writes much of them now.
    func rest() {
        for segment in state.withLock({ $0.entries.map(\.segment) }) { segment.rest() }
    }

    /// How many segments it holds.
    public var count: Int { state.withLock { $0.entries.count } }
}
