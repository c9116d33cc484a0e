import Base

/// The timestamps of the older header, RFC 3164 section 4.1.2 and what is met in the field.
///
/// Forms, `[ ]` optional: `Mmm d[d] [yyyy ]h[h]:mm:ss`, `yyyy Mmm d[d] hh:mm:ss`, RFC 3339 with or without offset. Each
/// may go on with fraction digits after `.` or `,`, then a year and a zone in either order.
///
/// Text only counts as a timestamp once its shape leaves no doubt, that is from the first colon of the time of day on:
/// `May 4 people came` is text, `May 4 24:00:00` is a timestamp that breaks the rules.
extension ClockCache {
    /// Reads a timestamp at `start`.
    ///
    /// `isRemembered` says whether the fields are those that `instant` may remember an answer for.
    @inline(__always)
    mutating func readRFC3164Time(
        _ text: FrameText, at start: Int, _ reading: inout ClockReading, isRemembered: inout Bool
    ) -> TimeScan {
        let end: Int
        if recallsRFC3164(text, at: start, &reading) {
            isRemembered = true
            end = start &+ 15
        } else if recallsRFC3339(text, at: start) {
            let scan = readRFC3339(text, at: start, strict: false, &reading)
            guard case .end(let found) = scan else { return scan }
            end = found
        } else {
            let scan = readDateAndTime(text, at: start, &reading, isRemembered: &isRemembered)
            guard case .end(let found) = scan else { return scan }
            end = found
        }
        let next = text[end]
        if next == UInt8(ascii: " ") {
            // A host name in small letters is by far the most usual thing to follow.
            let first = text[end &+ 1]
            if first >= UInt8(ascii: "a") { return .end(end) }
        }
        return ClockCache.readSuffixes(text, at: end, &reading)
    }

    @inline(never)
    private mutating func readDateAndTime(
        _ text: FrameText, at start: Int, _ reading: inout ClockReading, isRemembered: inout Bool
    ) -> TimeScan {
        guard isDigit(text[start]) else {
            return readNamedMonth(text, at: start, year: -1, &reading, isRemembered: &isRemembered)
        }
        let year = text.fourDigits(start)
        if year < 0 { return .none }
        if text[start &+ 4] == UInt8(ascii: " "), ClockCache.isPlausible(year) {
            return readNamedMonth(text, at: start &+ 5, year: year, &reading, isRemembered: &isRemembered)
        }
        guard text[start &+ 4] == UInt8(ascii: "-"), text.twoDigits(start &+ 5) >= 0,
            text[start &+ 7] == UInt8(ascii: "-"), text.twoDigits(start &+ 8) >= 0, isDigit(text[start &+ 11])
        else { return .none }
        let separator = text[start &+ 10]
        guard separator == UInt8(ascii: " ") || separator | 0x20 == UInt8(ascii: "t") else { return .none }
        return readRFC3339(text, at: start, strict: false, &reading)
    }

    /// Years that a number in a header is taken for.
    @inline(__always)
    private static func isPlausible(_ year: Int) -> Bool { year >= 1970 && year < 2100 }

    private mutating func readNamedMonth(
        _ text: FrameText, at start: Int, year leadingYear: Int, _ reading: inout ClockReading,
        isRemembered: inout Bool
    ) -> TimeScan {
        let month = ClockCache.month(text, at: start)
        guard month != 0, text[start &+ 3] == UInt8(ascii: " ") else { return .none }
        var offset = start &+ (text[start &+ 4] == UInt8(ascii: " ") ? 5 : 4)
        let dayOffset = offset
        var day = text.digit(offset)
        if day > 9 { return .none }
        offset &+= 1
        if isDigit(text[offset]) {
            day = day &* 10 &+ text.digit(offset)
            offset &+= 1
        }
        guard text[offset] == UInt8(ascii: " ") else { return .none }
        offset &+= 1
        var year = leadingYear
        if year < 0, text[offset &+ 4] == UInt8(ascii: " "), ClockCache.isPlausible(text.fourDigits(offset)) {
            year = text.fourDigits(offset)
            offset &+= 5
        }
        guard isDigit(text[offset]),
            text[offset &+ 1] == UInt8(ascii: ":")
                || (isDigit(text[offset &+ 1]) && text[offset &+ 2] == UInt8(ascii: ":"))
        else { return .none }
        // Without a year February has 29 days: the year is chosen to suit.
        if day < 1 || day > CivilDate.days(inMonth: month, of: year < 0 ? 2000 : year) {
            return reading.fault(.timestampRange, dayOffset)
        }
        let scan = reading.readTimeOfDay(text, at: offset, strict: false)
        guard case .end(let end) = scan else { return scan }
        reading.month = UInt8(truncatingIfNeeded: month)
        reading.day = UInt8(truncatingIfNeeded: day)
        if year >= 0 {
            reading.setYear(year)
        } else if end == start &+ 15 {
            rememberRFC3164(text, at: start, reading)
            isRemembered = true
        }
        return scan
    }

    /// Reads what may follow the seconds: fraction, year, zone.
    @inline(never)
    private static func readSuffixes(
        _ text: FrameText, at start: Int, _ reading: inout ClockReading
    ) -> TimeScan {
        var offset = start
        if reading.digits == 0, text[offset] == UInt8(ascii: ".") || text[offset] == UInt8(ascii: ","),
            isDigit(text[offset &+ 1])
        {
            let scan = reading.readFraction(text, at: offset)
            guard case .end(let end) = scan else { return scan }
            offset = end
        }
        // Year and zone, each at most once, in either order.
        for _ in 0..<2 {
            switch readSuffix(text, at: offset, &reading) {
            case .none: return .end(offset)
            case .end(let end): offset = end
            case .fault(let fault): return .fault(fault)
            }
        }
        return .end(offset)
    }

    /// As `readSuffixes`, but a suffix with a fault is none.
    static func suffixEnd(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Int {
        readSuffixes(text, at: start, &reading).end ?? start
    }

    /// Reads one year or zone.
    private static func readSuffix(
        _ text: FrameText, at start: Int, _ reading: inout ClockReading
    ) -> TimeScan {
        let isApart = text[start] == UInt8(ascii: " ")
        let offset = isApart ? start &+ 1 : start
        let byte = text[offset]
        if isApart, isDigit(byte), !reading.hasYear, ClockCache.isPlausible(text.fourDigits(offset)),
            text[offset &+ 4] == UInt8(ascii: " ") || text[offset &+ 4] == UInt8(ascii: "]")
                || text.has(": ", at: offset &+ 4)
        {
            let year = text.fourDigits(offset)
            if Int(reading.day) > CivilDate.days(inMonth: Int(reading.month), of: year) {
                return reading.fault(.timestampRange, offset)
            }
            reading.setYear(year)
            return .end(offset &+ 4)
        }
        if reading.hasOffset { return .none }
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"), isDigit(text[offset &+ 1]) {
            let scan = reading.readOffset(text, at: offset, strict: false)
            if let end = scan.end {
                let next = text[end]
                if next == UInt8(ascii: " ") || next == UInt8(ascii: ":") || next == UInt8(ascii: "]") { return scan }
            }
            // Apart from the time it may be any other word that begins with a sign.
            reading.hasOffset = false
            reading.offset = 0
            if isApart { return .none }
            return if let end = scan.end { reading.fault(.timestampOffset, end) } else { scan }
        }
        guard isCapital(byte) else { return .none }
        if !isApart {
            guard byte == UInt8(ascii: "Z"),
                text[offset &+ 1] == UInt8(ascii: " ") || text[offset &+ 1] == UInt8(ascii: ":")
            else { return .none }
            reading.hasOffset = true
            return .end(offset &+ 1)
        }
        return if let end = ZoneName.read(text, at: offset, &reading) { .end(end) } else { .none }
    }
}

extension ClockReading {
    /// Completes month, day and time of day with a year.
    mutating func setYear(_ year: Int) {
        local =
            CivilDate.daysSinceEpoch(year: year, month: Int(month), day: Int(day)) &* CivilDate.secondsPerDay
            &+ Int64(secondOfDay)
        hasYear = true
    }
}
