import Base

/// What was found where a time, or a part of one, may stand.
enum TimeScan {
    /// Something else.
    case none
    /// A time, up to this offset.
    case end(Int)
    /// What is meant for a time and breaks the rules at this offset; the reading has the kind of fault.
    case fault(Int)

    /// The offset behind a time without a fault.
    @inline(__always)
    var end: Int? {
        if case .end(let end) = self { end } else { nil }
    }
}

/// What a timestamp in a header says, before zone and missing year are resolved. A trivial value.
struct ClockReading {
    /// Seconds since 1970-01-01T00:00:00 of the sender's own clock; meaningless when `hasYear` is false.
    var local: Int64 = 0
    /// Seconds east of UTC, when `hasOffset`.
    var offset: Int32 = 0
    var nanoseconds: UInt32 = 0
    var digits: UInt8 = 0
    var hasOffset = false
    var hasYear = false
    var month: UInt8 = 0
    var day: UInt8 = 0
    var secondOfDay: Int32 = 0
    /// Why the text is a time that breaks the rules; set when a reader finds a fault.
    var faultKind = HeaderFault.Kind.timestamp

    /// Notes a fault, for a reader to return.
    @inline(__always)
    mutating func fault(_ kind: HeaderFault.Kind, _ offset: Int) -> TimeScan {
        faultKind = kind
        return .fault(offset)
    }

    /// Reads `.` and fraction digits at `start`.
    @inline(__always)
    mutating func readFraction(_ text: FrameText, at start: Int) -> TimeScan {
        var offset = start &+ 1
        var value: UInt32 = 0
        var remaining = 9
        while true {
            let digit = text.digit(offset)
            if digit > 9 { break }
            if remaining == 0 { return fault(.timestampFraction, offset) }
            value = value &* 10 &+ UInt32(truncatingIfNeeded: digit)
            remaining &-= 1
            offset &+= 1
        }
        if remaining == 9 { return fault(.timestampFraction, offset) }
        digits = UInt8(truncatingIfNeeded: 9 &- remaining)
        nanoseconds = value &* ClockReading.powerOfTen(remaining)
        return .end(offset)
    }

    @inline(__always)
    private static func powerOfTen(_ exponent: Int) -> UInt32 {
        switch exponent {
        case 0: 1
        case 1: 10
        case 2: 100
        case 3: 1_000
        case 4: 10_000
        case 5: 100_000
        case 6: 1_000_000
        case 7: 10_000_000
        default: 100_000_000
        }
    }

    /// Reads `+hh:mm`, `-hh:mm` and, unless strict, `+hhmm` and `+hh`.
    @inline(__always)
    mutating func readOffset(_ text: FrameText, at start: Int, strict: Bool) -> TimeScan {
        let sign: Int32 = text[start] == UInt8(ascii: "-") ? -1 : 1
        guard sign < 0 || text[start] == UInt8(ascii: "+") else { return fault(.timestampOffset, start) }
        let hours = text.twoDigits(start &+ 1)
        if hours < 0 || hours > 23 { return fault(.timestampOffset, start &+ 1) }
        var end = start &+ 3
        var minutes = 0
        if text[end] == UInt8(ascii: ":") {
            end &+= 1
            minutes = text.twoDigits(end)
        } else if strict {
            return fault(.timestampOffset, end)
        } else if isDigit(text[end]) {
            minutes = text.twoDigits(end)
        } else {
            end &-= 2
        }
        if minutes < 0 || minutes > 59 { return fault(.timestampOffset, end) }
        offset = sign &* Int32(truncatingIfNeeded: hours &* 3_600 &+ minutes &* 60)
        hasOffset = true
        return .end(end &+ 2)
    }

    /// Reads `hh:mm:ss` at `start` into `secondOfDay`.
    ///
    /// `:60` is a leap second and counts on into the next minute. Hours may have one digit unless strict.
    mutating func readTimeOfDay(_ text: FrameText, at start: Int, strict: Bool) -> TimeScan {
        var offset = start
        var hours = text.twoDigits(offset)
        if hours < 0, !strict, isDigit(text[offset]), text[offset &+ 1] == UInt8(ascii: ":") {
            hours = text.digit(offset)
            offset &-= 1
        }
        if hours < 0 { return fault(.timestamp, isDigit(text[offset]) ? offset &+ 1 : offset) }
        if hours > 23 { return fault(.timestampRange, start) }
        for _ in 0..<2 {
            offset &+= 2
            guard text[offset] == UInt8(ascii: ":") else { return fault(.timestamp, offset) }
            offset &+= 1
            if text.twoDigits(offset) < 0 {
                return fault(.timestamp, isDigit(text[offset]) ? offset &+ 1 : offset)
            }
        }
        let minutes = text.twoDigits(offset &- 3)
        let seconds = text.twoDigits(offset)
        if minutes > 59 { return fault(.timestampRange, offset &- 3) }
        if seconds > 60 { return fault(.timestampRange, offset) }
        if isDigit(text[offset &+ 2]) { return fault(.timestamp, offset &+ 2) }
        secondOfDay = Int32(truncatingIfNeeded: hours &* 3_600 &+ minutes &* 60 &+ seconds)
        return .end(offset &+ 2)
    }
}
