extension ByteWriter {
    /// Writes a hardware address in small letters with colons between its bytes. `source` holds only hexadecimal digits,
    /// `:` and `-`.
    @inlinable
    public mutating func hardwareAddress(_ source: UnsafePointer<UInt8>, _ length: Int) {
        guard reserve(length) else { return }
        if length == 17 {
            // The usual length, as two runs that overlap.
            let raw = UnsafeRawPointer(source)
            let low = raw.loadUnaligned(as: SIMD16<UInt8>.self)
            let high = raw.loadUnaligned(fromByteOffset: 1, as: SIMD16<UInt8>.self)
            // Top bits where there is a `-`: all bytes are below 0x80. The first and the last byte are digits.
            if !anyTopBit((low ^ UInt8(ascii: "-")) &- 1) {
                let target = UnsafeMutableRawPointer(base + count)
                target.storeBytes(of: low | 0x20, as: SIMD16<UInt8>.self)
                target.storeBytes(of: high | 0x20, toByteOffset: 1, as: SIMD16<UInt8>.self)
                count &+= 17
                return
            }
        }
        let target = base + count
        var offset = 0
        while offset < length {
            let byte = source[offset]
            // Bit 5 makes letters small and leaves digits and `:` as they are; `-` has it too.
            target[offset] = byte == UInt8(ascii: "-") ? UInt8(ascii: ":") : byte | 0x20
            offset &+= 1
        }
        count &+= length
    }

    /// Writes digits, with an optional sign and fraction, as a JSON number: without `+` and without leading zeros.
    @inlinable
    public mutating func decimal(_ source: UnsafePointer<UInt8>, _ length: Int) {
        var start = 0
        if length > 0 && (source[0] == UInt8(ascii: "-") || source[0] == UInt8(ascii: "+")) {
            if source[0] == UInt8(ascii: "-") { byte(UInt8(ascii: "-")) }
            start = 1
        }
        while start + 1 < length && source[start] == UInt8(ascii: "0") && source[start + 1] &- 0x30 < 10 {
            start += 1
        }
        fragment(source + start, length - start)
    }

    /// Writes nanoseconds as a JSON number of seconds, without trailing zeros.
    public mutating func seconds(nanoseconds: UInt64) {
        number(nanoseconds / 1_000_000_000)
        var fraction = nanoseconds % 1_000_000_000
        guard fraction > 0 else { return }
        byte(UInt8(ascii: "."))
        var place: UInt64 = 100_000_000
        while fraction > 0 {
            byte(UInt8(truncatingIfNeeded: 0x30 + fraction / place))
            fraction %= place
            place /= 10
        }
    }
}
