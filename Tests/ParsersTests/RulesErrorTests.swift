import Parsers
import Testing

@Suite struct RulesErrorTests {
    private func errors(_ yaml: String) -> [String] {
        do {
            _ = try ParserSet([try RulesFile(yaml: yaml, name: "f.yaml")])
            return []
        } catch let error as RulesErrors {
            return error.errors.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test(arguments: [
        ("a {x", "f.yaml:6:17: in the pattern, byte 3: this '{' is not closed"),
        ("a {x:ipv5}", "f.yaml:6:20: in the pattern, byte 6: unknown type 'ipv5'; expected one of: ipv4"),
        ("a {x:xml}", "unknown type 'xml'"),
        ("a } b", "byte 3: unexpected '}'"), (#"a \x"#, "byte 3: expected one of"), ("{X}", "expected a field name"),
        ("{?}", "an optional part is empty"), ("{|a}", "expected at least two alternatives"),
        ("{a}{b}", "byte 1: a 'word' capture ends at the text behind it"), ("{a:text}{b:int}", "a 'text' capture"),
        ("{a:rest} b", "'rest' can only end a pattern"), ("{a} {a}", "byte 5: field 'a' is captured twice"),
        ("{host} b", "'host' is part of every event"), ("{type}", "'type' is part of every event"),
        ("{?a}{?b}{?c}{?d}{?e}{?f}{?g}{?h}{?i}{?j}x", "more than 512 sequences"), ("{?a}", "the pattern can be empty"),
        ("", "the pattern is empty"), ("Grüße {x:q}", "f.yaml:6:24: in the pattern, byte 12: unknown type 'q'"),
    ])
    func aBadPatternIsNamedWithItsPlace(pattern: String, expected: String) {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: '\(pattern)'
                examples: [{message: x, event: {}}]
            """
        let found = errors(yaml)
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
    }

    @Test(
        arguments: [
            (
                "{a:ipv5} } {B} {c:wrod} {?}",
                [
                    "6:18: in the pattern, byte 4: unknown type 'ipv5'",
                    "6:24: in the pattern, byte 10: unexpected '}'",
                    "6:27: in the pattern, byte 13: expected a field name",
                    "6:33: in the pattern, byte 19: unknown type 'wrod'",
                    "6:39: in the pattern, byte 25: an optional part is empty",
                ]
            ),
            ("{a} {a} {b}{c:int}", ["byte 5: field 'a' is captured twice", "byte 9: a 'word' capture ends at"]),
            (
                "{a:text}{b:rest} {a}",
                ["byte 1: a 'text' capture", "byte 9: 'rest' can only end", "byte 18: field 'a' is captured twice"]
            ),
            (
                "{?{a}{b}} {?{a}{b}}x",
                ["byte 3: a 'word'", "byte 13: field 'a'", "byte 13: a 'word'", "byte 16: field 'b'"]
            ),
            ("{?a {x:ipv5} b", ["byte 1: this '{' is not closed", "byte 8: unknown type"]),
            ("{?a {|b|{x", ["byte 9: this '{' is not closed"]),
            ("{x y} {z:q}", ["byte 1: this '{' is not closed", "byte 10: unknown type 'q'"]),
            ("{x {z:q}", ["byte 1: this '{' is not closed", "byte 7: unknown type 'q'"]),
            ("{x:(a|a)} {y:(b} c", ["byte 8: a word of a choice", "byte 14: this '(' is not closed"]),
            (#"\a {x:(\a)} \"#, ["byte 1: expected one of", "byte 8: expected one of", "byte 13: expected one of"]),
            (String(repeating: "{?", count: 20) + "{X}", ["byte 33: more than 16 groups"]),
        ] as [(String, [String])])
    func everyFaultOfAPatternIsReported(pattern: String, expected: [String]) {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: '\(pattern)'
                examples: [{message: x, event: {}}]
            """
        let found = errors(yaml)
        #expect(found.count == expected.count, "\(found)")
        for (message, part) in zip(found, expected) { #expect(message.contains(part)) }
    }

    @Test(
        arguments: [
            ("pattern: 'a {x:ipv5}'", "did you mean ipv4?"), ("pattern: 'a {x:itn}'", "did you mean int?"),
            ("patern: 'a {x}'", "did you mean pattern?"), ("pattern: 'a {x:zzzzzz}'", nil),
            ("pattern: 'a {x:kv}'\n    pairs: {x: {K: {field: k, tpye: int}}}", "did you mean type?"),
            ("pattern: 'a {x:kv}'\n    pairs: {x: {K: {field: k, type: decimel}}}", "did you mean decimal?"),
        ] as [(String, String?)])
    func aMisspeltWordIsAnsweredWithTheOneThatWasMeant(line: String, expected: String?) {
        let found = errors(
            """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                \(line)
                examples: [{message: x, event: {}}]
            """)
        let said = found.filter { $0.contains("did you mean") }
        #expect(said.count == (expected == nil ? 0 : 1), "\(found)")
        if let expected { #expect(said.first?.hasSuffix(expected) == true, "\(found)") }
        #expect(!found.isEmpty)
    }

    /// What a pattern with a fault captures is not known, so nothing is said of it.
    @Test func aFaultInAPatternIsNoFaultOfTheRulesOtherParts() {
        let found = errors(
            """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                patterns: ['a {x:wrod}', 'b {y}']
                map: {x: {1: one}}
                set: {z: 1}
                examples: [{message: x, event: {}}]
            """)
        #expect(found.count == 1 && found[0].contains("unknown type 'wrod'"), "\(found)")
    }

    @Test(arguments: ["True", "TRUE", "False", "FALSE"])
    func aBooleanInOtherLettersIsAFault(word: String) {
        func text(_ value: String) -> String {
            """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: 'a {x}'
                set: {y: \(value)}
                map: {x: {b: \(value)}}
                examples: [{message: a b, event: {y: \(value), x: \(value)}}]
            """
        }
        let found = errors(text(word))
        #expect(found.count == 4, "\(found)")
        #expect(found.first == "f.yaml:7:14: '\(word)' is a text; expected true or false, or the text in quotes")
        #expect(errors(text("'\(word)'")) == [])
        #expect(errors(text(word.lowercased())).allSatisfy { !$0.contains("expected true") })
    }

    @Test func allErrorsAreReportedAtOnceInTheirOrder() {
        let found = errors(
            """
            parser: Test
            colour: red
            rules:
              - name: one
                type: lower
                patern: 'x'
                examples: []
              - name: one
                type: T
                pattern: 'a {x}'
                set: {x: 1, message: y}
                map: {nope: {a: b}}
                examples: [{event: {}}]
            """)
        let expected = [
            "f.yaml:1:1: 'programs' is missing", "f.yaml:1:9: expected a parser name",
            "f.yaml:2:1: unknown key 'colour'",
            "f.yaml:4:5: the rule has no 'pattern' or 'patterns'", "f.yaml:5:11: expected an event type",
            "f.yaml:6:5: unknown key 'patern' in a rule; expected one of: name, type, prefix, pattern, patterns, pairs, "
                + "set, map, examples; did you mean pattern?",
            "f.yaml:7:15: expected at least one example", "f.yaml:8:5: a second rule is called 'one'",
            "f.yaml:11:11: 'x' is captured by a pattern of rule 'one' and set as well",
            "f.yaml:11:17: 'message' is part of every event", "f.yaml:12:11: no pattern of rule 'one' captures 'nope'",
            "f.yaml:13:16: expected either 'message'",
        ]
        #expect(found.count == expected.count, "\(found)")
        for (message, start) in zip(found, expected) { #expect(message.hasPrefix(start), "\(message)") }
    }

    @Test(arguments: [
        ("a: [", "f.yaml:"), ("a: 1\na: 2", "the same key twice"), ("", "the file is empty"),
        ("- x", "expected a mapping"),
    ])
    func whatIsNoRulesFileIsSaidSo(yaml: String, expected: String) {
        let found = errors(yaml)
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
    }

    @Test func aKeyThatIsAnAliasToAliasesIsRefusedAtOnce() {
        var yaml = "a0: &a0 [x, x]\n"
        for level in 1...60 { yaml += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(errors(yaml + "? *a60\n: v\n") == ["f.yaml:62:3: a key is a list or a mapping, expected a name"])
        let keys = (0..<60_000).map { "k\($0): 1\n" }.joined()
        #expect(errors(keys) == ["f.yaml:2001:1: more than 2000 keys in one mapping"])
    }

    @Test func oneValueIsAListOfOne() throws {
        let file = try RulesFile(
            yaml: """
                parser: test
                programs: tag
                rules:
                  - {name: r, type: T, patterns: 'a {x}', examples: [{message: a 1, event: {type: T, x: '1'}}]}
                """, name: "f.yaml")
        #expect(file.errors == [] && file.programs == ["tag"])
        #expect(try ParserSet([file]).parserNames.contains("test"))
    }

    @Test func aPatternThatCanNeverMatchIsReported() {
        #expect(
            errors(rulesText(["a {x}", "a {y}"])).first?.contains("rule 'r1' can never match: a pattern of rule 'r0'")
                == true)
        #expect(errors(rulesText(["a {x:text}", "a {y:rest}"])).count == 1)
        #expect(errors(rulesText(["a{? b}", "a b"])).count == 1)
        #expect(errors(rulesText(["a b", "a{? b}"])).isEmpty)
        #expect(errors(rulesText(["a{?b}{?b}c"])).isEmpty)
    }

    @Test func namesAndConstantsHaveALimit() {
        let long = String(repeating: "a", count: 200)
        let found = errors(
            """
            parser: \(long)
            programs: [test]
            rules:
              - name: r
                type: \(long.uppercased())
                pattern: 'a {\(long)}'
                set: {x: '\(String(repeating: "b", count: 70_000))'}
                examples: [{message: x, event: {}}]
            """)
        #expect(found.count == 4, "\(found)")
    }

    @Test func aLaterFileReplacesAnEarlierOneOfTheSameParser() throws {
        let first = try RulesFile(yaml: rulesText(["a {x}"]), name: "first.yaml")
        let second = try RulesFile(yaml: rulesText(["b {x}"]), name: "second.yaml")
        var harness = try Harness(ParserSet([first, second]))
        #expect(try harness.fields("a 1") == nil)
        #expect(try harness.fields("b 1") == "T0 x=1")
        #expect(harness.set.parserNames.filter { $0 == "test" }.count == 1)
    }

    @Test(arguments: [
        ("dhcpd", "one"), ("dhcpd-eth0", "two"), ("dhcp", "three"), ("x/dhcp/y", "four"), ("named", nil), ("", nil),
    ])
    func aProgramTagFindsTheMostExactParser(program: String, expected: String?) throws {
        let tags = [("one", "[dhcpd]"), ("two", "['dhcpd*']"), ("three", "['dhc*']"), ("four", "['*/dhcp/*', 'q*']")]
        let files = try tags.map { name, list in
            try RulesFile(yaml: "parser: \(name)\nprograms: \(list)\nrules: []", name: name)
        }
        let set = try ParserSet(files)
        let found = set.parser(forProgram: Array(program.utf8).span)
        #expect(found.map { set.parserNames[Int($0.rawValue)] } == expected)
    }
}
