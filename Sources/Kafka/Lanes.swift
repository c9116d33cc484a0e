import Base
import Crdkafka
import Logging
import Spool

/// The lanes of one sender: hands each record to a producer, or keeps it where it delays no other topic. Owned by the
/// sender's thread.
final class Lanes {
    private let limits: ProducerPool.Limits
    private let spool: Spool
    private let topics: TopicTable
    private let producers: Producers
    private let settlement: Settlement
    private let letters: DeadLetters
    private let gate: LaneGate
    private let log: ClientLog
    private let news: TopicNews
    private let sender: Int
    /// What was delivered, by topic.
    private let delivered: DeliveredByTopic

    private var lanes: [Lane?] = []
    /// The lanes' states by topic, for what happens per record.
    private var states: [UnsafeMutablePointer<Lane.State>?] = []
    /// A backlog that found no room for its first record, for the lane that next needs one.
    private var empty: Backlog?
    /// Records of all lanes that came back unsent.
    private var returnedCount = 0
    /// Lanes that are aside.
    private var asideCount = 0
    /// Records handed over so far; wraps.
    private var handedOver: UInt32 = 0
    /// Records handed over and not reported.
    private(set) var inFlight = 0
    /// Those of them that belong to stuck lanes: they do not count against the window of the others.
    private var stuckInFlight = 0
    /// The time of the sender's turn; monotonic ns.
    var now: UInt64 = 0

    /// How long nothing of a topic may be reported before that is said; ns.
    static let silence: UInt64 = 10_000_000_000
    /// How long a hold may last before it is said. Shorter ones are said when they are over.
    static let blip: UInt64 = 500_000_000

    init(
        limits: ProducerPool.Limits, spool: Spool, topics: TopicTable, producers: Producers, settlement: Settlement,
        letters: DeadLetters, gate: LaneGate, log: ClientLog, news: TopicNews, delivered: DeliveredByTopic, sender: Int
    ) {
        self.limits = limits
        self.spool = spool
        self.topics = topics
        self.producers = producers
        self.settlement = settlement
        self.letters = letters
        self.gate = gate
        self.log = log
        self.news = news
        self.delivered = delivered
        self.sender = sender
    }

    // MARK: What the loop asks

    /// Whether more may be handed over.
    var hasWindow: Bool { inFlight - stuckInFlight < limits.inFlight }

    /// Whether a lane waits for a time rather than for an event.
    var isWaitingForTime: Bool { returnedCount > 0 || asideCount > 0 || hasBacklog }

    var hasBacklog: Bool { lanes.contains { $0?.backlog != nil || $0?.later != nil } }

    /// Whether a lane is aside.
    var isAside: Bool { asideCount > 0 }

    func forEachBacklog(_ body: (Backlog) -> Void) {
        for lane in lanes {
            if let backlog = lane?.backlog { body(backlog) }
            if let later = lane?.later { body(later) }
        }
    }

    /// Begins a turn: which lanes are stuck, and with how much.
    func countStuck() {
        stuckInFlight = lanes.reduce(0) { sum, lane in lane.map { $0.isStuck(now) ? sum + $0.inFlight : sum } ?? sum }
    }

    /// Called now and then: how fast each lane is, and what is to be said of it.
    /// - Parameter isAway: whether no broker answers: then nothing is said of the topics for their silence.
    func measure(isAway: Bool) {
        for (index, lane) in lanes.enumerated() {
            guard let lane else { continue }
            lane.measure(now)
            noteSilence(of: lane, index, isAway: isAway)
        }
        sayHolds(longerThan: Self.blip)
    }

    /// Says which topics are held, where that has not been said.
    func sayHolds(longerThan least: UInt64 = 0) {
        for (index, lane) in lanes.enumerated() {
            guard let hold = lane?.hold, hold.isOn, hold.duration(now) >= least else { continue }
            news.hold(name(index), Fault.text(hold.error), sender: sender)
        }
    }

    private func noteSilence(of lane: Lane, _ index: Int, isAway: Bool) {
        let isSilent = lane.inFlight > 0 && now &- lane.state.pointee.lastProgress > Self.silence
        if isSilent, lane.silentSince == 0, !isAway, !lane.isRefused {
            lane.silentSince = lane.state.pointee.lastProgress
            news.hold(
                name(index),
                "no answer for 10 s: a partition without leader, too few replicas in sync, a topic that the "
                    + "brokers do not have, or a slow broker", sender: sender)
        } else if !isSilent, lane.silentSince > 0 {
            if !lane.isRefused { news.move(name(index), after: now &- lane.silentSince, sender: sender) }
            lane.silentSince = 0
        }
    }

    private func name(_ index: Int) -> String { topics.name(at: UInt32(index)) }

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
        guard lane.isClear, lane.runs == nil, lane.inFlight < limits.share, !lane.state.pointee.isSilent(now) else {
            return divert(record, to: lane)
        }
        // New records of other topics find a part of the window, however much is replayed.
        let most = limits.inFlight - limits.inFlight / 4
        return inFlight - stuckInFlight < most && handOver(record, index, lane.state)
    }

    /// Hands over, or puts aside, up to `most` records of a feed. Returns how many moved.
    func send(from feed: Feed, most: Int) -> Int {
        var count = 0
        while count < most, let record = feed.reader.value.peek() {
            let index = Int(record.topicIndex)
            let state = state(index)
            if state.pointee.isOpen, state.pointee.inFlight < limits.share, !state.pointee.isSilent(now) {
                guard hasWindow, handOver(record, index, state) else {
                    // A lane that was just refused takes the record aside; else there is no room.
                    if state.pointee.isOpen { break }
                    continue
                }
            } else {
                guard putAside(record, in: lane(index)) else { break }
            }
            feed.reader.value.advance(past: record)
            count += 1
        }
        if hasBacklog { feed.reader.value.restBehind() }
        return count
    }

    /// Hands over what came back unsent, but for lanes that are aside. Returns how many moved.
    func resend() -> Int {
        guard returnedCount > 0 else { return 0 }
        var moved = 0
        for (index, lane) in lanes.enumerated() {
            guard let lane, lane.runs == nil, !lane.returned.isEmpty, now >= lane.resendAt else { continue }
            sortReturned(lane)
            var sent = 0
            for record in lane.returned {
                guard hasWindow, handOver(record, index, lane.state, isFirst: false) else { break }
                sent += 1
            }
            removeReturned(lane, sent)
            moved += sent
            if !lane.returned.isEmpty { lane.resendAt = now + 100_000_000 }
        }
        return moved
    }

    /// In the order they first went out, whatever the order of their reports.
    private func sortReturned(_ lane: Lane) { lane.returned.sort { Int32(bitPattern: $0.handover &- $1.handover) < 0 } }

    private func removeReturned(_ lane: Lane, _ count: Int) {
        lane.returned.removeFirst(count)
        returnedCount -= count
    }

    /// Hands over what waits in backlogs, but for lanes that are aside. Returns how many moved.
    /// - Parameter drained: is given each backlog that was read to its end.
    func sendBacklogs(drained: (Backlog) -> Void) -> Int {
        var moved = 0
        for (index, lane) in lanes.enumerated() {
            guard let lane, let backlog = lane.backlog else { continue }
            while lane.runs == nil, !lane.isStuck(now), lane.inFlight < limits.share, hasWindow,
                let record = backlog.reader.peek(), handOver(record, index, lane.state)
            {
                backlog.reader.advance(past: record)
                moved += 1
            }
            backlog.reader.restBehind()
            if backlog.reader.peek() == nil {
                backlog.writer.finish()
                drained(backlog)
                lane.backlog = nil
            }
        }
        return moved
    }

    /// Hands one record to the first producer. False when its queue is full, when it is being renewed, or when the lane
    /// went aside because the topic's state refuses the record.
    private func handOver(
        _ record: Record, _ index: Int, _ state: UnsafeMutablePointer<Lane.State>, isFirst: Bool = true
    ) -> Bool {
        switch producers.produce(record, index) {
        case .taken:
            noteHandedOver(record, state, isFirst: isFirst)
            return true
        case .notNow: return false
        case .refused(let error): return refusedAtOnce(record, lane(index), error)
        }
    }

    private func noteHandedOver(_ record: Record, _ state: UnsafeMutablePointer<Lane.State>, isFirst: Bool) {
        if isFirst {
            // What comes back keeps its place: it may come back once more, and not alone.
            record.handover = handedOver
            handedOver &+= 1
        }
        if state.pointee.inFlight == 0 { state.pointee.lastProgress = now }
        state.pointee.inFlight += 1
        inFlight += 1
    }

    /// librdkafka takes a record for too large by itself, or knows that the topic is refused.
    /// - Returns: whether the record is done with.
    private func refusedAtOnce(_ record: Record, _ lane: Lane, _ error: rd_kafka_resp_err_t) -> Bool {
        if case .batch = Fault(error) { return blame(record, lane, error) }
        if Fault(error) == .topic {
            goAside(lane) { lane.hold(error, now) }
        } else {
            log.note(error, "produce to \(topics.name(at: record.topicIndex))")
        }
        return false
    }

    /// A record that is to blame by itself becomes a dead letter. What the dead-letter topic does not take for any reason
    /// but its size holds that topic's lane: a letter is not lost.
    /// - Returns: whether the record is done with.
    private func blame(_ record: Record, _ lane: Lane, _ error: rd_kafka_resp_err_t) -> Bool {
        if letters.refuse(record, error) { return true }
        goAside(lane) { lane.hold(error, now) }
        return false
    }

    private func goAside(_ lane: Lane, _ change: () -> Void) {
        if lane.runs == nil { asideCount += 1 }
        change()
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

    /// Copies a record to its lane's backlog and settles the original: when the lane is stuck or aside, or is slow and
    /// has used up its share. False when there is no room, or when the lane moves and is fast, or no other is known: then
    /// the record waits where it is. Behind a record of a stuck lane there may be one of a topic that was not seen yet.
    private func divert(_ record: Record, to lane: Lane) -> Bool {
        if lane.backlog == nil {
            if !lane.isStuck(now), lane.runs == nil {
                let isAlone = !lanes.contains { other in other.map { $0 !== lane && !$0.isStuck(now) } ?? false }
                if isAlone || !lane.isSlow(now) { return false }
            }
        }
        // It becomes the lane's once it holds a record: without room it would be taken for drained, and each turn would
        // make another chain.
        let backlog = lane.backlog ?? empty ?? Backlog(spool.makeWriter(for: .backlog))
        guard copy(record, to: backlog) else {
            if lane.backlog == nil { empty = backlog }
            return false
        }
        if lane.backlog == nil {
            lane.backlog = backlog
            empty = nil
        }
        return true
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
        delivered.add(index, lane)
        return lane
    }

    @inline(__always) private func state(_ index: Int) -> UnsafeMutablePointer<Lane.State> {
        if index < states.count, let state = states[index] { return state }
        return lane(index).state
    }

    // MARK: Lanes that are aside

    /// Goes on with lanes that are aside: the next run, once the last one has been reported. Returns how many moved.
    func sendAside() -> Int {
        guard asideCount > 0 else { return 0 }
        var moved = 0
        for (index, lane) in lanes.enumerated() {
            guard let lane, lane.runs != nil, lane.inFlight == 0 else { continue }
            lane.endRun()
            let hold = lane.hold
            if lane.leave(now) {
                asideCount -= 1
                if let hold { noteOver(hold, index) }
            } else if lane.mayBegin(now), now >= lane.resendAt {
                giveUp(lane, index)
                moved += sendRun(lane, index)
            }
        }
        return moved
    }

    private func noteOver(_ hold: Hold, _ index: Int) {
        if news.held.contains(name(index)) {
            news.move(name(index), after: hold.duration(now), sender: sender)
        } else {
            news.note(name(index), Fault.text(hold.error), for: hold.duration(now))
        }
    }

    private func sendRun(_ lane: Lane, _ index: Int) -> Int {
        sortReturned(lane)
        var sent = 0
        for record in lane.returned {
            guard handOverAside(record, index, lane, isFirst: false) else { break }
            sent += 1
        }
        removeReturned(lane, sent)
        guard lane.returned.isEmpty, let backlog = lane.backlog else { return sent }
        while let record = backlog.reader.peek(), handOverAside(record, index, lane, isFirst: true) {
            backlog.reader.advance(past: record)
            sent += 1
        }
        return sent
    }

    /// Hands one record to the second producer, as part of its lane's run. False when the run is full or has to wait.
    private func handOverAside(_ record: Record, _ index: Int, _ lane: Lane, isFirst: Bool) -> Bool {
        guard lane.takes(record, now), lane.mayBegin(now), lane.inFlight < limits.share else { return false }
        switch producers.produceAside(record, index, now) {
        case .taken:
            noteHandedOver(record, lane.state, isFirst: isFirst)
            lane.join(record)
            return true
        case .notNow: return false
        case .refused(let error): return refusedAtOnce(record, lane, error)
        }
    }

    /// With a time limit for a topic's error: refuses what waits in a lane that has been held for longer, but for the
    /// newest, which tells when the topic is back. Dead letters are never given up.
    private func giveUp(_ lane: Lane, _ index: Int) {
        guard let limit = limits.giveUpAfter, let hold = lane.hold, hold.isOn, hold.duration(now) >= limit,
            !letters.isTopic(UInt32(index))
        else { return }
        while let record = lane.backlog?.reader.peek() {
            lane.backlog!.reader.advance(past: record)
            record.handover = handedOver
            handedOver &+= 1
            keep(record, in: lane)
        }
        sortReturned(lane)
        let given = max(0, lane.returned.count - 1)
        for record in lane.returned.prefix(given) { _ = letters.refuse(record, hold.error) }
        removeReturned(lane, given)
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
            DeliveredByTopic.count(state)
            if settlement.counts.delivered & (DeliveryLatency.sampling - 1) == 0 { settlement.measure(record, now) }
            settlement.finish(record, .delivered)
            if !state.pointee.isOpen { lane(index).noteDelivered(now) }
            return
        }
        refused(record, lane(index), error)
    }

    /// A record came back: what becomes of it depends on whose fault that is.
    private func refused(_ record: Record, _ lane: Lane, _ error: rd_kafka_resp_err_t) {
        switch Fault(error) {
        case .none, .producer: break
        case .connection:
            log.note(error, "deliver to \(topics.name(at: record.topicIndex))")
            lane.resendAt = max(lane.resendAt, now + 1_000_000_000)
        case .topic:
            lane.state.pointee.lastProgress = now
            goAside(lane) { lane.hold(error, now) }
        case .batch(let measure):
            lane.state.pointee.lastProgress = now
            var isToBlame = false
            goAside(lane) { isToBlame = lane.refuse(record.valueCount + record.keyCount, measure, now) }
            if isToBlame, blame(record, lane, error) { return }
        }
        keep(record, in: lane)
    }

    private func keep(_ record: Record, in lane: Lane) {
        lane.keep(record)
        returnedCount += 1
    }
}
