import Events
import Parsers
import Patterns
import Syslog

/// What `rules list` prints and `rules test` runs.
public struct RulesReport {
    /// One parser and its rules.
    public struct Parser: Sendable {
        /// The parser's name.
        public let name: String
        /// The file it comes from.
        public let file: String
        /// The files that extend it.
        public let extensions: [String]
        /// The parsers whose rules it tries as well.
        public let includes: [String]
        /// The program tags that it is for.
        public let programs: [String]
        /// Its own rules, in the order of the files.
        public let rules: [RuleSummary]
        /// The rules of the parsers that it includes.
        public let included: [RuleSummary]
    }

    /// One rule.
    public struct RuleSummary: Sendable {
        /// The rule's name.
        public let name: String
        /// The file that it stands in.
        public let file: String
        /// Its line in that file, from 1.
        public let line: Int
        /// The type of its events.
        public let eventType: String
        /// The fields that its events can have, in the order in which they are written.
        public let fields: [Vocabulary.Field]
        /// Its patterns as written.
        public let patterns: [String]
        /// How many examples it has.
        public let exampleCount: Int
    }

    /// An example that was run.
    public struct ExampleResult: Sendable {
        /// The file it stands in.
        public let file: String
        /// Line of the file, from 1.
        public let line: Int
        /// The parser's name.
        public let parser: String
        /// The rule's name.
        public let rule: String
        /// The example's text.
        public let text: String
        /// The rule that matched, as `parser/rule`; nil when none did.
        public let matchedRule: String?
        /// Where the pattern of ``rule`` that came furthest stops; nil when a pattern matched.
        public let stop: Explanation.Attempt?
        /// What the patterns were compared with: the text behind the header.
        public let message: [UInt8]
        /// The event as JSON.
        public let event: String
        /// What is not as expected, field by field.
        public let differences: [Difference]

        /// True when another rule than the example's own took the line.
        public var isTakenByAnother: Bool { matchedRule.map { $0 != "\(parser)/\(rule)" } ?? false }
        /// True when the example's own rule makes exactly the expected event of it.
        public var holds: Bool { differences.isEmpty && matchedRule != nil && !isTakenByAnother }
    }

    /// One field that is not as expected. Values are JSON; nil is absent.
    public struct Difference: Sendable, Equatable, CustomStringConvertible {
        /// The field's name.
        public let field: String
        /// The value that the example lists.
        public let expected: String?
        /// The value that the event has.
        public let actual: String?

        /// `hostname: expected "a", is "b"`; values of different kinds are named with their kinds.
        public var description: String {
            guard let expected, let actual, Self.kind(expected) != Self.kind(actual) else {
                return "\(field): expected \(expected ?? "no such field"), is \(actual ?? "absent")"
            }
            return "\(field): expected \(Self.kind(expected)) \(expected), is \(Self.kind(actual)) \(actual)"
        }

        private static func kind(_ json: String) -> String {
            switch json.first {
            case "\"": "the text"
            case "t", "f": "the boolean"
            case "{", "[": "the JSON value"
            default: "the number"
            }
        }
    }

    private let set: ParserSet

    /// A report on the rules of `set`.
    public init(_ set: ParserSet) { self.set = set }

    /// Every parser with its rules.
    public var parsers: [Parser] {
        let composition = set.composition
        return composition.parsers.map { parser in
            Parser(
                name: parser.name, file: composition.files[parser.file].name,
                extensions: parser.extensions.map { composition.files[$0].name }, includes: parser.includes,
                programs: parser.programs.map(\.tag), rules: parser.own.map { summary($0) },
                included: parser.included.map { summary($0) })
        }
    }

    /// Every parser in Swift, each of its event types as a rule without patterns.
    public var plugins: [Parser] {
        self.set.plugins.map(\.runner).map { runner in
            Parser(
                name: runner.name, file: "Swift", extensions: [], includes: [], programs: runner.programs,
                rules: runner.eventTypes.map { type in
                    RuleSummary(
                        name: type.lowercased(), file: "Swift", line: 0, eventType: type, fields: runner.fields,
                        patterns: [], exampleCount: 0)
                },
                included: [])
        }
    }

    private func summary(_ reference: RuleReference) -> RuleSummary {
        let rule = set.composition.rule(reference)
        return RuleSummary(
            name: rule.name, file: set.composition.files[reference.file].name, line: rule.place.line,
            eventType: rule.eventType, fields: rule.fields, patterns: rule.patterns.map(\.text),
            exampleCount: rule.examples.count)
    }

    /// Runs every example of every rule in force through the header parser and the encoder that the service uses.
    public func test() -> [ExampleResult] {
        var reader = MessageReader(set)
        var results: [ExampleResult] = []
        for (index, parser) in set.composition.parsers.enumerated() {
            for reference in parser.own {
                let rule = set.composition.rule(reference)
                for example in rule.examples {
                    results.append(run(example, reference, ParserID(index), &reader))
                }
            }
        }
        return results
    }

    private func run(
        _ example: RuleExample, _ reference: RuleReference, _ parser: ParserID, _ reader: inout MessageReader
    ) -> ExampleResult {
        let (file, rule) = (set.composition.files[reference.file], set.composition.rule(reference))
        // 2026-01-01: an example's time without a year is read as close to this.
        let received: Int64 = 1_767_225_600
        // The parser's tags may hold wildcards; any tag gives the same body.
        let text = example.isLine ? example.text : "<30>1 2026-01-01T00:00:00Z host program - - - " + example.text
        let message = reader.event(
            of: Array(text.utf8), receivedNanoseconds: received * 1_000_000_000, parser: parser)
        let members = JSONReader.members(message.event)
        let envelope: Set<String> = ["timestamp", "source", "message", "raw", "syslog"]
        var differences: [Difference] = []
        var expected = example.expected
        if !expected.contains(where: { $0.name == "type" }) {
            expected.insert(
                ConstantField(name: "type", value: .text(rule.eventType), place: example.place), at: 0)
        }
        for field in expected {
            let actual = members.first { $0.name == field.name }
            if actual?.value != field.value {
                differences.append(Difference(field: field.name, expected: field.value.json, actual: actual?.json))
            }
        }
        for member in members
        where !envelope.contains(member.name) && !expected.contains(where: { $0.name == member.name }) {
            differences.append(Difference(field: member.name, expected: nil, actual: member.json))
        }
        return ExampleResult(
            file: file.name, line: example.place.line, parser: file.parser, rule: rule.name, text: example.text,
            matchedRule: message.rule,
            stop: message.type == .syslog
                ? set.attempts(message.bytes, message.header.body, [reference]).first : nil,
            message: Array(message.bytes[message.header.body.offsets]),
            event: String(decoding: message.event, as: UTF8.self),
            differences: differences)
    }
}
