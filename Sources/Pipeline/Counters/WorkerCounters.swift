import Events
import Routing
import Synchronization

/// What a worker counts: sums and rejections, and committed messages by rule, type, topic and program.
///
/// Threads: the worker's own. Readers see the copy of the sums that `publish` makes once per batch, and the labelled
/// counters as they are.
struct WorkerCounters: ~Copyable {
    /// The sums; `rejected` stands behind them, by reason.
    enum Sum: Int, CaseIterable {
        case received, committed, truncated, unmatched, resynchronised, abandonedMatches, roomWaits, rateWaits
        case headerFaults
    }
    static let sumCount = Sum.allCases.count + Rejection.allCases.count

    private let sums: UnsafeMutablePointer<UInt64>
    private var block: CounterBlock
    let published: PublishedCounters

    init(_ published: PublishedCounters, _ layout: CounterLayout) {
        self.published = published
        sums = .allocate(capacity: Self.sumCount)
        sums.initialize(repeating: 0, count: Self.sumCount)
        block = CounterBlock(layout)
        published.use(block)
    }

    deinit { sums.deallocate() }

    /// Goes on under another plan; what was counted under the old one is kept by name.
    mutating func use(_ layout: CounterLayout) {
        block = CounterBlock(layout)
        published.use(block)
    }

    subscript(_ sum: Sum) -> UInt64 {
        get { sums[sum.rawValue] }
        nonmutating set { sums[sum.rawValue] = newValue }
    }

    /// Counts a message that was not kept.
    func reject(_ reason: Rejection) {
        sums[Sum.received.rawValue] &+= 1
        sums[Sum.allCases.count + reason.rawValue] &+= 1
    }

    /// Counts a message that was committed.
    @inline(__always)
    func commit(match: Int, type: EventTypeID, topic: UInt32, program: Int, isTruncated: Bool) {
        sums[Sum.received.rawValue] &+= 1
        sums[Sum.committed.rawValue] &+= 1
        if isTruncated { sums[Sum.truncated.rawValue] &+= 1 }
        if type == .syslog { sums[Sum.unmatched.rawValue] &+= 1 }
        block.add(match: match, type: type, topic: topic, program: program)
    }

    /// Shows the sums to others.
    func publish() { published.take(UnsafeBufferPointer(start: sums, count: Self.sumCount)) }
}

/// The published side of a worker's counters.
final class PublishedCounters: Sendable {
    private struct State {
        var listener: String
        var sums = [UInt64](repeating: 0, count: WorkerCounters.sumCount)
        var block: CounterBlock?
        /// What was counted under earlier plans.
        var earlier = LabelledCounts()
    }
    private let state: Mutex<State>

    /// What the listener is across reloads, whatever its name is.
    let identity: String

    init(listener: String, identity: String) {
        self.identity = identity
        state = Mutex(State(listener: listener))
    }

    /// The listener's name.
    var listener: String { state.withLock { $0.listener } }

    /// The listener has another name: everything that was counted goes by it.
    func rename(_ name: String) { state.withLock { $0.listener = name } }

    func use(_ block: CounterBlock) {
        state.withLock { state in
            state.block?.fold(into: &state.earlier)
            state.block = block
        }
    }

    func take(_ sums: UnsafeBufferPointer<UInt64>) {
        state.withLock { state in
            for index in sums.indices { state.sums[index] = sums[index] }
        }
    }

    /// Adds the published sums to a listener's.
    func fold(into counts: inout ListenerCounts) {
        state.withLock { state in
            func sum(_ sum: WorkerCounters.Sum) -> UInt64 { state.sums[sum.rawValue] }
            counts.received += sum(.received)
            counts.committed += sum(.committed)
            counts.truncated += sum(.truncated)
            counts.unmatched += sum(.unmatched)
            counts.resynchronised += sum(.resynchronised)
            counts.abandonedMatches += sum(.abandonedMatches)
            counts.roomWaits += sum(.roomWaits)
            counts.rateWaits += sum(.rateWaits)
            counts.headerFaults += sum(.headerFaults)
            for reason in Rejection.allCases {
                let count = state.sums[WorkerCounters.Sum.allCases.count + reason.rawValue]
                if count > 0 { counts.rejected[reason, default: 0] += count }
            }
        }
    }

    /// Adds the labelled counters to sums by name.
    func fold(into counts: inout LabelledCounts) {
        state.withLock { state in
            counts.add(state.earlier)
            state.block?.fold(into: &counts)
        }
    }
}

extension LabelledCounts {
    /// Adds other counts, name by name.
    mutating func add(_ other: LabelledCounts) {
        matches.merge(other.matches, uniquingKeysWith: +)
        types.merge(other.types, uniquingKeysWith: +)
        topics.merge(other.topics, uniquingKeysWith: +)
        programs.merge(other.programs) {
            ProgramCounts(committed: $0.committed + $1.committed, unmatched: $0.unmatched + $1.unmatched)
        }
    }
}
