import Glibc
import Testing

@testable import Kafka

/// What would break the promise, or be read as something else, is refused before anything starts.
@Suite struct PropertyCheckTests {
    typealias Properties = [(name: String, value: String)]

    private func refusals(_ properties: Properties) -> [PropertyCheck.Refusal] { PropertyCheck.refusals(properties) }

    @Test(arguments: [
        ("delivery.report.only.error", "true", "frees a record from the spool"),
        ("transactional.id", "t", "transactions"), ("acks", "1", "expected all"), ("acks", "0", "expected all"),
        ("request.required.acks", "1", "expected all"), ("enable.idempotence", "false", "expected true"),
        ("message.timeout.ms", "300000", "expected 0"), ("delivery.timeout.ms", "1", "expected 0"),
        ("test.mock.num.brokers", "3", "kafka.embedded"),
    ]) func `a property that breaks the promise is refused with the reason`(name: String, value: String, reason: String)
    {
        let found = refusals([("bootstrap.servers", "a:9092"), (name, value)])
        #expect(found.map(\.name) == [name])
        #expect(found.first?.reason.contains(reason) == true, "\(found)")
    }

    @Test(arguments: [
        ("batch.size", "1MiB", "1"), ("batch.size", "1 MB", "1"), ("linger.ms", "5ms", "5"),
        ("message.max.bytes", "5000000000", ""), ("queue.buffering.max.kbytes", "010", "8"),
        ("socket.timeout.ms", "30s", "30"),
    ]) func `a number with a unit is not taken for its first digits`(name: String, value: String, read: String) {
        let found = refusals([(name, value)])
        #expect(found.map(\.name) == [name])
        #expect(found.first?.reason.contains(value) == true || found.first?.reason.contains("range") == true)
        if !read.isEmpty { #expect(found.first?.reason.hasSuffix("as \(read)") == true, "\(found)") }
    }

    @Test(
        arguments: [
            [("acks", "all")], [("acks", "-1")], [("linger.ms", "0.5")], [("batch.size", "1000000")],
            [("client.id", "12ab")], [("message.timeout.ms", "0")], [("enable.idempotence", "true")],
            [("compression.type", "zstd"), ("compression.level", "3")], [("message.send.max.retries", " 7 ")],
            [("security.protocol", "plaintext")], [("broker.address.family", "v4")], [("debug", "broker,topic")],
        ] as [Properties]) func `what is right is not refused`(properties: Properties)
    { #expect(refusals(properties) == []) }

    @Test func `SASL needs a mechanism, a name and a source of tokens`() {
        func reasons(_ more: Properties) -> String {
            refusals([("security.protocol", "SASL_SSL")] + more).map(\.reason).joined(separator: "\n")
        }
        #expect(reasons([]).contains("sasl.mechanism is not set"))
        #expect(reasons([("sasl.mechanism", "PLAIN"), ("sasl.username", "u")]).contains("needs sasl.password"))
        #expect(reasons([("sasl.mechanisms", "SCRAM-SHA-512")]).contains("needs sasl.username"))
        #expect(reasons([("sasl.mechanism", "OAUTHBEARER")]).contains("no source of tokens"))
        // Where librdkafka has no OIDC it refuses the method itself.
        let oidc = reasons([("sasl.mechanism", "OAUTHBEARER"), ("sasl.oauthbearer.method", "oidc")])
        #expect(
            oidc.contains("needs sasl.oauthbearer.token.endpoint.url") || oidc.contains("not supported in this build"))
        #expect(reasons([("sasl.mechanism", "PLAIN"), ("sasl.username", "u"), ("sasl.password", "p")]) == "")
        #expect(refusals([("sasl.username", "u")]).first?.reason.contains("not used") == true)
        #expect(refusals([("sasl.mechanisms", "PLAIN")]).first?.reason.contains("not used") == true)
        #expect(refusals([("sasl.password", "p")]).isEmpty, "an environment may hold it for another day")
    }

    @Test func `a file that cannot be read is named, one with TLS off is not looked for`() {
        let path = "/nonexistent/ca.pem"
        let found = refusals([("security.protocol", "ssl"), ("ssl.ca.location", path)])
        #expect(found.map(\.name) == ["ssl.ca.location"])
        #expect(found.first?.reason == "\(path) cannot be read: No such file or directory")
        #expect(refusals([("ssl.ca.location", path)]) == [])
    }

    @Test func `what this librdkafka cannot do is refused`() {
        #expect(PropertyCheck.builtInFeatures.contains("ssl"))
        let found = refusals([("security.protocol", "sasl_plaintext"), ("sasl.mechanism", "KERBEROS-9")])
        #expect(found.map(\.name) == ["sasl.mechanism"])
        #expect(found.first?.reason.contains("cannot do KERBEROS-9") == true, "\(found)")
    }

    @Test func `properties that contradict each other are found without a connection`() {
        #expect(refusals([("max.in.flight", "6")]) == [])
        let found = PropertyCheck.trial([("max.in.flight", "6")])
        #expect(PropertyCheck.trial([("client.id", "x")]) == [])
        let long = "max.in.flight.requests.per.connection"
        #expect(
            PropertyCheck.trial([("client.id", "x"), (long, "6")]).map(\.name) == [long], "called by its short name")
        #expect(found.map(\.name) == ["max.in.flight"])
        #expect(found.first?.reason.contains("max.in.flight") == true, "\(found)")
    }

    @Test func `an alias replaces what was set by the other name`() {
        var configuration = ClientConfiguration([("delivery.timeout.ms", "0"), ("request.required.acks", "all")])
        configuration.setDefault("message.timeout.ms", "5")
        configuration.set("acks", "1")
        #expect(configuration == ClientConfiguration([("delivery.timeout.ms", "0"), ("acks", "1")]))
    }

    @Test(arguments: ["ssl.ca.location", "sasl.username", "bootstrap.servers", "ssl.key.location", "client.id"])
    func `what is no secret is shown`(name: String) { #expect(!SecretProperties.contains(name)) }
}
