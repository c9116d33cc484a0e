import Base

/// Times that are neither of RFC 3164 nor of RFC 3339: of devices that write their own, and of the files of programs.
///
/// `Sun Nov 22 10:00:00 2026`, `Sun, 22 Nov 2026 10:00:00 +0000`, `22 Nov 2026 10:00:00`, `22/Nov/2026:10:00:00 +0000`,
/// `2026:11:22-10:00:00` (Sophos), `2026/11/22 10:00:00`, `11/22/2026:10:00:00 GMT` (NetScaler), seconds since 1970
/// with or without a fraction, each of them also in square brackets.
enum OtherTimes {
    /// Reads one at `start`; returns the offset behind it, nil when there is none.
    @inline(never)
    static func read(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Int? {
        if text[start] == UInt8(ascii: "[") {
            var end = readBare(text, at: start &+ 1, &reading)
            if end == nil {
                reading = ClockReading()
                end = rfc3164End(text, at: start &+ 1, &reading)
            }
            guard let end, text[end] == UInt8(ascii: "]") else { return nil }
            return end &+ 1
        }
        return readBare(text, at: start, &reading)
    }

    private static func readBare(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Int? {
        if isLetter(text[start]) { return readWeekday(text, at: start, &reading) }
        guard isDigit(text[start]) else { return nil }
        let end = readSlashed(text, at: start, &reading) ?? readDayFirst(text, at: start, &reading)
        if let end { return ClockCache.suffixEnd(text, at: end, &reading) }
        return readEpoch(text, at: start, &reading)
    }

    /// `Sun` and a time that begins with the month, the day or the year.
    private static func readWeekday(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Int? {
        guard isWeekday(text, at: start) else { return nil }
        var offset = start &+ 3
        if text[offset] == UInt8(ascii: ",") { offset &+= 1 }
        guard text[offset] == UInt8(ascii: " ") else { return nil }
        while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        if let end = readDayFirst(text, at: offset, &reading) {
            return ClockCache.suffixEnd(text, at: end, &reading)
        }
        return rfc3164End(text, at: offset, &reading)
    }

    /// A time of the usual forms, read without what a parser remembers.
    static func rfc3164End(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Int? {
        var clock = ClockCache()
        var isRemembered = false
        return clock.readRFC3164Time(text, at: start, &reading, isRemembered: &isRemembered).end
    }

    /// `22 Nov 2026 10:00:00`, `22/Nov/2026:10:00:00`.
    private static func readDayFirst(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Int? {
        var offset = start
        var day = text.digit(offset)
        guard day <= 9 else { return nil }
        offset &+= 1
        if isDigit(text[offset]) {
            day = day &* 10 &+ text.digit(offset)
            offset &+= 1
        }
        let separator = text[offset]
        guard separator == UInt8(ascii: " ") || separator == UInt8(ascii: "/"),
            separator == text[offset &+ 4]
        else { return nil }
        let month = ClockCache.month(text, at: offset &+ 1)
        let year = text.fourDigits(offset &+ 5)
        let clock = offset &+ 10
        guard month > 0, year > 0, text[offset &+ 9] == (separator == UInt8(ascii: "/") ? UInt8(ascii: ":") : separator)
        else { return nil }
        return finish(text, year, month, day, timeOfDay: clock, &reading)
    }

    /// `2026/11/22 10:00:00`, `2026:11:22-10:00:00`, `11/22/2026:10:00:00`.
    private static func readSlashed(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Int? {
        let year = text.fourDigits(start)
        if year > 0 {
            let separator = text[start &+ 4]
            let isSlashed = separator == UInt8(ascii: "/")
            guard isSlashed || separator == UInt8(ascii: ":"), text[start &+ 7] == separator,
                text[start &+ 10] == (isSlashed ? UInt8(ascii: " ") : UInt8(ascii: "-"))
            else { return nil }
            let month = text.twoDigits(start &+ 5)
            return finish(text, year, month, text.twoDigits(start &+ 8), timeOfDay: start &+ 11, &reading)
        }
        guard text[start &+ 2] == UInt8(ascii: "/"), text[start &+ 5] == UInt8(ascii: "/"),
            text[start &+ 10] == UInt8(ascii: ":")
        else { return nil }
        return finish(
            text, text.fourDigits(start &+ 6), text.twoDigits(start), text.twoDigits(start &+ 3),
            timeOfDay: start &+ 11,
            &reading)
    }

    private static func finish(
        _ text: FrameText, _ year: Int, _ month: Int, _ day: Int, timeOfDay: Int, _ reading: inout ClockReading
    ) -> Int? {
        guard year > 0, month >= 1, month <= 12, day >= 1, day <= CivilDate.days(inMonth: month, of: year) else {
            return nil
        }
        guard let end = reading.readTimeOfDay(text, at: timeOfDay, strict: true).end else { return nil }
        reading.month = UInt8(truncatingIfNeeded: month)
        reading.day = UInt8(truncatingIfNeeded: day)
        reading.setYear(year)
        return end
    }

    /// Ten digits and a fraction, seconds since 1970. Without a fraction only what stands alone in brackets, or before a
    /// space when `isCertain`: any other number of ten digits may be anything.
    static func readEpoch(
        _ text: FrameText, at start: Int, isCertain: Bool = false, _ reading: inout ClockReading
    ) -> Int? {
        var offset = start
        var seconds: Int64 = 0
        while offset < start &+ 11, isDigit(text[offset]) {
            seconds = seconds &* 10 &+ Int64(text.digit(offset))
            offset &+= 1
        }
        guard offset == start &+ 10, text[start] != UInt8(ascii: "0") else { return nil }
        if text[offset] == UInt8(ascii: "."), isDigit(text[offset &+ 1]) {
            guard let end = reading.readFraction(text, at: offset).end else { return nil }
            offset = end
        } else if !isCertain, text[offset] != UInt8(ascii: "]") {
            return nil
        }
        guard text[offset] == UInt8(ascii: " ") || text[offset] == UInt8(ascii: "]") else { return nil }
        reading.local = seconds
        reading.offset = 0
        reading.hasOffset = true
        reading.hasYear = true
        return offset
    }

    static func isWeekday(_ text: FrameText, at start: Int) -> Bool {
        let name =
            UInt32(text[start] | 0x20) << 16 | UInt32(text[start &+ 1] | 0x20) << 8 | UInt32(text[start &+ 2] | 0x20)
        return switch name {
        case 0x6D6F6E, 0x747565, 0x776564, 0x746875, 0x667269, 0x736174, 0x73756E: true
        default: false
        }
    }
}
