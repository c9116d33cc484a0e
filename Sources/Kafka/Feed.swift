import Spool

/// One chain that a sender reads.
final class Feed {
    let chain: SegmentChain
    var reader: SpoolReader
    /// Follows what is settled, in a tracked chain.
    private var trailing: SpoolReader?
    private var settled: UInt64 = 0
    /// Whether no more will be written: a backlog that has been read to its end.
    let isFinished: Bool

    init(_ chain: SegmentChain) {
        self.chain = chain
        reader = SpoolReader(chain)
        if chain.isTracked { trailing = SpoolReader(trailing: chain) }
        isFinished = false
    }

    /// A backlog that has been read to its end and waits for its last reports.
    init(finished backlog: Backlog) {
        chain = backlog.writer.chain
        reader = SpoolReader(atEndOf: chain)
        isFinished = true
    }

    /// Moves a tracked chain's settled count to the first record that is not settled. A record that was moved to a
    /// backlog counts only once no backlog is left: until then nobody knows what became of the copy.
    func follow(hasBacklog: Bool) {
        guard trailing != nil else { return }
        while let record = trailing!.peek() {
            let state = record.state
            if state == .pending || (state == .moved && hasBacklog) { break }
            trailing!.advance(past: record)
            settled += 1
        }
        chain.settledCount = settled
    }
}
