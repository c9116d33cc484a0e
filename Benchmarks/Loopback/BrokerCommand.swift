import ArgumentParser
import Crdkafka
import Glibc

/// `broker`: librdkafka's mock cluster in a process of its own, until standard input is closed.
struct BrokerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker", abstract: "Run a Kafka broker (librdkafka's mock cluster) until standard input closes.",
        discussion: "Prints brokers=HOST:PORT. It keeps about 5 MB of each partition; high watermarks count everything."
    )

    @Option(help: "Topics to create, separated by commas; those of the message mix when not given.")
    var topics: String?
    @Option(help: "Partitions of each topic.") var partitions: Int32 = 4

    func validate() throws {
        guard partitions >= 1 else { throw ValidationError("--partitions must be at least 1") }
    }

    func run() throws {
        // Errors only: it warns that it knows no broker, which is what it is here for.
        let client = try KafkaClient(RD_KAFKA_PRODUCER, properties: [("log_level", "3")])
        guard let cluster = rd_kafka_mock_cluster_new(client.handle, 1) else {
            throw Failure("rd_kafka_mock_cluster_new failed")
        }
        defer { rd_kafka_mock_cluster_destroy(cluster) }
        let names = topics.map { $0.split(separator: ",").map(String.init) } ?? MessageMix(seconds: 0).topics
        for name in names {
            let code = rd_kafka_mock_topic_create(cluster, name, partitions, 1)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Failure("topic \(name): \(kafkaWords(code))") }
        }
        emit("brokers=\(String(cString: rd_kafka_mock_cluster_bootstraps(cluster)))")
        var byte: UInt8 = 0
        while true {
            let count = read(0, &byte, 1)
            if count == 0 || (count < 0 && errno != EINTR) { break }
        }
    }
}
