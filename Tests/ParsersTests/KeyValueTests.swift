import Events
import Foundation
import Parsers
import RuleTools
import Testing

/// `{x:kv}` and `{x:json}`, without and with `pairs`.
@Suite struct KeyValueTests {
    /// The own fields of an event as JSON in order, as they are written.
    private func fields(_ harness: inout Harness, _ message: String) throws -> String? {
        let event = harness.event(message: Array(message.utf8))
        let json = String(decoding: try #require(event), as: UTF8.self)
        _ = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        guard !json.hasPrefix(#"{"type":"SYSLOG""#) else { return nil }
        let own = try #require(json.range(of: #""source":"test""#)).upperBound
        let end = try #require(json.range(of: #","message":""#)).lowerBound
        return String(json[own..<end].dropFirst())
    }

    @Test(
        arguments: [
            ("a=1", #""x":{"a":"1"}"#), ("a=", #""x":{"a":""}"#), ("a=1 b=2", #""x":{"a":"1","b":"2"}"#),
            ("a=1, b=2; c=3", #""x":{"a":"1","b":"2","c":"3"}"#),
            ("TTY=pts/0 ; PWD=/home ; USER=root", #""x":{"TTY":"pts/0","PWD":"/home","USER":"root"}"#),
            ("a=1,2;3 b=4", #""x":{"a":"1,2;3","b":"4"}"#), ("a=1,", #""x":{"a":"1"}"#), ("a=1 ", #""x":{"a":"1"}"#),
            (
                "IN=eth0 OUT= MAC=00:11:22:33:44:55 SRC=192.0.2.1 DF PROTO=TCP SPT=22 SYN URGP=0 ",
                #""x":{"IN":"eth0","OUT":"","MAC":"00:11:22:33:44:55","SRC":"192.0.2.1","DF":true,"PROTO":"TCP","#
                    + #""SPT":"22","SYN":true,"URGP":"0"}"#
            ),
            (
                "LEN=56 PROTO=ICMP TYPE=3 [SRC=10.0.0.1 DST=10.0.0.2 LEN=28 ] MARK=0x1 OPT (0204) ",
                #""x":{"LEN":"56","PROTO":"ICMP","TYPE":"3","MARK":"0x1","OPT":true}"#
            ),
            ("a=1 FRAG:64 b=2", #""x":{"a":"1","FRAG:64":true,"b":"2"}"#),
            (
                "logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.9  user=root",
                #""x":{"logname":"","uid":"0","euid":"0","tty":"ssh","ruser":"","rhost":"192.0.2.9","user":"root"}"#
            ),
            (
                #"type=1400 msg=audit(1.2:3): apparmor="DENIED" operation="open" name="/a b" pid=7"#,
                #""x":{"type":"1400","msg":"audit(1.2:3):","apparmor":"DENIED","operation":"open","name":"/a b","#
                    + #""pid":"7"}"#
            ),
            (
                #"pid=1 msg='op=login acct="root" res=failed'"#,
                #""x":{"pid":"1","msg":"op=login acct=\"root\" res=failed"}"#
            ),
            (#"a="" b="x \"y\" \\z" c=''"#, #""x":{"a":"","b":"x \"y\" \\z","c":""}"#),
            // A quote that is not closed, or behind which the value goes on, is a byte like another.
            (#"a="x b=2"#, #""x":{"a":"\"x","b":"2"}"#), (#"a="x"y b=2"#, #""x":{"a":"\"x\"y","b":"2"}"#),
            (#"a='x b="y z""#, #""x":{"a":"'x","b":"y z"}"#),
            ("a=1 a=2 b=3", #""x":{"a":"1","b":"3"}"#), ("a==b", #""x":{"a":"=b"}"#),
            ("a.b-c/d_E9=1", #""x":{"a.b-c/d_E9":"1"}"#), ("a=(b c=d)", #""x":{"a":"(b","c":"d)"}"#),
            ("a=x)", #""x":{"a":"x)"}"#), ("a=1\u{1d}b=2", #""x":{"a":"1","b":"2"}"#), ("a=é", #""x":{"a":"é"}"#),
            ("a", nil), ("=1", nil), (" a=1", nil), ("a =1", nil), ("", nil), ("a=1 b: c", nil), ("a=1 (b", nil),
            ("é=1", nil), ("a=1 ,, b=2", nil),
        ] as [(String, String?)])
    func aListIsAnObject(message: String, expected: String?) throws {
        var harness = try Harness(parserSet(["{x:kv}"]))
        #expect(try fields(&harness, message) == expected)
    }

    @Test(
        arguments: [
            // Where a list ends: behind its last pair, unless only flags follow.
            ("{x:kv} for user {u}: no", "a=1 b=2 for user root: no", #""x":{"a":"1","b":"2"},"u":"root""#),
            ("{x:kv}: {y:rest}", "a=1 b=2: c", nil),
            ("{x:kv}; {y:rest}", "a=1 b=2; c: d", #""x":{"a":"1","b":"2"},"y":"c: d""#),
            ("({x:kv}) {y:rest}", "(a=1 b=f(2) DF) c", #""x":{"a":"1","b":"f(2)","DF":true},"y":"c""#),
            ("[{x:kv}]", "[a=1]", #""x":{"a":"1"}"#), ("[{x:kv}]", "[a=[1] b=2]", #""x":{"a":"[1]","b":"2"}"#),
            ("{y:text} [{x:kv}]", "p(q [a=\"1\"]", #""y":"p(q","x":{"a":"1"}"#),
            ("{_:text}: {x:kv}", "audit: type=1400 audit(1:2): a=1", nil),
            (
                "audit: type={t} audit({i}): {x:kv}", "audit: type=1400 audit(1:2): a=1",
                #""t":"1400","i":"1:2","x":{"a":"1"}"#
            ),
            (
                "{y:text}IN={?{i}} {x:kv}", "[UFW BLOCK] IN= OUT=e SRC=::1 ",
                #""y":"[UFW BLOCK] ","x":{"OUT":"e","SRC":"::1"}"#
            ),
            ("a {_:kv}", "a b=1", ""),
        ] as [(String, String, String?)])
    func aListEndsWhereItsFormEnds(pattern: String, message: String, expected: String?) throws {
        var harness = try Harness(parserSet([pattern]))
        #expect(try fields(&harness, message) == expected)
    }

    @Test(
        arguments: [
            ("{}", #""x":{}"#), (#"{"a":1}"#, #""x":{"a":1}"#), ("[]", #""x":[]"#),
            (#"[1, -2.50e+3 ,"x y", true,false , null]"#, #""x":[1,-2.50e+3,"x y",true,false,null]"#),
            ("{ \"a\" : { \"b\" : [ { } , [ ] ] } }", #""x":{"a":{"b":[{},[]]}}"#),
            (#"{"a":"\"\\\/\b\f\n\r\t\u00e9 é \ud83d\ude00"}"#, #""x":{"a":"\"\\\/\b\f\n\r\t\u00e9 é \ud83d\ude00"}"#),
            (#"{"a":0,"a":1}"#, #""x":{"a":0,"a":1}"#),
            ("", nil), ("1", nil), (#""a""#, nil), ("{", nil), ("[", nil), ("{}}", nil), ("[1,]", nil),
            (#"{"a":1,}"#, nil),
            (#"{"a"}"#, nil), (#"{"a":}"#, nil), ("{a:1}", nil), ("[01]", nil), ("[1.]", nil), ("[.5]", nil),
            ("[+1]", nil),
            ("[1e]", nil), ("[tru]", nil), ("[\"\u{1}\"]", nil), (#"["\x"]"#, nil), (#"["\u12"]"#, nil),
            (#"["\ud800"]"#, nil),
            (#"["\udc00\ud800"]"#, nil), ("[1 2]", nil), ("[}", nil), ("{]", nil), (#"["a"#, nil), ("{}x", nil),
        ] as [(String, String?)])
    func aJSONValueIsWrittenWithoutWhiteSpace(message: String, expected: String?) throws {
        var harness = try Harness(parserSet(["{x:json}"]))
        if let expected {
            #expect(try fields(&harness, message) == expected)
        } else {
            // Foundation's reader is lenient in places; what it takes must be a container to be taken here.
            #expect(try fields(&harness, message) == nil)
        }
    }

    @Test func jsonIsTakenToItsDepthAndNoDeeper() throws {
        var harness = try Harness(parserSet(["{x:json}"]))
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try fields(&harness, nested(64)) == "\"x\":" + nested(64))
        #expect(try fields(&harness, nested(65)) == nil)
        #expect(
            try fields(&harness, String(repeating: #"{"a":"#, count: 64) + "1" + String(repeating: "}", count: 64))
                != nil)
        #expect(try fields(&harness, String(repeating: "[", count: 100_000)) == nil)
    }

    private func rules(_ pattern: String, _ pairs: String) throws -> ParserSet {
        try ParserSet([
            try RulesFile(
                yaml: """
                    parser: test
                    programs: [test]
                    rules:
                      - name: r
                        type: T
                        pattern: '\(pattern)'
                        pairs:
                          \(pairs.replacingOccurrences(of: "\n", with: "\n      "))
                        examples: [{message: x, event: {}}]
                    """, name: "t.yaml")
        ])
    }

    private static let packet = """
        packet:
          SRC: src_ip
          SPT: {field: src_port, type: int}
          PROTO: {field: protocol, map: {TCP: tcp, UDP: udp, '2': {protocol: igmp, multicast: true}}}
          SYN: {field: syn, flag: true}
          MAC: {field: mac, type: mac}
          T: {field: seconds, type: duration}
        """

    @Test(
        arguments: [
            ("SRC=1 SPT=22 PROTO=TCP SYN", #""src_ip":"1","src_port":22,"protocol":"tcp","syn":true"#),
            ("SPT=0022 A=1", #""packet":{"A":"1"},"src_port":22"#),
            // What does not fit stays in the object; what is empty is absent.
            ("SPT=x SRC= PROTO=ICMP", #""packet":{"SPT":"x"},"protocol":"ICMP""#), ("SPT=", ""),
            ("A=", #""packet":{"A":""}"#),
            ("SYN=1 SRC SRC=2", #""packet":{"SYN":"1","SRC":true},"src_ip":"2""#),
            // The first of a key wins.
            ("SRC=1 A=2 SRC=3 A=4", #""packet":{"A":"2"},"src_ip":"1""#), ("SPT=x SPT=1", #""packet":{"SPT":"x"}"#),
            (#"SRC="a \"b\"" T=1min"#, #""src_ip":"a \"b\"","seconds":60"#),
            ("PROTO=2", #""protocol":"igmp","multicast":true"#),
        ] as [(String, String)])
    func listedKeysBecomeFields(message: String, expected: String) throws {
        var harness = try Harness(rules("{packet:kv}", Self.packet))
        #expect(try fields(&harness, message) == expected)
    }

    @Test func theKeyIsFoundInALiftedField() throws {
        let set = try rules("x {packet:kv}", Self.packet)
        var harness = try Harness(set)
        for (name, expected) in [
            ("src_ip", "192.0.2.1"), ("src_port", "22"), ("protocol", "tcp"), ("syn", "true"), ("packet", ""),
        ] {
            let event = harness.event(
                frame: Array("<13>Nov  4 14:02:09 h test: x SRC=192.0.2.1 SPT=22 PROTO=TCP SYN A=1".utf8),
                envelope: Envelope(receivedNanoseconds: 0), key: set.vocabulary.fieldID(named: name))
            let (json, place, _) = try #require(event)
            let key = Array(json.utf8)[place.keyStart..<place.keyStart + place.keyCount]
            #expect(String(decoding: key, as: UTF8.self) == expected)
        }
        #expect(set.vocabulary.fields.first { $0.name == "packet" }?.kind == .object)
        #expect(set.vocabulary.fields.first { $0.name == "syn" }?.kind == .boolean)
    }

    @Test func aLiftedAddressStandsInFront() throws {
        var harness = try Harness(rules("{packet:kv}", Self.packet))
        let event = harness.event(message: Array("A=1 MAC=00-11-22-33-44-5F".utf8))
        let json = String(decoding: try #require(event), as: UTF8.self)
        #expect(json.hasPrefix(#"{"type":"T","mac":"00:11:22:33:44:5f","timestamp":"#))
        #expect(json.contains(#","source":"test","packet":{"A":"1"},"message":"#))
    }

    @Test func othersCanBeIgnored() throws {
        var harness = try Harness(rules("{_a:kv}{? {b}}", "_a: {A: a, '*': ignore}"))
        #expect(try fields(&harness, "A=1 B=2") == #""a":"1""#)
        #expect(try fields(&harness, "B=2 B:") == #""b":"B:""#)
        #expect(harness.set.vocabulary.fieldID(named: "_a") == nil)
    }

    @Test(
        arguments: [
            (
                #"{"level":"info","n":5,"ok":true,"rest":{"a":[1, 2]}}"#,
                #""o":{"rest":{"a":[1,2]}},"level":"info","n":5,"ok":true"#
            ),
            (#"{"level":5,"n":"7","ok":"yes"}"#, #""o":{"ok":"yes"},"level":"5","n":7"#),
            (#"{"level":null,"n":1e3,"ok":false}"#, #""o":{"level":null,"n":1e3},"ok":false"#),
            (#"{"level":{"a":1},"n":"x","level":"b"}"#, #""o":{"level":{"a":1},"n":"x","level":"b"}"#),
            (#"{"level":"a\"\u00e9","LEVEL":1}"#, #""o":{"LEVEL":1},"level":"a\"\u00e9""#),
            (#"{"level":"a"}"#, #""level":"a""#), ("{}", ""), ("[1]", #""o":[1]"#),
            (#"{"level":""}"#, #""o":{"level":""}"#),
            (#"{"ip":"10.0.0.1x","n":-3}"#, #""o":{"ip":"10.0.0.1x"},"n":-3"#),
        ] as [(String, String)])
    func membersOfJSONBecomeFields(message: String, expected: String) throws {
        let pairs = """
            o:
              level: level
              n: {field: n, type: int}
              ok: {field: ok, flag: true}
              ip: {field: address, type: ip}
            """
        let set = try ParserSet(
            [
                try RulesFile(
                    yaml: """
                        parser: test
                        programs: [test]
                        rules:
                          - name: r
                            type: T
                            pattern: '{o:json}'
                            pairs:
                              \(pairs.replacingOccurrences(of: "\n", with: "\n      "))
                            examples: [{message: x, event: {}}]
                        """, name: "t.yaml")
            ])
        var harness = try Harness(set)
        #expect(try fields(&harness, message) == expected)
    }

    @Test(
        arguments: [
            ("y: {A: a}", "t.yaml:8:7: no pattern of rule 'r' captures 'y'"),
            ("w: {A: a}", "t.yaml:8:7: 'w' is no kv, json or ethernet capture in rule 'r'"),
            ("x: {A: message}", "t.yaml:8:14: 'message' is part of every event"),
            ("x: {A: {field: a, type: ipv5}}", "t.yaml:8:31: unknown type 'ipv5'; expected one of: ipv4"),
            ("x: {A: {field: a, type: kv}}", "t.yaml:8:31: unknown type 'kv'"),
            ("x: {A: {field: a, flag: 7}}", "t.yaml:8:31: expected true or false"),
            ("x: {A: {field: a, flag: true, type: int}}", "a flag has no type"),
            ("x: {A: {type: int}}", "'field' is missing"), ("x: {A: {field: a, kind: int}}", "unknown key 'kind'"),
            ("x: {A: a, B: a}", "t.yaml:8:20: 'a' is captured or lifted twice"),
            ("x: {A: w}", "'w' is captured or lifted twice"),
            ("x: {A: x}", "'x' is captured or lifted twice"), ("x: {'*': drop}", "t.yaml:8:16: expected 'ignore'"),
            ("x: {A: [a]}", "expected a field name, or a mapping"), ("x: [A]", "expected a mapping of keys to fields"),
            ("[A]", "expected a mapping of captures"),
            ("x: {A: {field: s}}", "'s' is captured by a pattern of rule 'r' and set"),
            ("x: {A: Field}", "expected a field name of a-z"),
        ] as [(String, String)])
    func aFaultOfPairsIsNamedWithItsPlace(pairs: String, expected: String) throws {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: '{w} {x:kv}'
                pairs:
                  \(pairs)
                set: {s: 1}
                examples: [{message: x, event: {}}]
            """
        do {
            _ = try ParserSet([try RulesFile(yaml: yaml, name: "t.yaml")])
            Issue.record("accepted")
        } catch let error as RulesErrors {
            #expect(error.errors.count == 1 && error.errors[0].description.contains(expected), "\(error)")
        }
    }

    @Test func anObjectCannotBeMappedAndHasOneKind() throws {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: '{x:kv}'
                map: {x: {a: b}}
                examples: [{message: x, event: {}}]
              - name: s
                type: T
                pattern: 's {y}'
                examples: [{message: x, event: {}}]
              - name: t
                type: T
                pattern: 't {y:kv}'
                pairs: {y: {A: {field: z, type: int}}}
                examples: [{message: x, event: {}}]
              - name: u
                type: T
                pattern: 'u {z}'
                examples: [{message: x, event: {}}]
            """
        func errors(_ yaml: String) throws -> [String] {
            do {
                _ = try ParserSet([try RulesFile(yaml: yaml, name: "t.yaml")])
                return []
            } catch let error as RulesErrors {
                return error.errors.map(\.message)
            }
        }
        let mapped = try errors(yaml)
        #expect(mapped.count == 1 && mapped[0].contains("'x' is an object"), "\(mapped)")
        let kinds = try errors(yaml.replacingOccurrences(of: "map: {x: {a: b}}", with: "set: {q: 1}"))
        #expect(kinds.count == 2 && kinds[0].contains("object") && kinds[1].contains("number"), "\(kinds)")
    }

    @Test func anExampleExpectsAnObject() throws {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: '{n:int} {x:kv}'
                pairs: {x: {SPT: {field: port, type: int}}}
                examples:
                  - message: 1 b="x y" a= DF SPT=5
                    event: {n: 1, x: {a: '', b: x y, DF: true}, port: 5}
                  - message: 1 a=2
                    event: {n: 1, x: {a: 2}}
              - name: j
                type: T
                pattern: 'j {x:json}'
                examples:
                  - message: 'j {"b":[1,{"c":null}],"a":"\\u00e9\\ud83d\\ude00\\n"}'
                    event: {x: {a: "é😀\\n", b: [1, {c: null}]}}
            """
        let results = RulesReport(try ParserSet([try RulesFile(yaml: yaml, name: "t.yaml")])).test()
        #expect(results.map { $0.differences.map(\.description) } == [[], [#"x: expected {"a":2}, is {"a":"2"}"#], []])
    }
}
