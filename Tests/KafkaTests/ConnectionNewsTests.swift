import Crdkafka
import Testing

@testable import Kafka

/// Each change of the connection is one line, with the reason and what to change.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ConnectionNewsTests {
    private final class Someone {}
    private let second: UInt64 = 1_000_000_000

    @Test func `away and back are one line each, whoever meets it`() {
        let recorder = LogRecorder()
        let news = ConnectionNews(recorder.logger)
        let (a, b) = (Someone(), Someone())
        let refused =
            "127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)"
        for _ in 0..<20 {
            news.failed(RD_KAFKA_RESP_ERR__TRANSPORT, refused, 5 * second)
            news.failed(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down", 5 * second)
            news.flush()
        }
        #expect(news.isAway)
        let away =
            "error: Kafka is away, events wait: 127.0.0.1:9092: Connect to ipv4#127.0.0.1:9092 failed: Connection refused"
        #expect(recorder.all == [away])
        news.connection(of: ObjectIdentifier(a), to: "127.0.0.1:9092", isUp: true, 50 * second)
        news.connection(of: ObjectIdentifier(b), to: "127.0.0.1:9092", isUp: true, 51 * second)
        news.flush()
        #expect(recorder.all == [away, "notice: Kafka is back after 45 s"])
        #expect(!news.isAway)
        news.connection(of: ObjectIdentifier(a), to: "127.0.0.1:9092", isUp: false, 60 * second)
        news.flush()
        #expect(recorder.all.count == 2, "an idle connection that is closed is no outage")
        news.failed(RD_KAFKA_RESP_ERR__TRANSPORT, refused, 61 * second)
        news.flush()
        #expect(!news.isAway, "the other producer's connection is up")
        news.forget(ObjectIdentifier(b))
        news.failed(RD_KAFKA_RESP_ERR__TRANSPORT, refused, 62 * second)
        news.flush()
        #expect(news.isAway)
    }

    @Test func `another reason during an outage is said, and their number is bounded`() {
        let recorder = LogRecorder()
        let news = ConnectionNews(recorder.logger)
        for index in 0..<200 {
            let name = String(repeating: "x", count: index + 1)
            news.failed(RD_KAFKA_RESP_ERR__RESOLVE, "\(name):9092/1: Failed to resolve '\(name):9092'", 0)
            news.flush()
        }
        #expect(recorder.all.count == 8)
        #expect(recorder.all[0].contains("x:9092: Failed to resolve 'x:9092': the name is not known here"))
        #expect(recorder.all.dropFirst().allSatisfy { $0.contains("Kafka is still away") })
    }

    @Test func `TLS to a port without it is one line with the cause, whenever the bare disconnection comes`() {
        let closed = "ssl://h:1/bootstrap: Disconnected (after 0ms in state SSL_HANDSHAKE)"
        let cause =
            "ssl://h:1/bootstrap: SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?"
        for order in [[[closed, cause]], [[closed], [cause]], [[cause], [closed], [closed]]] {
            let recorder = LogRecorder()
            let news = ConnectionNews(recorder.logger)
            for texts in order {
                for text in texts { news.failed(RD_KAFKA_RESP_ERR__SSL, text, second) }
                news.flush()
            }
            news.flush()
            #expect(recorder.all.count == 1 && recorder.all[0].contains("speaks no TLS"), "\(recorder.all)")
            #expect(news.isAway)
        }
        let recorder = LogRecorder()
        let news = ConnectionNews(recorder.logger)
        news.failed(RD_KAFKA_RESP_ERR__TRANSPORT, closed, second)
        news.flush()
        news.flush()
        #expect(recorder.all == ["error: Kafka is away, events wait: h:1: Disconnected"], "where nothing better comes")
    }

    @Test(arguments: [
        (
            RD_KAFKA_RESP_ERR__TRANSPORT,
            "h:1/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol "
                + "configuration (connecting to a SSL listener?) or broker version is < 0.10", "speaks TLS"
        ),
        (
            RD_KAFKA_RESP_ERR__SSL, "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?",
            "no TLS"
        ), (RD_KAFKA_RESP_ERR__SSL, "error:0A00010B:SSL routines::wrong version number", "no TLS"),
        (RD_KAFKA_RESP_ERR__SSL, "SSL handshake failed: certificate verify failed: unable to get", "ssl.ca.location"),
        (RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error: Authentication failed", "password"),
        (RD_KAFKA_RESP_ERR__RESOLVE, "Failed to resolve 'x:1': Name or service not known", "kafka.brokers"),
        (RD_KAFKA_RESP_ERR__TRANSPORT, "Disconnected: broker might require SASL authentication", "sasl.mechanism"),
    ]) fileprivate func `a cause that can be told is told`(error: rd_kafka_resp_err_t, text: String, hint: String) {
        #expect(ConnectionHint.text(error, text)?.contains(hint) == true)
    }

    @Test func `an outage and its end are two lines of the pool`() throws {
        let broker = try EmbeddedBroker()
        let rig = try Rig(broker: broker, producers: 2)
        rig.pool.start()
        let source = rig.makeSource()
        try source.write("before", topic: "t")
        try rig.waitDelivered(1)
        broker.stopBroker(1)
        try source.write("during", topic: "t")
        try wait(for: "the outage") { rig.pool.isAway }
        broker.startBroker(1)
        try rig.waitDelivered(2)
        try wait(for: "a word of its end") { rig.log.all.contains { $0.contains("Kafka is back after") } }
        #expect(rig.log.all.count { $0.contains("Kafka is away, events wait: ") } == 1, "\(rig.log.all)")
        #expect(rig.log.all.count { $0.contains("Kafka is back") } == 1)
    }

    @Test func `after an outage of any length delivery starts within a second`() {
        let most = ClientConfiguration.producerDefaults.first { $0.name == "reconnect.backoff.max.ms" }
        // librdkafka adds up to half of it at random.
        #expect((most.flatMap { Double($0.value) } ?? .infinity) * 1.5 < 1000)
    }

    @Test func `a name that does not resolve is said with what to change`() throws {
        let rig = try Rig(properties: [("bootstrap.servers", "no-such-host.invalid:9092")])
        rig.pool.start()
        try rig.makeSource().write("x", topic: "t")
        try wait(for: "the reason") {
            rig.log.all.contains { $0.contains("no-such-host.invalid") && $0.contains("check kafka.brokers") }
        }
    }

    @Test func `a producer that may not have its number is renewed less and less often, and said`() throws {
        let broker = try EmbeddedBroker()
        // InitProducerId answers CLUSTER_AUTHORIZATION_FAILED for a while: fatal each time.
        broker.failNextRequests(apiKey: 22, with: Array(repeating: 31, count: 4))
        let rig = try Rig(broker: broker)
        rig.pool.start()
        let source = rig.makeSource()
        for index in 0..<50 { try source.write("\(index)", key: "k", topic: "t") }
        try rig.waitDelivered(50)
        #expect(unique(try rig.values(of: "t")) == (0..<50).map { "\($0)" })
        #expect(rig.log.all.count < 10, "\(rig.log.all)")
        #expect(rig.log.all.contains { $0.contains("Cluster authorization failed") })
    }
}
