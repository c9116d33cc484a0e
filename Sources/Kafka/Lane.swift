import Spool

/// One topic as a sender sees it. Owned by the sender's thread.
///
/// Records that came back unsent go out again before anything newer of their lane, and hold no other lane up.
///
/// A lane is stuck when records of it are in flight and none has been reported for a while: a topic without a leader, or
/// one that does not exist. A stuck lane is given no more records; new ones are copied to a backlog of its own, so that
/// they neither fill the window that all topics share nor hold segments that are otherwise spent.
final class Lane {
    /// What is touched for every record. Trivial and at a fixed address: reaching it counts no references.
    struct State {
        /// Records handed to librdkafka and not reported.
        var inFlight = 0
        /// When the last report came, or the first record since went out; monotonic ns.
        var lastProgress: UInt64 = 0
        /// Records reported since `rateSince`.
        var reported = 0
        /// Whether new records may go straight out: none wait in a backlog or to be sent again, none of an earlier process
        /// are to go first.
        var isOpen = true

        /// Whether records are in flight and none has been reported for too long.
        func isSilent(_ now: UInt64) -> Bool { inFlight > 0 && now &- lastProgress > Lane.patience }
    }

    /// The state; the lane's memory.
    let state: UnsafeMutablePointer<State>
    /// Records that wait for the lane to move again, oldest first; nil when there are none.
    var backlog: Backlog? { didSet { noteOpen() } }
    /// New records behind those of an earlier process, which may need a backlog themselves; nil when there are none. It
    /// becomes the backlog when the lane is no longer held.
    private(set) var later: Backlog? { didSet { noteOpen() } }
    /// Whether records of an earlier process are to go first.
    var isHeld = false { didSet { noteOpen() } }
    /// Records that came back unsent.
    var again: [Record] = [] { didSet { noteOpen() } }
    /// Not before this time; monotonic ns.
    var againAt: UInt64 = 0
    /// Records reported a second, lately; the greatest number until that is known.
    private var rate = Int.max
    private var rateSince: UInt64 = 0

    /// Without any report for so long, a lane counts as stuck. Well above linger and an overseas round trip; a false
    /// alarm costs a copy of the records meanwhile, nothing else.
    static let patience: UInt64 = 1_000_000_000

    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit { state.deallocate() }

    var inFlight: Int { state.pointee.inFlight }

    /// Whether nothing that was put aside has to go first.
    var isClear: Bool { backlog == nil && again.isEmpty }

    private func noteOpen() { state.pointee.isOpen = isClear && !isHeld && later == nil }

    /// Where a new record is put that records of an earlier process have to precede; nil when there is no such reason.
    func openLater(_ make: () -> SpoolWriter) -> Backlog? {
        guard isHeld || later != nil else { return nil }
        if let later { return later }
        let opened = Backlog(make())
        later = opened
        return opened
    }

    /// What was put behind the records of an earlier process is next when those are in the producer.
    func takeLater() {
        guard !isHeld, backlog == nil, let later else { return }
        backlog = later
        self.later = nil
    }

    func isStuck(_ now: UInt64) -> Bool { !again.isEmpty || state.pointee.isSilent(now) }

    /// Whether a lane that has used up its share would take more than its patience to work it off. A fast one is waited
    /// for: copying its records aside would cost more than the wait.
    func isSlow(_ now: UInt64) -> Bool { rate < inFlight }

    /// Called now and then: how fast the lane is.
    func measure(_ now: UInt64) {
        let elapsed = now &- rateSince
        if rateSince > 0, elapsed > 0, inFlight > 0 || state.pointee.reported > 0 {
            rate = Int(Double(state.pointee.reported) * Double(Self.patience) / Double(elapsed))
        }
        if inFlight == 0 { rate = .max }
        state.pointee.reported = 0
        rateSince = now
    }
}
