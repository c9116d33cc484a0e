import Base

/// Reads JSON (RFC 8259) where it stands in a message.
package enum JSONValue {
    package typealias Bytes = UnsafePointer<UInt8>

    /// Objects and arrays inside each other; deeper is not taken.
    package static let maximumDepth = 64

    /// The end of the object or array that begins at `start`, or -1 when none does. Everything in it is checked: UTF-8,
    /// escapes (a surrogate only as half of a pair), numbers, depth. One pass over the bytes, without recursion.
    @inline(never)
    package static func end(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        guard start < end, bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "[") else { return -1 }
        var at = start
        var depth = 0
        // One bit for each open level, the innermost lowest: set for an object.
        var objects: UInt64 = 0
        while true {
            // A value, or the end of an empty object or array.
            var isClosed = false
            guard at < end else { return -1 }
            switch bytes[at] {
            case UInt8(ascii: "{"):
                guard depth < maximumDepth else { return -1 }
                depth &+= 1
                objects = objects &<< 1 | 1
                at = skipWhiteSpace(bytes, at &+ 1, end)
                if at < end, bytes[at] == UInt8(ascii: "}") {
                    isClosed = true
                } else {
                    at = key(bytes, at, end)
                    guard at >= 0 else { return -1 }
                    continue
                }
            case UInt8(ascii: "["):
                guard depth < maximumDepth else { return -1 }
                depth &+= 1
                objects = objects &<< 1
                at = skipWhiteSpace(bytes, at &+ 1, end)
                guard at < end, bytes[at] == UInt8(ascii: "]") else { continue }
                isClosed = true
            default:
                at = scalar(bytes, at, end)
                guard at >= 0 else { return -1 }
            }
            // What follows a value.
            while true {
                if isClosed {
                    at &+= 1
                    depth &-= 1
                    objects = objects &>> 1
                    if depth == 0 { return at }
                }
                at = skipWhiteSpace(bytes, at, end)
                guard at < end else { return -1 }
                let isObject = objects & 1 == 1
                if bytes[at] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    isClosed = true
                    continue
                }
                guard bytes[at] == UInt8(ascii: ",") else { return -1 }
                at = skipWhiteSpace(bytes, at &+ 1, end)
                if isObject {
                    at = key(bytes, at, end)
                    guard at >= 0 else { return -1 }
                }
                break
            }
        }
    }

    /// Behind `"key":` and the white space after it.
    private static func key(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        let name = string(bytes, start, end)
        guard name >= 0 else { return -1 }
        let colon = skipWhiteSpace(bytes, name, end)
        guard colon < end, bytes[colon] == UInt8(ascii: ":") else { return -1 }
        return skipWhiteSpace(bytes, colon &+ 1, end)
    }

    private static func scalar(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        switch bytes[start] {
        case UInt8(ascii: "\""): string(bytes, start, end)
        case UInt8(ascii: "t"): word("true", bytes, start, end)
        case UInt8(ascii: "f"): word("false", bytes, start, end)
        case UInt8(ascii: "n"): word("null", bytes, start, end)
        default: number(bytes, start, end)
        }
    }

    private static func word(_ text: StaticString, _ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        let count = text.utf8CodeUnitCount
        return end &- start >= count && equalBytes(bytes + start, text.utf8Start, count) ? start &+ count : -1
    }

    package static func number(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        if at < end, bytes[at] == UInt8(ascii: "-") { at &+= 1 }
        guard at < end, TypedCapture.isDigit(bytes[at]) else { return -1 }
        if bytes[at] == UInt8(ascii: "0") { at &+= 1 } else { at = digits(bytes, at, end) }
        if at < end, bytes[at] == UInt8(ascii: ".") {
            let fraction = at &+ 1
            at = digits(bytes, fraction, end)
            guard at > fraction else { return -1 }
        }
        if at < end, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            if at < end, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") { at &+= 1 }
            let exponent = at
            at = digits(bytes, exponent, end)
            guard at > exponent else { return -1 }
        }
        return at
    }

    private static func digits(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        while at < end, TypedCapture.isDigit(bytes[at]) { at &+= 1 }
        return at
    }

    /// Behind the string that begins with the quote at `start`, or -1.
    package static func string(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        guard start < end, bytes[start] == UInt8(ascii: "\"") else { return -1 }
        var at = start &+ 1
        while at < end {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") { return at &+ 1 }
            if byte < 0x20 { return -1 }
            if byte == UInt8(ascii: "\\") {
                at = escape(bytes, at, end)
                guard at >= 0 else { return -1 }
            } else if byte >= 0x80 {
                let length = wellFormedSequenceLength(bytes + at, end &- at)
                guard length > 0 else { return -1 }
                at &+= length
            } else {
                at &+= 1
            }
        }
        return -1
    }

    /// Behind the escape at `start`, or -1.
    private static func escape(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        guard start &+ 1 < end else { return -1 }
        switch bytes[start &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start &+ 2
        case UInt8(ascii: "u"):
            let unit = codeUnit(bytes, start, end)
            if unit < 0 || 0xDC00...0xDFFF ~= unit { return -1 }
            guard 0xD800...0xDBFF ~= unit else { return start &+ 6 }
            return 0xDC00...0xDFFF ~= codeUnit(bytes, start &+ 6, end) ? start &+ 12 : -1
        default:
            return -1
        }
    }

    /// The value of `\uXXXX`, or -1.
    private static func codeUnit(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        guard end &- start >= 6, bytes[start] == UInt8(ascii: "\\"), bytes[start &+ 1] == UInt8(ascii: "u") else {
            return -1
        }
        var unit = 0
        for place in start &+ 2..<start &+ 6 {
            let byte = bytes[place]
            guard TypedCapture.isHex(byte) else { return -1 }
            unit = unit &<< 4 | Int(TypedCapture.isDigit(byte) ? byte &- 0x30 : (byte | 0x20) &- 0x57)
        }
        return unit
    }

    @inline(__always) fileprivate static func skipWhiteSpace(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        while at < end, isWhiteSpace(bytes[at]) { at &+= 1 }
        return at
    }

    @inline(__always) private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

/// The members of a JSON object that was checked before, or the elements of an array, in their order.
package struct JSONMembers: BitwiseCopyable {
    package struct Member: BitwiseCopyable {
        /// Without quotes, escapes as they stand.
        package var keyStart: Int
        package var keyEnd: Int
        /// With quotes.
        package var valueStart: Int
        package var valueEnd: Int
    }

    private let bytes: JSONValue.Bytes
    private let end: Int
    private let isObject: Bool
    private var at: Int

    /// Reads the object or array `start..<end`.
    package init(_ bytes: JSONValue.Bytes, _ start: Int, _ end: Int) {
        self.bytes = bytes
        // Without the closing brace.
        self.end = end &- 1
        at = end > start ? start &+ 1 : self.end
        isObject = end > start && bytes[start] == UInt8(ascii: "{")
    }

    /// The next member of an object; nil behind the last. An array has none.
    package mutating func next() -> Member? {
        guard isObject else { return nil }
        while at < end, bytes[at] != UInt8(ascii: "\"") { at &+= 1 }
        guard at < end else { return nil }
        let key = at &+ 1
        let keyEnd = stringEnd(key)
        at = JSONValue.skipWhiteSpace(bytes, keyEnd &+ 1, end)
        // The colon.
        at = JSONValue.skipWhiteSpace(bytes, at &+ 1, end)
        let value = at
        skipValue()
        return Member(keyStart: key, keyEnd: keyEnd, valueStart: value, valueEnd: at)
    }

    /// The place of the next element of an array; nil behind the last.
    package mutating func nextElement() -> Range<Int>? {
        while at < end, bytes[at] == UInt8(ascii: ",") || bytes[at] <= 0x20 { at &+= 1 }
        guard at < end else { return nil }
        let start = at
        skipValue()
        return start..<at
    }

    private mutating func skipValue() {
        var depth = 0
        while at < end {
            switch bytes[at] {
            case UInt8(ascii: "\""): at = stringEnd(at &+ 1)
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth &-= 1
            case UInt8(ascii: ","), 0x20, 0x09, 0x0A, 0x0D:
                if depth == 0 { return }
            default: break
            }
            at &+= 1
        }
    }

    /// The place of the closing quote.
    private func stringEnd(_ start: Int) -> Int {
        var stop = start
        while stop < end, bytes[stop] != UInt8(ascii: "\"") { stop &+= bytes[stop] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(stop, end)
    }
}
