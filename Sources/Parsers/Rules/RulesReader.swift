import Documents
import Events
import Patterns

/// Turns the YAML nodes of a rules file into rules, collecting every fault on the way.
struct RulesReader {
    /// Longest name of a parser, type or field, and longest constant, in bytes.
    static let longestName = PatternReader.longestField
    static let longestConstant = 4096

    var file: RulesFile
    /// What the patterns that are being read lean on.
    var scope = PatternScope()
    /// Maps of the file: of each field that a rule captures and does not map itself.
    var sharedMaps: [FieldMap] = []
    private let requiresExamples: Bool

    init(file: RulesFile, requiresExamples: Bool = true) {
        self.file = file
        self.requiresExamples = requiresExamples
    }

    mutating func read(_ root: Node) {
        guard let mapping = mapping(root, "a mapping with 'parser', 'programs' and 'rules'") else { return }
        checkKeys(
            mapping, of: "a rules file",
            known: ["parser", "extends", "programs", "include", "parts", "prefix", "map", "rules"])
        readParser(mapping, of: root)
        readShared(mapping)
        // A file that extends a parser may add program tags alone, or none.
        let programs = file.isExtension ? mapping["programs"] : required("programs", in: mapping, of: root)
        if let programs, let list = sequence(programs, "a list of program tags", isListOfOne: true) {
            for item in list {
                guard let tag = text(item, "a program tag") else { continue }
                if tag.isEmpty { fault(item, "a program tag is empty") }
                file.programs.append(tag)
            }
        }
        if let node = mapping["include"], let list = sequence(node, "a list of parser names", isListOfOne: true) {
            for item in list {
                guard let name = text(item, "a parser name") else { continue }
                file.includes.append((name, place(item)))
            }
        }
        let rules = file.isExtension ? mapping["rules"] : required("rules", in: mapping, of: root)
        if let rules, let list = sequence(rules, "a list of rules") {
            var names: Set<String> = []
            for item in list {
                guard let rule = rule(item) else { continue }
                if !names.insert(rule.name).inserted { fault(rule.place, "a second rule is called '\(rule.name)'") }
                file.rules.append(rule)
            }
        }
    }

    /// Reads `parser` or `extends`, of which a file has one.
    private mutating func readParser(_ mapping: Node.Mapping, of root: Node) {
        if let extended = mapping["extends"] {
            file.isExtension = true
            if let parser = mapping["parser"] {
                fault(
                    parser,
                    "expected either 'parser' (a parser of its own) or 'extends' (rules for an existing one), not both")
            }
            guard let name = text(extended, "a parser name") else { return }
            if name.isEmpty { fault(extended, "'extends' is empty") }
            file.parser = name
            file.parserPlace = place(extended)
            return
        }
        guard let (node, name) = requiredText("parser", in: mapping, of: root) else { return }
        file.parser = name
        file.parserPlace = place(node)
        if !isIdentifier(name) { fault(node, "expected a parser name of a-z, 0-9 and _") }
        if name == "syslog" {
            fault(node, "'syslog' is the source of messages that no parser knows; choose another name")
        }
    }

    private mutating func rule(_ node: Node) -> Rule? {
        guard let mapping = mapping(node, "a rule: a mapping with 'name', 'type', 'pattern' and 'examples'") else {
            return nil
        }
        checkKeys(
            mapping, of: "a rule",
            known: ["name", "type", "prefix", "pattern", "patterns", "pairs", "set", "map", "examples"])
        let name = requiredText("name", in: mapping, of: node)
        let type = requiredText("type", in: mapping, of: node)
        if let type, !isTypeName(type.text) {
            fault(type.node, "expected an event type of A-Z, 0-9 and _, such as DHCP_LEASE")
        }
        if let type, type.text == "SYSLOG" {
            fault(type.node, "SYSLOG is the type of messages that no rule matches; choose another")
        }
        let shared = scope
        defer { scope = shared }
        var patterns: [RulePattern] = []
        // What a pattern with a fault captures is not known.
        var hasFault = scope.hasFault
        if let prefix = mapping["prefix"], !readPrefix(prefix, ofRule: true) { hasFault = true }
        if let single = mapping["pattern"] {
            if let other = mapping["patterns"] { fault(other, "expected either 'pattern' or 'patterns', not both") }
            if let pattern = pattern(single) { patterns.append(pattern) } else { hasFault = true }
        } else if let several = mapping["patterns"] {
            if let list = sequence(several, "a list of patterns", isListOfOne: true) {
                patterns = list.compactMap { pattern($0) }
                if patterns.count < list.count { hasFault = true }
                if list.isEmpty { fault(several, "expected at least one pattern") }
            }
        } else {
            fault(node, "the rule has no 'pattern' or 'patterns'")
        }
        let constants = mapping["set"].map { constantFields($0, "constant fields") } ?? []
        var maps = mapping["map"].map { fieldMaps($0) } ?? []
        let pairs = mapping["pairs"].map { self.pairs($0, &maps) } ?? []
        addSharedMaps(to: &maps, patterns, pairs)
        let examples = examples(mapping, of: node)
        guard let name, let type else { return nil }
        let rule = Rule(
            name: name.text, eventType: type.text, place: place(node), patterns: patterns, constants: constants,
            maps: maps, pairs: pairs, examples: examples)
        if !hasFault { check(rule) }
        return rule
    }

    /// Faults that only show when a rule's parts are seen together.
    private mutating func check(_ rule: Rule) {
        guard !rule.patterns.isEmpty else { return }
        checkPairs(of: rule)
        let written = rule.captureOrder.flatMap { rule.writtenFields(of: $0.field, $0.type) }
        let captured = written.map(\.field)
        for map in rule.maps {
            if !captured.contains(map.field) {
                fault(map.place, "no pattern of rule '\(rule.name)' captures '\(map.field)'")
            } else if written.contains(where: { $0.field == map.field && $0.kind == .object }) {
                fault(map.place, "'\(map.field)' is an object; expected a field with one value")
            }
        }
        for constant in rule.constants where captured.contains(constant.name) {
            fault(constant.place, "'\(constant.name)' is captured by a pattern of rule '\(rule.name)' and set as well")
        }
        for map in rule.maps {
            for mapped in map.entries.map(\.mapped) + (map.other.map { [$0] } ?? []) {
                guard case .fields(let fields) = mapped else { continue }
                for field in fields
                where rule.constants.contains(where: { $0.name == field.name })
                    || (captured.contains(field.name) && field.name != map.field)
                {
                    fault(field.place, "'\(field.name)' is written by another part of rule '\(rule.name)' as well")
                }
            }
        }
        for pattern in rule.patterns {
            for capture in pattern.captures {
                guard let field = capture.field, Vocabulary.reservedNames.contains(field) else { continue }
                fault(
                    pattern.place,
                    "'\(field)' is part of every event and cannot be captured; choose another field name")
                return
            }
        }
    }

    private mutating func pattern(_ node: Node) -> RulePattern? {
        guard let text = text(node, "a pattern") else { return nil }
        do throws(PatternFaults) {
            return try RulePattern(text, at: place(node), in: scope)
        } catch {
            faults(error, of: "the pattern", node)
            return nil
        }
    }

    private mutating func constantFields(_ node: Node, _ what: String) -> [ConstantField] {
        guard let mapping = mapping(node, "a mapping of field names to \(what)") else { return [] }
        var fields: [ConstantField] = []
        for (key, value) in mapping {
            guard let name = fieldName(key), let constant = constant(value) else { continue }
            fields.append(ConstantField(name: name, value: constant, place: place(key)))
        }
        return fields
    }

    mutating func fieldMaps(_ node: Node) -> [FieldMap] {
        guard let mapping = mapping(node, "a mapping of captured fields to their values") else { return [] }
        var maps: [FieldMap] = []
        for (key, value) in mapping {
            guard let name = fieldName(key), let map = fieldMap(name, key, value) else { continue }
            maps.append(map)
        }
        return maps
    }

    /// The map of one field; `node` is where faults of the map as a whole are.
    mutating func fieldMap(_ name: String, _ node: Node, _ value: Node) -> FieldMap? {
        guard let entries = self.mapping(value, "a mapping of captured values") else { return nil }
        var map = FieldMap(field: name, place: place(node), entries: [], other: nil)
        for (from, to) in entries {
            guard let captured = text(from, "a captured value") else { continue }
            let mapped: MappedValue
            if to.mapping != nil {
                mapped = .fields(constantFields(to, "constants"))
            } else {
                guard let constant = constant(to) else { continue }
                mapped = .value(constant)
            }
            if captured == "*" { map.other = mapped } else { map.entries.append((captured, mapped)) }
        }
        return map
    }

    private mutating func examples(_ rule: Node.Mapping, of node: Node) -> [RuleExample] {
        if !requiresExamples, rule["examples"] == nil { return [] }
        guard let list = required("examples", in: rule, of: node), let items = sequence(list, "a list of examples")
        else { return [] }
        if items.isEmpty { fault(list, "expected at least one example") }
        var examples: [RuleExample] = []
        for item in items {
            guard let mapping = mapping(item, "an example: a mapping with 'message' or 'line', and 'event'") else {
                continue
            }
            checkKeys(mapping, of: "an example", known: ["message", "line", "event"])
            let source = mapping["message"] ?? mapping["line"]
            guard let source, mapping["message"] == nil || mapping["line"] == nil else {
                fault(item, "expected either 'message' (without a header) or 'line' (with one)")
                continue
            }
            guard let text = text(source, "a log message"), let event = required("event", in: mapping, of: item),
                let fields = self.mapping(event, "the event's fields")
            else { continue }
            var expected: [ConstantField] = []
            for (key, value) in fields {
                guard let name = self.text(key, "a field name"), let constant = expectedValue(value) else { continue }
                expected.append(ConstantField(name: name, value: constant, place: place(key)))
            }
            examples.append(
                RuleExample(text: text, isLine: mapping["line"] != nil, place: place(item), expected: expected))
        }
        return examples
    }

    // MARK: Nodes

    mutating func fieldName(_ node: Node) -> String? {
        guard let name = text(node, "a field name") else { return nil }
        guard isIdentifier(name) else {
            fault(node, "expected a field name of a-z, 0-9 and _")
            return nil
        }
        guard !Vocabulary.reservedNames.contains(name) else {
            fault(node, "'\(name)' is part of every event and cannot be set by a rule; choose another field name")
            return nil
        }
        return name
    }

    mutating func constant(_ node: Node) -> ConstantValue? {
        guard let scalar = node.scalar else {
            fault(node, "expected a text, a number, true or false")
            return nil
        }
        guard scalar.string.utf8.count <= Self.longestConstant else {
            fault(node, "the text is longer than \(Self.longestConstant) bytes")
            return nil
        }
        guard scalar.style == .plain else { return .text(scalar.string) }
        switch scalar.string {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "True", "TRUE", "False", "FALSE":
            fault(node, "'\(scalar.string)' is a text; expected true or false, or the text in quotes")
            return nil
        case "", "~", "null":
            fault(node, "expected a text, a number, true or false; quote it if it is a text")
            return nil
        default: return Self.isNumber(scalar.string) ? .number(scalar.string) : .text(scalar.string)
        }
    }

    /// True for what a `decimal` takes and is a number in JSON too: no leading zeros, no `+`.
    static func isNumber(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress, TypedCapture.decimal(base, 0, bytes.count) == bytes.count else {
                return false
            }
            let digits = bytes.drop { $0 == UInt8(ascii: "-") }
            return digits.first != UInt8(ascii: "+")
                && (digits.first != UInt8(ascii: "0") || !TypedCapture.isDigit(digits.dropFirst().first ?? 0))
        }
    }

    private mutating func required(_ key: String, in mapping: Node.Mapping, of node: Node) -> Node? {
        if let value = mapping[key] { return value }
        fault(node, "'\(key)' is missing")
        return nil
    }

    private mutating func requiredText(
        _ key: String, in mapping: Node.Mapping, of node: Node
    ) -> (node: Node, text: String)? {
        guard let value = required(key, in: mapping, of: node), let text = text(value, "a text") else { return nil }
        if text.isEmpty {
            fault(value, "'\(key)' is empty")
            return nil
        }
        return (value, text)
    }

    mutating func mapping(_ node: Node, _ expected: String) -> Node.Mapping? {
        if let mapping = node.mapping { return mapping }
        fault(node, "expected \(expected)")
        return nil
    }

    /// A list; where `isListOfOne`, one text alone is a list of it.
    private mutating func sequence(
        _ node: Node, _ expected: String, isListOfOne: Bool = false
    ) -> Node.Sequence? {
        if let sequence = node.sequence { return sequence }
        if isListOfOne, let scalar = node.scalar, !scalar.string.isEmpty { return Node.Sequence([node]) }
        fault(node, "expected \(expected)")
        return nil
    }

    mutating func text(_ node: Node, _ expected: String) -> String? {
        if let scalar = node.scalar { return scalar.string }
        fault(node, "expected \(expected)")
        return nil
    }

    mutating func checkKeys(_ mapping: Node.Mapping, of what: String, known: [String]) {
        for (key, _) in mapping {
            guard let name = text(key, "a key") else { continue }
            if !known.contains(name) {
                fault(
                    key,
                    "unknown key '\(name)' in \(what); expected one of: \(known.joined(separator: ", "))"
                        + Spelling.suggestion(name, known))
            }
        }
    }

    func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first), text.utf8.count <= Self.longestName else {
            return false
        }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    private func isTypeName(_ text: String) -> Bool {
        text.utf8.count <= Self.longestName
            && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    func place(_ node: Node) -> Place {
        Place(line: node.mark.line, column: node.mark.column)
    }

    /// Where byte `offset` of a scalar's text stands. Exact for a scalar on one line; a block scalar gives its start.
    func place(_ node: Node, offset: Int) -> Place {
        var place = place(node)
        guard let scalar = node.scalar else { return place }
        let before = String(decoding: scalar.string.utf8.prefix(offset), as: UTF8.self).unicodeScalars
        switch scalar.style {
        case .plain:
            place.column += before.count
        case .singleQuoted:
            place.column += 1 + before.count + before.count { $0 == "'" }
        case .doubleQuoted:
            place.column += 1 + before.count + before.count { $0 == "\"" || $0 == "\\" }
        case .block:
            break
        }
        return place
    }

    mutating func fault(_ node: Node, _ message: String) { fault(place(node), message) }

    mutating func fault(_ place: Place, _ message: String) {
        file.errors.append(
            RulesError(file: file.name, line: place.line, column: place.column, message: message))
    }
}
