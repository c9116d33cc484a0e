import ArgumentParser
import Crdkafka
import Glibc

/// Asks a broker for the end of each partition. The high watermark counts every record that was ever appended, also
/// those that the broker keeps no longer.
struct Watermarks: ~Copyable {
    private let client: KafkaClient
    private let topics: [String]
    private let partitions: Int32

    init(brokers: String, topics: [String], partitions: Int32) throws {
        client = try KafkaClient(
            RD_KAFKA_CONSUMER, properties: [("bootstrap.servers", brokers), ("group.id", "bench")])
        self.topics = topics
        self.partitions = partitions
    }

    /// Records ever appended to each topic.
    borrowing func read() throws -> [String: Int] {
        guard let list = rd_kafka_topic_partition_list_new(Int32(topics.count) * partitions) else {
            throw Failure("no memory for a partition list")
        }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for topic in topics {
            for partition in 0..<partitions {
                rd_kafka_topic_partition_list_add(list, topic, partition).pointee.offset = Int64(RD_KAFKA_OFFSET_END)
            }
        }
        let code = rd_kafka_offsets_for_times(client.handle, list, 10000)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Failure("offsets: \(kafkaWords(code))") }
        var sums: [String: Int] = [:]
        for index in 0..<Int(list.pointee.cnt) {
            let partition = list.pointee.elems[index]
            guard partition.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw Failure("offsets of \(String(cString: partition.topic)): \(kafkaWords(partition.err))")
            }
            sums[String(cString: partition.topic), default: 0] += Int(partition.offset)
        }
        return sums
    }
}

/// `watermarks`: the records ever appended to each topic of the mix, and their sum.
struct WatermarksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watermarks", abstract: "Print how many records were ever appended to each topic, and the sum.")

    @Option(help: "Bootstrap servers.") var brokers: String
    @Option(help: "Topics, separated by commas; those of the message mix when not given.") var topics: String?
    @Option(help: "Partitions of each topic.") var partitions: Int32 = 4

    func run() throws {
        let names = topics.map { $0.split(separator: ",").map(String.init) } ?? MessageMix(seconds: 0).topics
        let sums = try Watermarks(brokers: brokers, topics: names, partitions: partitions).read()
        for (topic, sum) in sums.sorted(by: { $0.key < $1.key }) { emit("\(topic) \(sum)") }
        emit("sum \(sums.values.reduce(0, +))")
    }
}
