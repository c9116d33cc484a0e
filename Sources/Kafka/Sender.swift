import CLinux
import Crdkafka
import Glibc
import Logging
import Spool
import Synchronization

/// Takes committed records from the chains of its workers to one librdkafka producer, and settles them when their
/// delivery reports come.
///
/// Threads: a sender is one thread (`run`). The producer handle, the lanes, the readers and all counts without an
/// `Atomic` or a `Mutex` belong to it; delivery reports and errors are served on it too, from `serve`. From other
/// threads come: `attach` (a new chain), `wake` (a worker has committed), `stop`, and librdkafka's log lines. A worker
/// and the sender share the spool's memory: the worker publishes a record by its length word, the sender settles it by
/// its state byte and its segment's count.
final class Sender: @unchecked Sendable {
    /// What a sender has done, readable from anywhere.
    struct Counts: Sendable {
        var delivered: UInt64 = 0
        var deadLettered: UInt64 = 0
        var lost: UInt64 = 0
        var inFlight: Int = 0
    }

    private let spool: Spool
    private let topics: TopicTable
    private let configuration: ClientConfiguration
    private let limits: ProducerPool.Limits
    private let logger: Logger
    private let log: ClientLog
    private let name: String
    private let wakeDescriptor: Int32

    // Other threads.
    private let attached = Mutex<[SegmentChain]>([])
    private let hasAttached = Atomic<Bool>(false)
    private let isIdle = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    /// When a delivery was last reported, monotonic ns.
    let lastDelivery = Atomic<UInt64>(0)
    private let counts = Mutex(Counts())
    private let gate: Gate

    // The sender's thread alone.
    private var handle: ProducerHandle?
    private var feeds: [Feed] = []
    private var recovered: Feed?
    private var lanes: [Lane?] = []
    /// The lanes' states by topic, for what happens per record.
    private var states: [UnsafeMutablePointer<Lane.State>?] = []
    private var letters: Feed?
    private var letterWriter: SpoolWriter?
    /// Refused records whose dead letter found no room yet.
    private var refused: [(record: Record, error: rd_kafka_resp_err_t)] = []
    /// Records of all lanes that came back unsent.
    private var againCount = 0
    /// Records handed over so far; wraps.
    private var handedOver: UInt32 = 0
    /// Most bytes of a dead letter.
    private let letterLimit: Int
    /// What a batch of one record adds to its value at most: a header of 61 bytes, and the record's own.
    private static let batchOverhead = 128
    private var inFlight = 0
    /// Those of them that belong to stuck lanes: they do not count against the window of the others.
    private var stuckInFlight = 0
    private var now: UInt64 = 0
    private var own = Counts()
    private var isFatal = false
    private var settledSinceReclaim = false
    private var nextHousekeeping: UInt64 = 0
    private var lastPublished: UInt64 = 0

    /// Lets other senders' workers begin once what an earlier process left has been handed over.
    final class Gate: Sendable {
        let isOpen = Atomic<Bool>(true)
    }

    init(
        name: String, spool: Spool, topics: TopicTable, configuration: ClientConfiguration,
        limits: ProducerPool.Limits, recovered: SegmentChain?, gate: Gate, logger: Logger
    ) throws(KafkaError) {
        self.name = name
        self.spool = spool
        self.topics = topics
        self.configuration = configuration
        self.limits = limits
        self.gate = gate
        self.logger = logger
        log = ClientLog(logger)
        letterLimit = min(spool.maximumValueCount, configuration.maximumMessageBytes - Self.batchOverhead)
        self.recovered = recovered.map { Feed($0) }
        wakeDescriptor = clinux_eventfd()
        guard wakeDescriptor >= 0 else {
            throw KafkaError("producer: no eventfd: \(String(cString: strerror(-wakeDescriptor)))")
        }
        handle = try ProducerHandle(configuration, wakeDescriptor: wakeDescriptor, owner: self)
    }

    deinit {
        handle = nil
        close(wakeDescriptor)
    }

    // MARK: From other threads

    func attach(_ chain: SegmentChain) {
        attached.withLock { $0.append(chain) }
        hasAttached.store(true, ordering: .releasing)
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

    /// Ends `run` at its next turn.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        poke()
    }

    var snapshot: Counts { counts.withLock { $0 } }

    func logged(_ level: Int32, _ facility: String, _ text: String) {
        log.note(level: ClientLog.level(level), facility: facility, text: text)
    }

    // MARK: The sender's thread

    func run() {
        clinux_set_thread_name(name)
        while !isStopping.load(ordering: .acquiring) {
            now = Self.monotonic()
            if hasAttached.exchange(false, ordering: .acquiring) { takeAttached() }
            let served = handle?.serve() ?? 0
            let moved = advance()
            reclaim()
            if isFatal { renewHandle() }
            if now >= nextHousekeeping { keepHouse() }
            publish()
            if served > 0 || moved > 0 {
                // Under load it works in batches: a wake for every report and every commit would cost more than the
                // records. What was handed over in one turn leaves librdkafka in one go, partition by partition.
                rest()
                continue
            }
            isIdle.store(true, ordering: .sequentiallyConsistent)
            clinux_fence()
            if advance() == 0, !hasAttached.load(ordering: .acquiring) { waitForWork() }
            isIdle.store(false, ordering: .relaxed)
        }
        log.flush(all: true)
        publish()
        // Take back what is unsent before the handle goes: its memory is the spool's.
        handle?.purge()
        _ = handle?.serve()
        handle = nil
    }

    /// Waits out the linger, or a moment when the window is full and reports will open it.
    private func rest() {
        let isFull = !hasWindow
        var time = timespec(tv_sec: 0, tv_nsec: isFull ? 1_000_000 : limits.turn)
        nanosleep(&time, nil)
    }

    private func waitForWork() {
        var descriptor = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
        // Something that waits for a time rather than for an event: a stuck lane, a retry, folded log lines.
        let isWaitingForTime = againCount > 0 || !refused.isEmpty || lanes.contains { $0?.backlog != nil }
        let isGated = !gate.isOpen.load(ordering: .acquiring)
        poll(&descriptor, 1, isWaitingForTime || isGated ? 50 : 1000)
        var count: UInt64 = 0
        _ = Glibc.read(wakeDescriptor, &count, 8)
    }

    private func takeAttached() {
        let new = attached.withLock { chains in
            defer { chains = [] }
            return chains
        }
        feeds += new.map { Feed($0) }
    }

    /// Hands records over while the window has room. Returns how many moved.
    private func advance() -> Int {
        stuckInFlight = lanes.reduce(0) { sum, lane in
            lane.map { $0.isStuck(now) ? sum + $0.inFlight : sum } ?? sum
        }
        var moved = sendRefused()
        moved += sendAgain()
        moved += sendBacklogs()
        if let recovered {
            moved += send(from: recovered, most: .max)
            // Everything an earlier process left is in the producer or in a lane's backlog: what is new may follow.
            if recovered.reader.peek() == nil {
                feeds.append(recovered)
                self.recovered = nil
                gate.isOpen.store(true, ordering: .releasing)
            } else {
                return moved
            }
        }
        guard gate.isOpen.load(ordering: .acquiring) else { return moved }
        if let letters { moved += send(from: letters, most: .max) }
        var turn = 1
        while turn > 0, moved < 20_000 {
            turn = 0
            for feed in feeds { turn += send(from: feed, most: 2_000) }
            moved += turn
        }
        return moved
    }

    private func send(from feed: Feed, most: Int) -> Int {
        var count = 0
        while count < most, let record = feed.reader.peek() {
            let index = Int(record.topicIndex)
            let state = state(index)
            if state.pointee.isOpen, state.pointee.inFlight < limits.share, !state.pointee.isSilent(now) {
                guard hasWindow, produce(record, index, state) else { break }
            } else {
                guard divert(record, to: lane(index)) else { break }
            }
            feed.reader.advance(past: record)
            count += 1
        }
        return count
    }

    private var hasWindow: Bool { inFlight - stuckInFlight < limits.inFlight }

    private func lane(_ index: Int) -> Lane {
        if index < lanes.count, let lane = lanes[index] { return lane }
        while lanes.count <= index {
            lanes.append(nil)
            states.append(nil)
        }
        let lane = Lane()
        lanes[index] = lane
        states[index] = lane.state
        return lane
    }

    @inline(__always)
    private func state(_ index: Int) -> UnsafeMutablePointer<Lane.State> {
        if index < states.count, let state = states[index] { return state }
        return lane(index).state
    }

    /// Hands one record to librdkafka. False when its queue is full or the producer is dying.
    private func produce(_ record: Record, _ index: Int, _ lane: UnsafeMutablePointer<Lane.State>) -> Bool {
        guard handle != nil, !isFatal else { return false }
        let error = handle!.produce(
            topic: index, name: { topics.name(at: UInt32($0)) }, value: record.value, valueCount: record.valueCount,
            key: record.key, keyCount: record.keyCount, timestamp: record.timestamp, opaque: record.base)
        switch error {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            record.handover = handedOver
            handedOver &+= 1
            if lane.pointee.inFlight == 0 { lane.pointee.lastProgress = now }
            lane.pointee.inFlight += 1
            inFlight += 1
            return true
        case RD_KAFKA_RESP_ERR__QUEUE_FULL:
            return false
        case RD_KAFKA_RESP_ERR__FATAL:
            isFatal = true
            return false
        default:
            if DeliveryVerdict(error) == .refused {
                refuse(record, error)
                return true
            }
            failed(error, "produce to \(topics.name(at: UInt32(index)))")
            return false
        }
    }

    /// Copies a record of a stuck lane, or of a slow one that has used up its share, to the lane's backlog and settles
    /// the original. False when there is no room, or when the lane moves and is fast, or no other is known: then the record
    /// waits where it is. Behind a record of a stuck lane there may be one of a topic that was not seen yet.
    private func divert(_ record: Record, to lane: Lane) -> Bool {
        if lane.backlog == nil {
            if !lane.isStuck(now) {
                let isAlone = !lanes.contains { other in other.map { $0 !== lane && !$0.isStuck(now) } ?? false }
                if isAlone || !lane.isSlow(now) { return false }
            }
            lane.backlog = Backlog(spool.makeWriter(for: .backlog))
        }
        guard lane.backlog!.writer.append(copyOf: record) else { return false }
        record.settle(.moved)
        settledSinceReclaim = true
        return true
    }

    private func sendBacklogs() -> Int {
        var moved = 0
        for (index, lane) in lanes.enumerated() {
            guard let lane, let backlog = lane.backlog else { continue }
            while !lane.isStuck(now), lane.inFlight < limits.share, hasWindow,
                let record = backlog.reader.peek(), produce(record, index, lane.state)
            {
                backlog.reader.advance(past: record)
                moved += 1
            }
            if backlog.reader.peek() == nil {
                // Its segments stay in a feed until their records are settled.
                backlog.writer.finish()
                feeds.append(Feed(finished: backlog))
                lane.backlog = nil
            }
        }
        return moved
    }

    private func sendAgain() -> Int {
        guard againCount > 0 else { return 0 }
        var moved = 0
        for (index, lane) in lanes.enumerated() {
            guard let lane, !lane.again.isEmpty, now >= lane.againAt else { continue }
            // In the order they first went out, whatever the order of their reports.
            lane.again.sort { Int32(bitPattern: $0.handover &- $1.handover) < 0 }
            var sent = 0
            for record in lane.again {
                guard hasWindow, produce(record, index, lane.state) else { break }
                sent += 1
            }
            lane.again.removeFirst(sent)
            againCount -= sent
            moved += sent
            if !lane.again.isEmpty { lane.againAt = now + 100_000_000 }
        }
        return moved
    }

    // MARK: Reports, on the sender's thread from `serve`

    /// A delivery report: settles the record at this address.
    func report(_ base: UnsafeMutableRawPointer, _ error: rd_kafka_resp_err_t) {
        let record = Record(base: base)
        let index = Int(record.topicIndex)
        let state = state(index)
        state.pointee.inFlight -= 1
        inFlight -= 1
        if error == RD_KAFKA_RESP_ERR_NO_ERROR {
            state.pointee.lastProgress = now
            state.pointee.reported += 1
            record.settle(.delivered)
            own.delivered += 1
            settledSinceReclaim = true
            return
        }
        let lane = lane(index)
        switch DeliveryVerdict(error) {
        case .refused:
            state.pointee.lastProgress = now
            refuse(record, error)
        default:
            if error != RD_KAFKA_RESP_ERR__PURGE_QUEUE, error != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT {
                failed(error, "deliver to \(topics.name(at: record.topicIndex))")
                lane.againAt = max(lane.againAt, now + 1_000_000_000)
            }
            lane.again.append(record)
            againCount += 1
        }
    }

    /// An error of the client as a whole.
    func failed(_ error: rd_kafka_resp_err_t, _ text: String) {
        if error == RD_KAFKA_RESP_ERR__FATAL { isFatal = true }
        let name = String(cString: rd_kafka_err2name(error))
        let level: Logger.Level =
            error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__RESOLVE
                || error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ? .warning : .error
        log.note(level: level, facility: name, text: text)
    }

    private func refuse(_ record: Record, _ error: rd_kafka_resp_err_t) {
        refused.append((record, error))
    }

    /// Writes the dead letters of refused records. A refused dead letter itself is given up, counted and said.
    private func sendRefused() -> Int {
        guard !refused.isEmpty else { return 0 }
        let deadLetterIndex = limits.deadLetterTopic.map { topics.index(of: $0) }
        var done = 0
        for (record, error) in refused {
            let topic = topics.name(at: record.topicIndex)
            let reason = String(cString: rd_kafka_err2str(error))
            guard let deadLetterIndex, record.topicIndex != deadLetterIndex else {
                own.lost += 1
                log.note(
                    level: .error, facility: "DEADLETTER",
                    text: "topic \(topic) refused a record of \(record.valueCount) bytes, given up: \(reason)")
                record.settle(.deadLettered)
                settledSinceReclaim = true
                done += 1
                continue
            }
            let tooLarge = error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
            let json = DeadLetter.json(
                of: record, topic: topic, error: String(cString: rd_kafka_err2name(error)), reason: reason,
                tooLarge: tooLarge, limit: letterLimit)
            guard write(letter: json, index: deadLetterIndex, timestamp: record.timestamp) else { break }
            log.note(level: .error, facility: "DEADLETTER", text: "topic \(topic) refused a record: \(reason)")
            own.deadLettered += 1
            record.settle(.deadLettered)
            settledSinceReclaim = true
            done += 1
        }
        refused.removeFirst(done)
        return done
    }

    private func write(letter: [UInt8], index: UInt32, timestamp: Int64) -> Bool {
        if letterWriter == nil {
            let writer = spool.makeWriter(for: .deadLetters)
            letterWriter = writer
            letters = Feed(writer.chain)
        }
        let writer = letterWriter!
        if writer.room.count < letter.count, !writer.roll() || writer.room.count < letter.count { return false }
        letter.withUnsafeBytes { writer.room.baseAddress!.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        let name = Array(topics.name(at: index).utf8)
        name.withUnsafeBytes { name in
            writer.commit(
                valueCount: letter.count, keyStart: 0, keyCount: 0, topicIndex: index, topicName: name,
                timestamp: timestamp)
        }
        return true
    }

    // MARK: Housekeeping

    private func reclaim() {
        guard settledSinceReclaim else { return }
        settledSinceReclaim = false
        let hasBacklog = feeds.contains { $0.isFinished } || lanes.contains { $0?.backlog != nil }
        for feed in feeds {
            feed.follow(hasBacklog: hasBacklog)
            spool.reclaim(feed.chain)
        }
        if let recovered { spool.reclaim(recovered.chain) }
        if let letters { spool.reclaim(letters.chain) }
        for lane in lanes { if let backlog = lane?.backlog { spool.reclaim(backlog.writer.chain) } }
    }

    private func keepHouse() {
        nextHousekeeping = now + 1_000_000_000
        log.flush()
        for lane in lanes { lane?.measure(now) }
        // A finished chain whose segments are all reclaimed is no longer a feed.
        feeds.removeAll { $0.chain.isExhausted }
        // A disk that was full may have room again, and nobody says so.
        if spool.refusal != nil { spool.wakeAll() }
        settledSinceReclaim = true
    }

    private func publish() {
        if own.delivered != lastPublished {
            lastPublished = own.delivered
            lastDelivery.store(now, ordering: .relaxed)
        }
        own.inFlight = inFlight
        counts.withLock { $0 = own }
    }

    /// A fatal error (an idempotent producer that lost its place) ends a producer: a new one is made and fed with what
    /// the old one had not delivered.
    private func renewHandle() {
        // Every report is waited for: a record without one would stay in flight for ever.
        while !isStopping.load(ordering: .acquiring), (handle?.outstanding() ?? 0) > 0 {
            handle?.purge()
            handle?.serve(waiting: 100)
        }
        handle = nil
        do throws(KafkaError) {
            handle = try ProducerHandle(configuration, wakeDescriptor: wakeDescriptor, owner: self)
            isFatal = false
            logger.warning("producer renewed after a fatal error", metadata: ["resending": "\(againCount)"])
        } catch {
            log.note(level: .error, facility: "RENEW", text: error.description)
            poll(nil, 0, 1000)
        }
    }

    private static func monotonic() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
