/// Base64 by RFC 4648 section 4, with padding.
public enum Base64 {
    /// How many bytes `count` bytes become.
    @inlinable public static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Writes `source` to `target`, which has room for ``encodedCount(_:)`` bytes.
    public static func encode(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
        precondition(target.count >= encodedCount(source.count), "no room for the base64 of \(source.count) bytes")
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let digits = alphabet.utf8Start
        let padding = UInt8(ascii: "=")
        var write = 0
        for read in stride(from: 0, to: source.count, by: 3) {
            let left = source.count - read
            let first = UInt32(source[read])
            let second = left > 1 ? UInt32(source[read + 1]) : 0
            let third = left > 2 ? UInt32(source[read + 2]) : 0
            let bits = first << 16 | second << 8 | third
            target[write] = digits[Int(bits >> 18)]
            target[write + 1] = digits[Int(bits >> 12 & 63)]
            target[write + 2] = left > 1 ? digits[Int(bits >> 6 & 63)] : padding
            target[write + 3] = left > 2 ? digits[Int(bits & 63)] : padding
            write += 4
        }
    }
}
