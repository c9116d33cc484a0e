import Foundation
import Inputs
import Kafka
import Logging
import Parsers
import Routing
import Spool
import TestRules
import TestSupport
import Testing

@testable import Pipeline

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A whole pipeline with a broker of its own. The producers begin when `start` is called: until then everything that is
/// committed stays in the spool.
final class Bench {
    struct Message {
        var topic: String
        var key: String?
        var value: String

        /// A member of the event, by its path: `type`, `syslog.program`.
        func member(_ path: String) -> String? {
            var object = try? JSONSerialization.jsonObject(with: Data(value.utf8))
            for part in path.split(separator: ".") { object = (object as? [String: Any])?[String(part)] }
            return object.map { "\($0)" }
        }
    }

    static let parsers: ParserSet = {
        do { return try BuiltIn.set() } catch { fatalError("\(error)") }
    }()

    let broker: EmbeddedBroker
    let topics = TopicTable()
    let spool: Spool
    let producers: ProducerPool
    let pipeline: Pipeline

    init(
        _ routes: [RouteDefinition] = [],
        spool settings: SpoolSettings = SpoolSettings(maximumSize: 16 << 20, segmentSize: 1 << 20),
        rate: RateLimiter? = nil, sourceRate: SourceRateLimiter? = nil
    ) throws {
        broker = try EmbeddedBroker()
        spool = try Spool(settings)
        var client = ClientConfiguration()
        client.set("bootstrap.servers", broker.bootstrapServers)
        client.set("linger.ms", "1")
        producers = try ProducerPool(
            count: 1, configuration: client, limits: ProducerPool.Limits(), spool: spool, topics: topics,
            replay: nil,
            logger: quiet)
        let recovered = try spool.recover(topicIndex: { [topics] in topics.index(of: $0) })
        let plan = try Self.plan(routes, topics, rate: rate, sourceRate: sourceRate)
        pipeline = Pipeline(spool: spool, producers: producers, plan: plan, recovered: recovered)
    }

    deinit { producers.stop() }

    static func plan(
        _ routes: [RouteDefinition], _ topics: TopicTable, rate: RateLimiter? = nil,
        sourceRate: SourceRateLimiter? = nil
    ) throws -> Plan {
        let routing = try RoutingTable(
            routes, parsers: parsers, defaultTopic: { $0.lowercased() }, topicIndex: { topics.index(of: $0) },
            isValidTopic: { TopicTable.isValid($0) })
        return Plan(routing: routing, rate: rate, sourceRate: sourceRate)
    }

    func start() { producers.start() }

    /// Waits until nothing is pending.
    func delivered() async throws -> Ledger {
        try await eventually("all is delivered") { pipeline.ledger.pending == 0 }
        #expect(pipeline.ledger.isBalanced)
        return pipeline.ledger
    }

    /// Everything on the broker's topics, by topic and partition in order.
    func consume() throws -> [Message] {
        var client = ClientConfiguration()
        client.set("bootstrap.servers", broker.bootstrapServers)
        let consumer = try Consumer(client)
        _ = try consumer.assign(["*"], from: .beginning, timeoutMilliseconds: 30_000)
        var messages: [Message] = []
        try consumer.run(untilEnd: true) { message in
            messages.append(
                Message(
                    topic: message.topic, key: message.key.map { String(decoding: $0, as: UTF8.self) },
                    value: String(decoding: message.value, as: UTF8.self)))
            return true
        }
        return messages
    }
}

/// A stream connection of a worker, fed by the test.
final class Feed {
    let worker: Worker
    private var connection: StreamConnection

    init(_ worker: Worker, peer: PeerAddress = .none) {
        self.worker = worker
        connection = worker.open(peer: peer)
    }

    func offer(_ bytes: ArraySlice<UInt8>, resume: @escaping @Sendable () -> Void = {}) -> StreamIntake {
        Array(bytes).withUnsafeBytes { worker.receive($0, on: &connection, resume: resume) }
    }

    /// Gives everything, waiting as the worker asks.
    func send(_ text: String) async throws {
        let bytes = Array(text.utf8)
        var at = 0
        while true {
            let room = Resumed()
            let intake = offer(bytes[at...]) { room.set() }
            at += intake.taken
            switch intake.blocked {
            case .no:
                #expect(at == bytes.count)
                return
            case .untilRoom: try await eventually("resume is called") { room.isSet }
            case .forNanoseconds(let wait): try await Task.sleep(for: .nanoseconds(wait))
            }
        }
    }

    func end() -> Bool { worker.finish(&connection, resume: {}) }
}

/// Set by a `resume`.
final class Resumed: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    func set() { lock.withLock { value = true } }
    var isSet: Bool { lock.withLock { value } }
}

/// An IPv4 address.
func address(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> PeerAddress {
    var raw = sockaddr_in()
    raw.sin_family = sa_family_t(AF_INET)
    raw.sin_addr.s_addr = UInt32(a) | UInt32(b) << 8 | UInt32(c) << 16 | UInt32(d) << 24
    return withUnsafeBytes(of: raw) { PeerAddress($0.baseAddress!, length: $0.count) }
}
