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
            "f.yaml:6:5: unknown key 'patern' in a rule; expected one of: name, type, pattern, patterns, pairs, set, map, "
                + "examples; did you mean pattern?",
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

    @Test func aFieldHasOneKindEverywhere() {
        let found = errors(rulesText(["a {x}", "b {x:int}"]))
        #expect(found.count == 1 && found[0].contains("field 'x' is a number, but in rule 'r0' of f.yaml it is a text"))
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
