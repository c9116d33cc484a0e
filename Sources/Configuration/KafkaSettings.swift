import Events

extension Configuration {
    /// `kafka`: the brokers, the topics and the producers.
    public struct Kafka: Sendable, Equatable {
        /// How batches are compressed.
        public enum Compression: String, Sendable, CaseIterable {
            case none, gzip, snappy, lz4, zstd
        }
        /// `brokers`: `host:port` each; the port is there always (9092 where none was written). IPv6 in brackets.
        public var brokers = ["localhost:9092"]
        /// `producers`: librdkafka handles, 1 to 64. Default 1.
        public var producers = 1
        /// `embedded`: host librdkafka's mock cluster in the process instead of using `brokers`. Default false.
        public var embedded = false
        /// `topic`: one topic for every event, whatever its type; nil = by type.
        public var topic: String?
        /// `topic-template`: the topic of a type; `{type}` is the type in small letters with `-` for `_`, `{family}` its
        /// family, which `EventFamily` puts there.
        public var topicTemplate = "{type}-events"
        /// `format`: how events of routes that do not say it are written. Default `json`.
        public var format = FormatName.json
        /// `dead-letter-topic`: where records go that Kafka refuses for good.
        public var deadLetterTopic = "kafkastreamer-dead-letters"
        /// `topic-error-timeout`: how long a topic that does not exist or may not be written to is waited for before
        /// what waits for it becomes dead letters; 0 = as long as it takes. Default 0. Whole milliseconds.
        public var topicErrorTimeout: Duration = .zero
        /// `in-flight`: the most records one producer has handed to librdkafka and has no report for. Default 100,000.
        public var inFlight = 20_000
        /// `in-flight-per-topic` as configured; nil = by default.
        public var configuredInFlightPerTopic: Int?
        /// `linger`: how long a batch waits for company. Default 5 ms. Whole milliseconds.
        public var linger: Duration = .milliseconds(5)
        /// `compression`. Default `lz4`.
        public var compression = Compression.lz4
        /// `properties` and `property-files`, and what the environment adds: set on librdkafka after our own, so
        /// they win over every one the service sets. In the order of the file; no name twice, aliases included.
        public var properties: [Property] = []

        /// Every default.
        public init() {}

        /// The most records of one topic in flight per producer, so that one without a leader leaves room for the
        /// others: `in-flight-per-topic`, by default half of `in-flight` (at least 1).
        public var inFlightPerTopic: Int { configuredInFlightPerTopic ?? max(1, inFlight / 2) }

        /// The topic of an event type by ``topic`` and ``topicTemplate``: `DHCP_LEASE` → `dhcp-lease-events`.
        public func defaultTopic(forType type: String) -> String {
            if let topic { return topic }
            let name = String(type.lowercased().map { $0 == "_" ? "-" : $0 })
            return Configuration.substitute(name, for: "{type}", in: topicTemplate)
        }

        /// A librdkafka property as it is to be set.
        public struct Property: Sendable, Equatable {
            /// The property's name, such as `sasl.password`.
            public var name: String
            /// Its value, read from ``file`` where there is one. It may be a secret: never print it.
            public var value: String
            /// The file that the value was read from (`property-files`, `KAFKA_…_FILE`); nil = written as it is.
            public var file: String?

            /// A property with a value, and the file that the value was read from.
            public init(name: String, value: String, file: String? = nil) {
                self.name = name
                self.value = value
                self.file = file
            }
        }
    }

    static func substitute(_ text: String, for placeholder: String, in template: String) -> String {
        guard let range = template.firstRange(of: placeholder) else { return template }
        return String(template[..<range.lowerBound]) + text + String(template[range.upperBound...])
    }
}
