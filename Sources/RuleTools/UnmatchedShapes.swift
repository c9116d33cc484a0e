import Events
import Parsers
import Patterns
import Syslog

/// Groups lines that no rule knows by program, parser and shape: what differs from line to line becomes a capture. Each
/// group ends as the draft of a rule.
///
/// Memory is bounded: at most ``maximumShapes`` groups if not told otherwise, of whose first lines at most ``MessageShape/longestMessage``
/// bytes are read; lines beside them are counted in ``others``.
public struct UnmatchedShapes: Sendable {
    /// Most shapes that are told apart.
    public static let maximumShapes = 1000

    /// One shape, ready to become a rule.
    public struct Draft: Sendable {
        /// How many lines have it.
        public let count: Int
        /// Their program tag; empty where they have none.
        public let program: String
        /// The parser that did not know them; nil when none is for the program.
        public let parser: String?
        /// The pattern.
        public let pattern: String
        /// The message of the first of them.
        public let sample: String
        /// The rule in the format of a rules file, with the sample as its example.
        public let rule: String
    }

    /// Lines that are in no group because there were as many as the limit already.
    public private(set) var others = 0

    private struct Key: Hashable {
        var program: [UInt8]
        var parser: Int32
        var frame: [MessageShape.Part]
    }

    private struct Group {
        var key: Key
        var count: Int
        /// The parts of all its lines; a word that differs from line to line is a value of type `word`.
        var parts: [MessageShape.Part]
        var sample: [UInt8]
    }

    private var groups: [Group] = []
    private var byKey: [Key: [Int]] = [:]
    private let set: ParserSet
    private let limit: Int

    /// No lines yet.
    /// - Parameters:
    ///   - set: the rules that did not know them.
    ///   - limit: most shapes that are told apart.
    public init(_ set: ParserSet, limit: Int = maximumShapes) {
        self.set = set
        self.limit = limit
    }

    /// Counts one message that no rule matched.
    /// - Parameters:
    ///   - message: what patterns would match.
    ///   - program: its program tag.
    ///   - parser: the parser that was tried.
    public mutating func add(_ message: [UInt8], program: [UInt8], parser: ParserID) {
        // A draft is text, so the lines are compared as text.
        let isText = String(validating: message, as: UTF8.self) != nil
        let text = isText ? message : Array(String(decoding: message, as: UTF8.self).utf8)
        let shape = MessageShape(text)
        let key = Key(program: Array(program.prefix(128)), parser: parser.rawValue, frame: shape.frame)
        let candidates = byKey[key] ?? []
        let alike = candidates.map { (group: $0, score: Self.likeness(groups[$0].parts, shape.parts)) }
        if let best = alike.filter({ $0.score >= 0 }).max(by: { $0.score < $1.score }) {
            groups[best.group].count += 1
            Self.merge(shape.parts, into: &groups[best.group].parts)
            return
        }
        guard groups.count < limit else {
            others += 1
            return
        }
        byKey[key, default: []].append(groups.count)
        var sample = Array(text.prefix(MessageShape.longestMessage))
        // Where a long line is cut there may be spaces, which no text has at its end when patterns are asked.
        while let last = sample.last, last == UInt8(ascii: " ") || (9...13).contains(last) { sample.removeLast() }
        groups.append(Group(key: key, count: 1, parts: shape.parts, sample: sample))
    }

    /// How many words are the same; -1 when the lines are too different to be one shape: fewer than half are.
    /// Words with digits, which are often names, speak neither for nor against.
    private static func likeness(_ one: [MessageShape.Part], _ other: [MessageShape.Part]) -> Int {
        var same = 0
        var different = 0
        for (left, right) in zip(one, other) {
            switch (left, right) {
            case (.word(let word), .word(let second)) where word == second: same += 1
            case (.word(let word), .word(let second)) where !hasDigit(word) || !hasDigit(second): different += 1
            case (.value(.word), .word(let word)) where !hasDigit(word): different += 1
            default: break
            }
        }
        return same >= different ? same : -1
    }

    private static func merge(_ new: [MessageShape.Part], into parts: inout [MessageShape.Part]) {
        for (index, part) in new.enumerated() where parts[index] != part {
            switch (parts[index], part) {
            case (.word, .word): parts[index] = .value(.word)
            case (.value(.int), .value(.decimal)): parts[index] = part
            default: break
            }
        }
    }

    fileprivate static func hasDigit(_ word: [UInt8]) -> Bool { word.contains { TypedCapture.isDigit($0) } }

    // MARK: Drafts

    /// A draft for each shape, the most frequent first.
    public var drafts: [Draft] {
        let order = groups.indices.sorted { (groups[$1].count, $0) < (groups[$0].count, $1) }
        var used: Set<String> = []
        return order.map { draft(groups[$0], &used) }
    }

    private func draft(_ group: Group, _ used: inout Set<String>) -> Draft {
        let program = String(decoding: group.key.program, as: UTF8.self)
        let parser = group.key.parser < 0 ? nil : set.parserNames[Int(group.key.parser)]
        let pattern = ShapePattern(group.parts, isSingle: group.count == 1).text
        let sample = String(decoding: group.sample, as: UTF8.self)
        let base = Self.identifier(program.isEmpty ? "message" : program)
        var number = 1
        while !used.insert("\(base)_\(number)").inserted { number += 1 }
        let type = base.uppercased()
        let fields = Self.fields(of: pattern, type, sample)
        var rule = "  - name: \(base)_\(number)\n    type: \(type)\n    pattern: \(Self.scalar(pattern))\n"
        rule += "    examples:\n      - message: \(Self.scalar(sample))\n        event: {"
        rule += (fields ?? []).map { "\($0.name): \(Self.yaml($0.json))" }.joined(separator: ", ") + "}\n"
        if fields == nil { rule = "  # This draft does not take its own sample: change it first.\n" + rule }
        return Draft(
            count: group.count, program: program, parser: parser, pattern: pattern, sample: sample, rule: rule)
    }

    /// The event's own fields as the service would write them; nil when the pattern does not take the sample.
    private static func fields(of pattern: String, _ type: String, _ sample: String) -> [JSONReader.Member]? {
        let text = """
            parser: draft
            programs: [draft]
            rules:
              - name: draft
                type: \(type)
                pattern: \(scalar(pattern))
                examples: [{message: x, event: {}}]
            """
        guard let file = try? RulesFile(yaml: text, name: "draft"), let set = try? ParserSet([file]) else { return nil }
        var reader = MessageReader(set)
        let message = reader.event(
            of: Array(sample.utf8), isText: true, receivedNanoseconds: 0, parser: ParserID(0))
        guard message.type != .syslog else { return nil }
        return JSONReader.members(message.event).filter { !Vocabulary.reservedNames.contains($0.name) }
    }

    /// A program tag as a name: a-z, 0-9 and `_`.
    private static func identifier(_ text: String) -> String {
        let name = String(
            text.lowercased().unicodeScalars.map { scalar in
                let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                return isPlain ? Character(scalar) : "_"
            }.prefix(100))
        return name.first?.isNumber == true ? "_\(name)" : name
    }

    /// Text as a YAML scalar on one line: in single quotes, or in double quotes where it has characters that YAML takes
    /// only as escapes.
    private static func scalar(_ text: String) -> String {
        guard !text.unicodeScalars.allSatisfy(isPlain) else {
            return "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
        }
        return yaml(JSONText.literal(text))
    }

    /// JSON with what YAML takes only as an escape escaped. JSON itself has done so below 0x20.
    private static func yaml(_ json: String) -> String {
        var text = ""
        for scalar in json.unicodeScalars {
            if isPlain(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return text
    }

    /// True for what may stand in YAML as it is (YAML 1.1 section 5.1).
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0xFEFE, 0xFF00...0xFFFD, 0x10000...: true
        default: false
        }
    }
}

/// A shape in the pattern language, its values with names.
struct ShapePattern {
    private(set) var text = ""
    private var used: [String: Int] = [:]

    /// - Parameter isSingle: true when the shape was seen once: words with digits are then taken to be values too.
    init(_ parts: [MessageShape.Part], isSingle: Bool) {
        for (index, part) in parts.enumerated() {
            switch part {
            case .punctuation(let bytes):
                append(literal: bytes)
            case .word(let bytes) where isSingle && UnmatchedShapes.hasDigit(bytes):
                append(.word, key: Self.key(before: index, parts))
            case .word(let bytes):
                append(literal: bytes)
            case .value(let type):
                append(type, key: Self.key(before: index, parts))
            }
        }
    }

    /// `user` of `user=alice`.
    private static func key(before index: Int, _ parts: [MessageShape.Part]) -> String? {
        guard index >= 2, parts[index - 1] == .punctuation([UInt8(ascii: "=")]),
            case .word(let word) = parts[index - 2]
        else { return nil }
        let name = String(decoding: word, as: UTF8.self).lowercased()
        guard let first = name.utf8.first, !TypedCapture.isDigit(first), name != "_",
            name.utf8.allSatisfy({ TypedCapture.isNameByte($0) }), !Vocabulary.reservedNames.contains(name)
        else { return nil }
        return name
    }

    private mutating func append(literal bytes: [UInt8]) {
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if "{}|\\".unicodeScalars.contains(scalar) { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
    }

    private mutating func append(_ type: CaptureType, key: String?) {
        let name =
            key
            ?? {
                switch type {
                case .ip, .ipv4, .ipv6: "ip"
                case .mac: "mac"
                case .timestamp: "time"
                case .duration: "seconds"
                case .int, .decimal: "number"
                case .quoted: "text"
                default: type.name
                }
            }()
        let number = (used[name] ?? 0) + 1
        used[name] = number
        var field = number == 1 ? name : "\(name)_\(number)"
        // A key may be called like the second of another.
        while number > 1, used[field] != nil { field += "_" }
        if field != name { used[field] = 1 }
        text += type == .word ? "{\(field)}" : "{\(field):\(type.name)}"
    }
}
