import Base
import CLinux
import Crdkafka
import Glibc
import Logging
import Spool
import Synchronization

/// Takes committed records from the chains of its workers to one librdkafka producer: the loop. What waits where is
/// `Lanes`' business, what became of a record `Settlement`'s.
///
/// Threads: a sender is one thread (`run`). Producer, lanes, dead letters, settlement and all counts without an `Atomic`
/// or a `Mutex` belong to it; delivery reports and errors are served on it too, from `serve`. From other threads come:
/// `attach` (a new chain), `wake` (a worker has committed), `use` (other settings), `stop`, and librdkafka's log lines. A worker and the sender
/// share the spool's memory: the worker publishes a record by its length word, the sender settles it by its state byte
/// and its segment's count.
final class Sender: @unchecked Sendable {
    /// What a sender has done, readable from anywhere.
    struct Counts: Sendable {
        var delivered: UInt64 = 0
        var deadLettered: UInt64 = 0
        var lost: UInt64 = 0
        var inFlight: Int = 0
    }

    private let spool: Spool
    private let limits: ProducerPool.Limits
    private let log: ClientLog
    let name: String
    private let wakeDescriptor: Int32

    // Other threads.
    private let isIdle = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    /// When a delivery was last reported, monotonic ns.
    let lastDelivery = Atomic<UInt64>(0)
    private let counts = Mutex(Counts())
    private let nextConfiguration = Mutex<ClientConfiguration?>(nil)
    private let feeds: Feeds

    // The sender's thread alone.
    private let settlement: Settlement
    private let letters: DeadLetters
    private var producers: Producers!
    private var lanes: Lanes!
    private let news: PoolNews
    private var nextSecond: UInt64 = 0
    private var lastPublished: UInt64 = 0

    init(
        name: String, spool: Spool, topics: TopicTable, configuration: ClientConfiguration, limits: ProducerPool.Limits,
        replay: Replay?, gate: Gate, news: PoolNews, index: Int, logger: Logger
    ) throws(KafkaError) {
        self.name = name
        self.spool = spool
        self.limits = limits
        self.news = news
        log = ClientLog(logger)
        feeds = Feeds(replay)
        settlement = Settlement(spool, replay: replay, gate: gate)
        letters = DeadLetters(
            topic: limits.deadLetterTopic, spool: spool, topics: topics,
            maximumMessageBytes: configuration.maximumMessageBytes, settlement: settlement, log: log)
        wakeDescriptor = clinux_eventfd()
        guard wakeDescriptor >= 0 else {
            throw KafkaError("producer: no eventfd: \(SystemError.text(of: -wakeDescriptor))")
        }
        // Both need the finished sender: its callbacks, and the producers.
        producers = try Producers(
            configuration, topics: topics, wakeDescriptor: wakeDescriptor, owner: self, log: log, news: news.connection)
        lanes = Lanes(
            limits: limits, spool: spool, topics: topics, producers: producers, settlement: settlement,
            letters: letters, gate: LaneGate(gate, replays: replay != nil), log: log, news: news.topics,
            delivered: delivered,
            sender: index)
    }

    deinit {
        // The handles go first: until then librdkafka writes to the descriptor.
        lanes = nil
        producers = nil
        close(wakeDescriptor)
    }

    // MARK: From other threads

    func attach(_ chain: SegmentChain) {
        feeds.attach(chain)
        wake()
    }

    /// Tells a sleeping sender that there is something to send. Cheap when it is awake.
    func wake() {
        // The commit before this call must be visible before the flag is read: either the worker sees the sender idle,
        // or the sender, which looks once more after setting the flag, sees the commit.
        clinux_fence()
        if isIdle.load(ordering: .relaxed), isIdle.exchange(false, ordering: .acquiringAndReleasing) { poke() }
    }

    private func poke() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is full: the sender will wake all the same.
        _ = Glibc.write(wakeDescriptor, &one, 8)
    }

    /// Goes over to other settings within a second, in new producers.
    func use(_ configuration: ClientConfiguration) { nextConfiguration.withLock { $0 = configuration } }

    /// Ends `run` at its next turn.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        poke()
    }

    var snapshot: Counts { counts.withLock { $0 } }

    /// What was delivered, by topic.
    let delivered = DeliveredByTopic()
    /// How long it took.
    var latency: DeliveryLatency { settlement.latency }
    /// Unix time in ms at which the oldest record was received that this sender has and is not settled; 0 = there is
    /// none. As of the last second.
    let oldestPending = Atomic<Int64>(0)

    func logged(_ level: Int32, _ facility: String, _ text: String) {
        // Said for every producer that is made, of a property that is ours.
        if facility == "CONFWARN", text.contains("enable.gapless.guarantee") { return }
        // What is fatal is said by whoever renews the producer; a refused batch is the lane's news.
        if facility == "FATAL" { return }
        // A connection's failure comes as an error as well, which has a code.
        if facility == "FAIL" { return }
        log.note(level: ClientLog.level(level), facility: facility, text: text)
    }

    // MARK: The sender's thread

    func run() {
        while !isStopping.load(ordering: .acquiring) {
            lanes.now = UInt64(SystemClock.monotonic)
            feeds.takeAttached()
            let served = producers.serve()
            let moved = advance()
            settlement.endTurn()
            settlement.reclaim(feeds, lanes, letters)
            producers.tend(lanes.now)
            if lanes.now >= nextSecond { everySecond() }
            publish()
            if served > 0 || moved > 0 {
                // Under load it works in batches: a wake for every report and every commit would cost more than the
                // records. What was handed over in one turn leaves librdkafka in one go, partition by partition.
                rest()
                continue
            }
            isIdle.store(true, ordering: .sequentiallyConsistent)
            clinux_fence()
            if advance() == 0, !feeds.hasNew { waitForWork() }
            isIdle.store(false, ordering: .relaxed)
        }
        producers.end()
        settlement.end()
        publish()
        log.flush(all: true)
        lanes.sayHolds()
        news.connection.flush()
        news.topics.flush()
    }

    /// Waits out the linger, or a moment when the window is full and reports will open it.
    private func rest() {
        SystemClock.rest(nanoseconds: lanes.hasWindow ? Int64(limits.turn) : 1_000_000)
    }

    private func waitForWork() {
        var descriptor = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
        // Something that waits for a time rather than for an event: a stuck lane, a retry, folded log lines.
        let isWaitingForTime =
            lanes.isWaitingForTime || !letters.isEmpty || settlement.isWaiting || producers.isRenewing
        poll(&descriptor, 1, isWaitingForTime ? 50 : 1000)
        var count: UInt64 = 0
        _ = Glibc.read(wakeDescriptor, &count, 8)
    }

    /// Hands records over while the window has room, the oldest first. Returns how many moved.
    private func advance() -> Int {
        lanes.countStuck()
        lanes.openGates()
        var moved = letters.write()
        moved += lanes.resend()
        moved += lanes.sendAside()
        moved += lanes.sendBacklogs { feeds.keep($0) }
        if let replay = feeds.replay {
            moved += lanes.send(replay)
            if replay.peek() == nil { feeds.finishReplay() }
        }
        if let letters = letters.feed { moved += lanes.send(from: letters, most: .max) }
        var turn = 1
        while turn > 0, moved < 20_000 {
            turn = 0
            for feed in feeds.all { turn += lanes.send(from: feed, most: 2_000) }
            moved += turn
        }
        return moved
    }

    private func everySecond() {
        nextSecond = lanes.now + 1_000_000_000
        log.flush()
        news.connection.flush()
        lanes.measure(isAway: news.connection.isAway)
        news.topics.flush()
        producers.dropIdle(lanes.now, isInUse: lanes.isAside)
        if let next = nextConfiguration.withLock({ $0.take() }) { producers.use(next, lanes.now) }
        feeds.forgetExhausted()
        // A disk that was full may have room again, and nobody says so.
        if spool.refusal != nil {
            spool.forgetRefusal()
            spool.wakeAll()
        }
        settlement.lookAgain()
        settlement.rest(feeds, lanes, letters)
        oldestPending.store(findOldest(), ordering: .relaxed)
    }

    /// The oldest record that is not settled, by its time of reception, in Unix ms; 0 when there is none.
    private func findOldest() -> Int64 {
        let wall = Self.wallMilliseconds()
        settlement.clockOffset = wall - Int64(lanes.now / 1_000_000)
        var oldest = Int64.max
        func look(_ chain: SegmentChain) {
            if let time = chain.oldestPending(now: wall) { oldest = min(oldest, time) }
        }
        for feed in feeds.all { look(feed.chain) }
        // What was found at the start and is handed over already.
        if let replayed = feeds.replayed { look(replayed) }
        if let letters = letters.feed { look(letters.chain) }
        lanes.forEachBacklog { look($0.writer.chain) }
        if let record = feeds.replay?.peek() { oldest = min(oldest, record.timestamp) }
        return oldest == .max ? 0 : oldest
    }

    static func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private func publish() {
        var now = settlement.counts
        now.inFlight = lanes.inFlight
        if now.delivered != lastPublished {
            lastPublished = now.delivered
            lastDelivery.store(lanes.now, ordering: .relaxed)
        }
        counts.withLock { $0 = now }
    }

    // MARK: Callbacks of librdkafka, on the sender's thread from `serve`

    /// A delivery report of the record at this address.
    func report(_ base: UnsafeMutableRawPointer, _ error: rd_kafka_resp_err_t) { lanes.report(base, error) }

    /// An error of the client as a whole.
    func failed(_ error: rd_kafka_resp_err_t, _ text: String) {
        if ConnectionHint.isConnection(error) {
            news.connection.failed(error, text, lanes?.now ?? UInt64(SystemClock.monotonic))
        } else {
            log.note(error, text)
        }
    }
}
