import Events
import Kafka

extension Configuration {
    /// `kafka`: the brokers, the topics and the producers.
    public struct Kafka: Sendable, Equatable {
        /// How batches are compressed.
        public enum Compression: String, Sendable, CaseIterable {
            case none, gzip, snappy, lz4, zstd
        }
        /// `brokers`: `host:port` each; the port is there always. IPv6 in brackets.
        public var brokers = ["localhost:9092"]
        /// `producers`: librdkafka handles.
        public var producers = 1
        /// `embedded`: host librdkafka's mock cluster in the process instead of using `brokers`.
        public var embedded = false
        /// `topic`: one topic for every event, whatever its type; nil = by type.
        public var topic: String?
        /// `topic-template`: the topic of a type; `{type}` is the type in small letters with `-` for `_`, `{family}` its
        /// family, which `EventFamily` puts there.
        public var topicTemplate = "{type}-events"
        /// `format`: how events of routes that do not say it are written.
        public var format = FormatName.json
        /// `dead-letter-topic`, `topic-error-timeout`, `in-flight` and `in-flight-per-topic`: what may be under way.
        public var limits = ProducerPool.Limits()
        /// `linger`: how long a batch waits for company. Whole milliseconds.
        public var linger: Duration = .milliseconds(5)
        /// `compression`.
        public var compression = Compression.lz4
        /// `properties` and `property-files`, and what the environment adds: set on librdkafka after our own, so
        /// they win over every one the service sets. In the order of the file; no name twice, aliases included.
        public var properties: [Property] = []

        /// Every default.
        public init() {}

        /// The topic of an event type by ``topic`` and ``topicTemplate``: `DHCP_LEASE` → `dhcp-lease-events`.
        public func defaultTopic(forType type: String) -> String {
            topic
                ?? topicTemplate.replacing(
                    "{type}", with: type.lowercased().replacing("_", with: "-"), maxReplacements: 1)
        }
    }
}
