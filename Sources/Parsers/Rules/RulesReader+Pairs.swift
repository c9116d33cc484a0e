import Documents
import Events
import Patterns

extension RulesReader {
    /// Reads a rule's `pairs`: for each `kv` or `json` capture what its members become. A map in it is one of the field
    /// that it stands at.
    mutating func pairs(_ node: Node, _ maps: inout [FieldMap]) -> [CapturePairs] {
        guard let mapping = mapping(node, "a mapping of captures to their keys") else { return [] }
        var all: [CapturePairs] = []
        for (name, keys) in mapping {
            guard let capture = text(name, "the name of a kv or json capture"),
                let entries = self.mapping(keys, "a mapping of keys to fields")
            else { continue }
            var pairs = CapturePairs(capture: capture, place: place(name), members: [], keepsOthers: true)
            for (key, value) in entries {
                guard let text = text(key, "a key") else { continue }
                if text == "*" {
                    if value.scalar?.string != "ignore" {
                        fault(value, "expected 'ignore': '*' is every key that is not listed")
                    }
                    pairs.keepsOthers = false
                } else if text.isEmpty || text.utf8.count > KeyValueReader.longestKey {
                    fault(key, "expected a key of 1 to \(KeyValueReader.longestKey) bytes")
                } else {
                    pairs.members += members(text, key, value, &maps)
                }
            }
            all.append(pairs)
        }
        return all
    }

    /// What a key becomes: its field, and one for the flags behind it.
    private mutating func members(
        _ key: String, _ node: Node, _ value: Node, _ maps: inout [FieldMap]
    ) -> [LiftedMember] {
        guard let mapping = value.mapping, mapping["flags"] != nil || mapping.isEmpty else {
            return member(key, node, value, &maps).map { [$0] } ?? []
        }
        var members: [LiftedMember] = []
        if mapping["field"] != nil {
            if let member = member(key, node, value, &maps) { members.append(member) }
        } else {
            checkKeys(mapping, of: "a key of 'pairs' without a field", known: ["flags"])
            members.append(
                LiftedMember(key: key, field: "", type: .text, isFlag: false, isDropped: true, place: place(value)))
        }
        if let flags = mapping["flags"], let name = fieldName(flags) {
            members.append(
                LiftedMember(
                    key: key, field: name, type: .text, isFlag: false, isFlagsBehind: true, place: place(flags)))
        }
        return members
    }

    private mutating func member(_ key: String, _ node: Node, _ value: Node, _ maps: inout [FieldMap]) -> LiftedMember?
    {
        guard let mapping = value.mapping else {
            guard value.scalar != nil else {
                fault(value, "expected a field name, or a mapping with 'field'")
                return nil
            }
            guard let name = fieldName(value) else { return nil }
            return LiftedMember(key: key, field: name, type: .text, isFlag: false, place: place(value))
        }
        checkKeys(mapping, of: "a key of 'pairs'", known: ["field", "type", "flag", "flags", "map"])
        guard let field = mapping["field"] else {
            fault(value, "'field' is missing")
            return nil
        }
        guard let name = fieldName(field) else { return nil }
        var member = LiftedMember(key: key, field: name, type: .text, isFlag: false, place: place(field))
        if let node = mapping["flag"] {
            switch node.scalar?.string {
            case "true": member.isFlag = true
            case "false": break
            default: fault(node, "expected true or false")
            }
        }
        if let node = mapping["type"], let text = text(node, "a capture type") {
            if member.isFlag { fault(node, "a flag has no type; expected either 'flag' or 'type'") }
            let types = CaptureType.named.filter { !$0.hasMembers && $0 != .rest && $0 != .long && $0 != .space }
            if let type = types.first(where: { $0.name == text }) {
                member.type = type
            } else {
                let names = types.map(\.name)
                fault(
                    node,
                    "unknown type '\(text)'; expected one of: \(names.joined(separator: " "))"
                        + Spelling.suggestion(text, names))
            }
        }
        if let node = mapping["map"] {
            if member.isFlag {
                fault(node, "a flag has no values to map; expected either 'flag' or 'map'")
            } else if maps.contains(where: { $0.field == name }) {
                fault(node, "'\(name)' has a map already")
            } else if let map = fieldMap(name, field, node) {
                maps.append(map)
            }
        }
        return member
    }

    /// Faults of a rule's `pairs` that only show together with its patterns.
    mutating func checkPairs(of rule: Rule) {
        let captures = rule.patterns.flatMap(\.captures)
        var written: Set<String> = []
        for pairs in rule.pairs {
            // What another pattern captures as it stands may be a member of a list here.
            let beside = Set(
                rule.patterns.filter { $0.captures.contains { $0.field == pairs.capture } }
                    .flatMap(\.captures).compactMap(\.field))
            let types = Set(captures.filter { $0.field == pairs.capture }.map(\.type))
            if types.isEmpty {
                fault(pairs.place, "no pattern of rule '\(rule.name)' captures '\(pairs.capture)'")
            } else if !types.allSatisfy(\.hasMembers) {
                fault(pairs.place, "'\(pairs.capture)' is no kv, json or ethernet capture in rule '\(rule.name)'")
            } else if types.count > 1 {
                fault(pairs.place, "'\(pairs.capture)' is of different types in two patterns; expected one type")
            } else if types == [.ethernet] {
                for member in pairs.members where member.key != "source" && member.key != "destination" {
                    fault(member.place, "unknown key '\(member.key)'; expected source or destination")
                }
            }
            for member in pairs.members
            where !member.isDropped && (beside.contains(member.field) || !written.insert(member.field).inserted) {
                fault(member.place, "'\(member.field)' is captured or lifted twice in rule '\(rule.name)'")
            }
        }
    }

    /// A value of an example: a constant, or a mapping or list for an object.
    mutating func expectedValue(_ node: Node) -> ConstantValue? {
        node.scalar == nil ? json(node).map { .object($0) } : constant(node)
    }

    /// The node as JSON, keys in order, as ``JSONReader`` gives it.
    private mutating func json(_ node: Node) -> String? {
        if let mapping = node.mapping {
            var members: [(String, String)] = []
            for (key, value) in mapping {
                guard let name = text(key, "a key"), let json = json(value) else { return nil }
                members.append((name, json))
            }
            return JSONReader.object(members)
        }
        if let sequence = node.sequence {
            var elements: [String] = []
            for element in sequence {
                guard let json = json(element) else { return nil }
                elements.append(json)
            }
            return "[" + elements.joined(separator: ",") + "]"
        }
        if let scalar = node.scalar, scalar.style == .plain, scalar.string == "null" { return "null" }
        return constant(node)?.json
    }
}
