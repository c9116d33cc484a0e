import CLinux

/// How long events take from their reception to Kafka's acknowledgement: a histogram over one record in sixteen.
///
/// Threads: the sender's thread adds; anybody reads, each counter whole if not all of one moment. No clock is read for it
/// per record: the time of the sender's turn is taken, which is some milliseconds behind at most.
final class DeliveryLatency: @unchecked Sendable {
    /// One delivered record in so many is measured; a power of two.
    static let sampling: UInt64 = 16
    /// Upper bounds of the buckets, milliseconds. What is slower is in one more.
    static let bounds: [Int64] = [
        1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 3_600_000,
    ]

    /// The buckets, and behind them the sum in milliseconds.
    private let counters: UnsafeMutablePointer<UInt64>

    init() {
        counters = .allocate(capacity: Self.bounds.count + 2)
        counters.initialize(repeating: 0, count: Self.bounds.count + 2)
    }

    deinit { counters.deallocate() }

    /// Counts one record. The sender's thread alone.
    func note(milliseconds: Int64) {
        // A clock that was set back makes no negative times.
        let time = max(0, milliseconds)
        let bucket = Self.bounds.firstIndex { time <= $0 } ?? Self.bounds.count
        clinux_count_one_u64(counters + bucket)
        clinux_count_u64(counters + Self.bounds.count + 1, UInt64(time))
    }

    /// Adds what was counted.
    func fold(into sum: inout LatencyCounts) {
        for index in sum.buckets.indices { sum.buckets[index] += clinux_load_relaxed_u64(counters + index) }
        sum.milliseconds += clinux_load_relaxed_u64(counters + Self.bounds.count + 1)
    }
}

/// How long sampled events took from their reception to Kafka's acknowledgement.
public struct LatencyCounts: Sendable, Equatable {
    /// Upper bounds of the buckets, milliseconds; the last bucket has none.
    public static let bounds = DeliveryLatency.bounds
    /// One delivered record in so many is measured.
    public static let sampling = Int(DeliveryLatency.sampling)
    /// Records by bucket.
    public var buckets = [UInt64](repeating: 0, count: bounds.count + 1)
    /// The sum of the times, milliseconds.
    public var milliseconds: UInt64 = 0

    /// None.
    public init() {}
}
