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
        var endedListeners: [String: ListenerCounts] = [:]
        var endedLabels = LabelledCounts()
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
            worker.fold(into: &state.endedListeners[worker.listener, default: ListenerCounts()])
            worker.fold(into: &state.endedLabels)
        }
    }

    /// The sockets are closed: their last readings are kept.
    func end(_ watch: SocketWatch) {
        state.withLock { state in
            guard state.sockets.removeValue(forKey: ObjectIdentifier(watch)) != nil else { return }
            var last = watch.read()
            last.openConnections = 0
            state.endedListeners[watch.listener, default: ListenerCounts()].add(last)
        }
    }

    /// How many workers and sockets are watched now.
    var liveCount: Int { state.withLock { $0.workers.count + $0.sockets.count } }

    /// What came in, by listener.
    var listeners: [String: ListenerCounts] {
        state.withLock { state in
            var counts = state.endedListeners
            for worker in state.workers.values {
                worker.fold(into: &counts[worker.listener, default: ListenerCounts()])
            }
            for watch in state.sockets.values {
                counts[watch.listener, default: ListenerCounts()].add(watch.read())
            }
            return counts
        }
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
    let read: @Sendable () -> SocketReadings
    private let registry: CounterRegistry

    init(listener: String, registry: CounterRegistry, read: @escaping @Sendable () -> SocketReadings) {
        name = Mutex(listener)
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
}
