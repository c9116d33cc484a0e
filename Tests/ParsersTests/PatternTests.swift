import Parsers
import Testing

@Suite struct PatternTests {
    @Test(
        arguments: [
            // Spaces and line ends at the end are no part of what is matched, and free text may be empty there.
            ("a {x:text} ", "a b", "T0 x=b"), ("a: {x:text}", "a:", "T0"), ("a:  {x:rest}", "a:", "T0"),
            ("a: {x}", "a:", nil), ("a{? }", "a", "T0"),
            // Placeholders are no values.
            ("a {x}", "a UNKNOWN", "T0"), ("a {x:text} b", "a (null) b", "T0"), ("a {x:ip} p", "a UNKNOWN p", "T0"),
            ("a {x:ip} p", "a <unknown> p", "T0"), ("a {x:ip}", "a UNKNOWNS", nil), ("a {x:quoted}", "a \"n/a\"", "T0"),
            ("a {x}", "a unknown", "T0 x=unknown"), ("a {x}", "a UNKNOWNS", "T0 x=UNKNOWNS"),
            ("{x:ethernet} y", "02:00:5e:00:53:01:08 y", "T0 x=02:00:5e:00:53:01:08"), ("{x:ethernet}", "02:0", nil),
            ("{x:letters}{_:space}{y:rest}", "P  OE   5.1 x", "T0 x=P  OE y=5.1 x"), ("{x:letters}", "5", nil),
            ("a{_:space}b", "a \t b", "T0"), ("a{_:space}b", "ab", nil),
            ("a {x} c", "a b c", "T0 x=b"), ("a {x} c", "a  c", nil), ("a {x} c", "a b", nil),
            ("a {x} c", "a b c d", nil),
            ("{x:ipv4}", "192.0.2.1", "T0 x=192.0.2.1"), ("{x:ipv4}", "192.0.2.256", nil), ("{x:ipv4}", "192.0.2", nil),
            ("{x:ipv4}", "192.0.02.1", nil), ("{x:ipv4}", "1.2.3.4.5", nil), ("{x:ipv4}.", "1.2.3.4.", "T0 x=1.2.3.4"),
            ("{x:ipv6}", "::", "T0 x=::"), ("{x:ipv6}", "::1", "T0 x=::1"),
            ("{x:ipv6}", "2001:db8::1", "T0 x=2001:db8::1"),
            ("{x:ipv6}", "1:2:3:4:5:6:7:8", "T0 x=1:2:3:4:5:6:7:8"), ("{x:ipv6}", "1:2:3:4:5:6:7", nil),
            ("{x:ipv6}", "1:2:3:4:5:6:7:8:9", nil), ("{x:ipv6}", "1::2::3", nil), ("{x:ipv6}", "12345::", nil),
            ("{x:ipv6}", "::ffff:192.0.2.1", "T0 x=::ffff:192.0.2.1"),
            ("{x:ipv6}", "1:2:3:4:5:6:7::", "T0 x=1:2:3:4:5:6:7::"),
            ("{x:ipv6}: y", "2001:db8::1: y", "T0 x=2001:db8::1"), ("{x:ipv6}: y", "2001:db8::: y", "T0 x=2001:db8::"),
            ("{x:ipv6}#{p:int}", "fe80::1%eth0#53", "T0 p=53 x=fe80::1%eth0"), ("{x:ipv6}", ":", nil),
            ("{x:ipv6}", "", nil),
            ("{x:ipv6}.", "2001:db8::53.", "T0 x=2001:db8::53"), ("{x:ip}. z", "fe80::1. z", "T0 x=fe80::1"),
            ("{x:ipv6}.", "1:2:3:4:5:6:7:8.", "T0 x=1:2:3:4:5:6:7:8"),
            ("{x:ipv6}.", "::ffff:1.2.3.4.", "T0 x=::ffff:1.2.3.4"),
            ("{x:ipv6}.{y}", "fe80::1.example", nil), ("{x:ipv6}.{y}", "fe80::1.2", nil),
            ("{x:ipv6}..", "fe80::..", "T0 x=fe80::"),
            ("{x:ipv6}.", "1:2.", nil), ("{x:ipv6}.", "fe80::1%eth0.", "T0 x=fe80::1%eth0"),
            ("{x:ipv6}", "1:", nil), ("{x:ipv6}", ":1", nil), ("{x:ip}", "10.0.0.1", "T0 x=10.0.0.1"),
            ("{x:ip}", "::1", "T0 x=::1"),
            ("{x:mac}", "00:11:22:33:44:5F", "T0 x=00:11:22:33:44:5f"),
            ("{x:mac}", "00-11-22-33-44-55", "T0 x=00:11:22:33:44:55"),
            ("{x:mac}", "00:11:22:33:44", nil), ("{x:mac}", "00:11:22:33:44:55:66", nil),
            ("{x:mac}", "00:11-22:33:44:55", nil),
            ("{x:mac}: y", "00:11:22:33:44:55: y", "T0 x=00:11:22:33:44:55"),
            ("{x:int}", "42", "T0 x=42"), ("{x:int}", "-42", "T0 x=-42"), ("{x:int}", "0042", "T0 x=42"),
            ("{x:int}", "4a", nil),
            ("{x:int}", "", nil), ("{x:int}", "-", nil), ("{x:int}", "+7", "T0 x=7"),
            ("{x:int}", "18446744073709551615", "T0 x=18446744073709551615"),
            ("{x:int}", "18446744073709551616", nil), ("{x:int}", "123456789012345678901", nil),
            ("{x:int}", "-9223372036854775808", "T0 x=-9223372036854775808"),
            ("{x:int}", "-9223372036854775809", nil),
            ("{x:int}", "00018446744073709551615", "T0 x=18446744073709551615"),
            ("{x:int}s", "9s", "T0 x=9"),
            ("{x:decimal}", "1.25", "T0 x=1.25"), ("{x:decimal}", "3", "T0 x=3"), ("{x:decimal}.", "3.", "T0 x=3"),
            ("{x:decimal}", "7.3e-07", "T0 x=7.3e-07"),
            ("{x:decimal}", "1e+99", "T0 x=1e+99"), ("{x:decimal}", "1e+100", nil), ("{x:decimal}", "1e5", nil),
            ("{x:decimal}e{y}", "1ex", "T0 x=1 y=x"), ("{x:decimal}e-{y}", "1e-x", "T0 x=1 y=x"),
            ("{x:hex}", "0x7fAB", "T0 x=0x7fAB"), ("{x:hex}", "beef", "T0 x=beef"), ("{x:hex}", "xyz", nil),
            ("{x:host}", "a-b.example", "T0 x=a-b.example"), ("{x:host}.", "a.example.", "T0 x=a.example"),
            ("{x:host}", "a b", nil),
            ("{x:quoted} z", #""a \"b\" c" z"#, #"T0 x=a "b" c"#), ("{x:quoted}", "'it'", "T0 x=it"),
            ("{x:quoted}", "\"open", nil),
            ("{x:quoted} z", "\"\" z", "T0"),
            ("{x:unit}: y", "a@b\\x2d.service: y", "T0 x=a@b\\x2d.service"), ("{x:unit}", "plain", nil),
            ("{x:unit}.", "a.mount.", "T0 x=a.mount"),
            ("{x:duration}", "1min 30.5s", "T0 x=90.5"), ("{x:duration}", "250ms", "T0 x=0.25"),
            ("{x:duration}", "5", nil),
            ("{x:duration} z", "2d 3h z", "T0 x=183600"), ("{x:duration}", "7 s", "T0 x=7"),
            ("{x:duration}", "0", "T0 x=0"), ("{x:duration}.", "0.", "T0 x=0"), ("{x:duration}, z", "0, z", "T0 x=0"),
            ("{x:duration}", "0.5", nil), ("{x:duration}", "00", nil), ("{x:duration}x", "0x", nil),
            ("{x:duration}", "0s", "T0 x=0"), ("{x:duration} z", "0 z", "T0 x=0"),
            ("{x:duration}", "212 ms", "T0 x=0.212"), ("{x:duration}", "1 min 3 s", "T0 x=63"),
            ("{x:duration}", "1min 3 s", "T0 x=63"), ("{x:duration} 3 z", "1min 3 z", "T0 x=60"),
            ("{x:duration}", "1h 2min 3.456s", "T0 x=3723.456"), ("{x:duration}.", "5s.", "T0 x=5"),
            ("{x:duration}.", "1 minute 5 seconds.", "T0 x=65"), ("{x:duration}", "7  s", nil),
            ("{x:duration} apples", "7 apples", nil),
            ("{x:duration}", "99999999999999y", nil),
            ("{x:timestamp}", "2026-11-22T10:00:00.5+01:00", "T0 x=2026-11-22T10:00:00.5+01:00"),
            ("{x:timestamp} z", "2026/11/22 10:00:00 z", "T0 x=2026/11/22 10:00:00"),
            ("{x:timestamp}", "22-Nov-2026 10:00:00.123", "T0 x=22-Nov-2026 10:00:00.123"),
            ("{x:timestamp}", "2026-11-22", nil),
            ("a{x:text}z", "a z z", "T0 x= z "), ("a {x:text} via {y}", "a b c via d", "T0 x=b c y=d"),
            ("a {x:text} via {y}", "a b via c via d", nil), ("a {x:text}, {y:text}", "a b, c, d", "T0 x=b y=c, d"),
            ("a {x:text}", "a ", "T0"), ("a {x:rest}", "a b c", "T0 x=b c"), ("{x:word}: y", "b:c: y", "T0 x=b:c"),
            ("{x}={y}", "a=b=c", "T0 x=a y=b=c"), ("({x}): y", "(a(b)): y", "T0 x=a(b)"), ("{x}.", "a.b.", "T0 x=a.b"),
            ("{x}.", ".", nil),
            ("a{_} {x}", "ab c", "T0 x=c"), (#"\{\}\|\\{x}"#, #"{}|\y"#, "T0 x=y"), ("a|b {x}", "a|b c", "T0 x=c"),
            ("é{x}", "éè", "T0 x=è"),
        ] as [(String, String, String?)])
    func aPatternTakesWhatItSays(pattern: String, message: String, expected: String?) throws {
        var harness = try Harness(parserSet([pattern]))
        #expect(try harness.fields(message) == expected)
    }

    @Test(
        arguments: [
            ("a{? {x:int}} b", "a 1 b", "T0 x=1"), ("a{? {x:int}} b", "a b", "T0"),
            ("a{? (b){? c}} d", "a (b) c d", "T0"),
            ("a{? (b){? c}} d", "a (b) d", "T0"), ("a{? (b){? c}} d", "a c d", nil),
            ("{|on|off} {x}", "off y", "T0 x=y"),
            ("{|on|off} {x}", "of y", nil), ("via {|{r:ip}|{i}}", "via 10.0.0.1", "T0 r=10.0.0.1"),
            ("via {|{r:ip}|{i}}", "via eth0", "T0 i=eth0"), ("via {|{r:ip}|{i}}", "via 10.0.0.1x", "T0 i=10.0.0.1x"),
            ("{x:text}{? via {y}}{?: {z:rest}}", "a b via c: d e", "T0 x=a b y=c z=d e"),
            ("{x:text}{? via {y}}{?: {z:rest}}", "a b", "T0 x=a b"), ("a{||b}", "a", "T0"), ("a{||b}", "ab", "T0"),
        ] as [(String, String, String?)])
    func optionalPartsAndAlternativesAreExpanded(pattern: String, message: String, expected: String?) throws {
        var harness = try Harness(parserSet([pattern]))
        #expect(try harness.fields(message) == expected)
    }

    @Test(
        arguments: [
            // Literal before typed before free, whatever the order in the file.
            (["a {x}", "a b"], "a b", "T1"), (["a {x}", "a {x:ip}"], "a 10.0.0.1", "T1 x=10.0.0.1"),
            (["a {x:text}", "a {x}"], "a b", "T1 x=b"), (["a {x:text}", "a {x}"], "a b c", "T0 x=b c"),
            (["a {x:int}", "a {y:hex}"], "a 12", "T0 x=12"), (["a {w}", "a {x:int}"], "a 12", "T1 x=12"),
            // A literal that leads nowhere does not hide the others.
            (["a bc", "a {x}"], "a bd", "T1 x=bd"), (["a bcd {y}", "a {x} z"], "a bcd z", "T0 y=z"),
            (["a bcd {y:int}", "a {x} z"], "a bcd z", "T1 x=bcd"),
            (["a {x:ip} z", "a {y} {z}"], "a 10.0.0.1 y", "T1 y=10.0.0.1 z=y"),
            // Terminators: the first in the message; at one place the longest; last the whole run.
            (["{x:text} via {y}", "{x:text} via eth0"], "a via eth0", "T1 x=a"),
            (["{x:text}.", "{x:text}"], "a.", "T0 x=a"),
            (["{x:text}.", "{x:text}..."], "a...", "T1 x=a"),
            (["{x:text}: {y:int}", "{x:text} on {y:int}"], "a on 1: 2", "T0 x=a on 1 y=2"),
            (["{x:text}: {y:rest}", "{x:text} on {y:rest}"], "a on 1: 2", "T1 x=a y=1: 2"),
            (["{x:text}: {y:int}", "{x:text} on {z:rest}"], "a: b on c", "T1 x=a: b z=c"),
            (["{x:text}.", "{x:text} via {y}"], "a via b.", "T1 x=a y=b."),
            (["{x:text}.", "{x:text} via {y:ip}"], "a via b.", "T0 x=a via b"),
            (["{x:text} of b", "{x:text} of {y}"], "a of b of b", "T0 x=a of b"),
            (["{x}: a", "{x} a"], "b: a", "T0 x=b"), (["{x}:: a", "{x}: a"], "b:: a", "T0 x=b"),
        ] as [([String], String, String?)])
    func ambiguityIsDecidedByTheWrittenRule(patterns: [String], message: String, expected: String?) throws {
        var harness = try Harness(parserSet(patterns))
        #expect(try harness.fields(message) == expected)
    }

    @Test(arguments: [
        ("-1E+02", "-1E+02"), ("+007.50e-7", "7.50e-7"), ("18446744073709551615", "18446744073709551615"),
    ])
    func aNumberIsWrittenAsItStands(text: String, expected: String) throws {
        var harness = try Harness(parserSet(["{x:decimal}"]))
        let made = harness.event(message: Array(text.utf8))
        let event = try #require(made)
        #expect(String(decoding: event, as: UTF8.self).contains(#""x":\#(expected),"#))
    }

    @Test func constantsAndMapsAreWritten() throws {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: 'x={x} y={y} z={z:int}'
                set: {state: "a \\"b\\"", rank: 3, good: true}
                map:
                  x: {'on': enabled, 'off': {mode: none, code: 7}, gone: {}}
                  y: {a: b, '*': other}
                examples: [{message: x, event: {}}]
            """
        var harness = try Harness(ParserSet([try RulesFile(yaml: yaml, name: "t.yaml")]))
        let always = #"good=1 "#
        #expect(try harness.fields("x=on y=a z=1") == "T \(always)rank=3 state=a \"b\" x=enabled y=b z=1")
        #expect(try harness.fields("x=off y=q z=2") == "T code=7 \(always)mode=none rank=3 state=a \"b\" y=other z=2")
        #expect(try harness.fields("x=gone y=a z=3") == "T \(always)rank=3 state=a \"b\" y=b z=3")
        #expect(try harness.fields("x=else y=a z=4") == "T \(always)rank=3 state=a \"b\" x=else y=b z=4")
    }
}
