import Parsers
import RuleTools
import Testing
import TestRules

@Suite struct BuiltInRulesTests {
    @Test("without their examples the built-in rules are the same rules at the same lines")
    func withoutExamples() throws {
        func summary(_ set: ParserSet) -> [String] {
            RulesReport(set).parsers.flatMap { parser in
                ["\(parser.name) \(parser.programs) \(parser.includes)"]
                    + parser.rules.map {
                        "\($0.file):\($0.line) \($0.name) \($0.eventType) \($0.patterns) \($0.fields)"
                    }
            }
        }
        let bare = try ParserSet(RulesFile.builtInWithoutExamples)
        #expect(try summary(bare) == summary(BuiltIn.set()))
        #expect(RulesReport(bare).parsers.allSatisfy { $0.rules.allSatisfy { $0.exampleCount == 0 } })
    }
}
