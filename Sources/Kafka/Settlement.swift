import Spool

/// Settles records, counts what became of them, and gives spent segments back. Owned by the sender's thread.
final class Settlement {
    private let spool: Spool
    private let receipts: Receipts
    /// What is replayed and the gate behind it, until all of it is settled.
    private var replay: (records: Replay, gate: Gate)?
    /// How long records take.
    let latency = DeliveryLatency()
    /// What Unix time is ahead of the monotonic clock, ms; looked at once a second.
    var clockOffset: Int64 = 0
    /// Delivered, dead-lettered and lost so far; `inFlight` is not kept here.
    var counts = Sender.Counts()
    /// Whether a segment may be spent that was not before.
    private var isNews = false
    private var deliveredAtRest = UInt64.max

    /// - Parameter replay: what this sender replays.
    init(_ spool: Spool, replay: Replay?, gate: Gate) {
        self.spool = spool
        receipts = spool.makeReceipts()
        self.replay = replay.map { ($0, gate) }
    }

    /// Counts how long a record that was delivered took. It is not settled yet.
    func measure(_ record: Record, _ now: UInt64) {
        latency.note(milliseconds: Int64(now / 1_000_000) + clockOffset - record.timestamp)
    }

    /// Nothing more will become of a record: it is settled, once. Nothing may read it afterwards.
    func finish(_ record: Record, _ state: RecordState) {
        if replay != nil { noteReplayed(record) }
        receipts.finish(record, as: state)
        isNews = true
    }

    /// Another record has taken the place of one: settled as soon as the other is as durable. Nothing may read it
    /// afterwards.
    /// - Parameter writer: who wrote the other one.
    func replace(_ record: Record, _ state: RecordState, by writer: SpoolWriter) {
        // A copy counts for its original; a letter goes to another topic.
        if replay != nil, state != .moved { noteReplayed(record) }
        receipts.replace(record, as: state, by: writer)
        isNews = true
    }

    private func noteReplayed(_ record: Record) {
        guard let (records, gate) = replay, records.includes(record) else { return }
        gate.settled(record.topicIndex)
        if gate.isOpen { replay = nil }
    }

    /// Ends a turn: origins are told, and what waited for the disk is settled.
    func endTurn() {
        if receipts.endTurn() { isNews = true }
    }

    /// Whether something waits for the disk.
    var isWaiting: Bool { receipts.isWaiting }

    /// No turn will follow.
    func end() { receipts.finish() }

    /// Looks for spent segments at the next turn, whatever was settled since the last one.
    func lookAgain() { isNews = true }

    /// Gives spent segments back, if anything was settled since the last turn.
    func reclaim(_ feeds: Feeds, _ lanes: Lanes, _ letters: DeadLetters) {
        guard isNews else { return }
        isNews = false
        for feed in feeds.all { spool.reclaim(feed.chain) }
        if let replayed = feeds.replayed { spool.reclaim(replayed) }
        if let letters = letters.feed { spool.reclaim(letters.chain) }
        lanes.forEachBacklog { spool.reclaim($0.writer.chain) }
    }

    /// Called now and then: while nothing is delivered, what lies in files needs no memory.
    func rest(_ feeds: Feeds, _ lanes: Lanes, _ letters: DeadLetters) {
        defer { deliveredAtRest = counts.delivered }
        guard counts.delivered == deliveredAtRest else { return }
        var chains = feeds.all.map(\.chain)
        if let replayed = feeds.replayed { chains.append(replayed) }
        if let letters = letters.feed { chains.append(letters.chain) }
        lanes.forEachBacklog { chains.append($0.writer.chain) }
        spool.rest(chains)
    }
}
