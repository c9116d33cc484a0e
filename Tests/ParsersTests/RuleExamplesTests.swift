import Foundation
import Parsers
import Testing

@Suite struct RuleExamplesTests {
    @Test func everyExampleOfTheBuiltInRulesGivesItsEvent() throws {
        let set = try ParserSet(RulesFile.builtIn)
        let results = RulesReport(set).test()
        #expect(results.count >= 70)
        for result in results {
            #expect(
                result.differences.isEmpty,
                "\(result.file):\(result.line) \(result.rule): \(result.differences) \(result.event)")
        }
    }

    @Test func everyExampleIsMatchedByItsOwnRule() throws {
        for result in RulesReport(try ParserSet(RulesFile.builtIn)).test() {
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
        let parsers = RulesReport(try ParserSet(RulesFile.builtIn)).parsers
        #expect(parsers.map(\.name) == ["dhcp_log_parser", "dns_log_parser", "systemd_log_parser"])
        #expect(parsers[0].rules.map(\.eventType).contains("DHCP_LEASE"))
        #expect(parsers.allSatisfy { $0.rules.allSatisfy { $0.exampleCount > 0 } })
    }

    @Test func docsEventsIsWhatTheRulesSay() throws {
        let path = (#filePath as NSString).deletingLastPathComponent + "/../../docs/events.md"
        let document = RulesReport(try ParserSet(RulesFile.builtIn)).eventsDocument
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try document.write(toFile: path, atomically: false, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == document, "run the tests with UPDATE_DOCS=1")
    }
}
