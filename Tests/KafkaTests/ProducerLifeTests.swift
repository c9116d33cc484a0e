@testable import Kafka
import Spool
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct ProducerLifeTests {
    @Test func `a producer that may not start its sequence is renewed and nothing is lost`() throws {
        let broker = try EmbeddedBroker()
        // InitProducerId answers CLUSTER_AUTHORIZATION_FAILED once: fatal for an idempotent producer.
        broker.failNextRequests(apiKey: 22, with: [31])
        let rig = try Rig(broker: broker)
        try broker.createTopic("renewed", partitions: 1)
        rig.pool.start()
        let source = rig.makeSource()
        for index in 0..<2000 { try source.write("\(index)", key: "k", topic: "renewed") }
        try rig.waitDelivered(2000)
        #expect(rig.log.all.contains { $0.contains("producer renewed") })
        #expect(try rig.values(of: "renewed") == (0..<2000).map { "\($0)" })
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 2000, deadLettered: 0, lost: 0, inFlight: 0))
    }

    @Test func `a stop with undelivered records leaves them for the next process`() throws {
        let directory = try TemporaryDirectory()
        let broker = try EmbeddedBroker()
        broker.stopBroker(1)
        do {
            let rig = try Rig(broker: broker, directory: directory)
            rig.pool.start()
            let source = rig.makeSource()
            for index in 0..<1000 { try source.write("\(index)", key: "k", topic: "kept") }
            try wait(for: "records in flight") { rig.pool.counts.inFlight > 0 }
            rig.stop()
            #expect(rig.pool.counts.delivered == 0)
        }
        broker.startBroker(1)
        do {
            let rig = try Rig(broker: broker, directory: directory, segments: 3)
            #expect(rig.recovered.pending == 1000)
            #expect(rig.recovered.damaged == 0)
            rig.pool.start()
            try rig.waitDelivered(1000)
            #expect(try rig.values(of: "kept") == (0..<1000).map { "\($0)" })
            // What was recovered is given back to the last segment, and new records have room.
            try wait(for: "the recovered segments") { rig.recovered.replay?.chain.isExhausted == true }
            let source = rig.makeSource()
            for index in 1000..<1300 { try source.write("\(index)", key: "k", topic: "kept") }
            try rig.waitDelivered(1300)
        }
        let rig = try Rig(broker: broker, directory: directory)
        #expect(rig.recovered.pending == 0)
        #expect(try rig.values(of: "kept") == (0..<1300).map { "\($0)" })
    }

    @Test func `a spool with some records delivered and some not is sent once`() throws {
        let directory = try TemporaryDirectory()
        let broker = try EmbeddedBroker()
        try broker.createTopic("late", partitions: 1)
        try broker.createTopic("early", partitions: 1)
        broker.setLeader(topic: "late", partition: 0, broker: nil)
        do {
            let rig = try Rig(broker: broker, directory: directory)
            // Indexes of topics that the next process does not have.
            for index in 0..<50 { _ = rig.topics.index(of: "unused-\(index)") }
            rig.pool.start()
            let source = rig.makeSource()
            for index in 0..<400 { try source.write("\(index)", topic: index % 2 == 0 ? "early" : "late") }
            try rig.waitDelivered(200)
        }
        broker.setLeader(topic: "late", partition: 0, broker: 1)
        let rig = try Rig(broker: broker, directory: directory)
        #expect(rig.recovered.pending == 200)
        rig.pool.start()
        try rig.waitDelivered(200)
        #expect(try rig.values(of: "late").compactMap { Int($0) } == (0..<200).map { $0 * 2 + 1 })
        #expect(try rig.values(of: "early").count == 200)
        #expect(rig.pool.counts.delivered == 200)
    }

    @Test func `other settings are taken over in new producers, without a loss and in order`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("on", partitions: 1)
        let rig = try Rig(broker: broker, producers: 2)
        rig.pool.start()
        let source = rig.makeSource()
        var configuration = ClientConfiguration([("bootstrap.servers", broker.bootstrapServers)])
        for index in 0..<5000 {
            if index % 1000 == 500 {
                configuration.set("client.id", "number-\(index)")
                rig.pool.use(configuration)
                try rig.waitDelivered(index - 400)
            }
            try source.write("\(index)", key: "k", topic: "on")
        }
        try rig.waitDelivered(5000)
        #expect(unique(try rig.values(of: "on")) == (0..<5000).map { "\($0)" })
        #expect(rig.pool.counts.lost == 0 && rig.pool.counts.deadLettered == 0)
    }

    @Test func `a wrong setting of security is mended while records wait`() throws {
        let broker = try EmbeddedBroker()
        let rig = try Rig(broker: broker, properties: [("security.protocol", "ssl")])
        rig.pool.start()
        let source = rig.makeSource()
        for index in 0..<100 { try source.write("\(index)", key: "k", topic: "mended") }
        try wait(for: "the outage") { rig.pool.isAway }
        var right = ClientConfiguration([("bootstrap.servers", broker.bootstrapServers)])
        right.set("security.protocol", "plaintext")
        rig.pool.use(right)
        try rig.waitDelivered(100)
        #expect(try rig.values(of: "mended") == (0..<100).map { "\($0)" })
    }

    @Test func `a pool that was never started stops, and one with nothing to do too`() throws {
        try Rig().stop()
        let rig = try Rig(producers: 3)
        rig.pool.start()
        rig.stop()
        #expect(rig.pool.counts == ProducerPool.Counts())
    }
}
