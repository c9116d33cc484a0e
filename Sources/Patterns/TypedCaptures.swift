/// Where typed captures end: each function reads from `start` and returns the one possible end, or -1 when what stands
/// there is not of the type. Nothing at or behind `end` is read.
package enum TypedCapture {
    package typealias Bytes = UnsafePointer<UInt8>

    @inlinable @inline(__always) package static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inlinable @inline(__always) package static func isHex(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
    }

    @inlinable @inline(__always) package static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_")
    }

    /// An address may not run on into a word.
    @inlinable @inline(__always) static func endsWord(_ bytes: Bytes, _ at: Int, _ end: Int) -> Bool {
        at >= end || !isNameByte(bytes[at])
    }

    /// Four decimal octets without leading zeros.
    @inlinable @inline(__always) package static func ipv4(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        // An address and the byte behind it have at most 16: no place needs a check of its own.
        guard end &- start >= 16 else { return ipv4AtEnd(bytes, start, end) }
        var at = octet(bytes, start)
        guard at > 0, bytes[at] == UInt8(ascii: ".") else { return -1 }
        at = octet(bytes, at &+ 1)
        guard at > 0, bytes[at] == UInt8(ascii: ".") else { return -1 }
        at = octet(bytes, at &+ 1)
        guard at > 0, bytes[at] == UInt8(ascii: ".") else { return -1 }
        at = octet(bytes, at &+ 1)
        guard at > 0, endsWord(bytes, at, end) else { return -1 }
        // `1.2.3.4.5` is something else.
        if bytes[at] == UInt8(ascii: "."), at &+ 1 < end, isDigit(bytes[at &+ 1]) { return -1 }
        return at
    }

    /// The end of one octet, or -1. Reads three bytes. A digit too many is left for the caller to stumble over.
    @inlinable @inline(__always) static func octet(_ bytes: Bytes, _ at: Int) -> Int {
        let first = bytes[at] &- 0x30
        guard first < 10 else { return -1 }
        let second = bytes[at &+ 1] &- 0x30
        guard second < 10 else { return at &+ 1 }
        guard first > 0 else { return -1 }
        let third = bytes[at &+ 2] &- 0x30
        guard third < 10 else { return at &+ 2 }
        return Int(first) &* 100 &+ Int(second) &* 10 &+ Int(third) <= 255 ? at &+ 3 : -1
    }

    /// The same where the message may end.
    @usableFromInline @inline(never) static func ipv4AtEnd(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        var octet = 0
        while true {
            guard at < end, isDigit(bytes[at]) else { return -1 }
            var value = Int(bytes[at] &- 0x30)
            at &+= 1
            if value > 0 {
                while at < end, isDigit(bytes[at]) {
                    value = value &* 10 &+ Int(bytes[at] &- 0x30)
                    if value > 255 { return -1 }
                    at &+= 1
                }
            }
            octet &+= 1
            if octet == 4 { break }
            guard at < end, bytes[at] == UInt8(ascii: ".") else { return -1 }
            at &+= 1
        }
        guard endsWord(bytes, at, end) else { return -1 }
        // `1.2.3.4.5` is something else.
        if at &+ 1 < end, bytes[at] == UInt8(ascii: "."), isDigit(bytes[at &+ 1]) { return -1 }
        return at
    }

    /// RFC 4291 section 2.2 text, also with an IPv4 tail and with a zone: `fe80::1%eth0`.
    package static func ipv6(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        var groups = 0
        var compressed = false
        if at &+ 1 < end, bytes[at] == UInt8(ascii: ":"), bytes[at &+ 1] == UInt8(ascii: ":") {
            compressed = true
            at &+= 2
        }
        scan: while groups < 8 {
            let group = at
            while at < end, at &- group < 4, isHex(bytes[at]) { at &+= 1 }
            if at == group {
                // Only `::` may have nothing behind it.
                guard compressed, bytes[at &- 1] == UInt8(ascii: ":"), at &- start >= 2 else { return -1 }
                break
            }
            if at < end, bytes[at] == UInt8(ascii: "."), groups <= 6, groups > 0 || compressed {
                let tail = ipv4(bytes, group, end)
                if tail >= 0 {
                    at = tail
                    groups &+= 2
                    break
                }
                // `fe80::1.` at the end of a sentence.
                if at &+ 1 < end, isNameByte(bytes[at &+ 1]) { return -1 }
            }
            if at < end, isHex(bytes[at]) { return -1 }
            groups &+= 1
            guard groups < 8, at &+ 1 < end, bytes[at] == UInt8(ascii: ":") else { break }
            if bytes[at &+ 1] == UInt8(ascii: ":") {
                if compressed { break scan }
                compressed = true
                at &+= 2
                if at >= end || !isHex(bytes[at]) { break }
            } else if isHex(bytes[at &+ 1]) {
                at &+= 1
            } else {
                break
            }
        }
        guard compressed ? groups <= 7 : groups == 8, endsWord(bytes, at, end) else { return -1 }
        if at < end, bytes[at] == UInt8(ascii: "%") {
            var zone = at &+ 1
            while zone < end, isNameByte(bytes[zone]) || bytes[zone] == UInt8(ascii: "-") || bytes[zone] == 0x2E {
                zone &+= 1
            }
            while zone > at &+ 1, bytes[zone &- 1] == 0x2E { zone &-= 1 }
            if zone > at &+ 1 { return zone }
        }
        return at
    }

    /// Either form, or a placeholder that a program writes where it knows no address: the field is then absent.
    package static func ip(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        let four = ipv4(bytes, start, end)
        if four >= 0 { return four }
        let placeholder = Placeholder.end(bytes, start, end)
        if placeholder >= 0 { return endsWord(bytes, placeholder, end) ? placeholder : -1 }
        // Most words are told from an address by what stands behind their first digits.
        var at = start
        while at < end, at &- start < 4, isHex(bytes[at]) { at &+= 1 }
        return at < end && bytes[at] == UInt8(ascii: ":") ? ipv6(bytes, start, end) : -1
    }

    /// 6, 8 or 20 bytes in hexadecimal, with `:` or `-` between them.
    @inlinable @inline(__always) package static func mac(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        guard end &- start >= 17 else { return -1 }
        let separator = bytes[start &+ 2]
        guard separator == UInt8(ascii: ":") || separator == UInt8(ascii: "-") else { return -1 }
        let raw = UnsafeRawPointer(bytes + start)
        let low = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
        let high = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 9, as: UInt64.self))
        // Of `00:11:22` and `33:44:55`, the places of the separators, and hexadecimal digits elsewhere.
        let places: UInt64 = 0x0000_FF00_00FF_0000
        let separators = (UInt64(separator) &* 0x0101_0101_0101_0101) & places
        guard low & places == separators, high & places == separators, bytes[start &+ 8] == separator,
            areHex(low & ~places | (0x3030_3030_3030_3030 & places)),
            areHex(high & ~places | (0x3030_3030_3030_3030 & places))
        else { return -1 }
        if endsHardwareAddress(bytes, start &+ 17, end, separator) { return start &+ 17 }
        return longHardwareAddress(bytes, start, end, separator)
    }

    /// Eight bytes at once: all are hexadecimal digits.
    @inlinable @inline(__always) static func areHex(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        guard word & tops == 0 else { return false }
        // No lane carries into the next: all are below 0x80. A top bit set means "at least" the value subtracted from 0x80.
        let digits = (word &+ ones &* (0x80 - 0x30)) & ~(word &+ ones &* (0x80 - 0x3A))
        let folded = word | ones &* 0x20
        let letters = (folded &+ ones &* (0x80 - 0x61)) & ~(folded &+ ones &* (0x80 - 0x67))
        return (digits | letters) & tops == tops
    }

    /// True when no further byte of the address follows; a separator alone belongs to what comes behind.
    @inlinable @inline(__always)
    static func endsHardwareAddress(_ bytes: Bytes, _ at: Int, _ end: Int, _ separator: UInt8) -> Bool {
        guard at < end else { return true }
        if bytes[at] == separator { return at &+ 1 >= end || !isHex(bytes[at &+ 1]) }
        return !isNameByte(bytes[at])
    }

    @usableFromInline @inline(never)
    static func longHardwareAddress(_ bytes: Bytes, _ start: Int, _ end: Int, _ separator: UInt8) -> Int {
        var at = start
        var groups = 0
        while at &+ 2 <= end, isHex(bytes[at]), isHex(bytes[at &+ 1]) {
            groups &+= 1
            at &+= 2
            guard groups < 20, at &+ 1 < end, bytes[at] == separator, isHex(bytes[at &+ 1]) else { break }
            at &+= 1
        }
        return (groups == 8 || groups == 20) && endsWord(bytes, at, end) ? at : -1
    }

    /// Letters and the spaces between them.
    package static func letters(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        var last = -1
        while at < end {
            if (bytes[at] | 0x20) &- 0x61 < 26 {
                last = at &+ 1
            } else if bytes[at] != UInt8(ascii: " ") || at == start {
                break
            }
            at &+= 1
        }
        return last
    }

    /// One space or tab, or more.
    package static func space(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        while at < end, bytes[at] == UInt8(ascii: " ") || bytes[at] == UInt8(ascii: "\t") { at &+= 1 }
        return at > start ? at : -1
    }

    /// A packet's hardware header: bytes in hexadecimal with `:` between them, of an Ethernet header 14.
    package static func ethernet(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        while at &+ 2 <= end, isHex(bytes[at]), isHex(bytes[at &+ 1]) {
            at &+= 2
            guard at &+ 2 < end, bytes[at] == UInt8(ascii: ":"), isHex(bytes[at &+ 1]) else { break }
            at &+= 1
        }
        return at > start && endsWord(bytes, at, end) ? at : -1
    }

    /// An optional sign and digits behind at most 20 leading zeros: a number that 64 bits hold, with or without sign.
    @inlinable @inline(__always) package static func int(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        if at < end, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") { at &+= 1 }
        let first = at
        while at < end, at &- first < 20, bytes[at] == UInt8(ascii: "0") { at &+= 1 }
        let significant = at
        while at < end, at &- significant < 21, isDigit(bytes[at]) { at &+= 1 }
        if at &- significant > 18 {
            return fitsWord(bytes, significant, at, isNegative: bytes[start] == 0x2D) ? at : -1
        }
        return at == first ? -1 : at
    }

    /// True when 64 bits hold the number of 19 digits and more.
    @usableFromInline @inline(never)
    static func fitsWord(_ bytes: Bytes, _ start: Int, _ end: Int, isNegative: Bool) -> Bool {
        var value: UInt64 = 0
        for at in start..<end {
            let product = value.multipliedReportingOverflow(by: 10)
            let sum = product.partialValue.addingReportingOverflow(UInt64(bytes[at] &- 0x30))
            if product.overflow || sum.overflow { return false }
            value = sum.partialValue
        }
        return !isNegative || value <= Int64.min.magnitude
    }

    /// ``fixed(_:_:_:)`` with an optional exponent that has a sign, as C writes it, and at most two digits behind zeros:
    /// every reader of the JSON can hold it. Without its sign, `12e34` is a name more often than a number.
    package static func decimal(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        let mantissa = fixed(bytes, start, end)
        guard mantissa >= 0, mantissa &+ 2 < end, bytes[mantissa] | 0x20 == UInt8(ascii: "e"),
            bytes[mantissa &+ 1] == UInt8(ascii: "-") || bytes[mantissa &+ 1] == UInt8(ascii: "+"),
            isDigit(bytes[mantissa &+ 2])
        else { return mantissa }
        var at = mantissa &+ 2
        while at < end, at &- mantissa < 20, bytes[at] == UInt8(ascii: "0") { at &+= 1 }
        let significant = at
        while at < end, at &- significant < 3, isDigit(bytes[at]) { at &+= 1 }
        return at &- significant > 2 ? -1 : at
    }

    /// ``int(_:_:_:)`` with an optional fraction of at most 18 digits.
    package static func fixed(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        let whole = int(bytes, start, end)
        guard whole >= 0, whole &+ 1 < end, bytes[whole] == UInt8(ascii: "."), isDigit(bytes[whole &+ 1]) else {
            return whole
        }
        var at = whole &+ 1
        while at < end, at &- whole < 20, isDigit(bytes[at]) { at &+= 1 }
        return at &- whole > 19 ? -1 : at
    }

    /// Hexadecimal digits, with or without `0x`.
    package static func hex(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        if end &- at > 2, bytes[at] == UInt8(ascii: "0"), bytes[at &+ 1] | 0x20 == UInt8(ascii: "x"),
            isHex(bytes[at &+ 2])
        {
            at &+= 2
        }
        let first = at
        while at < end, isHex(bytes[at]) { at &+= 1 }
        return at == first ? -1 : at
    }

    /// From a `"` or `'` to the same byte again; a backslash makes the next byte part of the text.
    package static func quoted(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        guard start < end, bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: "'") else { return -1 }
        var at = start &+ 1
        while at < end {
            if bytes[at] == bytes[start] { return at &+ 1 }
            at &+= bytes[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        return -1
    }
}
