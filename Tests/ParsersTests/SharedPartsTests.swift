import Parsers
import RuleTools
import Testing

/// What a rules file says once for all its rules: `prefix`, `parts` and `map`.
@Suite struct SharedPartsTests {
    private static let file = """
        parser: test
        programs: [test]
        parts:
          peer: '{ip:ip}{?#{port:int}}'
          from: '{|from|by} {@peer}'
          tail: '{? after {seconds:duration}}{|.|}'
        prefix: '[{_:int}:{thread:int}] {level}: '
        map:
          level: {W: warning, E: error}
          name: {b: bob}
        rules:
          - name: accepted
            type: ACCEPTED
            pattern: 'accepted {name} {@from}{@tail}'
            examples:
              - message: '[1:2] E: accepted b by 192.0.2.1#53 after 2s.'
                event: {thread: 2, level: error, name: bob, ip: 192.0.2.1, port: 53, seconds: 2}
          - name: bare
            type: BARE
            prefix: false
            pattern: 'no thread {@peer}'
            map: {ip: {192.0.2.1: us}}
            examples: [{message: no thread 192.0.2.1, event: {ip: us}}]
          - name: own
            type: OWN
            prefix: 'own {level} '
            patterns: ['{a:int} {@peer}', 'nothing{@tail}']
            map: {level: {}}
            examples:
              - {message: own W 7 192.0.2.1, event: {level: W, a: 7, ip: 192.0.2.1}}
              - {message: own E nothing, event: {level: E}}
        """

    private static func errors(_ yaml: String) -> [String] {
        do {
            _ = try ParserSet([try RulesFile(yaml: yaml, name: "f.yaml")])
            return []
        } catch let error as RulesErrors {
            return error.errors.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    private static func text(_ head: String, _ pattern: String) -> String {
        """
        parser: test
        programs: [test]
        \(head)
        rules:
          - name: r
            type: T
            pattern: '\(pattern)'
            examples: [{message: x, event: {}}]
        """
    }

    @Test func prefixPartsAndMapsStandForWhatTheySay() throws {
        let set = try ParserSet([try RulesFile(yaml: Self.file, name: "f.yaml")])
        let results = RulesReport(set).test()
        #expect(results.count == 4)
        for result in results { #expect(result.holds, "\(result.text): \(result.differences)") }
        var harness = try Harness(set)
        #expect(try harness.fields("[1:2] W: no thread 192.0.2.1") == nil)
        #expect(try harness.fields("accepted a by 192.0.2.1") == nil)
    }

    /// The same patterns written out give the same fields, whatever the line.
    @Test(arguments: [
        "[1:2] E: accepted a by 192.0.2.1#53 after 2s.", "[1:2] W: accepted a from 192.0.2.1",
        "[1:2] x: accepted a by ::1.",
        "[1:2] E: accepted  by ::1", "accepted a by ::1", "[1:2] E: accepted a by ::1 after 1s",
    ])
    func aPatternInPartsIsThePatternWrittenOut(message: String) throws {
        let parted = try RulesFile(yaml: Self.file, name: "f.yaml")
        let written = try RulesFile(
            yaml: """
                parser: test
                programs: [test]
                rules:
                  - name: accepted
                    type: ACCEPTED
                    pattern: '[{_:int}:{thread:int}] {level}: accepted {name} {|from|by} {ip:ip}{?#{port:int}}{? after {seconds:duration}}{|.|}'
                    map: {level: {W: warning, E: error}, name: {b: bob}}
                    examples: [{message: x, event: {}}]
                """, name: "f.yaml")
        var one = try Harness(ParserSet([parted]))
        var other = try Harness(ParserSet([written]))
        #expect(try one.fields(message) == other.fields(message))
    }

    @Test(
        arguments: [
            (
                "parts: {peer: '{ip:ip}'}", "a {@pear}",
                ["7:19: in the pattern, byte 5: no part is called 'pear'; expected one of: peer; did you mean peer?"]
            ),
            ("", "a {@peer}", ["byte 5: no part is called 'peer'; expected a name that stands under 'parts'"]),
            ("parts: {a: '{@a}'}", "x", ["3:15: in the part, byte 3: no part is called 'a'"]),
            (
                "parts: {a: '{x:wrod} {Y}'}", "x {@a}",
                ["in the part, byte 4: unknown type 'wrod'", "in the part, byte 11: expected a field"]
            ),
            ("parts: {a: '{x}'}", "{@a} {@a}", ["byte 6: field 'x' is captured twice"]),
            ("parts: {a: '{x}'}", "{@a}{y:int}", ["byte 1: a 'word' capture ends at the text behind it"]),
            ("parts: {A: 'x'}", "x", ["3:9: expected a part's name of a-z, 0-9 and _"]),
            ("parts: [a]", "x", ["expected a mapping of names to parts of patterns"]),
            ("prefix: 'a {x'", "x", ["3:12: in the prefix, byte 3: this '{' is not closed"]),
            ("prefix: 'a {x} '", "{x}", ["7:15: in the pattern, byte 1: field 'x' is captured twice"]),
            ("prefix: [a]", "x", ["expected the beginning of patterns"]),
            ("map: {x: 1}", "{x}", ["expected a mapping of captured values"]),
            (
                "parts: {a: '{?{?{?{?{?{?{?{?{?x}}}}}}}}}', b: '{?{?{?{?{?{?{?{?{@a}y}}}}}}}}'}", "x",
                ["in the part, byte 17: with this part more than 16 groups are inside each other"]
            ),
        ] as [(String, String, [String])])
    func aFaultStandsWhereItWasMade(head: String, pattern: String, expected: [String]) {
        let found = Self.errors(Self.text(head, pattern))
        #expect(found.count == expected.count, "\(found)")
        for (message, part) in zip(found, expected) { #expect(message.contains(part), "\(message)") }
    }

    /// Parts that double what the one before holds are refused by size, before they are put together.
    @Test func partsOfPartsDoNotGrowWithoutEnd() {
        let parts = (1...60).map { "  p\($0): '{@p\($0 - 1)}{@p\($0 - 1)}'" }
        let head = (["parts:", "  p0: '\(String(repeating: "x", count: 64))'"] + parts).joined(separator: "\n")
        let found = Self.errors(Self.text(head, "{@p60}"))
        // One that is refused counts as nothing in those that name it, so the next one that is too long is said as well.
        #expect((1...10).contains(found.count), "\(found)")
        for message in found {
            #expect(message.contains("in the part, byte 1: with its prefix and parts the pattern is longer than 4096"))
        }
    }
}
