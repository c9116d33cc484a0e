import Spool
import Synchronization

/// Keeps new records of a topic behind those that an earlier process left of it; other topics pass.
///
/// Threads: one for all senders of a pool. The sender that replays counts down, every sender asks.
final class Gate: Sendable {
    /// What is left of one topic.
    private final class Count: Sendable {
        /// Not handed over yet, nor in the backlog of its lane.
        let waiting: Atomic<Int>
        /// Not settled yet.
        let left: Atomic<Int>
        init(_ count: Int) {
            waiting = Atomic(count)
            left = Atomic(count)
        }
    }

    private let counts: [UInt32: Count]
    private let left: Atomic<Int>

    init(_ replay: Replay?) {
        counts = (replay?.countByTopic ?? [:]).mapValues { Count(Int($0)) }
        left = Atomic(counts.values.reduce(0) { $0 + $1.left.load(ordering: .relaxed) })
    }

    /// Whether nothing of an earlier process is left.
    var isOpen: Bool { left.load(ordering: .acquiring) == 0 }

    /// Whether a sender's new records of a topic have to wait.
    /// - Parameter replays: whether it is the sender that replays: behind what it has handed over itself, new records keep
    ///   their order; what another sender has handed over may still be sent again.
    func holds(_ topic: UInt32, replays: Bool) -> Bool {
        guard let count = counts[topic] else { return false }
        return replays ? count.waiting.load(ordering: .acquiring) > 0 : count.left.load(ordering: .acquiring) > 0
    }

    /// The sender that replays has handed over, or put into its lane's backlog, a record of the topic.
    func passed(_ topic: UInt32) {
        counts[topic]?.waiting.wrappingSubtract(1, ordering: .releasing)
    }

    /// A replayed record of the topic, or the copy that took its place, is settled.
    func settled(_ topic: UInt32) {
        counts[topic]?.left.wrappingSubtract(1, ordering: .releasing)
        left.wrappingSubtract(1, ordering: .releasing)
    }
}

/// The gate as one sender's lanes see it.
struct LaneGate {
    private let gate: Gate
    private let replays: Bool

    /// - Parameter replays: whether it is the sender that replays.
    init(_ gate: Gate, replays: Bool) {
        self.gate = gate
        self.replays = replays
    }

    func holds(_ topic: Int) -> Bool { gate.holds(UInt32(topic), replays: replays) }
    func passed(_ topic: UInt32) { gate.passed(topic) }
}
