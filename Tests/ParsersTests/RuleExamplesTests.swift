import Foundation
import Parsers
import RuleTools
import Testing
import TestRules

@Suite struct RuleExamplesTests {
    @Test func everyExampleOfTheBuiltInRulesGivesItsEvent() throws {
        let results = try BuiltIn.results()
        #expect(results.count >= 70)
        for result in results {
            #expect(
                result.differences.isEmpty,
                "\(result.file):\(result.line) \(result.rule): \(result.differences) \(result.event)")
        }
    }

    @Test func everyExampleIsMatchedByItsOwnRule() throws {
        for result in try BuiltIn.results() {
            #expect(result.matchedRule == "\(result.parser)/\(result.rule)", "\(result.file):\(result.line)")
        }
    }
}

@Suite struct RulesReportTests {
    @Test func anExampleThatDiffersIsReportedFieldByField() throws {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: 'a {x:int} {y}'
                examples:
                  - message: a 1 b
                    event: {x: 2, z: c, type: U}
            """
        let results = RulesReport(try ParserSet([try RulesFile(yaml: yaml, name: "t.yaml")])).test()
        #expect(results.count == 1)
        #expect(
            results[0].differences.map(\.description) == [
                "x: expected 2, is 1", "z: expected \"c\", is absent", "type: expected \"U\", is \"T\"",
                "y: expected no such field, is \"b\"",
            ])
        #expect(results[0].line == 8)
    }

    @Test func parsersAndRulesAreListed() throws {
        let parsers = RulesReport(try BuiltIn.set()).parsers
        let names = Set(parsers.map(\.name))
        #expect(names.isSuperset(of: ["dhcp_log_parser", "dns_log_parser", "systemd_log_parser"]), "\(names)")
        #expect(parsers[0].rules.map(\.eventType).contains("DHCP_LEASE"))
        #expect(parsers.allSatisfy { $0.rules.allSatisfy { $0.exampleCount > 0 } })
    }

    @Test func anExampleThatMatchesNothingSaysHowFarItGot() throws {
        let result = try result(of: "{message: a 1 c, event: {x: 1}}")
        #expect(!result.holds && result.matchedRule == nil && !result.isTakenByAnother)
        #expect(result.stop?.reached == 4 && result.stop?.expected == ["the text 'b'"])
        #expect(String(decoding: result.message, as: UTF8.self) == "a 1 c")
    }

    @Test func anExampleThatAnotherRuleTakesIsNamed() throws {
        let result = try result(of: "{message: a b, event: {}}")
        #expect(result.differences.isEmpty && result.isTakenByAnother && !result.holds)
        #expect(result.matchedRule == "test/other" && result.stop == nil)
    }

    @Test func valuesOfDifferentKindsAreNamedWithTheirKinds() throws {
        let result = try result(of: "{message: a 1 b, event: {x: '1'}}")
        #expect(result.differences.map(\.description) == ["x: expected the text \"1\", is the number 1"])
        #expect(!result.holds)
    }

    /// The example's result in a file with another rule of the same type.
    private func result(of example: String) throws -> RulesReport.ExampleResult {
        let yaml = """
            parser: test
            programs: [test]
            rules:
              - name: r
                type: T
                pattern: 'a {x:int} b'
                examples: [\(example)]
              - name: other
                type: T
                pattern: 'a b'
                examples: [{message: a b, event: {}}]
            """
        return try #require(RulesReport(ParserSet([try RulesFile(yaml: yaml, name: "t.yaml")])).test().first)
    }
}

/// The documents that are generated from the rules.
@Suite struct GeneratedDocumentTests {
    @Test func docsEventsIsWhatTheRulesSay() throws {
        try compare("events.md", RulesReport(BuiltIn.set()).eventsDocument)
    }

    @Test func docsFieldsIsWhatTheRulesSay() throws {
        try compare("fields.md", RulesReport(BuiltIn.set()).fieldsDocument(.builtIn))
    }

    private func compare(_ name: String, _ document: String) throws {
        let path = (#filePath as NSString).deletingLastPathComponent + "/../../docs/" + name
        let written = try String(contentsOfFile: path, encoding: .utf8)
        // Not the documents themselves: they are long.
        let isCurrent = written == document
        #expect(isCurrent, "docs/\(name) is stale: run make docs")
    }

    @Test func everyFieldHasAMeaningAndEveryMeaningAField() throws {
        let report = RulesReport(try BuiltIn.set())
        #expect(report.fieldsWithoutMeaning(.builtIn) == [], "add them to Sources/CRules/Rules/Fields/fields.yaml")
        #expect(report.unusedMeanings(.builtIn) == [], "remove them from Sources/CRules/Rules/Fields/fields.yaml")
        #expect(FieldDictionary.builtIn.meanings.values.allSatisfy { !$0.contains("|") && !$0.isEmpty })
    }

    @Test func everyRulesFileOfTheFolderIsBuiltIn() throws {
        let folder = (#filePath as NSString).deletingLastPathComponent + "/../../Sources/CRules/Rules"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(Set(RulesFile.builtIn.map(\.name)) == Set(names), "Sources/CRules/rules.c lists the files")
    }
}
