import Documents
import Patterns

/// What a file says once for all its rules: named parts of patterns, the text in front of patterns, and maps.
extension RulesReader {
    mutating func readShared(_ mapping: Node.Mapping) {
        if let node = mapping["parts"], let parts = self.mapping(node, "a mapping of names to parts of patterns") {
            for (key, value) in parts { readPart(key, value) }
        }
        if let node = mapping["prefix"], !readPrefix(node, ofRule: false) { scope.hasFault = true }
        if let node = mapping["map"] { sharedMaps = fieldMaps(node) }
    }

    /// A part can name those that stand before it, so none can hold itself.
    private mutating func readPart(_ key: Node, _ node: Node) {
        guard let name = text(key, "a part's name"), let text = text(node, "a part of a pattern") else { return }
        guard isIdentifier(name) else { return fault(key, "expected a part's name of a-z, 0-9 and _") }
        do throws(PatternFaults) {
            scope.parts[name] = try PatternReader.read(text, known: scope.parts)
        } catch {
            faults(error, of: "the part", node)
            // Known all the same, so that what names it is not at fault.
            scope.parts[name] = .unread
            scope.hasFault = true
        }
    }

    /// Reads the text in front of patterns: the file's, or a rule's own in its place, of which `false` is none.
    /// - Returns: false when it has a fault.
    mutating func readPrefix(_ node: Node, ofRule isRule: Bool) -> Bool {
        (scope.prefix, scope.prefixText) = (nil, "")
        if isRule, let scalar = node.scalar, scalar.string == "false", scalar.style == .plain { return true }
        guard let text = text(node, isRule ? "the beginning of patterns, or false" : "the beginning of patterns")
        else { return false }
        do throws(PatternFaults) {
            scope.prefix = try PatternReader.read(text, known: scope.parts)
            scope.prefixText = text
            return true
        } catch {
            faults(error, of: "the prefix", node)
            return false
        }
    }

    /// Gives a rule the file's maps of the fields that it captures or lifts and does not map itself.
    func addSharedMaps(to maps: inout [FieldMap], _ patterns: [RulePattern], _ pairs: [CapturePairs]) {
        guard !sharedMaps.isEmpty else { return }
        var written = Set(patterns.flatMap(\.captures).filter { !$0.type.hasMembers }.compactMap(\.field))
        for member in pairs.flatMap(\.members) where !member.isDropped && !member.isFlag {
            written.insert(member.field)
        }
        for map in sharedMaps where written.contains(map.field) && !maps.contains(where: { $0.field == map.field }) {
            maps.append(map)
        }
    }

    mutating func faults(_ found: PatternFaults, of what: String, _ node: Node) {
        for wrong in found.faults {
            let meant = wrong.unknown.map { Spelling.suggestion($0.word, $0.known) } ?? ""
            fault(place(node, offset: wrong.offset), "in \(what), byte \(wrong.offset + 1): \(wrong.message)\(meant)")
        }
    }
}
