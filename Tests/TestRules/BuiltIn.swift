import Parsers
import RuleTools

/// The built-in rules, read and compiled once for all tests of a run: without the optimiser that takes seconds, and every
/// suite needs them.
public enum BuiltIn {
    private static let compiled = Result { try ParserSet(RulesFile.builtIn) }
    private static let examples = Result { RulesReport(try compiled.get()).test() }

    /// The rules as the service compiles them, with the shipped plug-ins; their examples are kept too.
    public static func set() throws -> ParserSet { try compiled.get() }

    /// Every example, as it was run.
    public static func results() throws -> [RulesReport.ExampleResult] { try examples.get() }
}
