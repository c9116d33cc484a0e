/// One way through a pattern: literal runs and captures only, no two literals in a row.
package struct Expansion: Sendable {
    package enum Element: Hashable, Sendable {
        case literal([UInt8])
        case capture(Capture)
    }

    package var elements: [Element] = []

    package var captures: [Capture] {
        elements.compactMap { element in
            if case .capture(let capture) = element { capture } else { nil }
        }
    }

    package mutating func append(_ literal: [UInt8]) {
        if case .literal(let before)? = elements.last {
            elements[elements.count - 1] = .literal(before + literal)
        } else {
            elements.append(.literal(literal))
        }
    }

    /// A pattern may not stand for more sequences than this: optional parts multiply.
    package static let maximumCount = 512

    /// Every sequence that the pattern stands for, with optional parts present before absent. Spaces at a sequence's end
    /// are left out, as the matcher's text has none there, and of sequences that are then the same the first counts.
    package static func expand(_ parts: [PatternPart]) throws(PatternFault) -> [Expansion] {
        let all = try extend([Expansion()], with: parts)
        guard all.contains(where: \.endsInSpace) else { return all }
        var known: Set<[Element]> = []
        return all.compactMap { expansion in
            var trimmed = expansion
            while trimmed.endsInSpace { trimmed.dropLastByte() }
            return known.insert(trimmed.elements).inserted ? trimmed : nil
        }
    }

    /// What is wrong with the sequences that a pattern stands for, each fault once.
    package static func faults(of parts: [PatternPart]) -> [PatternFault] {
        let all: [Expansion]
        do throws(PatternFault) { all = try expand(parts) } catch { return [error] }
        var known: Set<PatternFault> = []
        return all.flatMap(\.faults).filter { known.insert($0).inserted }
    }

    /// The sequence without the free text at its end and the spaces in front of that, where it has them: free text may be
    /// empty, and then the spaces are at the message's end, where they count for nothing.
    package var withoutEmptyText: Expansion? {
        guard case .capture(let capture)? = elements.last, capture.type == .text || capture.type == .rest else {
            return nil
        }
        // A `long` ends at the last place that what follows fits: another end would move it into somebody else's text.
        if captures.contains(where: { $0.type == .long }) { return nil }
        var shorter = Expansion(elements: Array(elements.dropLast()))
        guard shorter.endsInSpace else { return nil }
        while shorter.endsInSpace { shorter.dropLastByte() }
        // What is left must say something by itself.
        return shorter.elements.contains { if case .literal = $0 { true } else { false } } ? shorter : nil
    }

    private var endsInSpace: Bool {
        guard case .literal(let bytes)? = elements.last, let last = bytes.last else { return false }
        return last == UInt8(ascii: " ") || last == UInt8(ascii: "\t")
    }

    private mutating func dropLastByte() {
        guard case .literal(let bytes)? = elements.popLast(), bytes.count > 1 else { return }
        elements.append(.literal(Array(bytes.dropLast())))
    }

    private static func extend(
        _ starts: [Expansion], with parts: [PatternPart]
    ) throws(PatternFault) -> [Expansion] {
        var current = starts
        for part in parts {
            switch part {
            case .literal(let bytes):
                for index in current.indices { current[index].append(bytes) }
            case .capture(let capture):
                for index in current.indices { current[index].elements.append(.capture(capture)) }
            case .sequence(let content):
                current = try extend(current, with: content)
            case .optional(let content):
                current = try extend(current, with: content) + current
            case .alternatives(let branches):
                var next: [Expansion] = []
                for branch in branches { next += try extend(current, with: branch) }
                current = next
            }
            guard current.count <= maximumCount else {
                throw PatternFault(
                    offset: 0,
                    message: "optional parts and alternatives stand for more than \(maximumCount) sequences; "
                        + "split the pattern")
            }
        }
        return current
    }

    /// What one sequence cannot hold although each of its parts is right.
    private var faults: [PatternFault] {
        guard !elements.isEmpty else {
            return [PatternFault(offset: 0, message: "the pattern can be empty; expected some text or a capture")]
        }
        var faults: [PatternFault] = []
        var seen: Set<String> = []
        for (index, element) in elements.enumerated() {
            guard case .capture(let capture) = element else { continue }
            func fault(_ message: String) { faults.append(PatternFault(offset: capture.offset, message: message)) }
            if let field = capture.field, !seen.insert(field).inserted { fault("field '\(field)' is captured twice") }
            guard index + 1 < elements.count else { continue }
            if capture.type == .rest {
                fault("'rest' can only end a pattern")
            } else if capture.type.isClass, case .capture = elements[index + 1] {
                fault(
                    "a '\(capture.type.name)' capture ends at the text behind it; "
                        + "expected text or the end of the pattern after it, not another capture")
            }
        }
        return faults
    }
}
