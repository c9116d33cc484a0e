import Events

/// A place in a rules file, from 1.
struct Place: Hashable, Comparable, Sendable {
    var line: Int
    var column: Int

    static func < (left: Place, right: Place) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A value that a rule writes as it stands.
enum ConstantValue: Hashable, Sendable, CustomStringConvertible {
    case text(String)
    /// The digits of a JSON number.
    case number(String)
    case boolean(Bool)

    var kind: FieldKind {
        switch self {
        case .text: .text
        case .number: .number
        case .boolean: .boolean
        }
    }

    /// The value as JSON.
    var json: String {
        switch self {
        case .text(let text): String(decoding: JSONWriter.encodedString(text), as: UTF8.self)
        case .number(let digits): digits
        case .boolean(let value): value ? "true" : "false"
        }
    }

    var description: String { json }
}

/// A field and its constant value, where it is written.
struct ConstantField: Sendable {
    var name: String
    var value: ConstantValue
    var place: Place
}

/// What a map gives for one captured value.
enum MappedValue: Sendable {
    /// Another value of the same field.
    case value(ConstantValue)
    /// Other fields in its place; none at all leaves the field out.
    case fields([ConstantField])
}

/// The values of one captured field and what is written for each.
struct FieldMap: Sendable {
    var field: String
    var place: Place
    var entries: [(value: String, mapped: MappedValue)]
    /// For values that are not listed (`"*"`); nil keeps the captured value.
    var other: MappedValue?
}

/// One pattern of a rule.
struct RulePattern: Sendable {
    var text: String
    var place: Place
    var expansions: [Expansion]
}

/// A line and the event that it must become.
struct RuleExample: Sendable {
    var text: String
    /// True for a whole line with its syslog header, false for the message alone.
    var isLine: Bool
    var place: Place
    /// `type`, `timestamp` or a field of the rule. All of the event's own fields must be listed.
    var expected: [ConstantField]
}

/// One rule: patterns that become events of one type.
struct Rule: Sendable {
    var name: String
    var eventType: String
    var place: Place
    var patterns: [RulePattern]
    var constants: [ConstantField]
    var maps: [FieldMap]
    var examples: [RuleExample]

    /// Its fields in the order in which they are written: captures as they first appear in the patterns, a mapped
    /// field's other fields behind it, then constants.
    var fields: [Vocabulary.Field] {
        var fields: [Vocabulary.Field] = []
        func add(_ name: String, _ kind: FieldKind) {
            if !fields.contains(where: { $0.name == name }) { fields.append(.init(name: name, kind: kind)) }
        }
        func add(_ mapped: MappedValue, of field: String) {
            switch mapped {
            case .value(let value): add(field, value.kind)
            case .fields(let constants): for constant in constants { add(constant.name, constant.value.kind) }
            }
        }
        for name in captureOrder {
            if let map = maps.first(where: { $0.field == name.field }) {
                if map.other == nil { add(name.field, name.type.kind) }
                for entry in map.entries { add(entry.mapped, of: name.field) }
                if let other = map.other { add(other, of: name.field) }
            } else {
                add(name.field, name.type.kind)
            }
        }
        for constant in constants { add(constant.name, constant.value.kind) }
        return fields
    }

    /// The captured fields in the order in which they first appear in the patterns as written.
    var captureOrder: [(field: String, type: CaptureType)] {
        var order: [(field: String, type: CaptureType)] = []
        for pattern in patterns {
            // The places of the captures, not the expansions' order: a field of an optional part keeps its place.
            var captures: [Int: Capture] = [:]
            for expansion in pattern.expansions {
                for capture in expansion.captures { captures[capture.offset] = capture }
            }
            for (_, capture) in captures.sorted(by: { $0.key < $1.key }) {
                guard let field = capture.field, !order.contains(where: { $0.field == field }) else { continue }
                order.append((field, capture.type))
            }
        }
        return order
    }
}
