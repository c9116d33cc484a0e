import Events
import Foundation
import Parsers
import Syslog
import Testing
import TestRules

@Suite struct EventTests {
    private let received: Int64 = 1_762_264_929_120_000_000

    private func event(_ frame: String, key: String? = nil, truncated: Bool = false) throws -> (
        json: String, event: EncodedEvent, key: String
    ) {
        let set = try BuiltIn.set()
        var harness = try Harness(set, parser: "dhcp_log_parser")
        let peer = Array("192.0.2.10".utf8)
        let event = peer.withUnsafeBytes { peer in
            harness.event(
                frame: Array(frame.utf8),
                envelope: Envelope(receivedNanoseconds: received, peer: peer, truncated: truncated),
                key: key.flatMap { set.vocabulary.fieldID(named: $0) })
        }
        return try #require(event)
    }

    private let lease =
        "<30>2025-11-04T14:02:09Z gw1 dhcpd[812]: "
        + "DHCPACK on 192.168.0.101 to 00:11:22:33:44:55 (laptop-01) via eth0"

    @Test func theEventOfTheDesignIsByteExact() throws {
        #expect(
            try event(lease).json == """
                {"type":"DHCP_LEASE","ip":"192.168.0.101","mac":"00:11:22:33:44:55","hostname":"laptop-01",\
                "timestamp":"2025-11-04T14:02:09Z","source":"dhcp_log_parser",\
                "interface":"eth0","message":"DHCPACK on 192.168.0.101 to 00:11:22:33:44:55 (laptop-01) via eth0",\
                "syslog":{"facility":"daemon","severity":"info","host":"gw1","program":"dhcpd","pid":"812",\
                "received":"2025-11-04T14:02:09.120Z","peer":"192.0.2.10"}}
                """)
    }

    @Test(arguments: [
        ("mac", "00:11:22:33:44:55"), ("interface", "eth0"), ("host", "gw1"), ("program", "dhcpd"), ("pid", "812"),
        ("facility", "daemon"), ("severity", "info"), ("peer", "192.0.2.10"), ("msgid", ""), ("reason", ""),
        ("message", "DHCPACK on 192.168.0.101 to 00:11:22:33:44:55 (laptop-01) via eth0"),
    ])
    func theKeyIsWhereTheFieldsValueStands(field: String, expected: String) throws {
        let (json, event, _) = try event(lease, key: field)
        let bytes = Array(json.utf8)[event.keyStart..<event.keyStart + event.keyCount]
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        #expect(event.keyCopyCount == 0)
    }

    @Test func aKeyWithEscapesIsCopiedBehindTheEventWithoutThem() throws {
        let (json, event, key) = try event(
            #"<30>1 2025-11-04T14:02:09Z gw1 dhcpd - - - DHCPDISCOVER from 00:11:22:33:44:55 (a"b) via eth0"#,
            key: "hostname")
        #expect(json.contains(#""hostname":"a\"b""#))
        #expect(event.keyStart == event.byteCount && event.keyCopyCount == event.keyCount)
        #expect(key == #"a"b"#)
    }

    @Test func theWholeEnvelopeIsWritten() throws {
        let frame = #"<165>1 2025-11-04T15:02:09.25+01:00 h app 7 ID [a@1 x="1" y="q\"\]\n" x="2"][b][a@1 z="é"] text"#
        #expect(
            try event(frame, truncated: true).json == """
                {"type":"SYSLOG","timestamp":"2025-11-04T14:02:09.25Z","source":"syslog","message":"text",\
                "syslog":{"facility":"local4","severity":"notice","host":"h","program":"app","pid":"7","msgid":"ID",\
                "structured_data":{"a@1":{"x":["1","2"],"y":"q\\"]\\\\n","z":"é"},"b":{}},\
                "received":"2025-11-04T14:02:09.120Z","peer":"192.0.2.10","truncated":true}}
                """)
    }

    @Test func whatHasNoHeaderKeepsTheWholeFrame() throws {
        let object = try self.object(try event("<999>nonsense \u{1}").json)
        #expect(object["type"] as? String == "SYSLOG")
        #expect(object["source"] as? String == "syslog")
        #expect(object["timestamp"] as? String == "2025-11-04T14:02:09.120Z")
        #expect((object["message"] as? String)?.hasSuffix("nonsense \u{1}") == true)
        let syslog = try #require(object["syslog"] as? [String: Any])
        #expect(syslog["fault"] as? String != nil)
    }

    @Test func manyParametersAreAllKept() throws {
        let parameters = (0..<500).map { " p\($0 % 250)=\"v\($0)\"" }.joined()
        let object = try object(try event("<165>1 - - - - - [id\(parameters)] x").json)
        let data = (object["syslog"] as? [String: Any])?["structured_data"] as? [String: Any]
        let id = try #require(data?["id"] as? [String: [String]])
        #expect(id.count == 250)
        for index in 0..<250 { #expect(id["p\(index)"] == ["v\(index)", "v\(index + 250)"]) }
    }

    private func object(_ json: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    @Test func anEventThatDoesNotFitIsNotWrittenAndFitsInItsOwnSize() throws {
        let set = try BuiltIn.set()
        var harness = try Harness(set, parser: "dhcp_log_parser")
        let message = Array("DHCPACK on 192.168.0.101 to 00:11:22:33:44:55 (a \"b\" é) via eth0".utf8)
        let event = harness.event(message: message)
        let whole = try #require(event)
        for room in 0..<whole.count {
            let cut = harness.event(message: message, room: room)
            #expect(cut == nil)
        }
        let exact = harness.event(message: message, room: whole.count)
        #expect(exact == whole)
    }

    @Test func rulesChangeBetweenMessages() throws {
        let first = try parserSet(["a {x}"])
        var harness = try Harness(first)
        #expect(try harness.fields("a 1") == "T0 x=1")
        harness.encoder.use(try parserSet(["b {x}", "c {x} {y} {z}"]))
        #expect(try harness.fields("a 1") == nil)
        #expect(try harness.fields("c 1 2 3") == "T1 x=1 y=2 z=3")
    }

    @Test func aMapThatGivesOnlyOtherFieldsIsNotLost() throws {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: 'link {phase} {port}'
                map:
                  phase: {up: {ready: true}, '*': {ready: false}}
                examples: [{message: link up eth0, event: {ready: true, port: eth0}}]
            """
        var harness = try Harness(try ParserSet([try RulesFile(yaml: yaml, name: "t.yaml")]))
        for (word, ready) in [("up", true), ("sideways", false)] {
            let event = harness.event(message: Array("link \(word) eth0".utf8))
            let json = String(decoding: try #require(event), as: UTF8.self)
            #expect(json.contains(#","source":"test","ready":\#(ready),"port":"eth0","message""#))
        }
    }
}
