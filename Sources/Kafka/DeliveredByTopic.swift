import CLinux
import Synchronization

/// How many records of each topic one sender has delivered.
///
/// Threads: the sender's thread adds lanes and counts in their states, a plain addition per record; anybody reads. The
/// states live as long as their lanes, and lanes as long as the sender that owns both them and this.
final class DeliveredByTopic: Sendable {
    private struct Counter: @unchecked Sendable {
        let topic: Int
        let state: UnsafeMutablePointer<Lane.State>

        var address: UnsafeMutablePointer<UInt64> {
            let offset = MemoryLayout<Lane.State>.offset(of: \.delivered)!
            return (UnsafeMutableRawPointer(state) + offset).assumingMemoryBound(to: UInt64.self)
        }
    }
    private let counters = Mutex<[Counter]>([])

    /// A lane was made for a topic.
    func add(_ topic: Int, _ lane: Lane) {
        counters.withLock { $0.append(Counter(topic: topic, state: lane.state)) }
    }

    /// Counts a delivered record of the lane with this state. The sender's thread alone.
    @inline(__always) static func count(_ state: UnsafeMutablePointer<Lane.State>) {
        withUnsafeMutablePointer(to: &state.pointee.delivered) { clinux_count_one_u64($0) }
    }

    /// Adds the counts to sums by topic index.
    func fold(into sums: inout [Int: UInt64]) {
        counters.withLock { counters in
            for counter in counters { sums[counter.topic, default: 0] += clinux_load_relaxed_u64(counter.address) }
        }
    }
}
