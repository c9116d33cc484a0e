import Parsers
import RuleTools

/// The built-in rules, compiled once for all tests.
enum BuiltIn {
    private static let compiled = Result { try ParserSet(RulesFile.builtIn) }
    private static let examples = Result { RulesReport(try compiled.get()).test() }

    static func set() throws -> ParserSet { try compiled.get() }

    /// Every example, as it was run.
    static func results() throws -> [RulesReport.ExampleResult] { try examples.get() }
}
