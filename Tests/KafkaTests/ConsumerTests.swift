@testable import Kafka
import Spool
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct ConsumerTests {
    private func rig() throws -> Rig {
        let rig = try Rig()
        rig.pool.start()
        let source = rig.makeSource()
        for topic in ["x-events", "y-events", "other"] { try source.write("of \(topic)", topic: topic) }
        try rig.waitDelivered(3)
        return rig
    }

    private func consumer(_ rig: Rig) throws -> Consumer {
        try Consumer(ClientConfiguration([("bootstrap.servers", rig.broker.bootstrapServers)]))
    }

    @Test func `patterns choose topics, and reading to the end ends`() throws {
        let rig = try rig()
        let consumer = try consumer(rig)
        #expect(
            try consumer.assign(["*-events"], from: .beginning, timeoutMilliseconds: 30_000) == [
                "x-events", "y-events",
            ])
        var values: [String] = []
        try consumer.run(untilEnd: true) { message in
            values.append(String(decoding: message.value, as: UTF8.self))
            return true
        }
        #expect(values.sorted() == ["of x-events", "of y-events"])
        // The same consumer, given other topics.
        #expect(try consumer.assign(["other"], from: .beginning, timeoutMilliseconds: 30_000) == ["other"])
        values = []
        try consumer.run(untilEnd: true) { message in
            values.append(message.topic)
            return true
        }
        #expect(values == ["other"])
    }

    @Test func `reading from the end and to the end gives nothing, and a false answer ends it`() throws {
        let rig = try rig()
        let late = try consumer(rig)
        _ = try late.assign(["x-events"], from: .end, timeoutMilliseconds: 30_000)
        try late.run(untilEnd: true) { _ in
            Issue.record("there is nothing new")
            return true
        }
        let early = try consumer(rig)
        _ = try early.assign(["*"], from: .beginning, timeoutMilliseconds: 30_000)
        var count = 0
        try early.run(untilEnd: false) { _ in
            count += 1
            return count < 2
        }
        #expect(count == 2)
    }

    @Test func `a topic that no broker has is an error that names those there are`() throws {
        let rig = try rig()
        let consumer = try consumer(rig)
        let error = #expect(throws: KafkaError.self) {
            _ = try consumer.assign(["x-events", "nothing-*"], from: .beginning, timeoutMilliseconds: 30_000)
        }
        #expect(error?.description == "no topic nothing-*; the brokers have: other, x-events, y-events")
    }

    @Test func `no topics at all end at once`() throws {
        let rig = try Rig()
        let consumer = try consumer(rig)
        #expect(try consumer.assign([], from: .beginning, timeoutMilliseconds: 30_000).isEmpty)
        try consumer.run(untilEnd: true) { _ in true }
    }

    @Test func `without a broker the topics cannot be asked for`() throws {
        let consumer = try Consumer(ClientConfiguration([("bootstrap.servers", "127.0.0.1:1"), ("log_level", "0")]))
        let error = #expect(throws: KafkaError.self) {
            _ = try consumer.assign(["a"], from: .end, timeoutMilliseconds: 50)
        }
        #expect(error?.description.contains("ask the brokers for their topics") == true)
    }

    @Test func `without a broker the reason is said within the time that was given`() throws {
        let broker = try EmbeddedBroker()
        let servers = broker.bootstrapServers
        broker.stopBroker(1)
        let consumer = try Consumer(ClientConfiguration([("bootstrap.servers", servers)]))
        #expect {
            _ = try consumer.assign(["*"], from: .beginning, timeoutMilliseconds: 1000)
        } throws: { error in
            let text = "\(error)"
            return text.contains("ask the brokers for their topics: no broker answered within 1 s")
                && text.contains(servers)
        }
    }

    @Test func `reading ends when the brokers stay away for too long`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("t", partitions: 1)
        let consumer = try Consumer(ClientConfiguration([("bootstrap.servers", broker.bootstrapServers)]))
        _ = try consumer.assign(["t"], from: .beginning, timeoutMilliseconds: 30_000)
        broker.stopBroker(1)
        #expect {
            try consumer.run(untilEnd: false, patienceMilliseconds: 1000) { _ in true }
        } throws: { "\($0)".contains("consume: no broker answered within 1 s") }
    }

    @Test func `the topics that the brokers have are listed, and none is created where that cannot be`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("t", partitions: 3)
        let admin = try TopicAdmin(ClientConfiguration([("bootstrap.servers", broker.bootstrapServers)]))
        let topics = try admin.topics(timeoutMilliseconds: 30_000)
        #expect(topics["t"] == TopicAdmin.Topic(name: "t", partitions: 3, replicas: 1))
        #expect(topics["u"] == nil)
        #expect(try admin.create([], TopicAdmin.Shape(), timeoutMilliseconds: 1000) == [:])
        // The embedded broker has no such request.
        #expect { _ = try admin.create(["u"], TopicAdmin.Shape(partitions: 2), timeoutMilliseconds: 10_000) } throws: {
            "\($0)".hasPrefix("create topics: ")
        }
    }

    @Test func `topics are created with their partitions, and one that is refused is named with the reason`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("there", partitions: 1)
        let picky = try PickyBroker(before: broker)
        defer { picky.stop() }
        let admin = try TopicAdmin(ClientConfiguration([("bootstrap.servers", picky.bootstrapServers)]))
        let refusals = try admin.create(
            ["a", "there", "forbidden-b", "c"], TopicAdmin.Shape(partitions: 7, replicationFactor: 1),
            timeoutMilliseconds: 30_000)
        #expect(refusals == ["forbidden-b": "not this one"])
        let topics = try admin.topics(timeoutMilliseconds: 30_000)
        #expect(topics.mapValues(\.partitions) == ["a": 7, "there": 1, "c": 7])
        #expect(try admin.create(["d"], TopicAdmin.Shape(), timeoutMilliseconds: 30_000) == [:])
        #expect(try admin.topics(timeoutMilliseconds: 30_000)["d"]?.partitions == 4, "the broker's default")
    }
}
