/// Reads lists of `key=value` as programs print them, pair by pair (docs/writing-rules.md, "Key and value lists").
///
/// A list begins with a pair. Between its pairs it may hold flags (words without `=`) and groups in brackets, which are
/// passed over. Every byte is looked at a bounded number of times: a quote that is looked for in vain is not looked for
/// again, because an earlier search would have stopped at it.
package struct KeyValueReader: BitwiseCopyable {
    package typealias Bytes = UnsafePointer<UInt8>

    /// A pair, or a flag: then the value is empty and stands behind the key.
    package struct Item: BitwiseCopyable {
        package var keyStart: Int
        package var keyEnd: Int
        /// Without quotes.
        package var valueStart: Int
        package var valueEnd: Int
        package var isFlag: Bool
        package var isQuoted: Bool
    }

    /// A longer run of bytes is no key.
    package static let longestKey = 128

    private let bytes: Bytes
    private let start: Int
    private let end: Int
    /// Where the message begins; brackets between there and the list can be open.
    private let messageStart: Int
    private var at: Int
    /// True when only the end of the message, or a bracket that was opened before the list, follows.
    private var isComplete = false
    /// `(` and `[` that are open before the list; -1 until they are counted.
    private var openParentheses = -1
    private var openBrackets = -1

    /// Reads a list whose end is known.
    package init(_ bytes: Bytes, _ start: Int, _ end: Int) { self.init(bytes, messageStart: start, start, end) }

    private init(_ bytes: Bytes, messageStart: Int, _ start: Int, _ end: Int) {
        self.bytes = bytes
        self.messageStart = messageStart
        self.start = start
        self.end = end
        at = start
    }

    /// The end of the list that begins at `start`, or -1 when none does: behind its last pair, or, where nothing but
    /// flags and groups follow, the end of the message or the bracket that was opened before the list.
    @inline(never)
    package static func end(_ bytes: Bytes, messageStart: Int, _ start: Int, _ end: Int) -> Int {
        var reader = KeyValueReader(bytes, messageStart: messageStart, start, end)
        var last = -1
        while let item = reader.next() {
            if !item.isFlag { last = reader.at }
        }
        return last >= 0 && reader.isComplete ? reader.at : last
    }

    /// The next pair or flag; nil behind the last.
    package mutating func next() -> Item? {
        if at == start { return pair() }
        while skipSeparator() {
            if at == end || closesOutside(at) {
                isComplete = true
                return nil
            }
            if bytes[at] == UInt8(ascii: "(") || bytes[at] == UInt8(ascii: "[") {
                guard skipGroup() else { return nil }
                continue
            }
            return pair() ?? flag()
        }
        return nil
    }

    /// True when a group in brackets follows the item that was read last: `OPT (0204)`.
    package var isBeforeGroup: Bool {
        at &+ 1 < end && bytes[at] == UInt8(ascii: " ")
            && (bytes[at &+ 1] == UInt8(ascii: "(") || bytes[at &+ 1] == UInt8(ascii: "["))
    }

    // MARK: Parts

    private mutating func pair() -> Item? {
        var equals = at
        let bound = min(end, at &+ Self.longestKey &+ 1)
        while equals < bound, Self.isKeyByte(bytes[equals]) { equals &+= 1 }
        guard equals > at, equals < bound, bytes[equals] == UInt8(ascii: "=") else { return nil }
        let key = at
        let value = equals &+ 1
        if value < end, bytes[value] == UInt8(ascii: "\"") || bytes[value] == UInt8(ascii: "'") {
            let close = TypedCapture.quoted(bytes, value, end)
            if close >= 0, isBoundary(close) {
                at = close
                return Item(
                    keyStart: key, keyEnd: equals, valueStart: value &+ 1, valueEnd: close &- 1, isFlag: false,
                    isQuoted: true)
            }
        }
        at = bareEnd(value)
        return Item(keyStart: key, keyEnd: equals, valueStart: value, valueEnd: at, isFlag: false, isQuoted: false)
    }

    private mutating func flag() -> Item? {
        var stop = at
        let bound = min(end, at &+ Self.longestKey &+ 1)
        while stop < bound, Self.isKeyByte(bytes[stop]) || bytes[stop] == UInt8(ascii: ":") { stop &+= 1 }
        // `for user root: …` is text behind a list, not flags.
        guard stop > at, isBoundary(stop), bytes[stop &- 1] != UInt8(ascii: ":") else { return nil }
        let key = at
        at = stop
        return Item(keyStart: key, keyEnd: stop, valueStart: stop, valueEnd: stop, isFlag: true, isQuoted: false)
    }

    /// A bare value ends at white space, at `,` or `;` before white space, and at a bracket that it did not open itself
    /// where one is open outside.
    private mutating func bareEnd(_ value: Int) -> Int {
        var stop = value
        var parentheses = 0
        var brackets = 0
        while stop < end {
            let byte = bytes[stop]
            if byte <= 0x20 { break }
            switch byte {
            case UInt8(ascii: "("): parentheses &+= 1
            case UInt8(ascii: "["): brackets &+= 1
            case UInt8(ascii: ")"):
                if parentheses > 0 { parentheses &-= 1 } else if closesOutside(stop) { return stop }
            case UInt8(ascii: "]"):
                if brackets > 0 { brackets &-= 1 } else if closesOutside(stop) { return stop }
            case UInt8(ascii: ","), UInt8(ascii: ";"):
                if stop &+ 1 == end || bytes[stop &+ 1] <= 0x20 { return stop }
            default: break
            }
            stop &+= 1
        }
        return stop
    }

    /// Passes over `(…)` or `[…]`, which may hold more of its own kind. False when it is not closed.
    private mutating func skipGroup() -> Bool {
        let open = bytes[at]
        let close = open == UInt8(ascii: "(") ? UInt8(ascii: ")") : UInt8(ascii: "]")
        var depth = 0
        var stop = at
        while stop < end {
            if bytes[stop] == open { depth &+= 1 } else if bytes[stop] == close { depth &-= 1 }
            stop &+= 1
            if depth == 0 { break }
        }
        guard depth == 0, isBoundary(stop) else { return false }
        at = stop
        return true
    }

    /// White space with at most one `,` or `;`.
    private mutating func skipSeparator() -> Bool {
        let before = at
        skipWhiteSpace()
        if at < end, isSeparator(at) {
            at &+= 1
            skipWhiteSpace()
        }
        return at > before || at == end || closesOutside(at)
    }

    private mutating func skipWhiteSpace() {
        while at < end, bytes[at] <= 0x20 { at &+= 1 }
    }

    /// `,` or `;` before white space or the end.
    private func isSeparator(_ place: Int) -> Bool {
        (bytes[place] == UInt8(ascii: ",") || bytes[place] == UInt8(ascii: ";"))
            && (place &+ 1 == end || bytes[place &+ 1] <= 0x20)
    }

    /// Where a quoted value, a flag or a group may end.
    private mutating func isBoundary(_ place: Int) -> Bool {
        place == end || bytes[place] <= 0x20 || isSeparator(place) || closesOutside(place)
    }

    /// True for a bracket that closes one that is open before the list.
    private mutating func closesOutside(_ place: Int) -> Bool {
        guard bytes[place] == UInt8(ascii: ")") || bytes[place] == UInt8(ascii: "]") else { return false }
        if openParentheses < 0 { countOpen() }
        return bytes[place] == UInt8(ascii: ")") ? openParentheses > 0 : openBrackets > 0
    }

    private mutating func countOpen() {
        openParentheses = 0
        openBrackets = 0
        for place in messageStart..<start {
            switch bytes[place] {
            case UInt8(ascii: "("): openParentheses &+= 1
            case UInt8(ascii: "["): openBrackets &+= 1
            case UInt8(ascii: ")"): openParentheses = max(0, openParentheses &- 1)
            case UInt8(ascii: "]"): openBrackets = max(0, openBrackets &- 1)
            default: break
            }
        }
    }

    @inline(__always) private static func isKeyByte(_ byte: UInt8) -> Bool {
        // `-`, `.`, `/` are neighbours.
        TypedCapture.isNameByte(byte) || byte &- UInt8(ascii: "-") < 3
    }
}
