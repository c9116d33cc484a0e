/// Text as JSON strings, RFC 8259 section 7: for what is not on a message's way. What is, is ``ByteWriter``'s.
public enum JSONText {
    /// The bytes of `text` as a JSON string with its quotes.
    public static func encoded(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { utf8 in
            // One byte becomes at most six (`\u0000`).
            [UInt8](unsafeUninitializedCapacity: utf8.count * 6 + 2) { buffer, used in
                var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
                writer.byte(UInt8(ascii: "\""))
                if let start = utf8.baseAddress { _ = writer.escaped(start, utf8.count) }
                writer.byte(UInt8(ascii: "\""))
                used = writer.count
            }
        }
    }

    /// The same as text.
    public static func literal(_ text: String) -> String { String(decoding: encoded(text), as: UTF8.self) }

    /// The text that the inside of a JSON string stands for. Half a surrogate pair, which no text holds, becomes U+FFFD.
    public static func text(_ inside: some Collection<UInt8>) -> String {
        let bytes = Array(inside)
        return bytes.withUnsafeBytes { bytes in
            String(unsafeUninitializedCapacity: bytes.count) { out in
                unescape(bytes, into: UnsafeMutableRawBufferPointer(out))
            }
        }
    }

    /// Undoes the escapes of a string's inside. The result is never longer, so `out` may be the same memory.
    /// - Returns: bytes written; as many as fit.
    public static func unescape(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) -> Int {
        var written = 0
        var at = 0
        func put(_ byte: UInt8) {
            guard written < out.count else { return }
            out[written] = byte
            written += 1
        }
        while at < text.count {
            let byte = text[at]
            guard byte == UInt8(ascii: "\\"), at + 1 < text.count else {
                put(byte)
                at += 1
                continue
            }
            let escape = text[at + 1]
            at += 2
            switch escape {
            case UInt8(ascii: "n"): put(10)
            case UInt8(ascii: "r"): put(13)
            case UInt8(ascii: "t"): put(9)
            case UInt8(ascii: "b"): put(8)
            case UInt8(ascii: "f"): put(12)
            case UInt8(ascii: "u"): for byte in scalar(text, &at).utf8 { put(byte) }
            default: put(escape)
            }
        }
        return written
    }

    /// The character of `\uXXXX`, or of two of them that are halves of a pair; `at` stands behind the first `u`.
    private static func scalar(_ text: UnsafeRawBufferPointer, _ at: inout Int) -> Unicode.Scalar {
        let first = codeUnit(text, &at)
        if UTF16.isLeadSurrogate(first), at + 1 < text.count, text[at] == UInt8(ascii: "\\"),
            text[at + 1] == UInt8(ascii: "u")
        {
            var behind = at + 2
            let second = codeUnit(text, &behind)
            if UTF16.isTrailSurrogate(second) {
                at = behind
                let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
                return Unicode.Scalar(value) ?? "\u{FFFD}"
            }
        }
        return Unicode.Scalar(UInt32(first)) ?? "\u{FFFD}"
    }

    /// Up to four digits.
    private static func codeUnit(_ text: UnsafeRawBufferPointer, _ at: inout Int) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 where at < text.count {
            value = value << 4 | digit(text[at])
            at += 1
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> UInt16 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: 0
        }
    }
}

extension ConstantValue {
    /// The value as JSON.
    package var json: String {
        switch self {
        case .text(let text): JSONText.literal(text)
        case .number(let digits): digits
        case .boolean(let value): value ? "true" : "false"
        case .object(let json): json
        }
    }
}
