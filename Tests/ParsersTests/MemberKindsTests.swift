import Parsers
import Testing

/// Members that are more than a key and its value: flags behind a key, keys that are dropped, the addresses of a link
/// header.
@Suite struct MemberKindsTests {
    private static func set(_ pattern: String, _ pairs: String) throws -> ParserSet {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: '\(pattern)'
                pairs: \(pairs)
                examples: [{message: x, event: {}}]
            """
        return try ParserSet([try RulesFile(yaml: yaml, name: "t.yaml")])
    }

    private static let flags = "{p: {ID: {field: id, flags: f}, RES: {flags: g}, URGP: {}, OPT: {}, '*': ignore}}"

    /// Regression: outside of `kv` such a key had a place far behind the captures.
    @Test(arguments: [
        ("{p:json}", "{p: {time: {}, a: x, '*': ignore}}", #"{"time":1,"a":"b"}"#, "T x=b"),
        (
            "{p:ethernet}", "{p: {source: {}, destination: {field: x, type: mac}, '*': ignore}}",
            "00:11:22:33:44:55:66:77:88:99:aa:bb:08:00", "T x=00:11:22:33:44:55"
        ),
    ])
    func aKeyThatIsLeftOutGoesNowhere(pattern: String, pairs: String, message: String, expected: String) throws {
        var harness = try Harness(Self.set(pattern, pairs))
        #expect(try harness.fields(message) == expected)
    }

    @Test(arguments: [
        ("ID=1 DF MF P=x RES=0 ACK SYN URGP=0", "T f=DF MF g=ACK SYN id=1"),
        ("ID=1 P=x RES=0 URGP=0", "T id=1"), ("ID=1 OPT (07) P=x", "T id=1"), ("ID=1 DF OPT (07) P=x", "T f=DF id=1"),
        ("A=1 SYN RES=0 ACK", "T g=ACK"), ("ID=1 A ID=2 B", "T f=A id=1"),
    ])
    func flagsBehindAKeyBecomeAField(message: String, expected: String) throws {
        var harness = try Harness(Self.set("{p:kv}", Self.flags))
        #expect(try harness.fields(message) == expected)
    }

    @Test func whatBecomesAFieldOrIsDroppedIsNotInTheObject() throws {
        var harness = try Harness(Self.set("{p:kv}", "{p: {RES: {flags: g}, URGP: {}, OPT: {}}}"))
        let event = try harness.object("A=1 B RES=0 ACK SYN URGP=0 OPT (02) C=2 D")
        #expect(event["g"] as? String == "ACK SYN")
        let others = event["p"] as? [String: Any]
        #expect(Set((others ?? [:]).keys) == ["A", "B", "C", "D"])
    }

    @Test(arguments: [
        (
            "02:00:5e:00:53:01:02:00:5E:00:53:02:08:00",
            "T d=02:00:5e:00:53:01 h=02:00:5e:00:53:01:02:00:5E:00:53:02:08:00 s=02:00:5e:00:53:02"
        ),
        ("02:00:5e:00:53:01:08:00", "T h=02:00:5e:00:53:01:08:00"),
    ])
    func aLinkHeaderOf14BytesHasTwoAddresses(header: String, expected: String) throws {
        let pairs = "{h: {destination: {field: d, type: mac}, source: {field: s, type: mac}}}"
        var harness = try Harness(Self.set("MAC={h:ethernet} x", pairs))
        #expect(try harness.fields("MAC=\(header) x") == expected)
    }

    @Test(arguments: [
        ("{h: {first: a}}", "unknown key 'first'; expected source or destination"),
        ("{h: {source: {flags: a, field: b}, destination: {type: mac}}}", "'field' is missing"),
        ("{h: {source: {flags: a, type: mac}}}", "unknown key 'type'"),
    ])
    func aFaultOfTheirsIsNamed(pairs: String, expected: String) throws {
        do {
            _ = try Self.set("MAC={h:ethernet} x", pairs)
            Issue.record("accepted")
        } catch let error as RulesErrors {
            #expect(error.errors.contains { $0.description.contains(expected) }, "\(error.errors)")
        }
    }
}
