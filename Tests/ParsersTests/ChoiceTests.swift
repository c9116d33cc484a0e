import Parsers
import Testing

@Suite struct ChoiceTests {
    @Test(
        arguments: [
            ("{x:(INFO|WARN|ERROR)}: {y:text}", "WARN: a", "T0 x=WARN y=a"),
            ("{x:(INFO|WARN|ERROR)}: {y:text}", "DEBUG: a", nil), ("{x:(INFO|WARN)}", "INFO", "T0 x=INFO"),
            ("{x:(INFO|WARN)}", "INFORM", nil), ("{x:(INFO|WARN)}", "INF", nil), ("{x:(INFO|WARN)}", "", nil),
            // The longest word; there is no other end.
            ("{x:(a|ab)}{y:text}", "abc", "T0 x=ab y=c"), ("{x:(ab|abc)}cd", "abcd", nil),
            ("{x:(a b|a)} c", "a b c", "T0 x=a b"), ("{x:(one)}", "one", "T0 x=one"), ("{_:(a|b)}{x}", "bc", "T0 x=c"),
            (#"{x:(\(a\)|\||\\|\{)}."#, "(a).", "T0 x=(a)"), (#"{x:(\(a\)|\||\\|\{)}."#, "|.", "T0 x=|"),
            (#"{x:(\(a\)|\||\\|\{)}."#, #"\."#, #"T0 x=\"#), ("{x:(\"|é)}", "\"", "T0 x=\""),
            ("{x:(\"|é)}", "é", "T0 x=é"),
            ("{y:long} {x:(up|down)}{? again}", "a up b down", "T0 x=down y=a up b"),
            ("{y:long} {x:(up|down)} {z:int}", "a up 1 down x", nil),
            ("{? {x:(up|down)}}b", " upb", "T0 x=up"), ("{? {x:(up|down)}}b", "b", "T0"),
        ] as [(String, String, String?)])
    func aValueIsOneOfTheWords(pattern: String, message: String, expected: String?) throws {
        var harness = try Harness(parserSet([pattern]))
        #expect(try harness.fields(message) == expected)
    }

    @Test(
        arguments: [
            // Behind literal text, before every other value.
            (["{x:(a|b)} {y}", "a {z}"], "a c", "T1 z=c"), (["{x:(1|2)}", "{z:int}"], "1", "T0 x=1"),
            (["{x:(1|2)}", "{z:int}"], "12", "T1 z=12"), (["{x}", "{y:(a|b)}"], "a", "T1 y=a"),
            // Of two lists the shorter.
            (["{x:(a|b|c)} {z}", "{y:(a|b)} {z}"], "a d", "T1 y=a z=d"),
            (["{x:(a|b|c)} {z}", "{y:(a|b)} {z}"], "c d", "T0 x=c z=d"),
            (["{x:(a|b|c)} d", "{y:(a|b)} e"], "a d", "T0 x=a"),
        ] as [([String], String, String?)])
    func ambiguityIsDecidedByTheWrittenRule(patterns: [String], message: String, expected: String?) throws {
        var harness = try Harness(parserSet(patterns))
        #expect(try harness.fields(message) == expected)
    }

    @Test func aMapReplacesAWord() throws {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: '{level:(W|E)} {reason:text}'
                map:
                  level: {W: warning, E: error}
                examples: [{message: x, event: {}}]
            """
        var harness = try Harness(ParserSet([try RulesFile(yaml: yaml, name: "t.yaml")]))
        #expect(try harness.fields("E a b") == "T level=error reason=a b")
    }

    @Test(
        arguments: [
            ("{x:(a|b}", "is not closed"), ("{x:()}", "empty or listed twice"), ("{x:(a||b)}", "empty or listed twice"),
            ("{x:(a|a)}", "empty or listed twice"), (#"{x:(a\n)}"#, "after a backslash"),
            ("{x:choice}", "unknown type"),
            ("{x:(a)b}", "is not closed"),
        ])
    func aFaultIsNamed(pattern: String, message: String) {
        let error = #expect(throws: (any Error).self) { try parserSet([pattern]) }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(String(describing: error))")
    }

    @Test func twoThatEndInOnePlaceAreRefused() {
        #expect(throws: (any Error).self) { try parserSet(["{x:(a|b)} {z}", "{y:(b|a)} {w}"]) }
    }
}
