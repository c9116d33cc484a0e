import Kafka
import Pipeline
import Synchronization

/// What the sums were over the last minutes, for rates and plots. Bounded: so many looks, and of programs the ones with the
/// most messages.
///
/// Threads: the server's loop looks every two seconds, anybody reads; a lock guards the list.
public final class History: Sendable {
    /// The sums at one moment.
    struct Point: Sendable {
        /// Unix time, ms.
        var time: Int64
        var received: UInt64
        var delivered: UInt64
        var rejected: UInt64
        var pending: UInt64
        var listeners: [String: UInt64]
        var programs: [String: UInt64]
        var topics: [String: UInt64]
        var latency: LatencyCounts

        init(_ seen: Observation, time: Int64) {
            self.time = time
            received = seen.ledger.received
            delivered = seen.ledger.delivered
            rejected = seen.ledger.rejectedTotal
            pending = seen.ledger.pending
            listeners = Dictionary(seen.listeners.map { ($0.name, $0.counts.received) }) { $1 }
            programs = Self.largest(seen.labels.programs.mapValues(\.committed))
            topics = Self.largest(seen.labels.topics)
            latency = seen.latency
        }

        private static func largest(_ counts: [String: UInt64]) -> [String: UInt64] {
            let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            return Dictionary(uniqueKeysWithValues: sorted.prefix(History.mostNames).map { ($0.key, $0.value) })
        }
    }

    /// Milliseconds between two looks.
    static let interval: Int64 = 2_000
    /// Looks that are kept: five minutes.
    static let mostPoints = 150
    /// Names of each kind that are kept of a look.
    static let mostNames = 20

    private let points = Mutex<[Point]>([])

    /// No look yet.
    public init() {}

    func add(_ point: Point) {
        points.withLock { points in
            if points.count >= Self.mostPoints { points.removeFirst() }
            points.append(point)
        }
    }

    var all: [Point] { points.withLock { $0 } }

    /// What happened lately: from a point some ten seconds back to now.
    func rates(to now: Point) -> Rates {
        let earlier = points.withLock { points in points.last { now.time - $0.time >= 9_000 } ?? points.first }
        return Rates(from: earlier ?? now, to: now)
    }
}

/// How much there was a second between two moments.
struct Rates: Sendable {
    private let from: History.Point
    private let to: History.Point
    private let seconds: Double

    init(from: History.Point, to: History.Point) {
        self.from = from
        self.to = to
        seconds = max(0.001, Double(to.time - from.time) / 1000)
    }

    private func rate(_ now: UInt64, _ earlier: UInt64) -> Double {
        to.time > from.time && now > earlier ? Double(now - earlier) / seconds : 0
    }

    var received: Double { rate(to.received, from.received) }
    var delivered: Double { rate(to.delivered, from.delivered) }
    func listener(_ name: String) -> Double { rate(to.listeners[name] ?? 0, from.listeners[name] ?? 0) }
    func program(_ name: String) -> Double { rate(to.programs[name], from.programs[name]) }
    func topic(_ name: String) -> Double { rate(to.topics[name], from.topics[name]) }

    /// Only the names with most are kept of a look: one that was not among them had some number, and not 0.
    private func rate(_ now: UInt64?, _ earlier: UInt64?) -> Double {
        guard let now, let earlier else { return 0 }
        return rate(now, earlier)
    }

    /// Of the events measured in between, this part was acknowledged within so many milliseconds; nil when none was.
    func latency(_ part: Double) -> Int64? {
        let counts = zip(to.latency.buckets, from.latency.buckets).map { $0 - min($0, $1) }
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        var sum: UInt64 = 0
        for (index, count) in counts.enumerated() {
            sum += count
            if Double(sum) >= part * Double(total) {
                return index < LatencyCounts.bounds.count ? LatencyCounts.bounds[index] : .max
            }
        }
        return .max
    }
}
