@testable import Kafka
import Spool
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct RefusalTests {
    static let letters = "kafkastreamer-dead-letters"

    @Test func `a record too large for Kafka becomes a dead letter that fits`() throws {
        let rig = try Rig(properties: [("message.max.bytes", "2000")])
        rig.pool.start()
        let source = rig.makeSource()
        try source.write("before", topic: "sized")
        try source.write(String(repeating: "A", count: 6000), topic: "sized")
        try source.write("after", topic: "sized")
        try rig.waitDelivered(3)
        #expect(Set(try rig.values(of: "sized")) == ["before", "after"])
        let letter = try #require(try rig.contents(of: Self.letters).first)
        #expect(letter.timestamp == Rig.timestamp)
        #expect(letter.value.utf8.count <= 2000)
        #expect(letter.value.utf8.count > 1500)
        let start =
            #"{"type":"DEAD_LETTER","source":"kafkastreamer","original_topic":"sized","error":"MSG_SIZE_TOO_LARGE","reason":""#
        #expect(letter.value.hasPrefix(start))
        #expect(letter.value.contains(#"","raw":"QUFBQUFB"#))
        #expect(letter.value.hasSuffix(#"","truncated":true}"#))
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 3, deadLettered: 1, lost: 0, inFlight: 0))
    }

    @Test func `records that may not be written become dead letters with the event`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("forbidden", partitions: 1)
        let rig = try Rig(broker: broker)
        let source = rig.makeSource()
        // All in one batch, whose answer is TOPIC_AUTHORIZATION_FAILED.
        for index in 0..<20 { try source.write(#"{"n":\#(index)}"#, key: "k", topic: "forbidden") }
        broker.failNextRequests(apiKey: 0, with: [29])
        rig.pool.start()
        try rig.waitDelivered(20)
        let values = try rig.values(of: Self.letters)
        #expect(values.count == 20)
        for index in 0..<20 {
            #expect(values.contains { $0.hasSuffix(#"","event":{"n":\#(index)}}"#) })
        }
        #expect(
            values.allSatisfy { $0.contains(#""original_topic":"forbidden","error":"TOPIC_AUTHORIZATION_FAILED""#) })
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 20, deadLettered: 20, lost: 0, inFlight: 0))
        // librdkafka may remember the topic's error until its next look at the metadata, and refuse a little longer: then
        // these become dead letters as well.
        var accepted: [String] = []
        for attempt in 1...50 where accepted.isEmpty {
            try source.write("free again", topic: "forbidden")
            try rig.waitDelivered(20 + attempt)
            accepted = try rig.values(of: "forbidden")
        }
        #expect(accepted == ["free again"])
    }

    @Test func `a value that fills a segment gets a dead letter that fits one`() throws {
        let broker = try EmbeddedBroker()
        let rig = try Rig(broker: broker, segments: 4)
        let source = rig.makeSource()
        try source.write(String(repeating: "9", count: rig.spool.maximumValueCount - 10), topic: "forbidden")
        broker.failNextRequests(apiKey: 0, with: [29])
        rig.pool.start()
        try rig.waitDelivered(1)
        let letter = try #require(try rig.values(of: Self.letters).first)
        #expect(letter.hasSuffix(#"","truncated":true}"#))
        #expect(letter.utf8.count <= rig.spool.maximumValueCount)
    }

    @Test func `without a dead-letter topic, and when a dead letter is refused, the record is counted as lost`() throws
    {
        var limits = ProducerPool.Limits()
        limits.deadLetterTopic = nil
        let silent = try Rig(limits: limits, properties: [("message.max.bytes", "2000")])
        silent.pool.start()
        try silent.makeSource().write(String(repeating: "A", count: 6000), topic: "sized")
        try wait(for: "the loss") { silent.pool.counts.lost == 1 }
        #expect(silent.pool.counts == ProducerPool.Counts(delivered: 0, deadLettered: 0, lost: 1, inFlight: 0))

        let broker = try EmbeddedBroker()
        // The dead letter is the first thing that the broker is asked to keep.
        broker.failNextRequests(apiKey: 0, with: [29])
        let rig = try Rig(broker: broker, properties: [("message.max.bytes", "2000")])
        rig.pool.start()
        try rig.makeSource().write(String(repeating: "A", count: 6000), topic: "sized")
        try wait(for: "the loss") { rig.pool.counts.lost == 1 }
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 0, deadLettered: 1, lost: 1, inFlight: 0))
        #expect(rig.log.all.contains { $0.contains("given up") })
    }
}
