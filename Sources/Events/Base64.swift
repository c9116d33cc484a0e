extension JSONWriter {
    /// Writes `length` bytes as base64 (RFC 4648 section 4, with padding).
    public mutating func base64(_ source: UnsafePointer<UInt8>, _ length: Int) {
        // `length` is that of a frame, far from overflowing.
        guard reserve((length + 2) / 3 * 4) else { return }
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let digits = alphabet.utf8Start
        var read = 0
        var write = count
        while read < length {
            let first = UInt32(source[read])
            let second = read + 1 < length ? UInt32(source[read + 1]) : 0
            let third = read + 2 < length ? UInt32(source[read + 2]) : 0
            let bits = first << 16 | second << 8 | third
            base[write] = digits[Int(bits >> 18)]
            base[write + 1] = digits[Int(bits >> 12 & 63)]
            base[write + 2] = read + 1 < length ? digits[Int(bits >> 6 & 63)] : UInt8(ascii: "=")
            base[write + 3] = read + 2 < length ? digits[Int(bits & 63)] : UInt8(ascii: "=")
            read += 3
            write += 4
        }
        count = write
    }
}
