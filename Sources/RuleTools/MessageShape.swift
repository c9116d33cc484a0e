import Patterns

/// The shape of one message: what stays the same from line to line, and typed values in the place of what changes.
struct MessageShape: Sendable {
    enum Part: Hashable, Sendable {
        /// Spaces and punctuation.
        case punctuation([UInt8])
        case word([UInt8])
        /// A value of a type other than a word, whatever it is.
        case value(CaptureType)
    }

    private(set) var parts: [Part] = []

    /// Longer messages are read up to here; the rest is free text.
    static let longestMessage = 2048
    /// So are messages of more parts.
    static let maximumParts = 200

    /// The shape of the bytes of a message.
    init(_ message: [UInt8]) {
        message.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            let end = min(bytes.count, Self.longestMessage)
            var at = 0
            while at < end, parts.count < Self.maximumParts { at = read(base, at, end) }
            guard at < bytes.count else { return }
            // A value that the cut may have shortened is part of the rest.
            while let last = parts.last, last != .punctuation([UInt8(ascii: " ")]) { parts.removeLast() }
            parts.append(.value(.rest))
        }
    }

    /// What two shapes must have in common to be looked at as one: everything but the words. Integers and decimals are
    /// the same.
    var frame: [Part] {
        parts.map { part in
            switch part {
            case .punctuation: part
            case .word: .word([])
            case .value(.decimal): .value(.int)
            case .value: part
            }
        }
    }

    private mutating func append(punctuation bytes: UnsafeBufferPointer<UInt8>) {
        guard !bytes.isEmpty else { return }
        if case .punctuation(let before)? = parts.last {
            parts[parts.count - 1] = .punctuation(before + Array(bytes))
        } else {
            parts.append(.punctuation(Array(bytes)))
        }
    }

    /// Reads one part and returns where the next one begins.
    private mutating func read(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Int {
        if !Self.isWordByte(bytes[at]) || bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") {
            let quoted = TypedCapture.quoted(bytes, at, end)
            if quoted > at + 2, quoted == end || !Self.isWordByte(bytes[quoted]) {
                parts.append(.value(.quoted))
                return quoted
            }
        }
        // Values that hold spaces or colons, which end a word.
        for type in [CaptureType.timestamp, .mac, .ip, .duration] {
            let reached = TypedCapture.end(of: type, bytes, at, end, messageStart: 0)
            // `::` alone stands in many names.
            guard reached > at + 2 || type == .duration && reached > at, Self.isBoundary(bytes, reached, end) else {
                continue
            }
            parts.append(.value(type))
            return reached
        }
        var wordEnd = at
        while wordEnd < end, Self.isWordByte(bytes[wordEnd]) { wordEnd += 1 }
        guard wordEnd > at else {
            append(punctuation: UnsafeBufferPointer(start: bytes + at, count: 1))
            return at + 1
        }
        // A sentence's own end is no part of its last word.
        while wordEnd > at, ".!?".utf8.contains(bytes[wordEnd - 1]) { wordEnd -= 1 }
        guard wordEnd > at else {
            append(punctuation: UnsafeBufferPointer(start: bytes + at, count: 1))
            return at + 1
        }
        if let (type, reached) = Self.value(bytes, at, wordEnd, end) {
            parts.append(.value(type))
            append(punctuation: UnsafeBufferPointer(start: bytes + reached, count: wordEnd - reached))
        } else {
            parts.append(.word(Array(UnsafeBufferPointer(start: bytes + at, count: wordEnd - at))))
        }
        return wordEnd
    }

    /// The type of a whole run of word bytes, and where its value ends: a number may have a unit sign such as `%` behind
    /// it. Nil for a plain word.
    ///
    /// Forms are read to the end of the message, as a pattern would: one that goes on behind the word is none.
    private static func value(
        _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ messageEnd: Int
    ) -> (CaptureType, Int)? {
        if TypedCapture.end(of: .unit, bytes, start, messageEnd, messageStart: 0) == end { return (.unit, end) }
        for type in [CaptureType.int, .decimal] {
            let reached = TypedCapture.end(of: type, bytes, start, messageEnd, messageStart: 0)
            guard reached > start, reached <= end else { continue }
            // Only signs: `80%`. A letter or digit makes it a name.
            if (reached..<end).allSatisfy({ !TypedCapture.isNameByte(bytes[$0]) }) { return (type, reached) }
        }
        if TypedCapture.end(of: .hex, bytes, start, messageEnd, messageStart: 0) == end {
            let letters = (start..<end).count { !TypedCapture.isDigit(bytes[$0]) }
            let hasPrefix = end - start > 2 && bytes[start + 1] | 0x20 == UInt8(ascii: "x")
            if hasPrefix || (end - start >= 8 && letters > 0 && letters < end - start) { return (.hex, end) }
        }
        return nil
    }

    /// True where a value may end: no name goes on there.
    private static func isBoundary(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Bool {
        guard at < end, isWordByte(bytes[at]) else { return true }
        if ".!?".utf8.contains(bytes[at]) { return at + 1 >= end || !isWordByte(bytes[at + 1]) }
        return bytes[at] == UInt8(ascii: "%") || bytes[at] == UInt8(ascii: "#")
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && !#"()[]{}<>"'=,;:|#"#.utf8.contains(byte)
    }
}
