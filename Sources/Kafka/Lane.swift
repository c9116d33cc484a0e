import Crdkafka
import Spool

/// One topic as a sender sees it. Owned by the sender's thread.
///
/// Records that came back unsent go out again before anything newer of their lane, and hold no other lane up.
///
/// A lane is stuck when records of it are in flight and none has been reported for a while (a partition without a
/// leader), or when they came back with an error that is the topic's. A stuck lane is given no more records; new ones are
/// copied to a backlog of its own, so that they neither fill the window that all topics share nor hold segments that are
/// otherwise spent.
///
/// After a refusal a lane goes aside: through the sender's second producer, in runs (`Runs`), until it has been calm for a
/// while. Nothing that goes wrong there ends or delays the first producer.
final class Lane {
    /// What is touched for every record. Trivial and at a fixed address: reaching it counts no references.
    struct State {
        /// Records handed to librdkafka and not reported.
        var inFlight = 0
        /// When the last report came, or the first record since went out; monotonic ns.
        var lastProgress: UInt64 = 0
        /// Records reported since `rateSince`.
        var reported = 0
        /// Records delivered so far; read by other threads too.
        var delivered: UInt64 = 0
        /// Whether new records may go straight out: none wait in a backlog or to be sent again, none of an earlier process
        /// are to go first, and the lane is not aside.
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
    var returned: [Record] = [] { didSet { noteOpen() } }
    /// Not before this time; monotonic ns.
    var resendAt: UInt64 = 0
    /// The topic's error that holds the lane, until it has been calm again for a while.
    private(set) var hold: Hold?
    /// How it is sent while it is aside; nil when it is not.
    private(set) var runs: Runs? { didSet { noteOpen() } }
    /// How long it must be calm before it leaves its place aside.
    private var stay = Lane.shortStay
    private var leftAt: UInt64 = 0
    /// Since when its silence has been said; 0 = it has not.
    var silentSince: UInt64 = 0
    /// Records reported a second, lately; the greatest number until that is known.
    private var rate = Int.max
    private var rateSince: UInt64 = 0

    /// Without any report for so long, a lane counts as stuck. Well above linger and an overseas round trip; a false
    /// alarm costs a copy of the records meanwhile, nothing else.
    static let patience: UInt64 = 1_000_000_000
    /// How long a lane stays aside at first; the time doubles when it has to go aside again soon.
    static let shortStay: UInt64 = 2_000_000_000
    /// The longest such time, and the first one for a lane that has learnt how large a batch may be.
    static let longStay: UInt64 = 300_000_000_000

    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit { state.deallocate() }

    var inFlight: Int { state.pointee.inFlight }

    /// Whether nothing that was put aside has to go first.
    var isClear: Bool { backlog == nil && returned.isEmpty }

    private func noteOpen() { state.pointee.isOpen = isClear && !isHeld && later == nil && runs == nil }

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

    /// Whether the topic's error holds it.
    var isRefused: Bool { hold?.isOn ?? false }

    func isStuck(_ now: UInt64) -> Bool { !returned.isEmpty || isRefused || state.pointee.isSilent(now) }

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

    // MARK: Aside

    /// The topic refused a record.
    func hold(_ error: rd_kafka_resp_err_t, _ now: UInt64) {
        goAside(now)
        runs!.noteRefusal(now)
        if hold == nil { hold = Hold(error, now) } else { hold!.refuse(error, now) }
    }

    /// A batch was refused, and this record was in it.
    /// - Returns: whether it was alone: then it is to blame.
    func refuse(_ size: Int, _ measure: Fault.Measure, _ now: UInt64) -> Bool {
        goAside(now)
        defer { runs!.refuse(size, measure, now) }
        // It is known to go through, up to this record.
        hold?.noteDelivered(now)
        return runs!.isAlone
    }

    private func goAside(_ now: UInt64) {
        guard runs == nil else { return }
        runs = Runs(now)
        stay = leftAt > 0 && now &- leftAt < 10 * stay ? min(stay * 2, Self.longStay) : Self.shortStay
    }

    /// A record was delivered while the lane was not open.
    func noteDelivered(_ now: UInt64) { hold?.noteDelivered(now) }

    /// A record came back and will be sent again.
    func keep(_ record: Record) {
        returned.append(record)
        runs?.noteReturned()
    }

    /// Ends a run whose records have all been reported. Afterwards the next may begin, or the lane may leave.
    func endRun() { runs?.endRun() }

    /// Leaves the place aside if all has been calm for long enough. Asked when nothing is in flight.
    /// - Returns: whether it left.
    func leave(_ now: UInt64) -> Bool {
        guard let runs, !isRefused, returned.isEmpty else { return false }
        guard now &- runs.lastRefusal > (runs.hasLearnt ? Self.longStay : stay) else { return false }
        self.runs = nil
        hold = nil
        leftAt = now
        return true
    }

    /// Whether a record may be handed over now, as part of the run.
    func takes(_ record: Record, _ now: UInt64) -> Bool {
        runs?.hasRoom(for: record.valueCount + record.keyCount, most: isRefused ? 1 : .max) ?? true
    }

    /// A record was handed over as part of the run.
    func join(_ record: Record) {
        runs?.join(record.valueCount + record.keyCount)
        if isRefused { hold!.isTrying = true }
    }

    /// Whether an attempt, or a run, may begin.
    func mayBegin(_ now: UInt64) -> Bool { !isRefused || now >= hold!.retryAt }
}
