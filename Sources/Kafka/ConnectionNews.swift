import Crdkafka
import Logging
import Synchronization

/// What is said of the connection to Kafka: away since when and why, back after how long, once for each change, whichever
/// of several producers met it.
///
/// Threads: librdkafka's (`connection`) and the senders'; a lock guards the state. Nothing here is per record.
final class ConnectionNews: Sendable {
    private struct State {
        /// Connections that are up, by producer and broker.
        var up: Set<Connection> = []
        /// What failed since `flush`.
        var failures: [Failure] = []
        /// When the first of the present failures came; monotonic ns.
        var failingSince: UInt64 = 0
        var isAway = false
        /// Kinds of failures that have been written in this outage, and the brokers that they were of.
        var written: Set<String> = []
        var explained: Set<Substring> = []
        /// What is ready to be said.
        var lines: [(level: Logger.Level, text: String)] = []

        /// No connection is up: what failed is said, each kind once. That a connection was closed is no reason where the
        /// same broker gives a better one, now or the next time: TLS to a port without it fails with both.
        /// - Returns: what waits for a better reason.
        mutating func noteAway() -> [Failure] {
            explained.formUnion(failures.filter { !$0.isVague }.map(\.broker))
            var waiting: [Failure] = []
            for var failure in failures {
                if failure.isVague {
                    if explained.contains(failure.broker) { continue }
                    if !failure.hasWaited {
                        failure.hasWaited = true
                        waiting.append(failure)
                        continue
                    }
                }
                let kind = ClientLog.shape(of: failure.text)
                guard written.count < ConnectionNews.mostKinds, written.insert(kind).inserted else { continue }
                let head = isAway ? "Kafka is still away" : "Kafka is away, events wait"
                isAway = true
                lines.append((.error, "\(head): \(failure.sentence)"))
            }
            return waiting
        }
    }

    private struct Connection: Hashable {
        var producer: ObjectIdentifier
        var broker: String
    }

    private struct Failure {
        var error: rd_kafka_resp_err_t
        var text: String
        /// Whether it has been put off once, for a better reason.
        var hasWaited = false

        /// The broker's name, which stands in front.
        var broker: Substring { text.firstRange(of: ": ").map { text[..<$0.lowerBound] } ?? text[...] }

        /// Whether it says no more than that the connection is gone, and what librdkafka guesses.
        var isVague: Bool { text[broker.endIndex...].hasPrefix(": Disconnected") }

        /// The reason and what to change.
        var sentence: String { ConnectionHint.text(error, text).map { "\(text): \($0)" } ?? text }
    }

    private let logger: Logger
    private let log: ClientLog
    private let state = Mutex(State())
    /// What librdkafka says of its connections and queues, now and then.
    let statistics = ClientStatistics()
    /// Kinds of failures that are said in one outage.
    private static let mostKinds = 8

    init(_ logger: Logger) {
        self.logger = logger
        log = ClientLog(logger)
    }

    /// Brokers to which a connection is up.
    var connectedBrokers: Int { state.withLock { Set($0.up.map(\.broker)).count } }

    /// Whether no broker is to be reached. True from the first failure that was said to the first connection.
    var isAway: Bool { state.withLock { $0.isAway } }

    /// A connection came up or went down. From any of librdkafka's threads.
    func connection(of producer: ObjectIdentifier, to broker: String, isUp: Bool, _ now: UInt64) {
        state.withLock { state in
            let connection = Connection(producer: producer, broker: broker)
            guard isUp else {
                state.up.remove(connection)
                return
            }
            state.up.insert(connection)
            state.failures = []
            guard state.isAway else { return }
            state.isAway = false
            state.written = []
            state.explained = []
            state.lines.append((.notice, "Kafka is back after \(TopicNews.seconds(now &- state.failingSince))"))
        }
    }

    /// A producer has ended, and its connections with it.
    func forget(_ producer: ObjectIdentifier) {
        statistics.forget(producer)
        state.withLock { state in state.up = state.up.filter { $0.producer != producer } }
    }

    /// A connection failed, in librdkafka's words.
    func failed(_ error: rd_kafka_resp_err_t, _ text: String, _ now: UInt64) {
        // That all are down adds nothing to why each of them is.
        guard error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN else { return }
        state.withLock { state in
            if state.failures.isEmpty, !state.isAway { state.failingSince = now }
            if state.failures.count < 64 { state.failures.append(Failure(error: error, text: Self.plain(text))) }
        }
    }

    /// Says what there is. Called by each sender about once a second.
    func flush() {
        let (lines, single) = state.withLock { state in
            var single: [Failure] = []
            var waiting: [Failure] = []
            if state.up.isEmpty { waiting = state.noteAway() } else { single = state.failures }
            state.failures = waiting
            defer { state.lines = [] }
            return (state.lines, single)
        }
        for line in lines { logger.log(level: line.level, "\(line.text)") }
        // One of several brokers, or a connection that was made again at once.
        for failure in single { log.note(level: .warning, facility: "BROKER", text: "broker \(failure.sentence)") }
        log.flush()
    }

    /// librdkafka's words without what changes from time to time: `host:9092/1: why (after 3ms in state CONNECT)`.
    static func plain(_ text: String) -> String {
        var text = text
        if text.hasSuffix(")"), let start = text.firstRange(of: " (after ") { text = String(text[..<start.lowerBound]) }
        let parts = text.split(separator: ": ", maxSplits: 1)
        guard parts.count == 2, let slash = parts[0].lastIndex(of: "/") else { return text }
        let name = parts[0][..<slash]
        return "\(name.firstRange(of: "://").map { name[$0.upperBound...] } ?? name): \(parts[1])"
    }
}
