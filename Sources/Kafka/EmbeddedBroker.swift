import Crdkafka

/// A Kafka cluster inside the process: librdkafka's mock cluster. It speaks the protocol on loopback, so that any
/// client can produce to it and consume from it. It keeps the last 5 MB or 100,000 batches of a partition in memory and
/// nothing on disk: for a laptop and for tests.
///
/// Threads: librdkafka runs the cluster on threads of its own; these calls may come from anywhere.
public final class EmbeddedBroker: @unchecked Sendable {
    private let client: OpaquePointer
    private let cluster: OpaquePointer

    /// Starts a cluster. A topic that a client's first use creates has four partitions.
    /// - Parameter brokers: how many brokers; their ids count from 1.
    public init(brokers: Int32 = 1) throws(KafkaError) {
        var configuration = ClientConfiguration()
        configuration.set("client.id", "embedded-broker")
        // The mock cluster logs each connection at a level that would drown ours.
        configuration.set("log_level", "2")
        let conf = try configuration.makeConf()
        var reason = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &reason, reason.count) else {
            rd_kafka_conf_destroy(conf)
            throw KafkaError("embedded broker: \(reason.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })")
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, brokers) else {
            rd_kafka_destroy(client)
            throw KafkaError("embedded broker: the mock cluster did not start")
        }
        self.client = client
        self.cluster = cluster
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    /// `host:port,…` for clients.
    public var bootstrapServers: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    /// Creates a topic; one that exists keeps its partitions.
    public func createTopic(_ name: String, partitions: Int32) throws(KafkaError) {
        let error = rd_kafka_mock_topic_create(cluster, name, partitions, 1)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else {
            throw KafkaError(error, while: "embedded broker: create topic \(name)")
        }
    }

    /// Takes a broker down: its connections close and new ones are refused; what it has is kept.
    public func stopBroker(_ id: Int32) { rd_kafka_mock_broker_set_down(cluster, id) }

    /// Brings a broker back.
    public func startBroker(_ id: Int32) { rd_kafka_mock_broker_set_up(cluster, id) }

    /// Makes every request for a topic answer with an error (0 = none again).
    public func setError(_ code: Int32, topic: String) {
        rd_kafka_mock_topic_set_error(cluster, topic, rd_kafka_resp_err_t(rawValue: code))
    }

    /// Answers the next requests of a kind with these errors, one each.
    /// - Parameter apiKey: Kafka's number of the request (0 = Produce).
    public func failNextRequests(apiKey: Int16, with codes: [Int32]) {
        var errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        rd_kafka_mock_push_request_errors_array(cluster, apiKey, errors.count, &errors)
    }

    /// Takes the leader away from a partition (`nil`), or gives it one.
    public func setLeader(topic: String, partition: Int32, broker: Int32?) {
        rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker ?? -1)
    }
}
