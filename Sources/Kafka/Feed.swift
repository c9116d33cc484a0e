import Base
import Spool

/// One chain that a sender reads.
final class Feed {
    let chain: SegmentChain
    let reader: Owned<SpoolReader>

    init(_ chain: SegmentChain) {
        self.chain = chain
        reader = Owned(SpoolReader(chain))
    }

    /// A backlog that has been read to its end and waits for its last reports.
    init(finished backlog: Backlog) {
        chain = backlog.writer.chain
        reader = Owned(SpoolReader(atEndOf: chain))
    }
}
