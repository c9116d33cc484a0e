/// What is wrong with a pattern, at which of its bytes.
package struct PatternFault: Error, Hashable, Sendable {
    package var offset: Int
    package var message: String
    /// A word that is none of those that are known there: what was meant may be among them.
    package var unknown: (word: String, known: [String])?

    init(offset: Int, message: String, unknown: (word: String, known: [String])? = nil) {
        self.offset = offset
        self.message = message
        self.unknown = unknown
    }

    package static func == (left: PatternFault, right: PatternFault) -> Bool {
        left.offset == right.offset && left.message == right.message
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(offset)
        hasher.combine(message)
    }
}

/// All that is wrong with a pattern: at least one fault, in the order of their bytes.
package struct PatternFaults: Error {
    package let faults: [PatternFault]

    package init(_ faults: [PatternFault]) { self.faults = faults.sorted { $0.offset < $1.offset } }
}

/// Reads the pattern language (docs/writing-rules.md).
///
/// A fault does not end the reading: what it is in is taken as far as it can be understood, and what follows is read as
/// if it had been right.
package struct PatternReader {
    /// A longer pattern is refused: it bounds the depth of every recursion over patterns.
    package static let maximumLength = 4096
    /// A longer name of a field is refused.
    package static let longestField = 128
    private static let maximumNesting = 16

    private let bytes: [UInt8]
    private let known: [String: NamedPart]
    private var at = 0
    /// Bytes of the text, and of the parts that were named so far.
    private var size: Int
    private var deepest = 0
    private var faults: [PatternFault] = []
    /// True when it was said that something is not closed: what that stands in is not closed either.
    private var isEndSaid = false

    /// Reads a pattern, or a piece of one.
    /// - Parameters:
    ///   - text: the pattern.
    ///   - prefix: what stands in front of it.
    ///   - known: the parts that it can name.
    /// - Throws: every fault of its text.
    package static func read(
        _ text: String, prefix: NamedPart? = nil, known: [String: NamedPart] = [:]
    ) throws(PatternFaults) -> NamedPart {
        var reader = PatternReader(bytes: Array(text.utf8), known: known)
        reader.size += prefix?.size ?? 0
        guard !reader.bytes.isEmpty else {
            throw PatternFaults([
                PatternFault(offset: 0, message: "the pattern is empty; expected text or a capture")
            ])
        }
        guard reader.bytes.count <= maximumLength else {
            throw PatternFaults([
                PatternFault(offset: maximumLength, message: "the pattern is longer than \(maximumLength) bytes")
            ])
        }
        var parts: [PatternPart] = []
        while true {
            parts += reader.parts(inGroup: false, nesting: 0)
            guard reader.at < reader.bytes.count else { break }
            reader.fault(at: reader.at, #"unexpected '}'; expected text, '{', or '\}' for a literal brace"#)
            reader.at += 1
        }
        if reader.size > maximumLength {
            reader.fault(at: 0, "with its prefix and parts the pattern is longer than \(maximumLength) bytes")
        }
        guard reader.faults.isEmpty else { throw PatternFaults(reader.faults) }
        return NamedPart(
            parts: (prefix?.parts.map { $0.moved(to: 0) } ?? []) + parts,
            nesting: max(reader.deepest, prefix?.nesting ?? 0), size: reader.size)
    }

    private init(bytes: [UInt8], known: [String: NamedPart]) {
        self.bytes = bytes
        self.known = known
        size = bytes.count
    }

    private mutating func fault(
        at offset: Int, _ message: String, unknown: (word: String, known: [String])? = nil
    ) {
        faults.append(PatternFault(offset: offset, message: message, unknown: unknown))
    }

    private func stands(_ byte: Unicode.Scalar, at place: Int) -> Bool {
        place < bytes.count && bytes[place] == UInt8(ascii: byte)
    }

    /// Reads up to the end of the pattern, a `}`, or, in a group of alternatives, a `|`.
    private mutating func parts(inGroup: Bool, nesting: Int) -> [PatternPart] {
        var parts: [PatternPart] = []
        var literal: [UInt8] = []
        func flush() {
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = []
        }
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "}") || (inGroup && byte == UInt8(ascii: "|")) { break }
            switch byte {
            case UInt8(ascii: "\\"):
                if at + 1 < bytes.count, "{}|\\".utf8.contains(bytes[at + 1]) {
                    literal.append(bytes[at + 1])
                    at += 2
                } else {
                    fault(at: at, #"expected one of \{ \} \| \\ after a backslash"#)
                    at += 1
                }
            case UInt8(ascii: "{"):
                flush()
                if let part = braced(nesting: nesting + 1) { parts.append(part) }
            default:
                literal.append(byte)
                at += 1
            }
        }
        flush()
        return parts
    }

    /// Reads what stands in braces; nil when it says nothing that could be used.
    private mutating func braced(nesting: Int) -> PatternPart? {
        let open = at
        guard nesting <= Self.maximumNesting else {
            fault(at: open, "more than \(Self.maximumNesting) groups inside each other")
            // Nothing of it is read: that bounds the depth of this recursion.
            at = bytes.count
            isEndSaid = true
            return nil
        }
        deepest = max(deepest, nesting)
        at += 1
        var part: PatternPart?
        if stands("@", at: at) {
            at += 1
            part = named(open, nesting: nesting)
        } else if stands("?", at: at) {
            at += 1
            let before = faults.count
            let content = parts(inGroup: false, nesting: nesting)
            // What is at fault itself is not there, and the part is not empty.
            if content.isEmpty, faults.count == before {
                fault(at: open, "an optional part is empty; expected text or a capture")
            }
            part = .optional(content)
        } else if stands("|", at: at) {
            var branches: [[PatternPart]] = []
            repeat {
                at += 1
                branches.append(parts(inGroup: true, nesting: nesting))
            } while stands("|", at: at)
            if branches.count < 2, !isEndSaid { fault(at: open, "expected at least two alternatives: {|one|other}") }
            part = .alternatives(branches)
        } else {
            part = capture(open).map { .capture($0) }
        }
        if !stands("}", at: at), !isEndSaid, part != nil {
            fault(at: open, "this '{' is not closed; expected '}'")
            // Only what follows a capture can be something else than the end.
            skipToBrace()
        }
        if stands("}", at: at) { at += 1 } else if at == bytes.count { isEndSaid = true }
        return part
    }

    /// Reads the name of a part.
    private mutating func named(_ open: Int, nesting: Int) -> PatternPart? {
        let nameAt = at
        let name = identifier()
        guard let part = known[name] else {
            let names = known.keys.sorted()
            let expected =
                names.isEmpty
                ? "expected a name that stands under 'parts', before this"
                : "expected one of: \(names.joined(separator: ", "))"
            fault(at: nameAt, "no part is called '\(name)'; \(expected)", unknown: (name, names))
            skipToBrace()
            return nil
        }
        deepest = max(deepest, nesting + part.nesting)
        size += part.size
        // A part that would make the pattern too large is not put in: parts of parts could grow without end.
        guard deepest <= Self.maximumNesting, size <= Self.maximumLength else {
            if deepest > Self.maximumNesting {
                fault(at: open, "with this part more than \(Self.maximumNesting) groups are inside each other")
                deepest = nesting
            }
            return .sequence([])
        }
        return .sequence(part.parts.map { $0.moved(to: open) })
    }

    /// Reads a capture up to its closing brace.
    private mutating func capture(_ open: Int) -> Capture? {
        let before = faults.count
        let nameAt = at
        let name = identifier()
        if name.isEmpty || name.utf8.first.map({ $0 >= 0x30 && $0 <= 0x39 }) == true {
            fault(at: nameAt, "expected a field name (a-z, 0-9, _), '_', '?', '|' or '@' after '{'")
        } else if name.utf8.count > Self.longestField {
            fault(at: nameAt, "a field name is longer than \(Self.longestField) bytes")
        }
        var type = CaptureType.word
        var words: [[UInt8]] = []
        if stands(":", at: at), stands("(", at: at + 1) {
            at += 1
            type = .choice
            words = choice()
        } else if stands(":", at: at) {
            at += 1
            let typeAt = at
            let typeName = identifier()
            if let known = CaptureType(name: typeName) {
                type = known
            } else {
                let expected = CaptureType.named.map(\.name).joined(separator: " ")
                fault(
                    at: typeAt,
                    "unknown type '\(typeName)'; expected one of: \(expected); or a choice: (one|other)",
                    unknown: (typeName, CaptureType.named.map(\.name)))
            }
        }
        guard faults.count == before else {
            skipToBrace()
            return nil
        }
        return Capture(field: name == "_" ? nil : name, type: type, words: words, offset: open)
    }

    /// Passes over what is left of a capture with a fault: to its closing brace, or to the next opening one.
    private mutating func skipToBrace() {
        while at < bytes.count, bytes[at] != UInt8(ascii: "}"), bytes[at] != UInt8(ascii: "{") {
            at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        at = min(at, bytes.count)
    }

    /// Reads `(one|other)`.
    private mutating func choice() -> [[UInt8]] {
        let open = at
        at += 1
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "|"), UInt8(ascii: ")"):
                if word.isEmpty || words.contains(word) {
                    fault(at: at, "a word of a choice is empty or listed twice; expected (one|other)")
                } else {
                    words.append(word)
                }
                word = []
                at += 1
                if byte == UInt8(ascii: ")") {
                    return words.sorted {
                        $0.count != $1.count ? $0.count > $1.count : $0.lexicographicallyPrecedes($1)
                    }
                }
            case UInt8(ascii: "\\"):
                if at + 1 < bytes.count, "{}|\\()".utf8.contains(bytes[at + 1]) {
                    word.append(bytes[at + 1])
                    at += 2
                } else {
                    fault(at: at, #"expected one of \{ \} \| \\ \( \) after a backslash in a choice"#)
                    at += 1
                }
            default:
                word.append(byte)
                at += 1
            }
        }
        fault(at: open, "this '(' is not closed; expected ')'")
        isEndSaid = true
        return words
    }

    private mutating func identifier() -> String {
        let start = at
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                at += 1
            default:
                return String(decoding: bytes[start..<at], as: UTF8.self)
            }
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }
}
