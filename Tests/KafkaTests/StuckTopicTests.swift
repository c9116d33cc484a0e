import Kafka
import Spool
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct StuckTopicTests {
    /// How a topic gets stuck: no leader, or an error to every request.
    enum Cause: Sendable, CaseIterable {
        case noLeader, error

        func apply(_ broker: EmbeddedBroker, _ topic: String) {
            switch self {
            case .noLeader: broker.setLeader(topic: topic, partition: 0, broker: nil)
            // LEADER_NOT_AVAILABLE
            case .error: broker.setError(5, topic: topic)
            }
        }

        func lift(_ broker: EmbeddedBroker, _ topic: String) {
            switch self {
            case .noLeader: broker.setLeader(topic: topic, partition: 0, broker: 1)
            case .error: broker.setError(0, topic: topic)
            }
        }
    }

    private func rig(_ cause: Cause, inFlight: Int = 1000, segments: Int = 64) throws -> Rig {
        let broker = try EmbeddedBroker()
        try broker.createTopic("stuck", partitions: 1)
        try broker.createTopic("fluent", partitions: 1)
        cause.apply(broker, "stuck")
        let rig = try Rig(broker: broker, limits: ProducerPool.Limits(inFlight: inFlight), segments: segments)
        rig.pool.start()
        return rig
    }

    private func numbers(_ count: Int) -> [String] { (0..<count).map { "\($0)" } }

    private func finish(_ rig: Rig, _ cause: Cause, stuck: Int, fluent: Int) throws {
        try rig.waitDelivered(fluent)
        #expect(rig.pool.counts.delivered == UInt64(fluent), "nothing of the stuck topic yet")
        #expect(try rig.values(of: "fluent") == numbers(fluent))
        cause.lift(rig.broker, "stuck")
        try rig.waitDelivered(stuck + fluent)
        #expect(try rig.values(of: "stuck") == numbers(stuck), "in order, none twice")
        #expect(rig.pool.counts.inFlight == 0)
    }

    @Test(arguments: Cause.allCases) func `a stuck topic delays no other and keeps its order`(cause: Cause) throws {
        let rig = try rig(cause)
        let source = rig.makeSource()
        for index in 0..<3000 {
            try source.write("\(index)", key: "k", topic: "stuck")
            try source.write("\(index)", key: "k", topic: "fluent")
        }
        try finish(rig, cause, stuck: 3000, fluent: 3000)
    }

    @Test func `a stuck topic at a full spool makes no new backlog each turn`() throws {
        let rig = try rig(.error, inFlight: 100, segments: 4)
        let source = rig.makeSource()
        let value = String(repeating: "x", count: 1000)
        while source.tryWrite(value, topic: "stuck") {}
        try wait(for: "records that came back") { rig.pool.heldTopics == ["stuck"] }
        while source.tryWrite(value, topic: "stuck") {}
        let before = rig.spool.makeWriter().chain.number
        // A turn for each wake.
        var wakes = 0
        try wait(for: "300 wakes") {
            source.wakeSender()
            wakes += 1
            return wakes == 300
        }
        #expect(rig.spool.makeWriter().chain.number - before < 20)
    }

    @Test(arguments: Cause.allCases) func `a topic first seen behind a stuck one's records is not held up`(cause: Cause)
        throws
    {
        let rig = try rig(cause)
        let source = rig.makeSource()
        for index in 0..<3000 { try source.write("\(index)", key: "k", topic: "stuck") }
        for index in 0..<100 { try source.write("\(index)", key: "k", topic: "fluent") }
        try finish(rig, cause, stuck: 3000, fluent: 100)
    }

    @Test func `a backlog of several segments in a small spool drains in order`() throws {
        let rig = try rig(.noLeader, inFlight: 200, segments: 12)
        let source = rig.makeSource()
        // About 5 segments of the stuck topic, then enough of the other one to go round the spool twice.
        func text(_ index: Int) -> String { "\(index)" }
        for index in 0..<3000 {
            try source.write(text(index), key: "key " + String(repeating: "k", count: 16), topic: "stuck")
        }
        for index in 0..<12_000 { try source.write(text(index), key: "k", topic: "fluent") }
        try finish(rig, .noLeader, stuck: 3000, fluent: 12_000)
        try wait(for: "the backlog's segments") { rig.makeSource().writer.roll() }
    }

    @Test func `records that came back with an error delay no other topic and keep their order`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("stuck", partitions: 1)
        try broker.createTopic("fluent", partitions: 1)
        // POLICY: INVALID_REQUEST is neither retried by librdkafka nor the record's fault.
        broker.setError(42, topic: "stuck")
        let rig = try Rig(broker: broker)
        rig.pool.start()
        let source = rig.makeSource()
        for index in 0..<300 { try source.write("\(index)", key: "k", topic: "stuck") }
        for index in 0..<5000 {
            try source.write("\(index)", key: "k", topic: "fluent")
        }
        try finish(rig, .error, stuck: 300, fluent: 5000)
    }

    @Test func `what an earlier process left of a stuck topic holds up nothing new`() throws {
        let directory = try TemporaryDirectory()
        let broker = try EmbeddedBroker()
        try broker.createTopic("stuck", partitions: 1)
        try broker.createTopic("fluent", partitions: 1)
        Cause.noLeader.apply(broker, "stuck")
        do {
            let rig = try Rig(broker: broker, directory: directory)
            let source = rig.makeSource()
            for index in 0..<2000 { try source.write("\(index)", key: "k", topic: "stuck") }
        }
        let rig = try Rig(
            broker: broker, producers: 2, limits: ProducerPool.Limits(inFlight: 100), directory: directory)
        #expect(rig.recovered.pending == 2000)
        rig.pool.start()
        let sources = [rig.makeSource(), rig.makeSource()]
        for index in 0..<200 { try sources[1].write("\(index)", key: "k", topic: "fluent") }
        try finish(rig, .noLeader, stuck: 2000, fluent: 200)
    }
}
