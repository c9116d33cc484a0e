import Events
import Syslog

/// What `rules list` prints and `rules test` runs.
public struct RulesReport {
    /// One parser and its rules.
    public struct Parser: Sendable {
        /// The parser's name.
        public let name: String
        /// The file it comes from.
        public let file: String
        /// The program tags that it is for.
        public let programs: [String]
        /// Its rules, in the order of the file.
        public let rules: [RuleSummary]
    }

    /// One rule.
    public struct RuleSummary: Sendable {
        /// The rule's name.
        public let name: String
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
        /// The event as JSON.
        public let event: String
        /// What is not as expected; empty for an example that holds.
        public let differences: [Difference]
    }

    /// One field that is not as expected. Values are JSON; nil is absent.
    public struct Difference: Sendable, Equatable, CustomStringConvertible {
        /// The field's name.
        public let field: String
        /// The value that the example lists.
        public let expected: String?
        /// The value that the event has.
        public let actual: String?

        /// `hostname: expected "a", is "b"`.
        public var description: String {
            "\(field): expected \(expected ?? "no such field"), is \(actual ?? "absent")"
        }
    }

    private let set: ParserSet

    /// A report on the rules of `set`.
    public init(_ set: ParserSet) { self.set = set }

    /// Every parser with its rules.
    public var parsers: [Parser] {
        self.set.files.map { file in
            Parser(
                name: file.parser, file: file.name, programs: file.programs,
                rules: file.rules.map { rule in
                    RuleSummary(
                        name: rule.name, eventType: rule.eventType, fields: rule.fields,
                        patterns: rule.patterns.map(\.text), exampleCount: rule.examples.count)
                })
        }
    }

    /// Runs every example of every file through the header parser and the encoder that the service uses.
    public func test() -> [ExampleResult] {
        var headers = HeaderParser()
        var encoder = EventEncoder(set)
        var results: [ExampleResult] = []
        for (index, file) in set.files.enumerated() {
            for rule in file.rules {
                for example in rule.examples {
                    results.append(run(example, rule, file, ParserID(index), &headers, &encoder))
                }
            }
        }
        return results
    }

    private func run(
        _ example: RuleExample, _ rule: Rule, _ file: RulesFile, _ parser: ParserID, _ headers: inout HeaderParser,
        _ encoder: inout EventEncoder
    ) -> ExampleResult {
        // 2026-01-01: an example's time without a year is read as close to this.
        let received: Int64 = 1_767_225_600
        // The parser's tags may hold wildcards; any tag gives the same body.
        let text = example.isLine ? example.text : "<30>1 2026-01-01T00:00:00Z host program - - - " + example.text
        let frame = Array(text.utf8)
        let header = headers.parse(frame.span, receivedSeconds: received, zone: .utc)
        _ = encoder.match(frame.span, header, parser: parser)
        let json = Self.encode(frame, header, received, &encoder)
        let members = JSONReader.members(json)
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
            matchedRule: encoder.matchedRule, event: String(decoding: json, as: UTF8.self), differences: differences)
    }

    private static func encode(
        _ frame: [UInt8], _ header: SyslogMessage, _ received: Int64, _ encoder: inout EventEncoder
    ) -> [UInt8] {
        var room = 4096 + frame.count * 8
        let envelope = Envelope(receivedNanoseconds: received * 1_000_000_000)
        while true {
            let out = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 8)
            defer { out.deallocate() }
            if let event = encoder.encode(frame.span, header, envelope: envelope, key: nil, into: out) {
                return Array(out[..<event.byteCount])
            }
            room *= 2
        }
    }
}
