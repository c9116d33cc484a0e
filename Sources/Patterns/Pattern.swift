/// A pattern as written, before its optional parts and alternatives are expanded.
package indirect enum PatternPart: Equatable, Sendable {
    case literal([UInt8])
    case capture(Capture)
    case optional([PatternPart])
    case alternatives([[PatternPart]])

    /// The captures in it, in the order in which they are written.
    package var captures: [Capture] {
        switch self {
        case .literal: []
        case .capture(let capture): [capture]
        case .optional(let content): content.flatMap(\.captures)
        case .alternatives(let branches): branches.flatMap { $0.flatMap(\.captures) }
        }
    }
}

/// `{field:type}`: a nil field is captured and dropped.
package struct Capture: Hashable, Sendable {
    package var field: String?
    package var type: CaptureType
    /// Of a choice, the longest first.
    package var words: [[UInt8]] = []
    /// Byte of the pattern at which the capture begins.
    package var offset: Int
}

/// What is wrong with a pattern, at which of its bytes.
package struct PatternFault: Error, Equatable {
    package var offset: Int
    package var message: String
}

/// Reads the pattern language (docs/writing-rules.md).
package struct PatternReader {
    /// A longer pattern is refused: it bounds the depth of every recursion over patterns.
    package static let maximumLength = 4096
    /// A longer name of a field is refused.
    package static let longestField = 128
    private static let maximumNesting = 16

    private let bytes: [UInt8]
    private var at = 0

    package static func read(_ text: String) throws(PatternFault) -> [PatternPart] {
        var reader = PatternReader(bytes: Array(text.utf8))
        guard !reader.bytes.isEmpty else {
            throw PatternFault(offset: 0, message: "the pattern is empty; expected text or a capture")
        }
        guard reader.bytes.count <= maximumLength else {
            throw PatternFault(offset: maximumLength, message: "the pattern is longer than \(maximumLength) bytes")
        }
        let parts = try reader.parts(inGroup: false, nesting: 0)
        guard reader.at == reader.bytes.count else {
            throw PatternFault(
                offset: reader.at, message: #"unexpected '}'; expected text, '{', or '\}' for a literal brace"#)
        }
        return parts
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads up to the end of the pattern, a `}`, or, in a group of alternatives, a `|`.
    private mutating func parts(inGroup: Bool, nesting: Int) throws(PatternFault) -> [PatternPart] {
        var parts: [PatternPart] = []
        var literal: [UInt8] = []
        func flush(_ parts: inout [PatternPart], _ literal: inout [UInt8]) {
            guard !literal.isEmpty else { return }
            parts.append(.literal(literal))
            literal = []
        }
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "}") || (inGroup && byte == UInt8(ascii: "|")) { break }
            switch byte {
            case UInt8(ascii: "\\"):
                guard at + 1 < bytes.count, "{}|\\".utf8.contains(bytes[at + 1]) else {
                    throw PatternFault(offset: at, message: #"expected one of \{ \} \| \\ after a backslash"#)
                }
                literal.append(bytes[at + 1])
                at += 2
            case UInt8(ascii: "{"):
                flush(&parts, &literal)
                parts.append(try braced(nesting: nesting + 1))
            default:
                literal.append(byte)
                at += 1
            }
        }
        flush(&parts, &literal)
        return parts
    }

    private mutating func braced(nesting: Int) throws(PatternFault) -> PatternPart {
        let open = at
        guard nesting <= Self.maximumNesting else {
            throw PatternFault(offset: open, message: "more than \(Self.maximumNesting) groups inside each other")
        }
        at += 1
        let part: PatternPart
        if at < bytes.count, bytes[at] == UInt8(ascii: "?") {
            at += 1
            let content = try parts(inGroup: false, nesting: nesting)
            guard !content.isEmpty else {
                throw PatternFault(offset: open, message: "an optional part is empty; expected text or a capture")
            }
            part = .optional(content)
        } else if at < bytes.count, bytes[at] == UInt8(ascii: "|") {
            var branches: [[PatternPart]] = []
            repeat {
                at += 1
                branches.append(try parts(inGroup: true, nesting: nesting))
            } while at < bytes.count && bytes[at] == UInt8(ascii: "|")
            guard branches.count > 1 else {
                throw PatternFault(offset: open, message: "expected at least two alternatives: {|one|other}")
            }
            part = .alternatives(branches)
        } else {
            part = .capture(try capture(open))
        }
        guard at < bytes.count, bytes[at] == UInt8(ascii: "}") else {
            throw PatternFault(offset: open, message: "this '{' is not closed; expected '}'")
        }
        at += 1
        return part
    }

    private mutating func capture(_ open: Int) throws(PatternFault) -> Capture {
        let name = identifier()
        guard !name.isEmpty, name.utf8.first.map({ $0 < 0x30 || $0 > 0x39 }) == true else {
            throw PatternFault(
                offset: at, message: "expected a field name (a-z, 0-9, _), '_', '?' or '|' after '{'")
        }
        guard name.utf8.count <= Self.longestField else {
            throw PatternFault(offset: at, message: "a field name is longer than \(Self.longestField) bytes")
        }
        var type = CaptureType.word
        var words: [[UInt8]] = []
        if at + 1 < bytes.count, bytes[at] == UInt8(ascii: ":"), bytes[at + 1] == UInt8(ascii: "(") {
            at += 1
            type = .choice
            words = try choice()
        } else if at < bytes.count, bytes[at] == UInt8(ascii: ":") {
            at += 1
            let typeAt = at
            let typeName = identifier()
            guard let known = CaptureType(name: typeName) else {
                let expected = CaptureType.named.map(\.name).joined(separator: " ")
                throw PatternFault(
                    offset: typeAt,
                    message: "unknown type '\(typeName)'; expected one of: \(expected); or a choice: (one|other)")
            }
            type = known
        }
        return Capture(field: name == "_" ? nil : name, type: type, words: words, offset: open)
    }

    /// Reads `(one|other)`.
    private mutating func choice() throws(PatternFault) -> [[UInt8]] {
        let open = at
        at += 1
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "|"), UInt8(ascii: ")"):
                guard !word.isEmpty, !words.contains(word) else {
                    throw PatternFault(
                        offset: at, message: "a word of a choice is empty or listed twice; expected (one|other)")
                }
                words.append(word)
                word = []
                at += 1
                if byte == UInt8(ascii: ")") {
                    return words.sorted {
                        $0.count != $1.count ? $0.count > $1.count : $0.lexicographicallyPrecedes($1)
                    }
                }
            case UInt8(ascii: "\\"):
                guard at + 1 < bytes.count, "{}|\\()".utf8.contains(bytes[at + 1]) else {
                    throw PatternFault(
                        offset: at, message: #"expected one of \{ \} \| \\ \( \) after a backslash in a choice"#)
                }
                word.append(bytes[at + 1])
                at += 2
            default:
                word.append(byte)
                at += 1
            }
        }
        throw PatternFault(offset: open, message: "this '(' is not closed; expected ')'")
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
