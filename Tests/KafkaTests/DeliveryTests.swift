@testable import Kafka
import Spool
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct DeliveryTests {
    @Test func `everything written is delivered byte for byte, with key and time`() throws {
        let rig = try Rig(producers: 2)
        rig.pool.start()
        let sources = (0..<3).map { _ in rig.makeSource() }
        var expected: [String: [String?: Int]] = [:]
        var random = SeededGenerator(seed: 42)
        for index in 0..<3000 {
            let value = "{\"n\":\(index),\"é\":\"" + String(repeating: "ü\n", count: random.int(0...300)) + "\"}"
            let key = random.pick(["", "10.0.0.1", "schlüssel"])
            expected[value, default: [:]][key.isEmpty ? nil : key, default: 0] += 1
            try sources[index % 3].write(value, key: key, topic: "some-events")
        }
        try rig.waitDelivered(3000)
        let received = try rig.contents(of: "some-events")
        var got: [String: [String?: Int]] = [:]
        for record in received { got[record.value, default: [:]][record.key, default: 0] += 1 }
        #expect(got == expected)
        #expect(received.allSatisfy { $0.timestamp == Rig.timestamp })
        #expect(rig.pool.counts == ProducerPool.Counts(delivered: 3000, deadLettered: 0, lost: 0, inFlight: 0))
    }

    @Test func `the order of a key is kept, small windows included`() throws {
        for inFlight in [1, 7, 50_000] {
            let rig = try Rig(limits: ProducerPool.Limits(inFlight: inFlight), properties: [("linger.ms", "0")])
            try rig.broker.createTopic("ordered", partitions: 3)
            rig.pool.start()
            let source = rig.makeSource()
            let count = inFlight == 1 ? 100 : 2000
            for index in 0..<count {
                try source.write("\(index)", key: "key \(index % 10)", topic: "ordered")
            }
            try rig.waitDelivered(count)
            let received = try rig.contents(of: "ordered")
            #expect(received.count == count)
            for (key, records) in Dictionary(grouping: received, by: \.key) {
                let numbers = records.compactMap { Int($0.value) }
                #expect(numbers == numbers.sorted(), "window \(inFlight), key \(key ?? "none")")
                #expect(Set(records.map(\.partition)).count == 1)
            }
            #expect(rig.pool.counts.inFlight == 0)
        }
    }

    @Test func `a key goes to the partition that the Java client gives it`() throws {
        // Kafka's own test vectors of murmur2.
        let vectors: [(key: String, hash: Int32)] = [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
        ]
        let rig = try Rig()
        try rig.broker.createTopic("keyed", partitions: 7)
        rig.pool.start()
        let source = rig.makeSource()
        for (key, _) in vectors { try source.write("v", key: key, topic: "keyed") }
        try rig.waitDelivered(vectors.count)
        let received = try rig.contents(of: "keyed")
        for (key, hash) in vectors {
            #expect(received.first { $0.key == key }?.partition == (hash & 0x7FFF_FFFF) % 7, "key \(key)")
        }
    }

    @Test func `a broker that is down at the start is waited for`() throws {
        let broker = try EmbeddedBroker()
        broker.stopBroker(1)
        let rig = try Rig(broker: broker)
        rig.pool.start()
        let source = rig.makeSource()
        for index in 0..<500 { try source.write("\(index)", key: "k", topic: "patient") }
        try wait(for: "a word about the broker") { !rig.log.all.isEmpty }
        #expect(rig.pool.counts.delivered == 0)
        broker.startBroker(1)
        try rig.waitDelivered(500)
        #expect(try rig.values(of: "patient") == (0..<500).map { "\($0)" })
    }

    @Test func `a broker that goes and comes back costs no record and no order`() throws {
        let rig = try Rig(limits: ProducerPool.Limits(inFlight: 2000))
        try rig.broker.createTopic("outage", partitions: 1)
        rig.pool.start()
        let source = rig.makeSource()
        for round in 0..<3 {
            for index in 0..<1000 {
                try source.write("\(round * 2000 + index)", key: "k", topic: "outage")
            }
            if round == 0 { try rig.waitDelivered(1) }
            rig.broker.stopBroker(1)
            for index in 1000..<2000 {
                try source.write("\(round * 2000 + index)", key: "k", topic: "outage")
            }
            rig.broker.startBroker(1)
        }
        try rig.waitDelivered(6000)
        // The embedded broker does not tell a repeated batch, as a real one does: first occurrences count.
        #expect(unique(try rig.values(of: "outage")) == (0..<6000).map { "\($0)" })
        #expect(rig.pool.counts.delivered == 6000)
    }

    @Test func `an origin is told to its end, and waits for no other's stuck topic`() throws {
        let rig = try Rig(segments: 64)
        for topic in ["file", "stuck"] { try rig.broker.createTopic(topic, partitions: 2) }
        rig.broker.setLeader(topic: "stuck", partition: 0, broker: nil)
        rig.broker.setLeader(topic: "stuck", partition: 1, broker: nil)
        rig.pool.start()
        let source = rig.makeSource()
        let identities = [OriginIdentity(high: 1, low: 1), OriginIdentity(high: 1, low: 2)]
        let origins = identities.map { rig.spool.openOrigin($0, at: 0, until: .delivered) }
        for index in 0..<3000 as Range<UInt64> {
            let value = "\(index) " + String(repeating: "f", count: 300)
            try source.write(value, topic: "file", origin: origins[0], position: index + 1)
            if index % 10 == 0 { try source.write(value, topic: "stuck", origin: origins[1], position: index + 1) }
        }
        try wait(for: "the first origin") { origins[0].settled == OriginProgress(count: 3000, position: 3000) }
        #expect(origins[1].settled == OriginProgress(count: 0, position: 0))
        for partition in [0, 1] as [Int32] { rig.broker.setLeader(topic: "stuck", partition: partition, broker: 1) }
        try wait(for: "the second origin") { origins[1].settled == OriginProgress(count: 300, position: 2991) }
        // Counts are published once a turn, after origins are told.
        try rig.waitDelivered(3300)
        #expect(rig.pool.counts.delivered == 3300)
        for origin in origins { rig.spool.closeOrigin(origin) }
        #expect(rig.spool.originCount == 0)
    }

    @Test func `what is delivered is counted by topic, over all producers`() throws {
        let rig = try Rig(producers: 2)
        rig.pool.start()
        let sources = [rig.makeSource(), rig.makeSource()]
        for index in 0..<300 {
            try sources[index % 2].write("\(index)", topic: index % 3 == 0 ? "third" : "others")
        }
        try rig.waitDelivered(300)
        #expect(rig.pool.deliveredByTopic == ["third": 100, "others": 200])
    }

    @Test func `the chain of a finished worker gives all its segments back`() throws {
        let rig = try Rig(segments: 3)
        rig.pool.start()
        for life in 0..<6 {
            let source = rig.makeSource()
            for index in 0..<10 { try source.write("\(life) \(index)", topic: "lives") }
            source.writer.finish()
            try wait(for: "the chain's end") { source.writer.chain.isExhausted }
        }
        #expect(rig.pool.counts.delivered == 60)
    }
}
