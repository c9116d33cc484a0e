import Base
import Crdkafka
import Glibc
import Logging
import Spool

/// One of a sender's producers, which a fatal error ends and `tend` replaces. Owned by the sender's thread; librdkafka's
/// log lines alone come from others.
///
/// A fatal error is for good: librdkafka takes nothing more. It comes when an idempotent producer lost its place in a
/// partition, when it may not have one, and, with `enable.gapless.guarantee`, when a batch was refused for good: that is
/// how nothing newer of its keys gets past it. What the old producer held comes back first; the new one is fed with it.
final class Producer {
    /// What became of a record that was to be handed over.
    enum Handover {
        /// librdkafka has it; a report will come.
        case taken
        /// No room, or the producer is being renewed: later.
        case notNow
        /// librdkafka refused it at once: no report will come.
        case refused(rd_kafka_resp_err_t)
    }

    private var configuration: ClientConfiguration
    private let topics: TopicTable
    private let log: ClientLog
    private let news: ConnectionNews
    private let wakeDescriptor: Int32
    /// The sender, which outlives its producers.
    private unowned(unsafe) let owner: Sender
    private let handle = Owned<ProducerHandle?>(nil)
    private var renewal: Renewal?
    /// Renewals since one last held.
    private var failures = 0
    private var renewedAt: UInt64 = 0
    private var isEnding = false

    private struct Renewal {
        let since: UInt64
        let reason: String
        /// A refused batch is the reason, or other settings: the new producer has nothing to fear.
        let isHarmless: Bool
        var isPurged = false
        var dueAt: UInt64
    }

    /// How long what is in flight may still be reported before it is given up and sent again, perhaps twice; ns.
    static let drainTime: UInt64 = 2_000_000_000
    /// The longest pause between two attempts to start a producer; ns.
    static let longestPause: UInt64 = 30_000_000_000

    init(
        _ configuration: ClientConfiguration, topics: TopicTable, wakeDescriptor: Int32, owner: Sender, log: ClientLog,
        news: ConnectionNews
    ) throws(KafkaError) {
        self.configuration = configuration
        self.topics = topics
        self.wakeDescriptor = wakeDescriptor
        self.owner = owner
        self.log = log
        self.news = news
        handle.value = try ProducerHandle(configuration, wakeDescriptor: wakeDescriptor, owner: self)
    }

    /// Whether it is being renewed and takes nothing.
    var isRenewing: Bool { renewal != nil }

    /// Hands one record to librdkafka, which reads its value in place until the report comes.
    func produce(_ record: Record, _ index: Int) -> Handover {
        guard handle.value != nil, renewal == nil else { return .notNow }
        let error = handle.value!.produce(
            topic: index, name: { topics.name(at: UInt32($0)) }, value: record.value, valueCount: record.valueCount,
            key: record.key, keyCount: record.keyCount, timestamp: record.timestamp, opaque: record.base)
        switch error {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return .taken
        // Fatal: the error itself comes from `serve`.
        case RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__FATAL: return .notNow
        default: return .refused(error)
        }
    }

    /// Goes over to other settings, in a new producer. What the old one has sent is waited for, as after a fatal error;
    /// what it has not goes to the new one first.
    func use(_ configuration: ClientConfiguration, _ now: UInt64) {
        self.configuration = configuration
        guard !isEnding else { return }
        if renewal == nil {
            renewal = Renewal(since: now, reason: "other settings", isHarmless: true, dueAt: now)
        } else {
            renewal!.dueAt = now
        }
    }

    /// Serves reports and errors that wait. Returns how many.
    func serve() -> Int32 { handle.value?.serve() ?? 0 }

    /// Goes on with the renewal, a step a turn.
    func tend(_ now: UInt64) {
        guard renewal != nil else { return }
        if handle.value != nil, !drain(now) { return }
        drop()
        guard now >= renewal!.dueAt else { return }
        do throws(KafkaError) {
            handle.value = try ProducerHandle(configuration, wakeDescriptor: wakeDescriptor, owner: self)
            if !renewal!.isHarmless {
                log.note(
                    level: .warning, facility: "RENEW", text: "producer renewed after a fatal error: \(renewal!.reason)"
                )
            }
            renewal = nil
            renewedAt = now
        } catch {
            log.note(level: .error, facility: "RENEW", text: "no new producer: \(error.description)")
            failures += 1
            renewal!.dueAt = now + pause
        }
    }

    /// Takes everything back from a dead producer: what is queued at once, what is in flight when its report does not
    /// come. Every report is waited for: a record without one would stay in flight for ever.
    private func drain(_ now: UInt64) -> Bool {
        let isLate = now &- renewal!.since > Self.drainTime
        if !renewal!.isPurged {
            renewal!.isPurged = true
            handle.value!.purge(inFlight: false)
        }
        if isLate { handle.value!.purge(inFlight: true) }
        handle.value!.serve()
        return handle.value!.outstanding() == 0
    }

    private var pause: UInt64 { failures == 0 ? 0 : min(250_000_000 << UInt64(min(failures, 10)), Self.longestPause) }

    /// Ends the producer: what is unsent is taken back before its handle goes, for its memory is the spool's.
    func end() {
        isEnding = true
        handle.value?.purge(inFlight: true)
        _ = handle.value?.serve()
        drop()
    }

    private func drop() {
        handle.value = nil
        news.forget(ObjectIdentifier(self))
    }

    // MARK: Callbacks of librdkafka

    /// A delivery report of the record at this address, from `serve`.
    func report(_ base: UnsafeMutableRawPointer, _ error: rd_kafka_resp_err_t) { owner.report(base, error) }

    /// An error of the client as a whole, from `serve`.
    func failed(_ error: rd_kafka_resp_err_t, _ text: String, isGap: Bool) {
        guard error == RD_KAFKA_RESP_ERR__FATAL else { return owner.failed(error, text) }
        guard !isEnding, renewal == nil else { return }
        let now = UInt64(SystemClock.monotonic)
        // One that held for a minute was a good one.
        if now &- renewedAt > 60_000_000_000 { failures = 0 }
        if !isGap { failures += 1 }
        renewal = Renewal(
            since: now, reason: Self.advised(text), isHarmless: isGap,
            dueAt: isGap || failures <= 1 ? now : now + pause)
    }

    private static func advised(_ text: String) -> String {
        guard text.contains("Cluster authorization failed") else { return text }
        return "\(text): \(Fault.advice(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED))"
    }

    /// A connection came up or went down, from any of librdkafka's threads.
    func connection(to broker: String, isUp: Bool) {
        news.connection(of: ObjectIdentifier(self), to: broker, isUp: isUp, UInt64(SystemClock.monotonic))
    }

    /// librdkafka's statistics, from `serve`.
    func statistics(_ text: UnsafeMutablePointer<CChar>, _ count: Int) {
        news.statistics.take(text, count, of: ObjectIdentifier(self))
    }

    /// A log line, from any of librdkafka's threads.
    func logged(_ level: Int32, _ facility: String, _ text: String) { owner.logged(level, facility, text) }
}
