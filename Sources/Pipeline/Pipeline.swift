import Inputs
import Kafka
import Spool
import Synchronization

/// The workers, the spool between them and the producers, and the ledger over all of it.
///
/// Threads: making workers, exchanging the plan and reading the ledger may happen anywhere; a lock guards the lists.
public final class Pipeline: Sendable {
    private struct State {
        var workers: [Worker.PublishedCounts] = []
        var chains: [SegmentChain] = []
        var kernelDrops: [@Sendable () -> UInt64] = []
        var abandoned: UInt64 = 0
    }

    /// The spool.
    public let spool: Spool
    /// The producers.
    public let producers: ProducerPool
    private let plan: CurrentPlan
    private let replayed: UInt64
    private let torn: UInt64
    private let state = Mutex(State())

    /// A pipeline without a worker yet.
    /// - Parameter recovered: what was found in the spool and given to the producers.
    public init(spool: Spool, producers: ProducerPool, plan: Plan, recovered: RecoveredRecords) {
        self.spool = spool
        self.producers = producers
        self.plan = CurrentPlan(plan)
        replayed = recovered.pending
        torn = recovered.damaged
    }

    /// A worker for one thread of a listener.
    public func makeWorker(_ listener: ListenerContext) -> Worker { makeWorker(listener, tracked: false) }

    /// A worker for the follower of a file listener.
    public func makeFileWorker(_ listener: ListenerContext) -> FileWorker {
        FileWorker(makeWorker(listener, tracked: true))
    }

    private func makeWorker(_ listener: ListenerContext, tracked: Bool) -> Worker {
        let writer = spool.makeWriter(tracked: tracked)
        let published = Worker.PublishedCounts()
        let wake = producers.attach(writer.chain)
        state.withLock { state in
            state.workers.append(published)
            state.chains.append(writer.chain)
        }
        return Worker(listener, plan: plan, spool: spool, writer: writer, wake: wake, published: published)
    }

    /// Counts the datagrams that the kernel drops at a socket.
    public func count(kernelDrops: @escaping @Sendable () -> UInt64) {
        state.withLock { $0.kernelDrops.append(kernelDrops) }
    }

    /// Exchanges parsers, routes and rates; workers follow at their next batch.
    public func replace(_ plan: Plan) { self.plan.replace(plan) }

    /// Writes the spool's files to the disk, for `sync: interval`.
    public func synchronise() throws(SpoolError) {
        try spool.synchronise(state.withLock { $0.chains })
    }

    /// Counts what is pending as given up: the process ends and the spool is memory.
    public func abandonPending() {
        let pending = ledger.pending
        state.withLock { $0.abandoned += pending }
    }

    /// Where every message is now. Counts of a batch under way are not in it yet.
    public var ledger: Ledger {
        // What is delivered is read before what is committed, so that nothing seems delivered that was not committed.
        let outcome = producers.counts
        return state.withLock { state in
            var ledger = Ledger()
            var committed = replayed
            var rejected = [UInt64](repeating: 0, count: Rejection.allCases.count)
            ledger.received = replayed + torn
            rejected[Rejection.torn.rawValue] = torn
            for worker in state.workers {
                let counts = worker.counts.withLock { $0 }
                ledger.received += counts.received
                committed += counts.committed
                ledger.truncated += counts.truncated
                ledger.unmatched += counts.unmatched
                ledger.resynchronised += counts.resynchronised
                for index in rejected.indices { rejected[index] += counts.rejected[index] }
            }
            let drops = state.kernelDrops.reduce(UInt64(0)) { $0 + $1() }
            ledger.received += drops
            rejected[Rejection.kernelDrop.rawValue] += drops
            rejected[Rejection.deadLetterRefused.rawValue] += outcome.lost
            rejected[Rejection.abandoned.rawValue] += state.abandoned
            let done = outcome.delivered + outcome.lost + state.abandoned
            // Delivered before its batch was published: it has been received all the same.
            if done > committed {
                ledger.received += done - committed
                committed = done
            }
            ledger.delivered = outcome.delivered
            ledger.pending = committed - done
            ledger.replayed = replayed
            ledger.deadLettered = outcome.deadLettered
            for reason in Rejection.allCases where rejected[reason.rawValue] > 0 {
                ledger.rejected[reason] = rejected[reason.rawValue]
            }
            return ledger
        }
    }
}
