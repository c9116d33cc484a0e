/// The text that a JSON string stands for, RFC 8259 section 7.
enum JSONText {
    /// Undoes the escapes of a string's inside, as our own encoder writes them. The result is never longer.
    /// - Returns: bytes written; as many as fit.
    static func unescape(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) -> Int {
        var written = 0
        var index = 0
        func put(_ byte: UInt8) {
            guard written < out.count else { return }
            out[written] = byte
            written += 1
        }
        while index < text.count {
            let byte = text[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < text.count else {
                put(byte)
                index += 1
                continue
            }
            let escape = text[index + 1]
            index += 2
            switch escape {
            case UInt8(ascii: "n"): put(10)
            case UInt8(ascii: "r"): put(13)
            case UInt8(ascii: "t"): put(9)
            case UInt8(ascii: "b"): put(8)
            case UInt8(ascii: "f"): put(12)
            case UInt8(ascii: "u"):
                // Our encoder writes \u for control bytes alone; everything else is UTF-8 as it is.
                var value: UInt32 = 0
                for _ in 0..<4 where index < text.count {
                    value = value << 4 | digit(text[index])
                    index += 1
                }
                put(UInt8(truncatingIfNeeded: value))
            default: put(escape)
            }
        }
        return written
    }

    private static func digit(_ byte: UInt8) -> UInt32 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: 0
        }
    }
}
