import Crdkafka
import Spool
import Testing

@testable import Kafka

/// What an operator can repair is waited for, and costs neither an event nor the time of another topic.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TopicFaultTests {
    private static let letters = "kafkastreamer-dead-letters"
    private let quick = [("topic.metadata.propagation.max.ms", "200")]

    private func numbers(_ count: Int) -> [String] { (0..<count).map { "\($0)" } }

    private func isSaid(_ rig: Rig, _ texts: String...) -> Bool {
        rig.log.all.contains { line in texts.allSatisfy { line.contains($0) } }
    }

    @Test func `a topic that does not exist is waited for, said once, and delays no other`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("fluent", partitions: 1)
        broker.setError(3, topic: "missing")
        let rig = try Rig(broker: broker, properties: quick)
        rig.pool.start()
        let source = rig.makeSource()
        for index in 0..<300 {
            try source.write("\(index)", key: "k", topic: "missing")
            try source.write("\(index)", key: "k", topic: "fluent")
        }
        try rig.waitDelivered(300)
        #expect(try rig.values(of: "fluent") == numbers(300))
        try wait(for: "a word about it") { isSaid(rig, "topic missing held", "UNKNOWN_TOPIC_OR_PART") }
        #expect(rig.pool.heldTopics == ["missing"])
        try source.write("300", key: "k", topic: "fluent")
        try rig.waitDelivered(301)
        broker.setError(0, topic: "missing")
        try rig.waitDelivered(601)
        #expect(try rig.values(of: "missing") == numbers(300))
        try wait(for: "a word about its end") { isSaid(rig, "topic missing moving again after") }
        #expect(rig.log.all.count { $0.contains("topic missing held") } == 1)
        #expect(rig.pool.heldTopics == [])
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 601, deadLettered: 0, lost: 0, inFlight: 0))
    }

    @Test(arguments: [29, 44, 76, -1]) func `a right or a policy that is back costs no event, no order and no letter`(
        code: Int32
    ) throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("forbidden", partitions: 1)
        try broker.createTopic("fluent", partitions: 1)
        let rig = try Rig(broker: broker)
        let source = rig.makeSource()
        for index in 0..<200 { try source.write("\(index)", key: "k", topic: "forbidden") }
        broker.failNextRequests(apiKey: 0, with: [code, code, code])
        rig.pool.start()
        for index in 200..<400 { try source.write("\(index)", key: "k", topic: "forbidden") }
        try rig.waitDelivered(400)
        #expect(unique(try rig.values(of: "forbidden")) == numbers(400))
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 400, deadLettered: 0, lost: 0, inFlight: 0))
        try wait(for: "a word about it") { isSaid(rig, "topic forbidden held") }
    }

    @Test func `a dead-letter topic that does not exist is waited for as well`() throws {
        let broker = try EmbeddedBroker()
        broker.setError(3, topic: Self.letters)
        let rig = try Rig(broker: broker, properties: quick + [("message.max.bytes", "2000")])
        rig.pool.start()
        let source = rig.makeSource()
        try source.write(String(repeating: "A", count: 6000), topic: "sized")
        try source.write("small", topic: "sized")
        try wait(for: "a word about it") { isSaid(rig, "topic \(Self.letters) held") }
        #expect(rig.pool.counts.delivered == 1)
        broker.setError(0, topic: Self.letters)
        try rig.waitDelivered(2)
        #expect(try rig.values(of: Self.letters).count == 1)
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 2, deadLettered: 1, lost: 0, inFlight: 0))
    }

    @Test func `a stop while a topic is held leaves its records for the next process`() throws {
        let directory = try TemporaryDirectory()
        let broker = try EmbeddedBroker()
        broker.setError(3, topic: "missing")
        do {
            let rig = try Rig(broker: broker, directory: directory, properties: quick)
            rig.pool.start()
            let source = rig.makeSource()
            for index in 0..<100 { try source.write("\(index)", key: "k", topic: "missing") }
            try wait(for: "the hold") { rig.pool.heldTopics == ["missing"] }
            rig.stop()
            #expect(isSaid(rig, "topic missing held"))
        }
        broker.setError(0, topic: "missing")
        let rig = try Rig(broker: broker, directory: directory)
        #expect(rig.recovered.pending == 100)
        rig.pool.start()
        try rig.waitDelivered(100)
        #expect(try rig.values(of: "missing") == numbers(100))
    }

    @Test func `with a time limit the records of a missing topic become dead letters, and later ones arrive`() throws {
        let broker = try EmbeddedBroker()
        broker.setError(3, topic: "missing")
        var limits = ProducerPool.Limits()
        limits.giveUpAfter = 500_000_000
        let rig = try Rig(broker: broker, limits: limits, properties: quick)
        rig.pool.start()
        let source = rig.makeSource()
        for index in 0..<50 { try source.write("\(index)", key: "k", topic: "missing") }
        try wait(for: "the letters") { rig.pool.counts.deadLettered == 49 }
        try rig.waitDelivered(49)
        broker.setError(0, topic: "missing")
        try rig.waitDelivered(50)
        #expect(try rig.values(of: "missing") == ["49"], "the newest waits for the topic")
        #expect(try rig.values(of: Self.letters).allSatisfy { $0.contains("UNKNOWN_TOPIC") })
    }
}

/// Only what fails alone is to blame.
@Suite(.serialized, .timeLimit(.minutes(10))) struct BatchFaultTests {
    private static let letters = "kafkastreamer-dead-letters"

    private func rig(_ broker: EmbeddedBroker, _ picky: PickyBroker) throws -> Rig {
        // One request at a time: the embedded broker takes batches out of their sequence, as a real one does not.
        try Rig(
            broker: broker,
            properties: [
                ("bootstrap.servers", picky.bootstrapServers), ("compression.codec", "none"),
                ("max.in.flight.requests.per.connection", "1"),
            ])
    }

    @Test func `a batch that is refused as too large is sent in smaller ones`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("t", partitions: 1)
        let rig = try Rig(broker: broker)
        let source = rig.makeSource()
        for index in 0..<500 { try source.write("\(index)", key: "k", topic: "t") }
        broker.failNextRequests(apiKey: 0, with: [10, 10, 18])
        rig.pool.start()
        try rig.waitDelivered(500)
        #expect(try rig.values(of: "t") == (0..<500).map { "\($0)" })
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 500, deadLettered: 0, lost: 0, inFlight: 0))
    }

    @Test func `a topic whose batches must be small gets all, in order`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("small", partitions: 1)
        try broker.createTopic("fluent", partitions: 1)
        let picky = try PickyBroker(before: broker) { topic, records in
            topic == "small" && records.count > 20_000 ? 10 : 0
        }
        defer { picky.stop() }
        let rig = try rig(broker, picky)
        let source = rig.makeSource()
        let filler = String(repeating: "x", count: 100)
        for index in 0..<2000 {
            try source.write("\(index) \(filler)", key: "k", topic: "small")
            try source.write("\(index)", key: "k", topic: "fluent")
        }
        rig.pool.start()
        try rig.waitDelivered(4000)
        #expect(unique(try rig.values(of: "small")) == (0..<2000).map { "\($0) \(filler)" })
        #expect(unique(try rig.values(of: "fluent")) == (0..<2000).map { "\($0)" })
        #expect(picky.refusals > 0)
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 4000, deadLettered: 0, lost: 0, inFlight: 0))
    }

    @Test func `bad records take no good one with them`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("compacted", partitions: 1)
        let poison = Array("POISON".utf8)
        // INVALID_RECORD, as a compacted topic answers to a batch with a record without key.
        let picky = try PickyBroker(before: broker) { topic, records in
            topic == "compacted"
                && records.indices.contains { records[$0] == poison[0] && records[$0...].starts(with: poison) } ? 87 : 0
        }
        defer { picky.stop() }
        let rig = try rig(broker, picky)
        let source = rig.makeSource()
        let bad = [0, 500, 501, 1999]
        for index in 0..<2000 {
            try source.write(
                bad.contains(index) ? #"{"n":\#(index),"is":"POISON"}"# : "\(index)", key: "k", topic: "compacted")
        }
        rig.pool.start()
        try rig.waitDelivered(2000)
        #expect(unique(try rig.values(of: "compacted")) == (0..<2000).filter { !bad.contains($0) }.map { "\($0)" })
        let letters = try rig.values(of: Self.letters)
        #expect(letters.count == bad.count)
        for index in bad { #expect(letters.contains { $0.contains(#""event":{"n":\#(index),"is":"POISON"}}"#) }) }
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 2000, deadLettered: 4, lost: 0, inFlight: 0))
    }

    @Test func `a dead letter that is too large for its topic is cut until it fits`() throws {
        let broker = try EmbeddedBroker()
        let picky = try PickyBroker(before: broker) { topic, records in
            topic == Self.letters ? (records.count > 3000 ? 10 : 0) : 87
        }
        defer { picky.stop() }
        let rig = try rig(broker, picky)
        let source = rig.makeSource()
        for index in 0..<3 { try source.write("\(index)" + String(repeating: "A", count: 20_000), topic: "bad") }
        rig.pool.start()
        try rig.waitDelivered(3)
        let letters = try rig.values(of: Self.letters)
        #expect(letters.count == 3)
        for letter in letters {
            #expect(letter.hasPrefix(#"{"type":"DEAD_LETTER","source":"kafkastreamer","original_topic":"bad""#))
            #expect(letter.hasSuffix(#"","truncated":true}"#))
            #expect(letter.contains("QUFBQUFB"))
        }
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 3, deadLettered: 3, lost: 0, inFlight: 0))
    }
}

@Suite struct RunsTests {
    @Test func `a refused run is halved by what was refused, down to one record`() {
        var runs = Runs(0)
        for _ in 0..<1000 { runs.refuse(60, .records, 0) }
        var sizes: [Int] = []
        for _ in 0..<12 {
            runs.endRun()
            var count = 0
            while runs.hasRoom(for: 60, most: .max) {
                runs.join(60)
                count += 1
            }
            sizes.append(count)
            for _ in 0..<count { runs.refuse(60, .records, 0) }
        }
        #expect(sizes == [500, 250, 125, 62, 31, 15, 7, 3, 1, 1, 1, 1])
        #expect(runs.isAlone)
    }

    @Test func `a run that gets through is followed by one twice as long, a limit in bytes stays`() {
        var runs = Runs(0)
        for _ in 0..<8 { runs.refuse(100, .records, 0) }
        runs.endRun()
        #expect(runs.mostRecords == 4)
        runs.join(100)
        runs.endRun()
        #expect(runs.mostRecords == 8)
        runs.join(100)
        runs.noteReturned()
        runs.endRun()
        #expect(runs.mostRecords == 8, "what came back for another reason proves nothing")
        for _ in 0..<10 { runs.refuse(960, .bytes, 0) }
        runs.endRun()
        #expect(runs.mostBytes == 5000)
        #expect(runs.hasLearnt)
        for _ in 0..<20 {
            runs.join(100)
            runs.endRun()
        }
        #expect(runs.mostBytes == 5000)
        #expect(runs.hasRoom(for: 9000, most: .max), "one record always has room")
        runs.join(9000)
        #expect(!runs.hasRoom(for: 1, most: .max))
    }

    @Test func `attempts come less and less often, and those that come back together count once`() {
        let second: UInt64 = 1_000_000_000
        var hold = Hold(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 0)
        for _ in 0..<50 { hold.refuse(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1000) }
        #expect(hold.retryAt == second / 4)
        var now = hold.retryAt
        for _ in 0..<20 {
            hold.isTrying = true
            hold.refuse(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, now)
            #expect(hold.retryAt > now && hold.retryAt <= now + Hold.longestPause)
            now = hold.retryAt
        }
        hold.noteDelivered(now)
        #expect(hold.isOn, "what was under way before it was held proves nothing")
        hold.isTrying = true
        hold.noteDelivered(now)
        #expect(!hold.isOn)
        #expect(hold.duration(now + second) == now)
    }
}
