/// Text of strangers as a person may see it: signs that move a terminal's cursor, forge a line or turn the direction of
/// writing are escaped, as JSON does it.
enum PrintableText {
    /// How much is escaped.
    enum Scope {
        /// A field of a line, such as a key: blanks that end a field or a line and the backslash as well, so that the
        /// text can be told again from what is printed.
        case field
        /// A whole value on a terminal. A JSON value stays the same one.
        case value
    }

    /// The text, escaped. Bytes that are not UTF-8 become `\x9b`.
    static func escaped(_ bytes: UnsafeRawBufferPointer, _ scope: Scope) -> String {
        var text = ""
        var rest = bytes[...]
        while let first = rest.first {
            if first < 0x80 {
                append(Unicode.Scalar(first), scope, to: &text)
                rest = rest.dropFirst()
            } else if let (scalar, count) = decode(rest) {
                append(scalar, scope, to: &text)
                rest = rest.dropFirst(count)
            } else {
                text += "\\x" + hex(UInt32(first), 2)
                rest = rest.dropFirst()
            }
        }
        return text
    }

    /// Whether a value can be written as it is: nothing but printable ASCII, tabs included.
    static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 }
    }

    private static func append(_ scalar: Unicode.Scalar, _ scope: Scope, to text: inout String) {
        switch scalar {
        case "\t" where scope == .value: text.unicodeScalars.append(scalar)
        case "\t": text += "\\t"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\\" where scope == .field: text += "\\\\"
        default:
            if isHarmful(scalar.value) {
                text += "\\u" + hex(scalar.value, 4)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// C0, DEL and C1; marks of direction; separators of lines.
    private static func isHarmful(_ value: UInt32) -> Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFFF9...0xFFFB: true
        default: false
        }
    }

    /// The sign at the start of bytes that begin with one of UTF-8's leading bytes, nil when they are none.
    private static func decode(_ bytes: Slice<UnsafeRawBufferPointer>) -> (Unicode.Scalar, Int)? {
        var iterator = bytes.prefix(4).makeIterator()
        var decoder = UTF8()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
        return (scalar, UTF8.width(scalar))
    }

    private static func hex(_ value: UInt32, _ count: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
