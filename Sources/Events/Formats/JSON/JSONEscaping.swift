import Base

extension ByteWriter {
    /// Writes `length` bytes as the inside of a JSON string: quotes, backslashes and control bytes escaped, UTF-8 as it
    /// is, and U+FFFD for each byte that is not part of well-formed UTF-8.
    /// - Returns: false when a byte was replaced, so that the caller keeps the original elsewhere.
    @inlinable
    public mutating func escaped(_ source: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        guard length >= 16, capacity &- count >= length else { return escapedByWords(source, length) }
        let raw = UnsafeRawPointer(source)
        let target = UnsafeMutableRawPointer(base + count)
        var read = 0
        while length &- read >= 32 {
            let low = raw.loadUnaligned(fromByteOffset: read, as: SIMD16<UInt8>.self)
            let high = raw.loadUnaligned(fromByteOffset: read &+ 16, as: SIMD16<UInt8>.self)
            if anyTopBit(careLanes(low) | careLanes(high)) { return escapedSlowly(source, length, from: read) }
            target.storeBytes(of: low, toByteOffset: read, as: SIMD16<UInt8>.self)
            target.storeBytes(of: high, toByteOffset: read &+ 16, as: SIMD16<UInt8>.self)
            read &+= 32
        }
        if length &- read >= 16 {
            let lanes = raw.loadUnaligned(fromByteOffset: read, as: SIMD16<UInt8>.self)
            if anyTopBit(careLanes(lanes)) { return escapedSlowly(source, length, from: read) }
            target.storeBytes(of: lanes, toByteOffset: read, as: SIMD16<UInt8>.self)
            read &+= 16
        }
        if read < length {
            // The last sixteen bytes, some of which are written already.
            let lanes = raw.loadUnaligned(fromByteOffset: length &- 16, as: SIMD16<UInt8>.self)
            if anyTopBit(careLanes(lanes)) { return escapedSlowly(source, length, from: read) }
            target.storeBytes(of: lanes, toByteOffset: length &- 16, as: SIMD16<UInt8>.self)
        }
        count &+= length
        return true
    }

    /// The same for bytes of a buffer that ends at `end`, made for values that mostly have at most sixteen bytes. What
    /// it writes too much must be overwritten by what follows.
    @inlinable @inline(__always)
    public mutating func escaped(
        _ source: UnsafePointer<UInt8>, _ length: Int, before end: UnsafePointer<UInt8>
    ) -> Bool {
        guard length <= 16, length > 0, end - source >= 16, capacity &- count >= 16 else {
            return escapedShort(source, length)
        }
        let lanes = UnsafeRawPointer(source).loadUnaligned(as: SIMD16<UInt8>.self)
        let care = unsafeBitCast(careLanes(lanes), to: SIMD2<UInt64>.self) & 0x8080_8080_8080_8080
        // Lanes at and behind `length` are shifted out.
        let marks =
            length <= 8
            ? UInt64(littleEndian: care[0]) &<< UInt64(truncatingIfNeeded: (8 &- length) &* 8)
            : care[0] | UInt64(littleEndian: care[1]) &<< UInt64(truncatingIfNeeded: (16 &- length) &* 8)
        guard marks == 0 else { return escaped(source, length) }
        UnsafeMutableRawPointer(base + count).storeBytes(of: lanes, as: SIMD16<UInt8>.self)
        count &+= length
        return true
    }

    /// The same by eight bytes.
    @inlinable @inline(never)
    mutating func escapedByWords(_ source: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        // Stores are of whole words, so near the end of the memory the careful way is taken.
        guard capacity &- count >= length &+ 8 else { return escapedSlowly(source, length, from: 0) }
        let raw = UnsafeRawPointer(source)
        let target = UnsafeMutableRawPointer(base + count)
        var read = 0
        while length &- read >= 8 {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: read, as: UInt64.self))
            if needsCare(word) != 0 { return escapedSlowly(source, length, from: read) }
            target.storeBytes(of: word.littleEndian, toByteOffset: read, as: UInt64.self)
            read &+= 8
        }
        let rest = length &- read
        if rest > 0 {
            let word: UInt64
            if length >= 8 {
                // The last eight bytes, without those that are written already.
                let last = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: length &- 8, as: UInt64.self))
                word = last &>> UInt64(truncatingIfNeeded: (8 &- rest) &* 8)
            } else {
                word = loadShort(raw, length)
            }
            let blanks = 0x2020_2020_2020_2020 &<< UInt64(truncatingIfNeeded: rest &* 8)
            if needsCare(word | blanks) != 0 { return escapedSlowly(source, length, from: read) }
            target.storeBytes(of: word.littleEndian, toByteOffset: read, as: UInt64.self)
        }
        count &+= length
        return true
    }

    /// The same, made for values that mostly have at most eight bytes.
    @inlinable @inline(__always)
    public mutating func escapedShort(_ source: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        guard length <= 8, length > 0, capacity &- count >= 8 else { return escaped(source, length) }
        let raw = UnsafeRawPointer(source)
        let word = length == 8 ? UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self)) : loadShort(raw, length)
        // A shift by 64 gives zero: no blanks behind eight bytes.
        let blanks: UInt64 = 0x2020_2020_2020_2020 << UInt64(truncatingIfNeeded: length &* 8)
        guard needsCare(word | blanks) == 0 else { return escaped(source, length) }
        UnsafeMutableRawPointer(base + count).storeBytes(of: word.littleEndian, as: UInt64.self)
        count &+= length
        return true
    }

    /// The same for text whose first `start` bytes are written behind ``count`` already and clean.
    @inlinable @inline(never)
    mutating func escapedSlowly(_ source: UnsafePointer<UInt8>, _ length: Int, from start: Int) -> Bool {
        var read = start
        var write = count &+ start
        var wellFormed = true
        let room = capacity
        let raw = UnsafeRawPointer(source)
        let target = UnsafeMutableRawPointer(base)
        while read < length {
            // A word is stored before it is known to be clean: what is behind the first byte that needs care is
            // overwritten.
            while length &- read >= 8 && room &- write >= 8 {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: read, as: UInt64.self))
                target.storeBytes(of: word.littleEndian, toByteOffset: write, as: UInt64.self)
                let marks = needsCare(word)
                let clean = marks == 0 ? 8 : marks.trailingZeroBitCount &>> 3
                read &+= clean
                write &+= clean
                if marks != 0 { break }
            }
            while read < length, !needsCare(source[read]) {
                guard write < room else {
                    markOverflow()
                    return wellFormed
                }
                base[write] = source[read]
                read &+= 1
                write &+= 1
            }
            count = write
            if read < length { read &+= careful(source + read, length &- read, &wellFormed) }
            if overflowed { return wellFormed }
            write = count
        }
        return wellFormed
    }

    /// Writes the run of bytes at `source` that need care and returns how many bytes of the source it was.
    @inlinable @inline(never)
    mutating func careful(_ source: UnsafePointer<UInt8>, _ length: Int, _ wellFormed: inout Bool) -> Int {
        var read = 0
        while read < length && !overflowed {
            let byte = source[read]
            if byte >= 0x80 {
                let sequence = wellFormedSequenceLength(source + read, length - read)
                if sequence == 0 {
                    wellFormed = false
                    fragment("\u{FFFD}")
                    read += 1
                } else {
                    fragment(source + read, sequence)
                    read += sequence
                }
            } else if needsCare(byte) {
                escape(byte)
                read += 1
            } else {
                break
            }
        }
        return read
    }

    @inlinable
    mutating func escape(_ value: UInt8) {
        switch value {
        case UInt8(ascii: "\""): fragment(#"\""#)
        case UInt8(ascii: "\\"): fragment(#"\\"#)
        case 0x08: fragment(#"\b"#)
        case 0x09: fragment(#"\t"#)
        case 0x0A: fragment(#"\n"#)
        case 0x0C: fragment(#"\f"#)
        case 0x0D: fragment(#"\r"#)
        default:
            fragment(#"\u00"#)
            byte(hexDigit(value &>> 4))
            byte(hexDigit(value & 0x0F))
        }
    }

    /// Writes text without the backslashes that escape a `"`, a `\` or the byte `other` in it; a backslash before
    /// anything else stands for itself. For RFC 5424 section 6.3.3 parameter values (`other` is `]`) and quoted text.
    /// - Returns: as ``escaped(_:_:)``.
    public mutating func unescaped(_ source: UnsafePointer<UInt8>, _ length: Int, and other: UInt8) -> Bool {
        var wellFormed = true
        var start = 0
        var at = 0
        while at + 1 < length {
            let next = source[at + 1]
            if source[at] == UInt8(ascii: "\\"),
                next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") || next == other
            {
                if !escaped(source + start, at - start) { wellFormed = false }
                start = at + 1
                at += 2
            } else {
                at += 1
            }
        }
        if !escaped(source + start, length - start) { wellFormed = false }
        return wellFormed
    }

    @inlinable @inline(__always)
    func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 &+ value : 0x57 &+ value }
}

/// True for `"`, `\`, control bytes and everything outside ASCII.
@inlinable @inline(__always)
func needsCare(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}

/// Sixteen bytes at once: the top bit of a lane is set when its byte needs care. Each lane is exact.
@inlinable @inline(__always)
func careLanes(_ lanes: SIMD16<UInt8>) -> SIMD16<UInt8> {
    let quoteOrControl = (lanes ^ 0x02) &- 0x21
    let backslash = (lanes ^ 0x5C) &- 0x01
    return quoteOrControl | backslash | lanes
}

@inlinable @inline(__always)
func anyTopBit(_ lanes: SIMD16<UInt8>) -> Bool {
    let words = unsafeBitCast(lanes, to: SIMD2<UInt64>.self)
    return (words[0] | words[1]) & 0x8080_8080_8080_8080 != 0
}

/// Eight bytes at once: the top bit of a lane is set for the first byte that needs care. Lanes above it may be wrong,
/// because the subtraction borrows from them; the lowest set bit is exact.
@inlinable @inline(__always)
func needsCare(_ word: UInt64) -> UInt64 {
    // `x ^ 2` moves the quote (0x22) to 0x20 and keeps control bytes below it: one subtraction finds both.
    let quoteOrControl = (word ^ 0x0202_0202_0202_0202) &- 0x2121_2121_2121_2121
    let backslash = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
    return (quoteOrControl | backslash | word) & 0x8080_8080_8080_8080
}

/// One to seven bytes as the low bytes of a word, without reading behind them.
@inlinable @inline(__always)
func loadShort(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
    if count >= 4 {
        let low = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
        // Where the two overlap they hold the same bytes.
        return UInt64(low) | UInt64(high) &<< UInt64(truncatingIfNeeded: (count &- 4) &* 8)
    }
    let middle = count &>> 1
    let last = count &- 1
    return UInt64(bytes.load(as: UInt8.self))
        | UInt64(bytes.load(fromByteOffset: middle, as: UInt8.self)) &<< UInt64(truncatingIfNeeded: middle &* 8)
        | UInt64(bytes.load(fromByteOffset: last, as: UInt8.self)) &<< UInt64(truncatingIfNeeded: last &* 8)
}
