import Events
import Patterns

extension ParserComposition {
    /// Fields that are of two kinds in events of one type.
    ///
    /// In the rules that come with the package, and in those that are given, such a field is a fault: it would have two
    /// kinds in one topic. Between the two it is only worth a word: a rule that a new version brings must not stop a
    /// service that ran before. Of two types a field may be of two kinds.
    func fieldConflicts(_ errors: inout [RulesError], _ warnings: inout [RulesError]) {
        // In the order of the files, so that what is said is said of the later one.
        let own = parsers.flatMap(\.own).filter { files[$0.file].errors.isEmpty }
        let sorted = own.sorted { ($0.file, $0.rule) < ($1.file, $1.rule) }
        var builtIn = KindTable()
        var given = KindTable()
        for reference in sorted where files[reference.file].isBuiltIn {
            conflicts(reference, in: &builtIn).forEach { errors.append(fault(reference, $0)) }
        }
        for reference in sorted where !files[reference.file].isBuiltIn {
            conflicts(reference, in: &given).forEach { errors.append(fault(reference, $0)) }
            conflicts(reference, with: builtIn).forEach { warnings.append(warning(reference, $0)) }
        }
    }

    private typealias KindTable = [FieldOfType: (kind: FieldKind, rule: RuleReference)]

    private struct FieldOfType: Hashable {
        var type: String
        var field: String
    }

    private struct Conflict {
        var field: String
        var kind: FieldKind
        var other: (kind: FieldKind, rule: RuleReference)
    }

    /// The rule's fields that an earlier rule wrote as another kind; those that none wrote are noted.
    private func conflicts(_ reference: RuleReference, in table: inout KindTable) -> [Conflict] {
        let rule = rule(reference)
        for (name, kind) in rule.fieldKinds {
            let field = FieldOfType(type: rule.eventType, field: name)
            if table[field] == nil { table[field] = (kind, reference) }
        }
        return conflicts(reference, with: table)
    }

    private func conflicts(_ reference: RuleReference, with table: KindTable) -> [Conflict] {
        let rule = rule(reference)
        var found: [Conflict] = []
        for (name, kind) in rule.fieldKinds {
            guard let other = table[FieldOfType(type: rule.eventType, field: name)], other.kind != kind,
                !found.contains(where: { $0.field == name })
            else { continue }
            found.append(Conflict(field: name, kind: kind, other: other))
        }
        return found
    }

    private func fault(_ reference: RuleReference, _ conflict: Conflict) -> RulesError {
        let rule = rule(reference)
        return RulesError(
            file: files[reference.file].name, line: rule.place.line, column: rule.place.column,
            message:
                "in rule '\(rule.name)' field '\(conflict.field)' of \(rule.eventType) is \(conflict.kind.withArticle), "
                + "but in rule '\(self.rule(conflict.other.rule).name)' of \(files[conflict.other.rule.file].name) it is "
                + "\(conflict.other.kind.withArticle); expected one kind in all events of a type")
    }

    private func warning(_ reference: RuleReference, _ conflict: Conflict) -> RulesError {
        let rule = rule(reference)
        return RulesError(
            file: files[reference.file].name, line: rule.place.line, column: rule.place.column,
            message:
                "in rule '\(rule.name)' field '\(conflict.field)' of \(rule.eventType) is \(conflict.kind.withArticle), "
                + "and in the built-in rule '\(self.rule(conflict.other.rule).name)' of "
                + "\(files[conflict.other.rule.file].name) it is \(conflict.other.kind.withArticle): who reads events of "
                + "this type gets both")
    }
}

extension FieldKind {
    /// `a number`, `an object`.
    fileprivate var withArticle: String { self == .object ? "an object" : "a \(rawValue)" }
}

extension Rule {
    /// Each field with each kind that it is written as; a field listed twice with two kinds is in conflict with itself.
    fileprivate var fieldKinds: [(name: String, kind: FieldKind)] {
        var kinds: [(String, FieldKind)] = []
        func add(_ mapped: MappedValue, _ field: String) {
            switch mapped {
            case .value(let value): kinds.append((field, value.kind))
            case .fields(let fields): for field in fields { kinds.append((field.name, field.value.kind)) }
            }
        }
        for pattern in patterns {
            for capture in pattern.captures {
                guard let field = capture.field else { continue }
                for (field, kind) in writtenFields(of: field, capture.type)
                where !maps.contains(where: { $0.field == field && $0.other != nil }) {
                    kinds.append((field, kind))
                }
            }
        }
        for map in maps {
            for entry in map.entries { add(entry.mapped, map.field) }
            if let other = map.other { add(other, map.field) }
        }
        for constant in constants { kinds.append((constant.name, constant.value.kind)) }
        return kinds
    }
}
