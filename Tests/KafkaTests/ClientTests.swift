import Crdkafka
import Logging
import Spool
import Testing

@testable import Kafka

@Suite struct ClientTests {
    @Test func `refused properties are named with the reason`() {
        let configuration = ClientConfiguration([
            ("bootstrap.servers", "localhost:9092"), ("linger.mss", "5"), ("linger.ms", "five"), ("acks", "all"),
            ("compression.codec", "rar"), ("enable.idempotence", "perhaps"), ("linger.ms", "-1"),
        ])
        let refusals = configuration.refusals()
        #expect(
            refusals.map(\.name) == ["linger.mss", "linger.ms", "compression.codec", "enable.idempotence", "linger.ms"])
        // An alias is called by its first name: linger.ms is queue.buffering.max.ms.
        for (name, reason) in refusals where name != "linger.ms" { #expect(reason.contains(name), "\(reason)") }
        #expect(refusals.last?.reason.hasSuffix("value -1 is outside allowed range 0..900000") == true)
        #expect(refusals.first { $0.name == "compression.codec" }?.reason.contains("rar") == true)
        #expect(ClientConfiguration(ClientConfiguration.producerDefaults).refusals().isEmpty)
    }

    @Test(arguments: [
        "ssl.key.password", "sasl.password", "ssl.key.pem", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config",
        "sasl.kerberos.kinit.cmd", "ssl.keystore.password", "ssl_key",
    ]) func `a secret's value is never printed`(name: String) {
        #expect(SecretProperties.contains(name))
        let secret = String(repeating: "hunter2", count: 200)
        let configuration = ClientConfiguration([(name, secret)])
        for (_, reason) in configuration.refusals() { #expect(!reason.contains("hunter2")) }
        do throws(KafkaError) { rd_kafka_conf_destroy(try configuration.makeConf()) } catch {
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test func `setting replaces and a default does not`() {
        var configuration = ClientConfiguration([("a", "1"), ("b", "2")])
        configuration.set("a", "3")
        configuration.setDefault("b", "4")
        configuration.setDefault("c", "5")
        #expect(configuration == ClientConfiguration([("b", "2"), ("a", "3"), ("c", "5")]))
    }

    @Test func `topics keep their index and names are checked`() {
        let table = TopicTable()
        #expect(["a", "b", "a"].map(table.index(of:)) == [0, 1, 0])
        #expect(table.name(at: 1) == "b")
        #expect(table.count == 2)
        for name in ["a", "A.b_c-9", "...", String(repeating: "n", count: 249)] {
            #expect(TopicTable.isValid(name), "\(name)")
        }
        for name in ["", ".", "..", "a b", "a/b", "ä", "a\n", String(repeating: "n", count: 250)] {
            #expect(!TopicTable.isValid(name), "\(name)")
        }
    }

    @Test func `lines that differ in numbers only are folded`() {
        let recorder = LogRecorder()
        let log = ClientLog(recorder.logger)
        for index in 0..<50 { log.note(level: .error, facility: "FAIL", text: "broker 1: refused after \(index)ms") }
        log.note(level: .error, facility: "FAIL", text: "something else")
        log.note(level: .warning, facility: "OTHER", text: "broker 1: refused after 1ms")
        #expect(
            recorder.all == [
                "error: broker 1: refused after 0ms", "error: something else", "warning: broker 1: refused after 1ms",
            ])
        log.flush()
        #expect(recorder.all.count == 3)
        log.flush(all: true)
        #expect(recorder.all.count == 4)
        #expect(recorder.all[3].hasPrefix("error: broker 1: refused after 49ms (repeated "))
        log.note(level: .error, facility: "FAIL", text: "broker 1: refused after 7ms")
        #expect(recorder.all.count == 5)
    }

    @Test func `the table of lines does not grow without end`() {
        let recorder = LogRecorder()
        let log = ClientLog(recorder.logger)
        for index in 0..<1000 {
            let name = String(UnicodeScalar(UInt8(97 + index % 26))) + String(repeating: "x", count: index / 26)
            log.note(level: .info, facility: "F", text: name)
            log.note(level: .info, facility: "F", text: name)
        }
        #expect(recorder.all.count { !$0.contains("repeated") } >= 1000)
    }

    /// The dead letter of a record with this value.
    private func letter(of value: [UInt8], tooLarge: Bool, limit: Int) throws -> String {
        let spool = try Spool(SpoolSettings(maximumSize: 1 << 20, segmentSize: 65536))
        let writer = spool.makeWriter()
        #expect(writer.roll())
        writer.room.copyBytes(from: value)
        Array("t".utf8).withUnsafeBytes {
            writer.commit(valueCount: value.count, keyStart: 0, keyCount: 0, topicIndex: 0, topicName: $0, timestamp: 0)
        }
        var reader = SpoolReader(writer.chain)
        let next = reader.peek()
        let json = DeadLetter.json(
            of: try #require(next), topic: "t", error: "E", reason: "a \"b\"\\\n", tooLarge: tooLarge, limit: limit)
        return String(decoding: json, as: UTF8.self)
    }

    private static let head =
        #"{"type":"DEAD_LETTER","source":"kafkastreamer","original_topic":"t","error":"E","reason":"a \"b\"\\\n""#

    @Test(arguments: [
        ("<13>text \u{0}", "PDEzPnRleHQgAA=="), ("[1]", "WzFd"), (#"{"a":1}x"#, "eyJhIjoxfXg="),
        (#"{"a":1"#, "eyJhIjox"),
        ("\"a\"", "ImEi"), ("{", "ew=="),
    ])
    func `what is no JSON object is in its dead letter as base64`(value: String, base64: String) throws {
        #expect(
            try letter(of: Array(value.utf8), tooLarge: false, limit: 1000) == Self.head + #","raw":"\#(base64)"}"#)
    }

    @Test func `bytes that are not UTF-8 are in their dead letter as base64`() throws {
        let value = Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(try letter(of: value, tooLarge: false, limit: 1000) == Self.head + #","raw":"eyJhIjoi/yJ9"}"#)
    }

    @Test func `a dead letter is one JSON object in every form`() throws {
        func letter(tooLarge: Bool, limit: Int) throws -> String {
            try self.letter(of: Array(#"{"a":1}"#.utf8), tooLarge: tooLarge, limit: limit)
        }
        let head = Self.head
        #expect(try letter(tooLarge: false, limit: 1000) == head + #","event":{"a":1}}"#)
        #expect(try letter(tooLarge: true, limit: 1000) == head + #","raw":"eyJhIjoxfQ=="}"#)
        #expect(try letter(tooLarge: false, limit: 0) == head + #","raw":"","truncated":true}"#)
        for limit in 130...180 {
            let json = try letter(tooLarge: true, limit: limit)
            #expect(
                json.utf8.count <= limit || json.hasSuffix(#""raw":"","truncated":true}"#), "limit \(limit): \(json)")
        }
    }

    @Test(arguments: [
        (RD_KAFKA_RESP_ERR_NO_ERROR, Fault.none), (RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, .batch(.bytes)),
        (RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, .batch(.bytes)), (RD_KAFKA_RESP_ERR_INVALID_RECORD, .batch(.records)),
        (RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .topic), (RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, .topic),
        (RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, .topic), (RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, .topic),
        (RD_KAFKA_RESP_ERR_POLICY_VIOLATION, .topic), (RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, .topic),
        (RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, .topic), (RD_KAFKA_RESP_ERR_UNKNOWN, .topic),
        (RD_KAFKA_RESP_ERR__PURGE_QUEUE, .producer), (RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, .producer),
        (RD_KAFKA_RESP_ERR__FATAL, .producer), (RD_KAFKA_RESP_ERR__TRANSPORT, .connection),
        (RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, .connection),
    ]) fileprivate func `an error says whose fault it is`(error: rd_kafka_resp_err_t, fault: Fault) {
        #expect(Fault(error) == fault)
    }

    @Test func `a letter is cut to any limit and stays one JSON object`() {
        let head =
            #"{"type":"DEAD_LETTER","source":"kafkastreamer","original_topic":"t","error":"E","reason":"a \"event\":"#
        for rest in [
            #"b","event":{"a":"bcdefghijklmnop"}}"#, #"b","raw":"QUJDREVGR0hJSktM"}"#,
            // The event of a message that is not UTF-8 has bytes of its own by that name.
            #"b","event":{"message":"b","raw":"QUJDREVG"}}"#,
        ] {
            let whole = head + rest
            for limit in 0..<whole.utf8.count {
                let cut = Array(whole.utf8).withUnsafeBytes { DeadLetter.cut($0, limit: limit) }
                let text = String(decoding: cut, as: UTF8.self)
                #expect(text.hasPrefix(head + #"b","raw":""#))
                #expect(text.hasSuffix(#"","truncated":true}"#) || limit >= whole.utf8.count - 20, "\(limit): \(text)")
                #expect(cut.count <= max(limit, head.utf8.count + 30))
                let raw = text.split(separator: #""raw":""#).last.map { $0.prefix { $0 != "\"" } } ?? ""
                #expect(raw.utf8.count % 4 == 0)
            }
        }
    }
}
