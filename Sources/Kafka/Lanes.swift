import Crdkafka
import Logging
import Spool

/// The lanes of one sender: hands each record to the producer, or keeps it where it delays no other topic. Owned by the
/// sender's thread.
final class Lanes {
    private let limits: ProducerPool.Limits
    private let spool: Spool
    private let topics: TopicTable
    private let producer: Producer
    private let settlement: Settlement
    private let letters: DeadLetters
    private let gate: LaneGate
    private let log: ClientLog

    private var lanes: [Lane?] = []
    /// The lanes' states by topic, for what happens per record.
    private var states: [UnsafeMutablePointer<Lane.State>?] = []
    /// Records of all lanes that came back unsent.
    private(set) var againCount = 0
    /// Records handed over so far; wraps.
    private var handedOver: UInt32 = 0
    /// Records handed over and not reported.
    private(set) var inFlight = 0
    /// Those of them that belong to stuck lanes: they do not count against the window of the others.
    private var stuckInFlight = 0
    /// The time of the sender's turn; monotonic ns.
    var now: UInt64 = 0

    init(
        limits: ProducerPool.Limits, spool: Spool, topics: TopicTable, producer: Producer, settlement: Settlement,
        letters: DeadLetters, gate: LaneGate, log: ClientLog
    ) {
        self.limits = limits
        self.spool = spool
        self.topics = topics
        self.producer = producer
        self.settlement = settlement
        self.letters = letters
        self.gate = gate
        self.log = log
    }

    // MARK: What the loop asks

    /// Whether more may be handed over.
    var hasWindow: Bool { inFlight - stuckInFlight < limits.inFlight }

    /// Whether a lane waits for a time rather than for an event.
    var isWaitingForTime: Bool { againCount > 0 || hasBacklog }

    var hasBacklog: Bool { lanes.contains { $0?.backlog != nil || $0?.later != nil } }

    func forEachBacklog(_ body: (Backlog) -> Void) {
        for lane in lanes {
            if let backlog = lane?.backlog { body(backlog) }
            if let later = lane?.later { body(later) }
        }
    }

    /// Begins a turn: which lanes are stuck, and with how much.
    func countStuck() {
        stuckInFlight = lanes.reduce(0) { sum, lane in
            lane.map { $0.isStuck(now) ? sum + $0.inFlight : sum } ?? sum
        }
    }

    /// Called now and then: how fast each lane is.
    func measure() {
        for lane in lanes { lane?.measure(now) }
    }

    /// Begins a turn: what was held behind an earlier process's records is next where those are gone.
    func openGates() {
        for (index, lane) in lanes.enumerated() {
            guard let lane, lane.isHeld || lane.later != nil else { continue }
            lane.isHeld = gate.holds(index)
            lane.takeLater()
        }
    }

    // MARK: Handing over

    /// Hands over, or puts aside, what an earlier process left. Returns how many moved.
    func send(_ replay: Replay) -> Int {
        var count = 0
        while let record = replay.peek(), send(replayed: record) {
            gate.passed(record.topicIndex)
            replay.advance()
            count += 1
        }
        return count
    }

    private func send(replayed record: Record) -> Bool {
        let index = Int(record.topicIndex)
        let lane = lane(index)
        guard lane.isClear, lane.inFlight < limits.share, !lane.state.pointee.isSilent(now) else {
            return divert(record, to: lane)
        }
        // New records of other topics find a part of the window, however much is replayed.
        let most = limits.inFlight - limits.inFlight / 4
        return inFlight - stuckInFlight < most && handOver(record, index, lane.state)
    }

    /// Hands over, or puts aside, up to `most` records of a feed. Returns how many moved.
    func send(from feed: Feed, most: Int) -> Int {
        var count = 0
        while count < most, let record = feed.reader.peek() {
            let index = Int(record.topicIndex)
            let state = state(index)
            if state.pointee.isOpen, state.pointee.inFlight < limits.share, !state.pointee.isSilent(now) {
                guard hasWindow, handOver(record, index, state) else { break }
            } else {
                guard putAside(record, in: lane(index)) else { break }
            }
            feed.reader.advance(past: record)
            count += 1
        }
        return count
    }

    /// Hands over what came back unsent. Returns how many moved.
    func sendAgain() -> Int {
        guard againCount > 0 else { return 0 }
        var moved = 0
        for (index, lane) in lanes.enumerated() {
            guard let lane, !lane.again.isEmpty, now >= lane.againAt else { continue }
            // In the order they first went out, whatever the order of their reports.
            lane.again.sort { Int32(bitPattern: $0.handover &- $1.handover) < 0 }
            var sent = 0
            for record in lane.again {
                guard hasWindow, handOver(record, index, lane.state) else { break }
                sent += 1
            }
            lane.again.removeFirst(sent)
            againCount -= sent
            moved += sent
            if !lane.again.isEmpty { lane.againAt = now + 100_000_000 }
        }
        return moved
    }

    /// Hands over what waits in backlogs. Returns how many moved.
    /// - Parameter drained: is given each backlog that was read to its end.
    func sendBacklogs(drained: (Backlog) -> Void) -> Int {
        var moved = 0
        for (index, lane) in lanes.enumerated() {
            guard let lane, let backlog = lane.backlog else { continue }
            while !lane.isStuck(now), lane.inFlight < limits.share, hasWindow,
                let record = backlog.reader.peek(), handOver(record, index, lane.state)
            {
                backlog.reader.advance(past: record)
                moved += 1
            }
            if backlog.reader.peek() == nil {
                backlog.writer.finish()
                drained(backlog)
                lane.backlog = nil
            }
        }
        return moved
    }

    /// Hands one record to librdkafka. False when its queue is full or the producer is dying.
    private func handOver(_ record: Record, _ index: Int, _ state: UnsafeMutablePointer<Lane.State>) -> Bool {
        switch producer.produce(record, index) {
        case .taken:
            record.handover = handedOver
            handedOver &+= 1
            if state.pointee.inFlight == 0 { state.pointee.lastProgress = now }
            state.pointee.inFlight += 1
            inFlight += 1
            return true
        case .notNow:
            return false
        case .refused(let error):
            guard DeliveryVerdict(error) == .refused else {
                log.note(error, "produce to \(topics.name(at: UInt32(index)))")
                return false
            }
            letters.refuse(record, error)
            return true
        }
    }

    /// Puts a new record where it delays no other topic. False when it has to wait where it is.
    private func putAside(_ record: Record, in lane: Lane) -> Bool {
        guard let later = lane.openLater({ spool.makeWriter(for: .backlog) }) else { return divert(record, to: lane) }
        return copy(record, to: later)
    }

    private func copy(_ record: Record, to backlog: Backlog) -> Bool {
        guard backlog.writer.append(copyOf: record) else { return false }
        settlement.replace(record, .moved, by: backlog.writer)
        return true
    }

    /// Copies a record of a stuck lane, or of a slow one that has used up its share, to the lane's backlog and settles
    /// the original. False when there is no room, or when the lane moves and is fast, or no other is known: then the
    /// record waits where it is. Behind a record of a stuck lane there may be one of a topic that was not seen yet.
    private func divert(_ record: Record, to lane: Lane) -> Bool {
        if lane.backlog == nil {
            if !lane.isStuck(now) {
                let isAlone = !lanes.contains { other in other.map { $0 !== lane && !$0.isStuck(now) } ?? false }
                if isAlone || !lane.isSlow(now) { return false }
            }
            lane.backlog = Backlog(spool.makeWriter(for: .backlog))
        }
        return copy(record, to: lane.backlog!)
    }

    private func lane(_ index: Int) -> Lane {
        if index < lanes.count, let lane = lanes[index] { return lane }
        while lanes.count <= index {
            lanes.append(nil)
            states.append(nil)
        }
        let lane = Lane()
        lane.isHeld = gate.holds(index)
        lanes[index] = lane
        states[index] = lane.state
        return lane
    }

    @inline(__always)
    private func state(_ index: Int) -> UnsafeMutablePointer<Lane.State> {
        if index < states.count, let state = states[index] { return state }
        return lane(index).state
    }

    // MARK: Reports

    /// A delivery report: settles the record at this address, or keeps it to be sent again.
    func report(_ base: UnsafeMutableRawPointer, _ error: rd_kafka_resp_err_t) {
        let record = Record(base: base)
        let index = Int(record.topicIndex)
        let state = state(index)
        state.pointee.inFlight -= 1
        inFlight -= 1
        if error == RD_KAFKA_RESP_ERR_NO_ERROR {
            state.pointee.lastProgress = now
            state.pointee.reported += 1
            settlement.counts.delivered += 1
            settlement.finish(record, .delivered)
            return
        }
        switch DeliveryVerdict(error) {
        case .refused:
            state.pointee.lastProgress = now
            letters.refuse(record, error)
        default:
            keep(record, in: lane(index), error)
        }
    }

    private func keep(_ record: Record, in lane: Lane, _ error: rd_kafka_resp_err_t) {
        if error != RD_KAFKA_RESP_ERR__PURGE_QUEUE, error != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT {
            log.note(error, "deliver to \(topics.name(at: record.topicIndex))")
            lane.againAt = max(lane.againAt, now + 1_000_000_000)
        }
        lane.again.append(record)
        againCount += 1
    }
}
