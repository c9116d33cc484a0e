extension TypedCapture {
    /// A length of time in units: `1min 30.5s`, `250 ms`, `2d`, `0`.
    package static func duration(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        durationValue(bytes, start, end).end
    }

    /// The end of a length of time (-1: there is none) and its nanoseconds. Between parts, and between a number and its
    /// unit, there is nothing or one space. Zero needs no unit.
    package static func durationValue(_ bytes: Bytes, _ start: Int, _ end: Int) -> (end: Int, nanoseconds: UInt64) {
        var at = start
        var last = -1
        var total: UInt64 = 0
        while true {
            let number = fixed(bytes, at, end)
            guard number > at, isDigit(bytes[at]) else { break }
            let unitStart = number < end && bytes[number] == UInt8(ascii: " ") ? number &+ 1 : number
            var unitEnd = unitStart
            // Letters, and the two bytes of a micro sign.
            while unitEnd < end, unitEnd &- unitStart < 8,
                (bytes[unitEnd] | 0x20) &- 0x61 < 26 || bytes[unitEnd] >= 0x80
            {
                unitEnd &+= 1
            }
            guard let unit = unitNanoseconds(bytes, unitStart, unitEnd),
                let part = scaled(bytes, at, number, unit)
            else { break }
            let sum = total.addingReportingOverflow(part)
            if sum.overflow { return (-1, 0) }
            total = sum.partialValue
            last = unitEnd
            at = unitEnd
            if at &+ 1 < end, bytes[at] == UInt8(ascii: " "), isDigit(bytes[at &+ 1]) { at &+= 1 }
        }
        if last < 0, start < end, bytes[start] == UInt8(ascii: "0"), endsNumber(bytes, start &+ 1, end) {
            return (start &+ 1, 0)
        }
        return (last, total)
    }

    /// True when neither digits, a fraction nor a word go on behind a number.
    private static func endsNumber(_ bytes: Bytes, _ at: Int, _ end: Int) -> Bool {
        guard at < end else { return true }
        if bytes[at] == UInt8(ascii: ".") { return at &+ 1 >= end || !isDigit(bytes[at &+ 1]) }
        return !isNameByte(bytes[at]) && bytes[at] < 0x80
    }

    private static func unitNanoseconds(_ bytes: Bytes, _ start: Int, _ end: Int) -> UInt64? {
        for (name, value) in units where name.utf8CodeUnitCount == end - start {
            var same = true
            for offset in 0..<(end - start) where name.utf8Start[offset] != bytes[start + offset] { same = false }
            if same { return value }
        }
        return nil
    }

    private static let units: [(StaticString, UInt64)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", second), ("sec", second), ("m", 60 * second),
        ("min", 60 * second), ("h", 3_600 * second), ("d", 86_400 * second), ("w", 604_800 * second),
        // A mean month and year, as systemd counts them.
        ("month", 2_629_800 * second), ("y", 31_557_600 * second),
        ("seconds", second), ("minutes", 60 * second), ("hours", 3_600 * second), ("days", 86_400 * second),
        ("second", second), ("minute", 60 * second), ("hour", 3_600 * second), ("day", 86_400 * second),
    ]

    private static let second: UInt64 = 1_000_000_000

    /// A decimal number of units in nanoseconds; nil when that is more than 64 bits hold. Below a nanosecond is cut.
    private static func scaled(_ bytes: Bytes, _ start: Int, _ end: Int, _ unit: UInt64) -> UInt64? {
        var value: UInt64 = 0
        var at = start
        while at < end, isDigit(bytes[at]) {
            let product = value.multipliedReportingOverflow(by: 10)
            let sum = product.partialValue.addingReportingOverflow(UInt64(bytes[at] &- 0x30))
            if product.overflow || sum.overflow { return nil }
            value = sum.partialValue
            at &+= 1
        }
        let whole = value.multipliedReportingOverflow(by: unit)
        if whole.overflow { return nil }
        var total = whole.partialValue
        var place = unit
        at &+= 1
        while at < end, place >= 10 {
            // Units are not powers of ten, so divide late: digit × place / 10 keeps what a unit has.
            let part = UInt64(bytes[at] &- 0x30) &* (place / 10)
            let sum = total.addingReportingOverflow(part)
            if sum.overflow { return nil }
            total = sum.partialValue
            place /= 10
            at &+= 1
        }
        return total
    }

    /// A date and time: `2026-11-22T12:00:00.5Z`, `2026/11/22 12:00:00`, `22-Nov-2026 12:00:00.000`.
    package static func timestamp(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        if matches("dddd-dd-dd", bytes, at, end) || matches("dddd/dd/dd", bytes, at, end) {
            at &+= 10
        } else if matches("dd-aaa-dddd", bytes, at, end) {
            at &+= 11
        } else {
            return -1
        }
        guard matches("Tdd:dd:dd", bytes, at, end) || matches(" dd:dd:dd", bytes, at, end) else { return -1 }
        at &+= 9
        if at &+ 1 < end, bytes[at] == UInt8(ascii: "."), isDigit(bytes[at &+ 1]) {
            at &+= 1
            while at < end, isDigit(bytes[at]) { at &+= 1 }
        }
        if at < end, bytes[at] == UInt8(ascii: "Z") {
            at &+= 1
        } else if matches("+dd:dd", bytes, at, end) || matches("-dd:dd", bytes, at, end) {
            at &+= 6
        } else if matches("+dddd", bytes, at, end) || matches("-dddd", bytes, at, end) {
            at &+= 5
        }
        return at < end && isNameByte(bytes[at]) ? -1 : at
    }

    /// Compares with a shape: `d` is a digit, `a` a letter, anything else itself.
    private static func matches(_ shape: StaticString, _ bytes: Bytes, _ start: Int, _ end: Int) -> Bool {
        guard end &- start >= shape.utf8CodeUnitCount else { return false }
        for offset in 0..<shape.utf8CodeUnitCount {
            let byte = bytes[start &+ offset]
            switch shape.utf8Start[offset] {
            case UInt8(ascii: "d"): if !isDigit(byte) { return false }
            case UInt8(ascii: "a"): if (byte | 0x20) &- 0x61 >= 26 { return false }
            case let expected: if byte != expected { return false }
            }
        }
        return true
    }
}
