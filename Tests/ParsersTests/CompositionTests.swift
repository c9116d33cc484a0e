import Events
import Parsers
import RuleTools
import Testing

/// Rules files that extend a parser or include another.
@Suite struct CompositionTests {
    private static let base = """
        parser: base
        programs: [base, 'base-*']
        rules:
          - name: first
            type: FIRST
            pattern: 'one {x}'
            examples: [{message: one 1, event: {x: '1'}}]
          - name: second
            type: SECOND
            pattern: 'two {x}'
            examples: [{message: two 2, event: {x: '2'}}]
        """

    private static let other = """
        parser: other
        programs: [other]
        rules:
          - name: first
            type: OTHER
            pattern: 'three {y}'
            examples: [{message: three 3, event: {y: '3'}}]
        """

    private func set(_ texts: String...) throws -> ParserSet {
        try ParserSet(
            texts.enumerated().map { try RulesFile(yaml: $1, name: "\($0).yaml") }, plugins: [ColonParser.self])
    }

    private func errors(_ texts: String...) -> [String] { errors(texts) }

    private func errors(_ texts: [String]) -> [String] {
        do {
            let files = try texts.enumerated().map { try RulesFile(yaml: $1, name: "\($0).yaml") }
            _ = try ParserSet(files, plugins: [ColonParser.self])
            return []
        } catch let error as RulesErrors {
            return error.errors.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    private func event(_ set: ParserSet, _ parser: String, _ message: String) throws -> String? {
        var harness = try Harness(set, parser: parser)
        return try harness.fields(message)
    }

    // MARK: extends

    @Test func anExtensionAddsRulesAndProgramTags() throws {
        let set = try set(
            Self.base,
            """
            extends: base
            programs: [mine]
            rules:
              - name: third
                type: THIRD
                pattern: 'three {x}'
                examples: [{message: three 3, event: {x: '3'}}]
            """)
        #expect(set.parserNames == ["base", "colon"])
        #expect(try event(set, "base", "one 1") == "FIRST x=1")
        #expect(try event(set, "base", "three 3") == "THIRD x=3")
        #expect(set.parser(forProgram: Array("mine".utf8).span) == set.parser(named: "base"))
        #expect(set.parser(forProgram: Array("base-1".utf8).span) == set.parser(named: "base"))
        #expect(RulesReport(set).parsers[0].extensions == ["1.yaml"])
        #expect(RulesReport(set).test().map(\.differences.count) == [0, 0, 0])
    }

    @Test func anExtensionMayAddProgramTagsAlone() throws {
        let set = try set("extends: base\nprograms: [mine]", Self.base)
        #expect(set.parser(forProgram: Array("mine".utf8).span) == set.parser(named: "base"))
    }

    @Test func theProgramTagsOfALaterFileGoFirst() throws {
        let extended = try set(Self.base, Self.other, "extends: base\nprograms: [other]")
        #expect(extended.parser(forProgram: Array("other".utf8).span) == extended.parser(named: "base"))
        // A file that replaces the first parser is later than the second all the same.
        let replaced = try set(
            Self.base, Self.other, Self.base.replacing("programs: [base, 'base-*']", with: "programs: [other]"))
        #expect(replaced.parser(forProgram: Array("other".utf8).span) == replaced.parser(named: "base"))
    }

    @Test func aRuleOfTheSameNameReplacesTheParsersRule() throws {
        let set = try set(
            Self.base,
            """
            extends: base
            rules:
              - name: first
                type: MINE
                pattern: 'one {x:int}'
                examples: [{message: one 1, event: {x: 1}}]
              - name: second
                type: SECOND
                pattern: 'two {x:int}'
                examples: [{message: two 2, event: {x: 2}}]
            """)
        #expect(try event(set, "base", "one 1") == "MINE x=1")
        #expect(try event(set, "base", "one a") == nil)
        #expect(!set.vocabulary.eventTypes.contains("FIRST"))
        #expect(RulesReport(set).test().map(\.file) == ["1.yaml", "1.yaml"])
    }

    @Test func severalFilesExtendOneParserWhateverTheirPlace() throws {
        func extending(_ name: String, _ pattern: String) -> String {
            """
            extends: base
            rules:
              - name: \(name)
                type: \(name.uppercased())
                pattern: '\(pattern)'
                examples: [{message: x, event: {}}]
            """
        }
        let set = try set(
            extending("third", "three {x}"), Self.base, extending("fourth", "four {x}"), extending("third", "3 {x}"))
        #expect(try event(set, "base", "three 1") == nil)
        #expect(try event(set, "base", "3 1") == "THIRD x=1")
        #expect(try event(set, "base", "four 1") == "FOURTH x=1")
    }

    @Test func anExtensionAddsToTheFileThatReplacedTheParser() throws {
        let set = try set(
            Self.base, Self.base.replacing("one {x}", with: "uno {x}"), "extends: base\nprograms: [mine]")
        #expect(try event(set, "base", "one 1") == nil)
        #expect(try event(set, "base", "uno 1") == "FIRST x=1")
        #expect(set.parser(forProgram: Array("mine".utf8).span) == set.parser(named: "base"))
    }

    // MARK: include

    @Test func theRulesOfAnIncludedParserAreTriedWithThisParsersName() throws {
        let including = Self.other + "\ninclude: [base]"
        let set = try set(Self.base, including)
        var harness = try Harness(set, parser: "other")
        #expect(try harness.object("one 1")["source"] as? String == "other")
        #expect(harness.encoder.matchedRule == "base/first")
        #expect(try harness.fields("one 1") == "FIRST x=1")
        #expect(try harness.fields("three 1") == "OTHER y=1")
        #expect(try event(set, "base", "three 1") == nil)
        #expect(RulesReport(set).parsers[1].includes == ["base"])
        #expect(RulesReport(set).parsers[1].included.map(\.name) == ["first", "second"])
    }

    @Test func includesReachFurtherAndMeet() throws {
        let top = "parser: top\nprograms: [top]\ninclude: [left, right]\nrules: []"
        let left = "parser: left\nprograms: [left]\ninclude: [base]\nrules: []"
        let right = "parser: right\nprograms: [right]\ninclude: [base, other]\nrules: []"
        let set = try set(top, left, right, Self.base, Self.other, "extends: other\ninclude: [base]")
        #expect(try event(set, "top", "one 1") == "FIRST x=1")
        #expect(try event(set, "top", "three 1") == "OTHER y=1")
        #expect(try event(set, "other", "two 1") == "SECOND x=1")
        #expect(RulesReport(set).parsers[0].included.count == 3)
    }

    @Test func anIncludedParserHasTheRulesThatExtendIt() throws {
        let set = try set(
            Self.base, Self.other + "\ninclude: [base]",
            """
            extends: base
            rules:
              - name: second
                type: MINE
                pattern: 'zwei {x}'
                examples: [{message: zwei 2, event: {x: '2'}}]
            """)
        #expect(try event(set, "other", "zwei 1") == "MINE x=1")
        #expect(try event(set, "other", "two 1") == nil)
    }

    @Test func aParsersOwnRuleGoesBeforeAnIncludedOneWithTheSamePattern() throws {
        let set = try set(Self.base, Self.other.replacing("three {y}", with: "one {y}") + "\ninclude: [base]")
        #expect(try event(set, "other", "one 1") == "OTHER y=1")
        #expect(try event(set, "base", "one 1") == "FIRST x=1")
    }

    // MARK: Faults

    @Test(
        arguments: [
            (["extends: nobody\nrules: []"], "1.yaml:1:10: no parser is called 'nobody'; expected one of: base"),
            (["extends: bsae"], "expected one of: base; did you mean base?"),
            (["extends: colon"], "1.yaml:1:10: 'colon' is a parser in Swift, which cannot be extended"),
            (["extends: base\nparser: mine"], "1.yaml:2:9: expected either 'parser' (a parser of its own) or"),
            (["extends: ''"], "1.yaml:1:10: 'extends' is empty"),
            (["extends: base\ncolour: red"], "1.yaml:2:1: unknown key 'colour' in a rules file; expected one of: "),
            (
                ["extends: base\ninclude: [nobody, other]"],
                "1.yaml:2:11: no parser is called 'nobody'; expected one of: base"
            ),
            (["extends: base\ninclude: {base: 1}"], "1.yaml:2:10: expected a list of parser names"),
            (["extends: base\ninclude: [colon]"], "'colon' is a parser in Swift, which cannot be included"),
            (["extends: base\ninclude: [base]"], "1.yaml:2:11: parsers include each other: base includes base"),
            (
                ["extends: base\ninclude: [a]", "parser: a\nprograms: []\ninclude: [base]\nrules: []"],
                "2.yaml:3:11: parsers include each other: a includes base includes a; expected no circle"
            ),
        ] as [([String], String)])
    func whatCannotBeResolvedIsNamedWithItsPlace(files: [String], expected: String) {
        let found = errors([Self.base] + files)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test func aPatternThatTheExtendedParserTakesFirstIsReportedInTheExtension() {
        let found = errors(
            Self.base,
            """
            extends: base
            rules:
              - name: mine
                type: MINE
                pattern: 'two {y}'
                examples: [{message: two 1, event: {y: '1'}}]
            """)
        #expect(
            found == [
                "1.yaml:5:14: the pattern of rule 'mine' can never match: a pattern of rule 'second' (0.yaml:10:14) "
                    + "matches the same messages first; to replace that rule, give this one its name"
            ])
    }

    @Test func aPatternThatAReplacedRuleTakesFromTheParserIsReportedInTheExtension() {
        let found = errors(
            Self.base,
            """
            extends: base
            rules:
              - name: first
                type: FIRST
                patterns: ['one {x}', 'two {x}']
                examples: [{message: one 1, event: {x: '1'}}]
            """)
        #expect(
            found == [
                "1.yaml:5:27: with this pattern of rule 'first' a pattern of rule 'second' (0.yaml:10:14) can never "
                    + "match: this one matches the same messages first"
            ])
    }

    @Test func aFieldOfAnotherKindThanInTheExtendedParserIsReportedInTheExtension() {
        let found = errors(
            Self.base,
            """
            extends: base
            rules:
              - name: third
                type: FIRST
                pattern: 'three {x:int}'
                examples: [{message: three 3, event: {x: 3}}]
            """)
        #expect(found.count == 1, "\(found)")
        #expect(found[0].hasPrefix("1.yaml:3:5: in rule 'third' field 'x' of FIRST is a number"), "\(found)")
        #expect(found.allSatisfy { $0.contains("in rule 'first' of 0.yaml it is a text") }, "\(found)")
    }

    @Test func faultsOfAllFilesAreReportedTogether() {
        let found = errors(Self.base, "extends: nobody\nrules: []", "extends: base\nrules: [{name: x}]")
        #expect(found.contains { $0.hasPrefix("1.yaml:1:10: no parser is called") }, "\(found)")
        #expect(found.contains { $0.hasPrefix("2.yaml:2:9: 'type' is missing") }, "\(found)")
    }
}
