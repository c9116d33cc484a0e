import Spool
import Synchronization

/// The chains that one sender reads, and in which order.
///
/// Threads: the sender's alone, but for `attach`, which comes from any.
final class Feeds: @unchecked Sendable {
    private let attached = Mutex<[SegmentChain]>([])
    private let hasAttached = Atomic<Bool>(false)

    // The sender's thread alone.
    private(set) var all: [Feed] = []
    /// What an earlier process left, until it has been handed over.
    private(set) var replay: Replay?
    /// Its segments, until they are given back.
    private(set) var replayed: SegmentChain?

    init(_ replay: Replay?) {
        self.replay = replay
        replayed = replay?.chain
    }

    /// A worker's chain, from any thread.
    func attach(_ chain: SegmentChain) {
        attached.withLock { $0.append(chain) }
        hasAttached.store(true, ordering: .releasing)
    }

    /// Whether a chain was attached that `takeAttached` has not taken yet.
    var hasNew: Bool { hasAttached.load(ordering: .acquiring) }

    func takeAttached() {
        guard hasAttached.exchange(false, ordering: .acquiring) else { return }
        let new = attached.withLock { chains in
            defer { chains = [] }
            return chains
        }
        all += new.map { Feed($0) }
    }

    /// Everything an earlier process left is in the producer or in a lane's backlog.
    func finishReplay() { replay = nil }

    /// The segments of a finished backlog stay in a feed until their records are settled.
    func keep(_ backlog: Backlog) { all.append(Feed(finished: backlog)) }

    /// A finished chain whose segments are all reclaimed is no longer a feed.
    func forgetExhausted() {
        all.removeAll { $0.chain.isExhausted }
        if replayed?.isExhausted == true { replayed = nil }
    }
}
