import Crdkafka
import Foundation

/// Reads events back from the broker and compares them, field by field, with what was sent.
struct EventCheck {
    /// What a reading found.
    struct Result {
        var events = 0
        var bytes = 0
    }

    let mix: MessageMix
    let brokers: String
    let partitions: Int32

    /// Reads all that is there and requires each of the messages `0 ..< count` exactly once.
    func everyMessage(count: Int) throws -> Result {
        var seen = [Bool](repeating: false, count: count)
        let result = try read(from: Int64(RD_KAFKA_OFFSET_BEGINNING), limit: count) { number in
            guard !seen[number] else { throw Failure("message \(number) arrived twice") }
            seen[number] = true
        }
        if let missing = seen.firstIndex(of: false) {
            let absent = seen.reduce(0) { $0 + ($1 ? 0 : 1) }
            throw Failure("\(absent) of \(count) messages cannot be read back; the first is number \(missing)")
        }
        return result
    }

    /// Reads the last `perPartition` events of each partition; each must be one of the messages `0 ..< limit`, once.
    func tail(perPartition: Int, limit: Int) throws -> Result {
        var seen: Set<Int> = []
        return try read(from: Int64(RD_KAFKA_OFFSET_TAIL_BASE) - Int64(perPartition), limit: limit) { number in
            guard seen.insert(number).inserted else { throw Failure("message \(number) arrived twice") }
        }
    }

    private func read(from offset: Int64, limit: Int, _ each: (Int) throws -> Void) throws -> Result {
        let client = try KafkaClient(
            RD_KAFKA_CONSUMER,
            properties: [("bootstrap.servers", brokers), ("group.id", "bench-check"), ("enable.partition.eof", "true")])
        let list = rd_kafka_topic_partition_list_new(Int32(mix.topics.count) * partitions)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for topic in mix.topics {
            for partition in 0..<partitions {
                rd_kafka_topic_partition_list_add(list, topic, partition).pointee.offset = offset
            }
        }
        let code = rd_kafka_assign(client.handle, list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Failure("assign: \(kafkaWords(code))") }
        defer { rd_kafka_consumer_close(client.handle) }

        var result = Result()
        var ended = 0
        let deadline = monotonicSeconds() + 60
        while ended < mix.topics.count * Int(partitions) {
            guard monotonicSeconds() < deadline else { throw Failure("events cannot be read back within a minute") }
            guard let message = rd_kafka_consumer_poll(client.handle, 500) else { continue }
            defer { rd_kafka_message_destroy(message) }
            if message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
                ended += 1
                continue
            }
            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw Failure("consume: \(kafkaWords(message.pointee.err))")
            }
            let payload = Data(bytes: message.pointee.payload, count: message.pointee.len)
            let topic = String(cString: rd_kafka_topic_name(message.pointee.rkt))
            let number = try compare(payload, topic: topic, limit: limit)
            try each(number)
            result.events += 1
            result.bytes += payload.count
        }
        return result
    }

    /// Finds which message an event came from and compares every field.
    private func compare(_ payload: Data, topic: String, limit: Int) throws -> Int {
        let text = String(decoding: payload, as: UTF8.self)
        func wrong(_ what: String) -> Failure { Failure("\(what) in an event on \(topic): \(text)") }
        guard let event = try JSONSerialization.jsonObject(with: payload) as? [String: Any] else {
            throw wrong("no JSON object")
        }
        // The running number is the only run of nine digits in the field that holds it.
        guard let field = mix.lines.first(where: { $0.topic == topic })?.numberField,
            let holder = event[field] as? String,
            let digits = holder.split(whereSeparator: { !$0.isNumber }).map(String.init)
                .first(where: { $0.count == MessageMix.numberWidth }),
            let number = Int(digits), number < limit
        else { throw wrong("no running number") }

        let line = mix.lines[number % mix.lines.count]
        guard line.topic == topic else { throw wrong("a message of \(line.topic)") }
        // The envelope stands under `syslog`; a product that cannot nest JSON has it at the top.
        let envelope = event["syslog"] as? [String: Any] ?? event
        for (name, value) in line.fields {
            try require(event[name], MessageMix.fill(value, digits), name, wrong)
        }
        try require(event["message"], MessageMix.fill(line.content, digits), "message", wrong)
        for (name, value) in [
            ("facility", "daemon"), ("severity", "info"), ("host", line.host), ("program", line.program),
            ("pid", line.processID), ("peer", "127.0.0.1"),
        ] { try require(envelope[name], value, "syslog.\(name)", wrong) }
        for (name, value) in [("timestamp", event["timestamp"]), ("syslog.received", envelope["received"])] {
            guard let time = value as? String, time.hasSuffix("Z") || time.hasSuffix("+00:00") else {
                throw wrong("no \(name) in UTC")
            }
        }
        guard (event["timestamp"] as? String)?.prefix(19) == mix.timestamp.prefix(19) else {
            throw wrong("another timestamp than \(mix.timestamp)")
        }
        return number
    }

    /// Numbers and text of the same digits are the same here: products differ in how they write a port.
    private func require(_ found: Any?, _ expected: String, _ name: String, _ wrong: (String) -> Failure) throws {
        let text: String? =
            switch found {
            case let value as String: value
            case let value as NSNumber: value.stringValue
            default: nil
            }
        guard text == expected else { throw wrong("\(name) is not \"\(expected)\"") }
    }
}
