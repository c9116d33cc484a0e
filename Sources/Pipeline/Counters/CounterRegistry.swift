import Inputs
import Synchronization

/// All counters of a process: those of the workers and sockets that live, and the sums of those that have ended. A
/// listener that is gone leaves its sums under its name and nothing else.
///
/// Threads: any; one lock, taken when workers and sockets come and go and when somebody reads.
final class CounterRegistry: Sendable {
    private struct State {
        var workers: [ObjectIdentifier: PublishedCounters] = [:]
        var sockets: [ObjectIdentifier: SocketWatch] = [:]
        var ended: [Source: ListenerCounts] = [:]
        var endedLabels = LabelledCounts()
    }
    /// Where counts come from: a listener, and the name that it had.
    private struct Source: Hashable {
        let identity: String
        let name: String
    }
    private let state = Mutex(State())

    func add(_ worker: PublishedCounters) {
        state.withLock { $0.workers[ObjectIdentifier(worker)] = worker }
    }

    func add(_ watch: SocketWatch) {
        state.withLock { $0.sockets[ObjectIdentifier(watch)] = watch }
    }

    /// The worker counts no more. A second call finds nothing to do.
    func end(_ worker: PublishedCounters) {
        state.withLock { state in
            guard state.workers.removeValue(forKey: ObjectIdentifier(worker)) != nil else { return }
            worker.fold(into: &state.ended[Self.source(of: worker), default: ListenerCounts()])
            worker.fold(into: &state.endedLabels)
        }
    }

    /// The sockets are closed: their last readings are kept.
    func end(_ watch: SocketWatch) {
        state.withLock { state in
            guard state.sockets.removeValue(forKey: ObjectIdentifier(watch)) != nil else { return }
            var last = watch.read()
            last.openConnections = 0
            state.ended[Self.source(of: watch), default: ListenerCounts()].add(last)
        }
    }

    /// How many workers and sockets are watched now.
    var liveCount: Int { state.withLock { $0.workers.count + $0.sockets.count } }

    /// What came in, by the listeners' names. What was counted before a listener had another name goes by the new one while
    /// it lives.
    var listeners: [String: ListenerCounts] { sums(by: \.name) }

    /// What came in, by listener, with the name that each has now: one that was given another name goes on counting.
    var sums: [String: ListenerSums] {
        let (counts, names) = state.withLock { state in
            var names = Dictionary(state.ended.keys.map { ($0.identity, $0.name) }) { first, _ in first }
            for worker in state.workers.values { names[worker.identity] = worker.listener }
            // A listener is renamed at once, its workers at their next batch.
            for watch in state.sockets.values { names[watch.identity] = watch.listener }
            return (Self.sums(state, by: \.identity), names)
        }
        return Dictionary(
            uniqueKeysWithValues: counts.map { ($0, ListenerSums(name: names[$0] ?? $0, counts: $1)) })
    }

    private func sums(by key: (Source) -> String) -> [String: ListenerCounts] {
        state.withLock { Self.sums($0, by: key) }
    }

    private static func sums(_ state: borrowing State, by key: (Source) -> String) -> [String: ListenerCounts] {
        var counts: [String: ListenerCounts] = [:]
        for (source, ended) in state.ended { counts[key(source), default: ListenerCounts()].add(ended) }
        for worker in state.workers.values {
            worker.fold(into: &counts[key(source(of: worker)), default: ListenerCounts()])
        }
        for watch in state.sockets.values {
            counts[key(source(of: watch)), default: ListenerCounts()].add(watch.read())
        }
        return counts
    }

    private static func source(of worker: PublishedCounters) -> Source {
        Source(identity: worker.identity, name: worker.listener)
    }

    private static func source(of watch: SocketWatch) -> Source {
        Source(identity: watch.identity, name: watch.listener)
    }

    /// What was committed, by rule, type, topic and program.
    var labels: LabelledCounts {
        state.withLock { state in
            var counts = state.endedLabels
            for worker in state.workers.values { worker.fold(into: &counts) }
            return counts
        }
    }
}

/// A listener's sockets while they are open.
public final class SocketWatch: Sendable {
    private let name: Mutex<String>
    /// What the listener is across reloads, whatever its name is.
    let identity: String
    let read: @Sendable () -> SocketReadings
    private let registry: CounterRegistry

    init(listener: String, identity: String, registry: CounterRegistry, read: @escaping @Sendable () -> SocketReadings)
    {
        name = Mutex(listener)
        self.identity = identity
        self.registry = registry
        self.read = read
    }

    var listener: String { name.withLock { $0 } }

    /// The listener has another name: everything that was counted goes by it.
    public func rename(_ name: String) { self.name.withLock { $0 = name } }

    /// The sockets are closed: they are read a last time and forgotten. Called once nothing counts any more; further
    /// calls do nothing.
    public func end() { registry.end(self) }
}

extension ListenerCounts {
    /// A datagram that the kernel dropped was received by this machine and rejected: it is in the ledger.
    fileprivate mutating func add(_ readings: SocketReadings) {
        sockets = sockets + readings
        received += readings.kernelDrops
        if readings.kernelDrops > 0 { rejected[.kernelDrop, default: 0] += readings.kernelDrops }
    }

    /// Adds what an ended one has counted.
    fileprivate mutating func add(_ other: ListenerCounts) {
        received += other.received
        committed += other.committed
        rejected.merge(other.rejected, uniquingKeysWith: +)
        truncated += other.truncated
        unmatched += other.unmatched
        resynchronised += other.resynchronised
        abandonedMatches += other.abandonedMatches
        roomWaits += other.roomWaits
        rateWaits += other.rateWaits
        headerFaults += other.headerFaults
        sockets = sockets + other.sockets
    }
}
