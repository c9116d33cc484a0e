import Crdkafka
import Logging
import Spool

/// The dead letters of one sender: records that Kafka refused wait here until the spool has room for their letter, which
/// then is a record of the dead-letter topic like any other. Owned by the sender's thread.
final class DeadLetters {
    private let spool: Spool
    private let topics: TopicTable
    private let topic: String?
    private let settlement: Settlement
    private let log: ClientLog
    /// Most bytes of a dead letter: what the spool and the producer take, and less when the dead-letter topic takes less.
    private var limit: Int
    /// What a batch of one record adds to its value at most: a header of 61 bytes, and the record's own.
    private static let batchOverhead = 128
    /// Refused records whose dead letter found no room yet.
    private var refused: [(record: Record, error: rd_kafka_resp_err_t)] = []
    private var writer: SpoolWriter?
    /// The letters, to be handed over; nil before the first.
    private(set) var feed: Feed?

    init(
        topic: String?, spool: Spool, topics: TopicTable, maximumMessageBytes: Int, settlement: Settlement,
        log: ClientLog
    ) {
        self.topic = topic
        self.spool = spool
        self.topics = topics
        self.settlement = settlement
        self.log = log
        limit = min(spool.maximumValueCount, maximumMessageBytes - Self.batchOverhead)
    }

    var isEmpty: Bool { refused.isEmpty }

    /// Whether this is the dead-letter topic.
    func isTopic(_ index: UInt32) -> Bool { topic == topics.name(at: index) }

    /// Takes a record that is to blame for an error. A dead letter that is too large for its topic is cut.
    /// - Returns: false for a dead letter that is refused for anything else, or that cannot be cut: it is not lost, and
    ///   whoever asks has to keep it.
    func refuse(_ record: Record, _ error: rd_kafka_resp_err_t) -> Bool {
        if isLetter(record) {
            guard case .batch(.bytes) = Fault(error), record.valueCount > DeadLetter.shortest else { return false }
            limit = max(DeadLetter.shortest, min(limit, record.valueCount / 2))
        }
        refused.append((record, error))
        return true
    }

    private func isLetter(_ record: Record) -> Bool {
        isTopic(record.topicIndex)
            && DeadLetter.isOne(UnsafeRawBufferPointer(start: record.value, count: record.valueCount))
    }

    /// Writes the dead letters of refused records.
    /// - Returns: how many refused records are settled.
    func write() -> Int {
        guard !refused.isEmpty else { return 0 }
        var done = 0
        for (record, error) in refused {
            guard settle(record, error) else { break }
            done += 1
        }
        refused.removeFirst(done)
        return done
    }

    /// False when there is no room.
    private func settle(_ record: Record, _ error: rd_kafka_resp_err_t) -> Bool {
        guard let topic else {
            giveUp(record, error)
            return true
        }
        let index = topics.index(of: topic)
        return isLetter(record) ? cutLetter(record, index) : writeLetter(of: record, error, index: index)
    }

    private func cutLetter(_ record: Record, _ index: UInt32) -> Bool {
        let size = record.valueCount
        let value = UnsafeRawBufferPointer(start: record.value, count: size)
        guard append(DeadLetter.cut(value, limit: limit), index: index, replacing: record) else { return false }
        log.note(
            level: .warning, facility: "DEADLETTER",
            text: "dead-letter topic \(topics.name(at: index)) takes no letter of \(size) bytes: "
                + "letters are cut to \(limit)")
        return true
    }

    private func giveUp(_ record: Record, _ error: rd_kafka_resp_err_t) {
        let topic = topics.name(at: record.topicIndex)
        let reason = String(cString: rd_kafka_err2str(error))
        log.note(
            level: .error, facility: "DEADLETTER",
            text: "topic \(topic) refused a record of \(record.valueCount) bytes, given up: \(reason)")
        settlement.counts.lost += 1
        settlement.finish(record, .deadLettered)
    }

    /// False when there is no room.
    private func writeLetter(of record: Record, _ error: rd_kafka_resp_err_t, index: UInt32) -> Bool {
        let topic = topics.name(at: record.topicIndex)
        let reason = String(cString: rd_kafka_err2str(error))
        let json = DeadLetter.json(
            of: record, topic: topic, error: String(cString: rd_kafka_err2name(error)), reason: reason,
            tooLarge: Fault(error) == .batch(.bytes), limit: limit)
        guard append(json, index: index, replacing: record) else { return false }
        log.note(level: .error, facility: "DEADLETTER", text: "topic \(topic) refused a record: \(reason)")
        settlement.counts.deadLettered += 1
        return true
    }

    /// Commits a letter in the place of a record, which is settled with it. False when there is no room.
    private func append(_ letter: [UInt8], index: UInt32, replacing record: Record) -> Bool {
        let writer = openWriter()
        if writer.room.count < letter.count, !writer.roll() || writer.room.count < letter.count { return false }
        letter.withUnsafeBytes { writer.room.baseAddress!.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        let name = Array(topics.name(at: index).utf8)
        name.withUnsafeBytes { name in
            writer.commit(
                valueCount: letter.count, topicIndex: index, topicName: name, timestamp: record.timestamp,
                replacing: record)
        }
        settlement.replace(record, .deadLettered, by: writer)
        return true
    }

    private func openWriter() -> SpoolWriter {
        if let writer { return writer }
        let writer = spool.makeWriter(for: .deadLetters)
        self.writer = writer
        feed = Feed(writer.chain)
        return writer
    }
}
