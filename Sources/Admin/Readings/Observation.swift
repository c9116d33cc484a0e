import Kafka
import Pipeline
import Spool

/// What was seen of the service in one look. The ledger and the listeners' counts are of one moment; what is counted by
/// label may be a batch ahead of them.
public struct Observation: Sendable {
    /// A listener.
    public struct Listener: Sendable {
        /// Its name.
        public var name: String
        /// `udp`, `tcp`, `unix-datagram`, `file`.
        public var transport: String
        /// What came in by it.
        public var counts: ListenerCounts
    }

    /// Files of one listener, added up: thousands of names would be thousands of series.
    public struct Files: Sendable, Equatable {
        /// How many are read.
        public var count = 0
        /// Bytes that wait to be read.
        public var unread: UInt64 = 0
        /// Bytes that are read and not delivered.
        public var unsettled: UInt64 = 0
        /// For how long the one that has waited longest has had bytes that nobody read, seconds.
        public var seconds: Double = 0

        /// No files.
        public init() {}
    }

    /// The sums.
    public var ledger = Ledger()
    /// What came in, by listener.
    public var listeners: [Listener] = []
    /// Messages found in the spool at the start.
    public var recovered: UInt64 = 0
    /// What was committed, by rule, type, topic and program.
    public var labels = LabelledCounts()
    /// What was delivered, by topic.
    public var deliveredByTopic: [String: UInt64] = [:]
    /// Topics that are held.
    public var heldTopics: [String] = []
    /// Whether no broker can be reached.
    public var isAway = false
    /// Records at the producers that are not reported.
    public var inFlight = 0
    /// What librdkafka says of itself.
    public var kafka = KafkaReadings()
    /// How long records took.
    public var latency = LatencyCounts()
    /// How full the spool is.
    public var spool = SpoolReadings(segmentSize: 0, allocated: 0, free: 0, maximum: 0, hasRoom: true)
    /// How long the oldest record that is not delivered has waited, seconds.
    public var oldestAge: Double = 0
    /// Files, by listener.
    public var files: [String: Files] = [:]
    /// The process.
    public var process = ProcessReadings()
    /// Why it is not well; empty when it is.
    public var illness: [String] = []
    /// Why it is not ready; empty when it is.
    public var unreadiness: [String] = []
    /// Connections to the admin server that were one too many.
    public var refusedAdminConnections: UInt64 = 0
    /// The program's version.
    public var version = ""

    /// Nothing was seen.
    public init() {}
}
