@testable import Kafka
import Glibc
import Spool
import TestSupport
import Testing

/// One key comes in order, whatever happens in between.
@Suite(.serialized, .timeLimit(.minutes(10))) struct OrderTests {
    private static let topics = ["order-a", "order-b"]
    private static let workers = 3
    private static let keysOfWorker = 4

    /// What a test has written: by topic and key, the next number.
    private struct Written {
        var next: [String: Int] = [:]
        mutating func take(_ topic: String, _ key: String) -> Int {
            defer { next[topic + "/" + key, default: 0] += 1 }
            return next[topic + "/" + key, default: 0]
        }
    }

    /// A life of the process: it writes, its broker goes and comes, and it ends at any moment.
    private func live(
        _ rig: Rig, _ random: inout SeededGenerator, _ written: inout Written, isUp: inout Bool, steps: Int
    ) throws {
        rig.pool.start()
        // A worker's records go to another sender in each life.
        var sources = (0..<Self.workers).map { ($0, rig.makeSource()) }
        for index in sources.indices { sources.swapAt(index, random.int(0...(sources.count - 1))) }
        let named = Dictionary(uniqueKeysWithValues: zip(sources.map(\.0), sources.map(\.1)).map { ($0, $1) })
        for _ in 0..<steps {
            switch random.int(0...5) {
            case 0:
                if isUp { rig.broker.stopBroker(1) } else { rig.broker.startBroker(1) }
                isUp.toggle()
            case 1 where isUp:
                let before = rig.pool.counts.delivered
                if rig.pool.counts.inFlight > 0 { try rig.waitDelivered(Int(before) + 1) }
            default:
                let worker = random.int(0...(Self.workers - 1))
                for _ in 0..<random.int(1...150) {
                    let topic = random.pick(Self.topics)
                    let key = "\(worker)-\(random.int(0...(Self.keysOfWorker - 1)))"
                    try named[worker]!.write("\(written.take(topic, key))", key: key, topic: topic)
                }
            }
        }
    }

    /// Each number follows the one before it, or begins a repetition of what came before: nothing is passed over.
    private func check(_ received: [Received], _ topic: String, _ written: Written, _ place: String) {
        for (key, records) in Dictionary(grouping: received, by: \.key) {
            let numbers = records.compactMap { Int($0.value) }
            var before = -1
            for (at, number) in numbers.enumerated() {
                guard number <= before + 1 else {
                    Issue.record("\(place), \(topic), key \(key ?? ""): \(number) after \(before) at \(at)")
                    return
                }
                before = number
            }
            #expect(Set(numbers).count == written.next[topic + "/" + (key ?? "")], "\(place), \(topic)")
        }
    }

    @Test(arguments: [1, 3], [1, 2, 3, 4] as [UInt64])
    func `a key keeps its order through outages, stops and starts`(producers: Int, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let place = "\(producers) producers, seed \(seed)"
        let broker = try EmbeddedBroker()
        for topic in Self.topics { try broker.createTopic(topic, partitions: 2) }
        let directory = try TemporaryDirectory()
        var written = Written()
        var isUp = true
        for _ in 0..<5 {
            let limits = ProducerPool.Limits(inFlight: random.pick([30, 400, 20_000]))
            let rig = try Rig(
                broker: broker, producers: producers, limits: limits, directory: directory, segments: 400)
            try live(rig, &random, &written, isUp: &isUp, steps: random.int(2...14))
            // Away for longer than a lane's patience: backlogs are written.
            if random.int(0...1) == 0, !isUp { poll(nil, 0, 1200) }
        }
        if !isUp { broker.startBroker(1) }
        let rig = try Rig(broker: broker, producers: producers, directory: directory, segments: 400)
        rig.pool.start()
        try rig.waitDelivered(Int(rig.recovered.pending))
        for topic in Self.topics { check(try rig.contents(of: topic), topic, written, place) }
        #expect(rig.recovered.damaged == 0, "\(place)")
    }

    @Test func `new records of a topic wait for those of an earlier process, on every sender, and no others do`() throws
    {
        let broker = try EmbeddedBroker()
        for topic in ["old", "other"] { try broker.createTopic(topic, partitions: 1) }
        let directory = try TemporaryDirectory()
        do {
            let rig = try Rig(broker: broker, directory: directory)
            let source = rig.makeSource()
            for index in 0..<2000 { try source.write("\(index)", key: "k", topic: "old") }
        }
        broker.setLeader(topic: "old", partition: 0, broker: nil)
        let rig = try Rig(
            broker: broker, producers: 3, limits: ProducerPool.Limits(inFlight: 500), directory: directory)
        rig.pool.start()
        let sources = (0..<3).map { _ in rig.makeSource() }
        for index in 2000..<2300 {
            for (number, source) in sources.enumerated() {
                try source.write("\(index)", key: number == 0 ? "k" : "k\(number)", topic: "old")
                try source.write("\(index)", topic: "other")
            }
        }
        try rig.waitDelivered(900)
        #expect(try rig.values(of: "other").count == 900)
        broker.setLeader(topic: "old", partition: 0, broker: 1)
        try rig.waitDelivered(900 + 2900)
        let old = try rig.contents(of: "old")
        #expect(old.prefix(2000).map(\.value) == (0..<2000).map { "\($0)" }, "nothing new comes between")
        #expect(old.filter { $0.key == "k" }.compactMap { Int($0.value) } == Array(0..<2300))
        #expect(old.count == 2900)
    }
}
