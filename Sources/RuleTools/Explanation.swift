import Events
import Parsers
import Patterns
import Syslog

/// What became of one line, and why: its header as read, the parser that took it, and the pattern that matched or how
/// far the closest ones got. For people: nothing here runs per message of the service.
public struct Explanation: Sendable {
    /// A pattern of a rules file.
    public struct Pattern: Sendable {
        /// The parser whose file holds the rule.
        public let parser: String
        /// The rule's name.
        public let rule: String
        /// The type of its events.
        public let eventType: String
        /// `dhcpd.yaml:12:16`.
        public let place: String
        /// The pattern as written.
        public let text: String
    }

    /// A value that a pattern took from the message.
    public struct Value: Sendable {
        /// The field's name; nil for a value that is dropped (`{_}`).
        public let field: String?
        /// The capture's type, as in the pattern language.
        public let type: String
        /// The value's bytes.
        public let bytes: [UInt8]
        /// Its place in the message, from 0.
        public let range: Range<Int>
    }

    /// A pattern that does not match, and where it stops.
    public struct Attempt: Sendable {
        /// The pattern.
        public let pattern: Pattern
        /// How many bytes of the message agree; the next one does not.
        public let reached: Int
        /// What could have stood there: one thing for each of the pattern's sequences that came this far.
        public let expected: [String]
        /// What stands there: some bytes of the message, none at its end.
        public let found: [UInt8]
    }

    /// What matching led to.
    public enum Verdict: Sendable {
        /// No parser is for the message.
        case noParser
        /// A pattern matches.
        case matched(Pattern, values: [Value])
        /// A parser in Swift took the message; its fields stand in the event.
        case matchedByPlugin(eventType: String)
        /// No pattern matches; the closest ones, the best first.
        case unmatched(closest: [Attempt])
        /// The message cost more than is allowed and was given up.
        case gaveUp
    }

    /// The header's format: `RFC 5424`, `RFC 3164`, or `none` for a message without one.
    public let format: String
    /// The sender's name, program tag and process, as received; empty where the header has none.
    public let host, program, processID: String
    /// What patterns match: the text behind the header.
    public let message: [UInt8]
    /// The parser's name; nil when no parser is for the message.
    public let parser: String?
    /// The program tag of the rules that the message's own matches; nil when the parser was given.
    public let tag: String?
    /// What matching led to.
    public let verdict: Verdict
    /// The event as JSON.
    public let event: String

    /// Explains a line by the rules of `set`.
    /// - Parameters:
    ///   - line: a whole line with its header, without a line feed.
    ///   - parser: the parser to try; nil for the one that the program tag leads to.
    ///   - isMessage: true when `line` has no header and is all message.
    ///   - receivedSeconds: the time of reception, seconds since 1970.
    ///   - attempts: how many of the closest patterns are described.
    public init(
        _ line: [UInt8], by set: ParserSet, parser: ParserID? = nil, isMessage: Bool = false, receivedSeconds: Int64,
        attempts: Int = 3
    ) {
        var reader = MessageReader(set)
        let read = reader.event(
            of: line, isText: isMessage, receivedNanoseconds: receivedSeconds * 1_000_000_000, parser: parser)
        let header = read.header
        let text = { (range: ByteRange) in String(decoding: line[range.offsets], as: UTF8.self) }
        format =
            switch header.format {
            case .rfc5424: "RFC 5424"
            case .rfc3164: "RFC 3164"
            case .unstructured: "none"
            }
        host = text(header.host)
        program = text(header.program)
        processID = text(header.processID)
        message = Array(line[header.body.offsets])
        let chosen = read.parser
        tag = parser == nil ? set.tags.tag(for: line.span.extracting(header.program.offsets)) : nil
        self.parser = chosen == .none ? nil : set.parserNames[Int(chosen.rawValue)]

        event = String(decoding: read.event, as: UTF8.self)
        if chosen == .none {
            verdict = .noParser
        } else if Int(chosen.rawValue) >= set.composition.parsers.count {
            verdict =
                read.type == .syslog
                ? .unmatched(closest: []) : .matchedByPlugin(eventType: set.vocabulary.name(of: read.type))
        } else if read.isGivenUp {
            verdict = .gaveUp
        } else if let match = set.foundPattern(in: line, header.body.offsets, by: chosen) {
            let start = header.body.lowerBound
            verdict = .matched(
                set.composition.explained(match.pattern),
                values: match.captures.map { capture, place in
                    Value(
                        field: capture.field, type: capture.type.name, bytes: Array(line[place]),
                        range: place.lowerBound - start..<place.upperBound - start)
                })
        } else {
            let own = set.composition.parsers[Int(chosen.rawValue)]
            let tried = set.attempts(line, header.body, own.own + own.included)
            verdict = .unmatched(closest: Array(tried.prefix(attempts)))
        }
    }
}

extension ParserSet {
    /// How far each pattern of some rules gets, the furthest first; of equally far ones that which has more literal text
    /// in common with the message.
    func attempts(_ line: [UInt8], _ body: ByteRange, _ rules: [RuleReference]) -> [Explanation.Attempt] {
        var found: [(attempt: Explanation.Attempt, literals: Int)] = []
        // An empty line has no address; with a byte more it has one.
        (line + [0]).withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            for rule in rules {
                for (index, pattern) in composition.rule(rule).patterns.enumerated() {
                    let walks = pattern.expansions.map { PatternWalk($0, base, body.lowerBound, body.upperBound) }
                    let reached = walks.map(\.reached).max() ?? body.lowerBound
                    let furthest = walks.filter { $0.reached == reached }
                    var expected: [String] = []
                    for walk in furthest {
                        guard let text = walk.expected?.description, !expected.contains(text) else { continue }
                        expected.append(text)
                    }
                    found.append(
                        (
                            Explanation.Attempt(
                                pattern: composition.explained(PatternReference(rule: rule, pattern: index)),
                                reached: reached - body.lowerBound, expected: expected,
                                found: Array(line[reached..<min(reached + 32, body.upperBound)])),
                            furthest.map(\.literalCount).max() ?? 0
                        ))
                }
            }
        }
        let sorted = found.enumerated().sorted { left, right in
            (right.element.attempt.reached, right.element.literals, left.offset)
                < (left.element.attempt.reached, left.element.literals, right.offset)
        }
        return sorted.map(\.element.attempt)
    }
}

extension ParserComposition {
    /// A pattern as it is named to people.
    func explained(_ reference: PatternReference) -> Explanation.Pattern {
        let (file, rule) = (files[reference.rule.file], rule(reference.rule))
        let pattern = rule.patterns[reference.pattern]
        return Explanation.Pattern(
            parser: file.parser, rule: rule.name, eventType: rule.eventType,
            place: "\(file.name):\(pattern.place.line):\(pattern.place.column)", text: pattern.text)
    }
}

extension PatternWalk.Expectation: CustomStringConvertible {
    var description: String {
        func quoted(_ bytes: [UInt8]) -> String { "'\(String(decoding: bytes, as: UTF8.self))'" }
        return switch self {
        case .literal(let bytes): "the text \(quoted(bytes))"
        case .value(let type): "a value of type \(type.name)"
        case .word(let words): "one of \(words.map { quoted($0) }.joined(separator: " "))"
        case .textBehind(let bytes): "a value and the text \(quoted(bytes)) behind it"
        case .ending(.text, let bytes): "a value and \(quoted(bytes)) at the end of the message"
        case .ending(let type, let bytes): "the value of type \(type.name) to end with \(quoted(bytes))"
        case .end: "the end of the message"
        }
    }
}
