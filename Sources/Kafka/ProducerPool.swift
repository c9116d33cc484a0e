import Base
import Glibc
import Logging
import Spool
import Synchronization

/// The producers, each with its sender's thread. Workers are spread over them; all records of one worker go through one
/// producer, so that the order of a key is the order of its worker.
///
/// Threads: any may attach chains, exchange settings and ask for counts. Each sender owns its thread and its producers; a
/// lock guards the list of threads, which `start` fills and `stop` empties.
public final class ProducerPool: Sendable {
    /// How much may be under way.
    public struct Limits: Sendable, Equatable {
        /// Records handed to one producer and not reported yet.
        public var inFlight: Int
        /// Records of one topic among them, so that one without a leader leaves room for the others; nil = half.
        public var configuredShare: Int?
        /// Nanoseconds between two turns of a sender under load: the linger. Lingering here and not in librdkafka,
        /// partition by partition, makes one burst of all partitions.
        public var turn = 5_000_000
        /// Where records go that Kafka refuses; nil = nowhere, they are counted and given up.
        public var deadLetterTopic: String?
        /// How long a topic's error (one that does not exist, a right that is missing) is waited for, in nanoseconds,
        /// before the topic's records become dead letters; nil = as long as it takes.
        public var giveUpAfter: UInt64?

        /// Limits; what is not said is by default.
        public init(inFlight: Int = 20_000, deadLetterTopic: String? = "kafkastreamer-dead-letters") {
            self.inFlight = inFlight
            self.deadLetterTopic = deadLetterTopic
        }

        /// Records of one topic that may be under way.
        public var share: Int {
            get { configuredShare ?? max(1, inFlight / 2) }
            set { configuredShare = newValue }
        }
    }

    /// What became of the records so far.
    public struct Counts: Sendable, Equatable {
        /// Delivered, dead letters included.
        public var delivered: UInt64 = 0
        /// Records that Kafka refused and that became dead letters.
        public var deadLettered: UInt64 = 0
        /// Dead letters that Kafka refused as well.
        public var lost: UInt64 = 0
        /// Handed over and not reported.
        public var inFlight = 0
    }

    private let senders: [Sender]
    private let topics: TopicTable
    private let limits: Limits
    private let news: PoolNews
    private let next = Atomic<Int>(0)
    private let running = Mutex<[SystemThread]>([])

    /// Starts librdkafka's producers; `start` starts sending.
    /// - Parameters:
    ///   - count: how many producers.
    ///   - configuration: librdkafka properties; `bootstrap.servers` among them.
    ///   - replay: what an earlier process left in the spool. New records of the same topics follow it.
    public init(
        count: Int, configuration: ClientConfiguration, limits: Limits, spool: Spool, topics: TopicTable,
        replay: Replay?, logger: Logger
    ) throws(KafkaError) {
        let configuration = Self.completed(configuration, limits)
        let gate = Gate(replay)
        news = PoolNews(logger)
        self.topics = topics
        self.limits = limits
        var senders: [Sender] = []
        for index in 0..<max(1, count) {
            senders.append(
                try Sender(
                    name: "sender-\(index)", spool: spool, topics: topics, configuration: configuration, limits: limits,
                    replay: index == 0 ? replay : nil, gate: gate, news: news, index: index, logger: logger))
        }
        self.senders = senders
    }

    /// With what every producer has unless it is set.
    private static func completed(_ given: ClientConfiguration, _ limits: Limits) -> ClientConfiguration {
        var configuration = given
        for (name, value) in ClientConfiguration.producerDefaults { configuration.setDefault(name, value) }
        // Our window is the limit; librdkafka's own must lie above it.
        configuration.setDefault("queue.buffering.max.messages", String(max(100_000, limits.inFlight * 4)))
        configuration.setDefault("queue.buffering.max.kbytes", "2097151")
        configuration.setDefault("client.id", "kafkastreamer")
        // Long enough for a sender's turn to hand everything over before the first batch leaves.
        configuration.setDefault("linger.ms", "1")
        // How soon a missing topic is known for one; it is looked for again all the same, once a second.
        configuration.setDefault("topic.metadata.propagation.max.ms", "5000")
        return configuration
    }

    /// Goes over to other properties within a second: each producer is made anew. What it has sent is waited for, what it
    /// has not goes to the new one first, so that nothing is lost and the order of keys stays.
    public func use(_ configuration: ClientConfiguration) {
        let configuration = Self.completed(configuration, limits)
        for sender in senders { sender.use(configuration) }
    }

    /// Starts the senders' threads.
    public func start() {
        running.withLock { threads in
            for sender in senders {
                do throws(SystemError) {
                    threads.append(try SystemThread(name: sender.name) { sender.run() })
                } catch {
                    preconditionFailure("a thread for a sender: \(error)")
                }
            }
        }
    }

    /// Gives a worker's chain to a producer; what comes back wakes its sender after commits.
    public func attach(_ chain: SegmentChain) -> SenderWake {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        let sender = senders[index % senders.count]
        sender.attach(chain)
        return SenderWake(sender: sender)
    }

    /// What became of the records so far, all producers together.
    public var counts: Counts {
        senders.reduce(into: Counts()) { sum, sender in
            let one = sender.snapshot
            sum.delivered += one.delivered
            sum.deadLettered += one.deadLettered
            sum.lost += one.lost
            sum.inFlight += one.inFlight
        }
    }

    /// Records delivered so far, by topic, dead letters included; topics without one are not in it. Not of the same moment
    /// as `counts`: a turn under way is in it already.
    public var deliveredByTopic: [String: UInt64] {
        var sums: [Int: UInt64] = [:]
        for sender in senders { sender.delivered.fold(into: &sums) }
        var named: [String: UInt64] = [:]
        for (index, count) in sums where count > 0 { named[topics.name(at: UInt32(index)), default: 0] += count }
        return named
    }

    /// Whether no broker is to be reached, as far as is known.
    public var isAway: Bool { news.connection.isAway }

    /// How long delivered records took, all producers together.
    public var latency: LatencyCounts {
        senders.reduce(into: LatencyCounts()) { $1.latency.fold(into: &$0) }
    }

    /// When the oldest record was received that is not delivered, Unix ms, as of the last second; nil = there is none.
    public var oldestPending: Int64? {
        senders.map { $0.oldestPending.load(ordering: .relaxed) }.filter { $0 > 0 }.min()
    }

    /// What librdkafka says of its queues and brokers; empty where `statistics.interval.ms` is not set.
    public var readings: KafkaReadings { news.connection.statistics.readings }

    /// Topics that are held now, sorted: their records wait for the topic, a right or a leader.
    public var heldTopics: [String] { news.topics.held }

    /// Ends the senders and their producers and waits for them. What is not delivered stays in the spool.
    public func stop() {
        for sender in senders { sender.stop() }
        running.withLock { threads in
            for thread in threads { thread.join() }
            threads = []
        }
    }
}

/// Wakes the sender of a worker's records.
public struct SenderWake: Sendable {
    let sender: Sender

    /// Says that records were committed. Called once per batch.
    public func callAsFunction() { sender.wake() }

    /// Whether Kafka has taken records within the last quarter of a second before `now` (monotonic ns).
    public func isDelivering(_ now: UInt64) -> Bool { now < sender.lastDelivery.load(ordering: .relaxed) + 250_000_000 }
}
