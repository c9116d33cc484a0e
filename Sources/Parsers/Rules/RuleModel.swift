import Events
import Patterns

/// A place in a rules file, from 1.
package struct Place: Hashable, Comparable, Sendable {
    package var line: Int
    package var column: Int

    package static func < (left: Place, right: Place) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A field and its constant value, where it is written.
package struct ConstantField: Sendable {
    package var name: String
    package var value: ConstantValue
    package var place: Place

    package init(name: String, value: ConstantValue, place: Place) {
        self.name = name
        self.value = value
        self.place = place
    }
}

/// What a map gives for one captured value.
package enum MappedValue: Sendable {
    /// Another value of the same field.
    case value(ConstantValue)
    /// Other fields in its place; none at all leaves the field out.
    case fields([ConstantField])
}

/// The values of one captured field and what is written for each.
package struct FieldMap: Sendable {
    package var field: String
    package var place: Place
    package var entries: [(value: String, mapped: MappedValue)]
    /// For values that are not listed (`"*"`); nil keeps the captured value.
    package var other: MappedValue?

    /// Whether it gives another field for some value.
    func gives(_ name: String) -> Bool {
        (entries.map(\.mapped) + (other.map { [$0] } ?? [])).contains { mapped in
            if case .fields(let fields) = mapped { fields.contains { $0.name == name } } else { false }
        }
    }
}

/// A key of a `kv` or `json` capture whose value becomes a field of the event.
package struct LiftedMember: Sendable {
    package var key: String
    package var field: String
    package var type: CaptureType
    /// True for a word without a value (`kv`) and for `true` and `false` (`json`).
    package var isFlag: Bool
    /// True for the words without a value that stand right behind the pair of this key.
    package var isFlagsBehind = false
    /// True for a key that is left out: it has no field.
    package var isDropped = false
    package var place: Place

    package var kind: FieldKind { isFlag ? .boolean : type.kind }
}

/// What becomes of the members of one `kv` or `json` capture.
package struct CapturePairs: Sendable {
    package var capture: String
    package var place: Place
    package var members: [LiftedMember]
    /// False for `'*': ignore`: the capture itself is then no field.
    package var keepsOthers: Bool
}

/// What patterns of a file can lean on: the text in front of them, and named parts.
struct PatternScope {
    var prefix: NamedPart?
    var prefixText = ""
    var parts: [String: NamedPart] = [:]
    /// True when something of it could not be read.
    var hasFault = false
}

/// One pattern of a rule.
package struct RulePattern: Sendable {
    package let text: String
    package let place: Place
    /// What it captures, each capture once, in the order in which they are written.
    package let captures: [Capture]
    private let parts: [PatternPart]

    /// Reads a pattern and checks every sequence that it stands for.
    init(_ text: String, at place: Place, in scope: PatternScope = PatternScope()) throws(PatternFaults) {
        self.text = scope.prefixText + text
        self.place = place
        parts = try PatternReader.read(text, prefix: scope.prefix, known: scope.parts).parts
        captures = parts.flatMap(\.captures)
        let faults = Expansion.faults(of: parts)
        guard faults.isEmpty else { throw PatternFaults(faults) }
    }

    /// Every sequence that it stands for. Made anew each time: kept for all rules they would be most of the memory that
    /// rules take.
    package var expansions: [Expansion] {
        do {
            return try Expansion.expand(parts)
        } catch {
            // They were counted when the pattern was read.
            preconditionFailure("\(error)")
        }
    }
}

/// A line and the event that it must become.
package struct RuleExample: Sendable {
    package var text: String
    /// True for a whole line with its syslog header, false for the message alone.
    package var isLine: Bool
    package var place: Place
    /// `type`, `timestamp` or a field of the rule. All of the event's own fields must be listed.
    package var expected: [ConstantField]
}

/// One rule: patterns that become events of one type.
package struct Rule: Sendable {
    package var name: String
    package var eventType: String
    package var place: Place
    package var patterns: [RulePattern]
    package var constants: [ConstantField]
    /// Maps of captured fields and of lifted ones.
    package var maps: [FieldMap]
    package var pairs: [CapturePairs]
    package var examples: [RuleExample]

    /// Its fields in the order in which they are written: captures as they first appear in the patterns, a capture's
    /// lifted members behind it, a mapped field's other fields behind it, then constants.
    package var fields: [Vocabulary.Field] {
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
        for (field, kind) in captureOrder.flatMap({ writtenFields(of: $0.field, $0.type) }) {
            if let map = maps.first(where: { $0.field == field }) {
                if map.other == nil { add(field, kind) }
                for entry in map.entries { add(entry.mapped, of: field) }
                if let other = map.other { add(other, of: field) }
            } else {
                add(field, kind)
            }
        }
        for constant in constants { add(constant.name, constant.value.kind) }
        return fields
    }

    /// The fields that a capture writes: itself, unless its members are all that is wanted, and its lifted members.
    package func writtenFields(of capture: String, _ type: CaptureType) -> [(field: String, kind: FieldKind)] {
        guard let pairs = pairs.first(where: { $0.capture == capture }) else { return [(capture, type.kind)] }
        return (pairs.keepsOthers ? [(capture, type.kind)] : [])
            + pairs.members.filter { !$0.isDropped }.map { ($0.field, $0.kind) }
    }

    /// The captured fields in the order in which they first appear in the patterns as written.
    package var captureOrder: [(field: String, type: CaptureType)] {
        var order: [(field: String, type: CaptureType)] = []
        for pattern in patterns {
            for capture in pattern.captures {
                guard let field = capture.field, !order.contains(where: { $0.field == field }) else { continue }
                order.append((field, capture.type))
            }
        }
        return order
    }
}
