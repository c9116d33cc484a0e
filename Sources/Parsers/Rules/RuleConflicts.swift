import Events
import Patterns

/// A pattern of a rule.
package struct PatternReference: Hashable, Sendable {
    package var rule: RuleReference
    package var pattern: Int

    package init(rule: RuleReference, pattern: Int) {
        self.rule = rule
        self.pattern = pattern
    }
}

extension ParserComposition {
    /// The rule that a reference names.
    package func rule(_ reference: RuleReference) -> Rule { files[reference.file].rules[reference.rule] }

    /// Patterns of which every sequence ends where an earlier pattern's does. The fault is reported in the file that
    /// came later, which is the one that its writer can change.
    ///
    /// A pattern of an included parser may be hidden: it has its place in that parser.
    func shadowedPatterns(
        of parser: Parser, _ shadowed: [(expansion: Int, by: Int)], _ owners: [PatternReference]
    ) -> [RulesError] {
        var hidden: [PatternReference: (count: Int, by: PatternReference?)] = [:]
        for (expansion, by) in shadowed {
            // A pattern's own sequences may meet, as in `{?a}{?a}`; that hides nothing.
            let before = hidden[owners[expansion]]
            let other = owners[by] == owners[expansion] ? before?.by : owners[by]
            hidden[owners[expansion]] = ((before?.count ?? 0) + 1, other)
        }
        var errors: [RulesError] = []
        for reference in parser.own {
            for (index, pattern) in rule(reference).patterns.enumerated() {
                let loser = PatternReference(rule: reference, pattern: index)
                guard let found = hidden[loser], found.count == pattern.expansions.count, let winner = found.by else {
                    continue
                }
                errors.append(conflict(loser, hiddenBy: winner))
            }
        }
        return errors
    }

    private func conflict(_ loser: PatternReference, hiddenBy winner: PatternReference) -> RulesError {
        let (losing, winning) = (rule(loser.rule), rule(winner.rule))
        let (pattern, winningPattern) = (losing.patterns[loser.pattern], winning.patterns[winner.pattern])
        let (file, winningFile) = (files[loser.rule.file], files[winner.rule.file])
        if loser.rule.file >= winner.rule.file {
            var first = "rule '\(winning.name)'"
            if file.name != winningFile.name {
                first += " (\(winningFile.name):\(winningPattern.place.line):\(winningPattern.place.column))"
            }
            var message = "the pattern of rule '\(losing.name)' can never match: "
            message += "a pattern of \(first) matches the same messages first"
            if loser.rule.file != winner.rule.file { message += "; to replace that rule, give this one its name" }
            return RulesError(
                file: file.name, line: pattern.place.line, column: pattern.place.column, message: message)
        }
        return RulesError(
            file: winningFile.name, line: winningPattern.place.line, column: winningPattern.place.column,
            message: "with this pattern of rule '\(winning.name)' a pattern of rule '\(losing.name)' (\(file.name):"
                + "\(pattern.place.line):\(pattern.place.column)) can never match: this one matches the same messages "
                + "first")
    }
}
