import Spool
import Testing

@testable import Kafka

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

    @Test func `records that are refused one by one become dead letters with the event`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("picky", partitions: 1)
        let picky = try PickyBroker(before: broker) { topic, _ in topic == "picky" ? 87 : 0 }
        defer { picky.stop() }
        let rig = try Rig(broker: broker, properties: [("bootstrap.servers", picky.bootstrapServers)])
        let source = rig.makeSource()
        for index in 0..<20 { try source.write(#"{"n":\#(index)}"#, key: "k", topic: "picky") }
        rig.pool.start()
        try rig.waitDelivered(20)
        let values = try rig.values(of: Self.letters)
        #expect(values.count == 20)
        for index in 0..<20 { #expect(values.contains { $0.hasSuffix(#"","event":{"n":\#(index)}}"#) }) }
        #expect(values.allSatisfy { $0.contains(#""original_topic":"picky","error":"INVALID_RECORD""#) })
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 20, deadLettered: 20, lost: 0, inFlight: 0))
    }

    @Test func `a value that fills a segment gets a dead letter that fits one`() throws {
        let broker = try EmbeddedBroker()
        let rig = try Rig(broker: broker, segments: 4)
        let source = rig.makeSource()
        try source.write(String(repeating: "9", count: rig.spool.maximumValueCount - 10), topic: "refused")
        // Once in a batch, once alone.
        broker.failNextRequests(apiKey: 0, with: [87, 87])
        rig.pool.start()
        try rig.waitDelivered(1)
        let letter = try #require(try rig.values(of: Self.letters).first)
        #expect(letter.hasSuffix(#"","truncated":true}"#))
        #expect(letter.utf8.count <= rig.spool.maximumValueCount)
    }

    @Test func `without a dead-letter topic a refused record is counted as lost, and said`() throws {
        var limits = ProducerPool.Limits()
        limits.deadLetterTopic = nil
        let rig = try Rig(limits: limits, properties: [("message.max.bytes", "2000")])
        rig.pool.start()
        try rig.makeSource().write(String(repeating: "A", count: 6000), topic: "sized")
        try wait(for: "the loss") { rig.pool.counts.lost == 1 }
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 0, deadLettered: 0, lost: 1, inFlight: 0))
        #expect(rig.log.all.contains { $0.contains("given up") })
    }

    @Test func `a dead letter that is refused is not lost`() throws {
        let broker = try EmbeddedBroker()
        // The dead letter is the first thing that the broker is asked to keep.
        broker.failNextRequests(apiKey: 0, with: [29, 87, 87])
        let rig = try Rig(broker: broker, properties: [("message.max.bytes", "2000")])
        rig.pool.start()
        try rig.makeSource().write(String(repeating: "A", count: 6000), topic: "sized")
        try rig.waitDelivered(1)
        #expect(try rig.values(of: Self.letters).count == 1)
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 1, deadLettered: 1, lost: 0, inFlight: 0))
    }
}
