import Spool

/// Settles records, counts what became of them, and gives spent segments back. Owned by the sender's thread.
final class Settlement {
    private let spool: Spool
    /// Delivered, dead-lettered and lost so far; `inFlight` is not kept here.
    var counts = Sender.Counts()
    /// Whether a segment may be spent that was not before.
    private var isNews = false

    init(_ spool: Spool) { self.spool = spool }

    /// Settles a record, once. Nothing may read it afterwards.
    func settle(_ record: Record, _ state: RecordState) {
        record.settle(state)
        isNews = true
    }

    /// Looks for spent segments at the next turn, whatever was settled since the last one.
    func lookAgain() { isNews = true }

    /// Follows tracked chains and gives spent segments back, if anything was settled since the last turn.
    func reclaim(_ feeds: Feeds, _ lanes: Lanes, _ letters: DeadLetters) {
        guard isNews else { return }
        isNews = false
        let hasBacklog = feeds.hasFinishedBacklog || lanes.hasBacklog
        for feed in feeds.all {
            feed.follow(hasBacklog: hasBacklog)
            spool.reclaim(feed.chain)
        }
        if let recovered = feeds.recovered { spool.reclaim(recovered.chain) }
        if let letters = letters.feed { spool.reclaim(letters.chain) }
        lanes.forEachBacklog { spool.reclaim($0.writer.chain) }
    }
}
