import Glibc
import Inputs
import Kafka
import Pipeline
import Spool
import Synchronization

/// Looks at the running service. Reads what the stages publish anyway and holds nothing up: a few locks that workers take
/// once per batch.
///
/// Threads: any; the state behind its locks changes at a start, a reload and a stop.
public final class Observer: Sendable {
    /// Where the service is in its life.
    public enum Phase: Int, Sendable {
        /// Not all listeners are open.
        case starting
        /// It takes messages.
        case serving
        /// It takes none any more and delivers what it has.
        case stopping
    }

    private let pipeline: Pipeline
    private let version: String
    private let phase = Mutex(Phase.starting)
    private let transports = Mutex<[String: String]>([:])
    private let hasFailed: @Sendable () -> Bool
    private let files: @Sendable () -> [String: [FileLag]]
    private let started: Int64
    private let refused = Mutex<(@Sendable () -> UInt64)?>(nil)

    /// An observer.
    /// - Parameters:
    ///   - pipeline: what is looked at.
    ///   - version: of the program.
    ///   - hasFailed: whether a listener has failed.
    ///   - files: what is read of files, by listener.
    public init(
        _ pipeline: Pipeline, version: String, hasFailed: @escaping @Sendable () -> Bool,
        files: @escaping @Sendable () -> [String: [FileLag]]
    ) {
        self.pipeline = pipeline
        self.version = version
        self.hasFailed = hasFailed
        self.files = files
        started = ProcessReadings.startTime()
    }

    /// The service has come to another part of its life.
    public func enter(_ phase: Phase) { self.phase.withLock { $0 = phase } }

    /// What listeners there are: the transport of each, by its name. Those that have gone keep theirs.
    public func use(transports: [String: String]) {
        self.transports.withLock { $0.merge(transports) { $1 } }
    }

    /// From now on connections are refused that this counts.
    public func count(refused: @escaping @Sendable () -> UInt64) { self.refused.withLock { $0 = refused } }

    /// Why the process or one of its listeners is not live; empty when they are.
    public var health: [String] { hasFailed() ? ["a listener has failed"] : [] }

    /// Why nothing should be sent to it; empty when something may.
    public var readiness: [String] {
        var reasons = health
        switch phase.withLock({ $0 }) {
        case .starting: reasons.append("starting: not all listeners are open")
        case .stopping: reasons.append("stopping: nothing is accepted any more")
        case .serving: break
        }
        if !pipeline.spool.readings.hasRoom {
            reasons.append(
                pipeline.producers.isAway ? "Kafka is away and the spool has no room" : "the spool has no room")
        }
        return reasons
    }

    /// A line of each program that no rule knew.
    var unmatchedSamples: [String: String] { pipeline.unmatchedSamples }

    /// The events that are committed from now on, a line each, while somebody reads; nil when too many do. What a reader
    /// misses is said in a line of its own.
    func tap(_ filter: TapFilter) -> AdminStream? {
        let tap = pipeline.tap
        guard let watch = tap.watch(filter) else { return nil }
        return AdminStream(interval: 100) {
            let (events, lost) = watch.take()
            var bytes: [UInt8] = []
            for event in events {
                bytes += event
                bytes.append(10)
            }
            if lost > 0 { bytes += Array("# \(lost) more events were not shown\n".utf8) }
            return bytes
        } close: {
            tap.end(watch)
        }
    }

    /// Looks at everything.
    public func observe() -> Observation {
        var seen = Observation()
        let accounts = pipeline.accounts
        seen.ledger = accounts.ledger
        // What Kafka has before its batch was counted is counted with its batch: a counter must not fall, and sums by
        // listener must be the ledger's.
        seen.ledger.received -= accounts.early
        seen.ledger.delivered -= min(accounts.early, seen.ledger.delivered)
        seen.recovered = accounts.recovered
        let transports = transports.withLock { $0 }
        seen.listeners = accounts.listeners.map { name, counts in
            Observation.Listener(name: name, transport: transports[name] ?? "", counts: counts)
        }
        seen.labels = pipeline.labels
        let producers = pipeline.producers
        seen.deliveredByTopic = producers.deliveredByTopic
        seen.heldTopics = producers.heldTopics
        seen.isAway = producers.isAway
        seen.inFlight = producers.counts.inFlight
        seen.kafka = producers.readings
        seen.latency = producers.latency
        seen.spool = pipeline.spool.readings
        if seen.ledger.pending > 0, let oldest = producers.oldestPending {
            seen.oldestAge = Double(max(0, Self.milliseconds() - oldest)) / 1000
        }
        for (name, lags) in files() { seen.files[name] = Self.sum(lags) }
        seen.process = ProcessReadings.read(started: started)
        seen.illness = health
        seen.unreadiness = readiness
        seen.refusedAdminConnections = refused.withLock { $0 }?() ?? 0
        seen.version = version
        return seen
    }

    private static func sum(_ lags: [FileLag]) -> Observation.Files {
        var sum = Observation.Files()
        let now = milliseconds() * 1_000_000
        for lag in lags {
            sum.count += 1
            sum.unread += lag.unread
            if lag.position > lag.settled { sum.unsettled += lag.position - lag.settled }
            if lag.unread > 0, lag.lastProgress > 0 {
                sum.seconds = max(sum.seconds, Double(max(0, now - lag.lastProgress)) / 1e9)
            }
        }
        return sum
    }

    static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
