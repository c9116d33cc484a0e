import Base
import Crdkafka
import Glibc

/// Reads topics from any broker, every partition of them, without a consumer group's offsets: what `kafkastreamer
/// consume` prints.
///
/// Threads: one thread makes it and calls `run`; librdkafka's threads stand behind.
public final class Consumer {
    /// Where reading begins.
    public enum Start: Sendable, Equatable {
        /// At the oldest record that is kept.
        case beginning
        /// Behind the newest record.
        case end
        /// At the first record that is not older than this Unix time in ms; behind the newest where all are.
        case time(Int64)
    }

    /// One record as it arrived; the bytes are valid during the call that gives it.
    public struct Message {
        /// Topic's name.
        public var topic: String
        /// Partition.
        public var partition: Int32
        /// Offset in the partition.
        public var offset: Int64
        /// The key, nil when there is none.
        public var key: UnsafeRawBufferPointer?
        /// The value.
        public var value: UnsafeRawBufferPointer
        /// Unix time in ms, -1 when there is none.
        public var timestamp: Int64
    }

    private let client: OpaquePointer
    private let failures = LastFailure()
    private var ended: Set<String> = []
    private var assigned = 0

    /// Connects lazily.
    public init(_ configuration: ClientConfiguration) throws(KafkaError) {
        var configuration = configuration
        configuration.setDefault("group.id", "kafkastreamer-consume")
        configuration.setDefault("enable.auto.commit", "false")
        configuration.setDefault("enable.auto.offset.store", "false")
        configuration.setDefault("enable.partition.eof", "true")
        configuration.setDefault("fetch.wait.max.ms", "100")
        let conf = try configuration.makeConf()
        failures.install(in: conf)
        var reason = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, &reason, reason.count) else {
            rd_kafka_conf_destroy(conf)
            throw KafkaError("consumer: \(reason.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })")
        }
        self.client = client
        rd_kafka_poll_set_consumer(client)
    }

    deinit {
        rd_kafka_consumer_close(client)
        rd_kafka_destroy(client)
    }

    /// Assigns every partition of the topics that match one of the patterns (`*` stands for any text).
    /// - Returns: the topics, sorted. A pattern that no topic matches is an error.
    public func assign(_ patterns: [String], from start: Start, timeoutMilliseconds: Int32) throws(KafkaError)
        -> [String]
    {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(client, 1, nil, &metadata, timeoutMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            // The reasons wait in the client's queue.
            if let message = rd_kafka_consumer_poll(client, 0) { rd_kafka_message_destroy(message) }
            throw failures.error(error, while: "ask the brokers for their topics", timeoutMilliseconds)
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        var partitions: [String: Int32] = [:]
        for index in 0..<Int(metadata.pointee.topic_cnt) {
            let topic = metadata.pointee.topics[index]
            partitions[String(cString: topic.topic)] = topic.partition_cnt
        }
        var chosen: Set<String> = []
        for pattern in patterns {
            let wildcard = Wildcard(pattern, hasSingle: false)
            let matching = partitions.keys.filter {
                wildcard.matches($0) && (!$0.hasPrefix("__") || $0 == pattern)
            }
            guard !matching.isEmpty else {
                let known = partitions.keys.sorted().joined(separator: ", ")
                throw KafkaError("no topic \(pattern); the brokers have: \(known.isEmpty ? "none" : known)")
            }
            chosen.formUnion(matching)
        }
        assigned = 0
        ended = []
        let list = rd_kafka_topic_partition_list_new(8)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for topic in chosen {
            for partition in 0..<(partitions[topic] ?? 0) {
                let entry = rd_kafka_topic_partition_list_add(list, topic, partition)
                entry?.pointee.offset =
                    switch start {
                    case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
                    case .end: Int64(RD_KAFKA_OFFSET_END)
                    case .time(let milliseconds): max(0, milliseconds)
                    }
                assigned += 1
            }
        }
        if case .time = start, let list { try findOffsets(list, timeoutMilliseconds) }
        let result = rd_kafka_assign(client, list)
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(result, while: "assign partitions") }
        return chosen.sorted()
    }

    /// Puts offsets in the place of times.
    private func findOffsets(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, _ timeoutMilliseconds: Int32
    ) throws(KafkaError) {
        let error = rd_kafka_offsets_for_times(client, list, timeoutMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw failures.error(error, while: "ask the brokers for the records of that time", timeoutMilliseconds)
        }
        for index in 0..<Int(list.pointee.cnt) where list.pointee.elems[index].offset < 0 {
            list.pointee.elems[index].offset = Int64(RD_KAFKA_OFFSET_END)
        }
    }

    /// Gives records to `body` until it returns false, or, with `untilEnd`, until every partition has been read to
    /// where it ended. Errors of the connection are waited out.
    /// - Parameter patienceMilliseconds: how long no broker may answer.
    /// - Throws: when none has answered for so long.
    public func run(untilEnd: Bool, patienceMilliseconds: Int32 = .max, _ body: (Message) -> Bool) throws(KafkaError) {
        if untilEnd, assigned == 0 { return }
        while true {
            guard let message = rd_kafka_consumer_poll(client, 200) else {
                if failures.isAway { try waitForBroker(patienceMilliseconds) }
                continue
            }
            defer { rd_kafka_message_destroy(message) }
            failures.isAway = false
            let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                ended.remove("\(topic)/\(message.pointee.partition)")
                let key = message.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len) }
                let value = UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len)
                let more = body(
                    Message(
                        topic: topic, partition: message.pointee.partition, offset: message.pointee.offset, key: key,
                        value: value, timestamp: rd_kafka_message_timestamp(message, nil)))
                if !more { return }
            case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                ended.insert("\(topic)/\(message.pointee.partition)")
                if untilEnd, ended.count == assigned { return }
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
                RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
                throw KafkaError(message.pointee.err, while: "consume \(topic)")
            default:
                continue
            }
        }
    }

    /// Asks until a broker answers: nothing else tells that one is back when nothing new comes.
    private func waitForBroker(_ milliseconds: Int32) throws(KafkaError) {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(client, 0, nil, &metadata, milliseconds)
        if let metadata { rd_kafka_metadata_destroy(metadata) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw failures.error(error, while: "consume", milliseconds)
        }
        failures.isAway = false
    }
}
