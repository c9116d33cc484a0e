import Inputs
import Kafka
import Routing
import Spool
import Synchronization

/// The workers, the spool between them and the producers, and the ledger over all of it.
///
/// Threads: making workers, exchanging the plan and reading the ledger may happen anywhere; a lock guards the lists.
public final class Pipeline: Sendable {
    private struct State {
        var chains: [SegmentChain] = []
        var abandoned: UInt64 = 0
    }

    /// The spool.
    public let spool: Spool
    /// The producers.
    public let producers: ProducerPool
    private let plan: CurrentPlan
    private let replayed: UInt64
    private let torn: UInt64
    private let registry = CounterRegistry()
    private let samples = UnmatchedSamples()
    private let state = Mutex(State())
    /// Shows events to whoever watches.
    public let tap = Tap()

    /// A pipeline without a worker yet.
    /// - Parameter recovered: what was found in the spool and given to the producers.
    public init(spool: Spool, producers: ProducerPool, plan: Plan, recovered: RecoveredRecords) {
        self.spool = spool
        self.producers = producers
        self.plan = CurrentPlan(plan)
        replayed = recovered.pending
        torn = recovered.damaged
    }

    /// A worker for one thread of a listener. Once it is closed nothing of it is left here but its counts.
    public func makeWorker(_ listener: ListenerContext) -> Worker {
        let writer = spool.makeWriter()
        let wake = producers.attach(writer.chain)
        state.withLock { state in
            state.chains.removeAll { $0.isExhausted }
            state.chains.append(writer.chain)
        }
        return Worker(
            listener, plan: plan, spool: spool, writer: writer, wake: wake, registry: registry, tap: tap,
            samples: samples)
    }

    /// A worker for the follower of a file listener.
    public func makeFileWorker(_ listener: ListenerContext) -> FileWorker { FileWorker(makeWorker(listener)) }

    /// Counts what a listener's sockets see, until `end` is called on the watch.
    /// - Parameters:
    ///   - listener: its name.
    ///   - identity: what it is across reloads; nil = its name.
    ///   - read: called from any thread whenever somebody asks for counts, and a last time by `end`.
    public func watch(
        _ listener: String, identity: String? = nil, _ read: @escaping @Sendable () -> SocketReadings
    ) -> SocketWatch {
        let watch = SocketWatch(listener: listener, identity: identity ?? listener, registry: registry, read: read)
        registry.add(watch)
        return watch
    }

    /// Exchanges parsers, routes and rates; workers follow at their next batch.
    public func replace(_ plan: Plan) { self.plan.replace(plan) }

    /// Writes the spool's files to the disk, for `sync: interval`.
    public func synchronise() throws(SpoolError) {
        try spool.synchronise()
    }

    /// Counts what is pending as given up: the process ends and the spool is memory.
    public func abandonPending() {
        let pending = ledger.pending
        state.withLock { $0.abandoned += pending }
    }

    /// What came in, by listener; those that have ended included. Counts of a batch under way are not in it yet.
    public var listeners: [String: ListenerCounts] { registry.listeners }

    /// The same by listener, whatever it was called: by identity, with the name that it has now.
    public var listenerSums: [String: ListenerSums] { registry.sums }

    /// What was committed, by rule, type, topic and program. Not of the same moment as the sums: a batch under way is in
    /// it already.
    public var labels: LabelledCounts { registry.labels }

    /// A line of each program that no rule knew, by program; that of messages without one is empty.
    public var unmatchedSamples: [String: String] { samples.named(plan.programs.names) }

    /// Workers and sockets that are counted now.
    var liveCount: Int { registry.liveCount }

    /// Where every message is now: the sum of all listeners' counts, of what was found in the spool and of what the
    /// producers report. Counts of a batch under way are not in it yet.
    public var ledger: Ledger { accounts.ledger }

    /// The ledger and what it is the sum of, of one moment.
    public var accounts: Accounts {
        // What is delivered is read before what is committed, so that nothing seems delivered that was not committed.
        let outcome = producers.counts
        let abandoned = state.withLock { $0.abandoned }
        let listeners = registry.listeners
        var ledger = Ledger()
        ledger.received = replayed + torn
        var committed = replayed
        ledger.rejected = [.torn: torn, .deadLetterRefused: outcome.lost, .abandoned: abandoned]
        for counts in listeners.values {
            ledger.received += counts.received
            committed += counts.committed
            ledger.truncated += counts.truncated
            ledger.unmatched += counts.unmatched
            ledger.resynchronised += counts.resynchronised
            ledger.rejected.merge(counts.rejected, uniquingKeysWith: +)
        }
        ledger.rejected = ledger.rejected.filter { $0.value > 0 }
        let done = outcome.delivered + outcome.lost + abandoned
        // Delivered before its batch was published: it has been received all the same.
        let early = done > committed ? done - committed : 0
        ledger.received += early
        committed += early
        ledger.delivered = outcome.delivered
        ledger.pending = committed - done
        ledger.replayed = replayed
        ledger.deadLettered = outcome.deadLettered
        return Accounts(ledger: ledger, listeners: listeners, recovered: replayed + torn, early: early)
    }

    /// The ledger and what it is the sum of.
    public struct Accounts: Sendable {
        /// The sums.
        public var ledger: Ledger
        /// What came in, by listener.
        public var listeners: [String: ListenerCounts]
        /// Messages found in the spool at the start, torn ones included.
        public var recovered: UInt64
        /// Messages that Kafka has already and whose batch no listener's counts have yet. Rises and falls.
        public var early: UInt64
    }
}
