import Crdkafka
import Glibc

/// Lists and creates topics through librdkafka's admin requests.
///
/// Threads: one thread makes it and calls it; librdkafka's stand behind.
public final class TopicAdmin {
    /// A topic as the brokers have it.
    public struct Topic: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Partitions.
        public var partitions: Int
        /// Replicas of its first partition.
        public var replicas: Int
    }

    /// How a topic is to be made; -1 leaves a number to the brokers.
    public struct Shape: Sendable, Equatable {
        /// Partitions, 1 or more, or -1.
        public var partitions: Int32
        /// Replicas of each, 1 or more, or -1.
        public var replicationFactor: Int32

        /// A shape; without numbers the brokers' own defaults (brokers of 2.4 and newer).
        public init(partitions: Int32 = -1, replicationFactor: Int32 = -1) {
            self.partitions = partitions
            self.replicationFactor = replicationFactor
        }
    }

    private let client: OpaquePointer
    private let failures = LastFailure()

    /// Connects lazily.
    /// - Parameter configuration: librdkafka properties, `bootstrap.servers` among them.
    public init(_ configuration: ClientConfiguration) throws(KafkaError) {
        var configuration = configuration
        configuration.setDefault("client.id", "kafkastreamer")
        let conf = try configuration.makeConf()
        failures.install(in: conf)
        var reason = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &reason, reason.count) else {
            rd_kafka_conf_destroy(conf)
            throw KafkaError("Kafka client: \(reason.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })")
        }
        self.client = client
    }

    deinit { rd_kafka_destroy(client) }

    /// The brokers' topics by name.
    /// - Throws: when no broker answers in time, with the reason.
    public func topics(timeoutMilliseconds: Int32) throws(KafkaError) -> [String: Topic] {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(client, 1, nil, &metadata, timeoutMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            throw failure(error, "ask the brokers for their topics", timeoutMilliseconds)
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        var topics: [String: Topic] = [:]
        for index in 0..<Int(metadata.pointee.topic_cnt) {
            let topic = metadata.pointee.topics[index]
            let name = String(cString: topic.topic)
            let replicas = topic.partition_cnt > 0 ? Int(topic.partitions[0].replica_cnt) : 0
            topics[name] = Topic(name: name, partitions: Int(topic.partition_cnt), replicas: replicas)
        }
        return topics
    }

    private func failure(_ error: rd_kafka_resp_err_t, _ doing: String, _ milliseconds: Int32) -> KafkaError {
        // The reasons wait in the client's queue.
        rd_kafka_poll(client, 0)
        return failures.error(error, while: doing, milliseconds)
    }

    /// Creates topics.
    /// - Returns: why one was not created, by name; a topic that exists is no fault.
    /// - Throws: when no broker answers in time, or none can create topics.
    public func create(_ names: [String], _ shape: Shape, timeoutMilliseconds: Int32) throws(KafkaError) -> [String:
        String]
    {
        guard !names.isEmpty else { return [:] }
        var text = [CChar](repeating: 0, count: 512)
        var new: [OpaquePointer?] = []
        defer { for topic in new { rd_kafka_NewTopic_destroy(topic) } }
        for name in names {
            let topic = rd_kafka_NewTopic_new(name, shape.partitions, shape.replicationFactor, &text, text.count)
            guard let topic else {
                let reason = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
                throw KafkaError("create topic \(name): \(reason)")
            }
            new.append(topic)
        }
        let options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, timeoutMilliseconds, &text, text.count)
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_CreateTopics(client, &new, new.count, options, queue)
        guard let event = rd_kafka_queue_poll(queue, timeoutMilliseconds + 1000) else {
            throw failure(RD_KAFKA_RESP_ERR__TIMED_OUT, "create topics", timeoutMilliseconds)
        }
        defer { rd_kafka_event_destroy(event) }
        let error = rd_kafka_event_error(event)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let reason = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
            throw KafkaError(code: error.rawValue, "create topics: \(reason)")
        }
        return Self.refusals(event)
    }

    private static func refusals(_ event: OpaquePointer) -> [String: String] {
        var count = 0
        guard let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        else { return [:] }
        var refusals: [String: String] = [:]
        for index in 0..<count {
            guard let result = results[index] else { continue }
            let error = rd_kafka_topic_result_error(result)
            guard error != RD_KAFKA_RESP_ERR_NO_ERROR, error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else { continue }
            let words = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            refusals[String(cString: rd_kafka_topic_result_name(result))] =
                words ?? String(cString: rd_kafka_err2str(error))
        }
        return refusals
    }
}
