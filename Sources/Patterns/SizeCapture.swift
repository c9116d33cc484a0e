extension TypedCapture {
    /// A size as programs print it for people: `12.4M`, `512K`, `0B`, `3.2GiB`, `100 kB`.
    package static func size(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        sizeValue(bytes, start, end).end
    }

    /// The end of a size (-1: there is none) and its bytes, cut to a whole number.
    ///
    /// `K`, `M`, `G`, `T`, `P`, `E` alone, as systemd writes them, and `KiB` … `EiB` count by 1024 (IEC 80000-13); `kB`,
    /// `MB` … `EB` by 1000. A number without a unit is no size. One space may stand in front of a unit that ends in `B`.
    package static func sizeValue(_ bytes: Bytes, _ start: Int, _ end: Int) -> (end: Int, count: UInt64) {
        guard start < end, isDigit(bytes[start]) else { return (-1, 0) }
        let number = fixed(bytes, start, end)
        guard number > start, number < end else { return (-1, 0) }
        let hasSpace = bytes[number] == UInt8(ascii: " ")
        let unit = hasSpace ? number &+ 1 : number
        var at = unit
        while at < end, at &- unit < 4, isNameByte(bytes[at]) { at &+= 1 }
        guard let factor = factor(bytes, unit, at), !hasSpace || bytes[at &- 1] == UInt8(ascii: "B"),
            let count = scaled(bytes, start, number, by: factor)
        else { return (-1, 0) }
        return (at, count)
    }

    /// The bytes that a unit stands for, which is the whole word `start..<end`.
    private static func factor(_ bytes: Bytes, _ start: Int, _ end: Int) -> UInt64? {
        let length = end &- start
        guard length >= 1, length <= 3 else { return nil }
        if length == 1, bytes[start] == UInt8(ascii: "B") { return 1 }
        let isSmall = bytes[start] == UInt8(ascii: "k")
        let power: Int
        switch bytes[start] {
        case UInt8(ascii: "K"), UInt8(ascii: "k"): power = 1
        case UInt8(ascii: "M"): power = 2
        case UInt8(ascii: "G"): power = 3
        case UInt8(ascii: "T"): power = 4
        case UInt8(ascii: "P"): power = 5
        case UInt8(ascii: "E"): power = 6
        default: return nil
        }
        if length == 2 {
            // A small k is SI's; `KB` is used for both.
            guard bytes[start &+ 1] == UInt8(ascii: "B"), power > 1 || isSmall else { return nil }
            var factor: UInt64 = 1
            for _ in 0..<power { factor &*= 1000 }
            return factor
        }
        if isSmall { return nil }
        if length == 3, bytes[start &+ 1] != UInt8(ascii: "i") || bytes[start &+ 2] != UInt8(ascii: "B") { return nil }
        return 1 &<< UInt64(10 &* power)
    }

    /// A decimal number times `factor`, without what is less than one; nil when 64 bits do not hold it.
    private static func scaled(_ bytes: Bytes, _ start: Int, _ end: Int, by factor: UInt64) -> UInt64? {
        var whole: UInt64 = 0
        var at = start
        while at < end, isDigit(bytes[at]) {
            // ``fixed`` took it, so 64 bits hold it.
            whole = whole &* 10 &+ UInt64(bytes[at] &- 0x30)
            at &+= 1
        }
        var fraction: UInt64 = 0
        var divisor: UInt64 = 1
        at &+= 1
        while at < end {
            fraction = fraction &* 10 &+ UInt64(bytes[at] &- 0x30)
            divisor &*= 10
            at &+= 1
        }
        // At most 18 digits, so the quotient is less than the factor.
        let part = divisor.dividingFullWidth(fraction.multipliedFullWidth(by: factor)).quotient
        let product = whole.multipliedReportingOverflow(by: factor)
        let sum = product.partialValue.addingReportingOverflow(part)
        return product.overflow || sum.overflow ? nil : sum.partialValue
    }
}
