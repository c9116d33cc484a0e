import Base

/// Reads timestamps and remembers the last date and time of day of each form: in a stream the same second comes again
/// and again, and then two or three comparisons of words replace all of the arithmetic.
///
/// Owned by one `HeaderParser`, so by one thread.
struct ClockCache {
    // The words of a key overlap, and differ where they do as long as nothing has been read: no text matches them then.
    // RFC 3339: the 19 bytes `yyyy-mm-ddThh:mm:ss`, and what they are in seconds.
    private var rfc3339Key0: UInt64 = 0
    private var rfc3339Key1: UInt64 = 0
    private var rfc3339Key2: UInt32 = .max
    private var rfc3339Local: Int64 = 0

    // RFC 3164: the 15 bytes `Mmm dd hh:mm:ss`, and what they say.
    private var rfc3164Key0: UInt64 = 0
    private var rfc3164Key1: UInt64 = .max
    private var rfc3164Month: UInt8 = 0
    private var rfc3164Day: UInt8 = 0
    private var rfc3164SecondOfDay: Int32 = 0

    // The instant that the RFC 3164 fields above were resolved to, for one zone.
    private var resolved: Int64 = 0
    private var resolvedZone: UInt64 = 0
    private var isResolved = false

    /// The nearest year cannot change while the distance stays well under half a year (a zone's offsets can move it by
    /// two days).
    private static let halfYear: UInt64 = 180 * 86_400

    /// Reads RFC 3339 `yyyy-mm-ddThh:mm:ss[.fff](Z|+hh:mm)` at `start`, RFC 5424 section 6.2.3.
    ///
    /// Unless strict, also what is met in the older header: a space or a small letter for `T`, a small `z`, a comma
    /// before the fraction, `+hhmm`, and no offset at all (then `hasOffset` is false and the zone decides).
    @inline(__always)
    mutating func readRFC3339(
        _ text: FrameText, at start: Int, strict: Bool, _ reading: inout ClockReading
    ) -> TimeScan {
        if recallsRFC3339(text, at: start) {
            reading.local = rfc3339Local
        } else {
            let scan = readRFC3339DateAndTime(text, at: start, strict: strict, &reading)
            guard case .end = scan else { return scan }
        }
        reading.hasYear = true
        var offset = start &+ 19
        var byte = text[offset]
        if byte == UInt8(ascii: ".") || (!strict && byte == UInt8(ascii: ",")) {
            let scan = reading.readFraction(text, at: offset)
            guard case .end(let end) = scan else { return scan }
            offset = end
            byte = text[offset]
        }
        if byte == UInt8(ascii: "Z") || (!strict && byte == UInt8(ascii: "z")) {
            reading.hasOffset = true
            return .end(offset &+ 1)
        }
        if !strict, byte != UInt8(ascii: "+"), byte != UInt8(ascii: "-") { return .end(offset) }
        return reading.readOffset(text, at: offset, strict: strict)
    }

    /// True when the 19 bytes at `start` are the last `yyyy-mm-ddThh:mm:ss` read.
    @inline(__always)
    func recallsRFC3339(_ text: FrameText, at start: Int) -> Bool {
        // A digit after them is for the reader to refuse.
        start &+ 19 <= text.count && text.word(at: start) == rfc3339Key0 && text.word(at: start &+ 8) == rfc3339Key1
            && text.halfWord(at: start &+ 15) == rfc3339Key2 && !isDigit(text[start &+ 19])
    }

    @inline(never)
    private mutating func readRFC3339DateAndTime(
        _ text: FrameText, at start: Int, strict: Bool, _ reading: inout ClockReading
    ) -> TimeScan {
        for index in 0..<10 {
            let byte = text[start &+ index]
            let isRight = index == 4 || index == 7 ? byte == UInt8(ascii: "-") : isDigit(byte)
            if !isRight { return reading.fault(.timestamp, start &+ index) }
        }
        let year = text.fourDigits(start)
        let month = text.twoDigits(start &+ 5)
        let day = text.twoDigits(start &+ 8)
        if month < 1 || month > 12 { return reading.fault(.timestampRange, start &+ 5) }
        if day < 1 || day > CivilDate.days(inMonth: month, of: year) {
            return reading.fault(.timestampRange, start &+ 8)
        }
        let separator = text[start &+ 10]
        guard
            separator == UInt8(ascii: "T")
                || (!strict && (separator == UInt8(ascii: "t") || separator == UInt8(ascii: " ")))
        else { return reading.fault(.timestamp, start &+ 10) }
        let scan = reading.readTimeOfDay(text, at: start &+ 11, strict: true)
        guard case .end = scan else { return scan }
        reading.local =
            CivilDate.daysSinceEpoch(year: year, month: month, day: day) &* CivilDate.secondsPerDay
            &+ Int64(reading.secondOfDay)
        // Only what the strict form accepts is remembered, so that the strict reader never finds a lenient one here.
        if separator == UInt8(ascii: "T") {
            rfc3339Key0 = text.word(at: start)
            rfc3339Key1 = text.word(at: start &+ 8)
            rfc3339Key2 = text.halfWord(at: start &+ 15)
            rfc3339Local = reading.local
        }
        return scan
    }

    /// True when the 15 bytes at `start` are the last `Mmm dd hh:mm:ss` read, whose fields are then in `reading`.
    @inline(__always)
    func recallsRFC3164(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Bool {
        // A digit after them is for the reader to refuse.
        guard start &+ 15 <= text.count, text.word(at: start) == rfc3164Key0,
            text.word(at: start &+ 7) == rfc3164Key1, !isDigit(text[start &+ 15])
        else { return false }
        reading.month = rfc3164Month
        reading.day = rfc3164Day
        reading.secondOfDay = rfc3164SecondOfDay
        return true
    }

    /// Remembers the 15 bytes at `start`, which have just been read without a year among them.
    mutating func rememberRFC3164(_ text: FrameText, at start: Int, _ reading: ClockReading) {
        rfc3164Key0 = text.word(at: start)
        rfc3164Key1 = text.word(at: start &+ 7)
        rfc3164Month = reading.month
        rfc3164Day = reading.day
        rfc3164SecondOfDay = reading.secondOfDay
        isResolved = false
    }

    /// The instant of a reading in UTC seconds. `isRemembered` says that its fields are the remembered ones.
    @inline(__always)
    mutating func instant(
        of reading: ClockReading, isRemembered: Bool, receivedSeconds: Int64, zone: borrowing LocalZone
    ) -> Int64 {
        if reading.hasYear {
            if reading.hasOffset { return reading.local &- Int64(reading.offset) }
            return zone.utcSeconds(local: reading.local, near: receivedSeconds)
        }
        if isRemembered, !reading.hasOffset, isResolved, zone.token == resolvedZone,
            (resolved &- LocalZone.clamped(receivedSeconds)).magnitude < ClockCache.halfYear
        {
            return resolved
        }
        return nearest(reading, isRemembered, LocalZone.clamped(receivedSeconds), zone)
    }

    /// Gives a time without a year the year that puts it closest to reception; the earlier one when both are as close.
    ///
    /// Every candidate is compared as an instant, so that the zone's offset counts. February 29 exists only in leap
    /// years: the nearest of those is at most eight years away, also around 1900 and 2100.
    @inline(never)
    private mutating func nearest(
        _ reading: ClockReading, _ isRemembered: Bool, _ received: Int64, _ zone: borrowing LocalZone
    ) -> Int64 {
        let month = Int(reading.month)
        let day = Int(reading.day)
        let year = CivilDate.year(ofSeconds: received)
        let reach = month == 2 && day == 29 ? 8 : 1
        var best = Int64.max
        var isAmbiguous = false
        for candidate in (year - reach)...(year + reach) where day <= CivilDate.days(inMonth: month, of: candidate) {
            let local =
                CivilDate.daysSinceEpoch(year: candidate, month: month, day: day) &* CivilDate.secondsPerDay
                &+ Int64(reading.secondOfDay)
            var seconds = local &- Int64(reading.offset)
            var isTwice = false
            if !reading.hasOffset { (seconds, isTwice) = zone.resolve(local: local, near: received) }
            if best == Int64.max || (seconds &- received).magnitude < (best &- received).magnitude {
                best = seconds
                isAmbiguous = isTwice
            }
        }
        // A time that the clocks showed twice depends on the time of reception: it is resolved each time.
        if isRemembered, !reading.hasOffset, !isAmbiguous {
            resolved = best
            resolvedZone = zone.token
            isResolved = true
        }
        return best
    }

    /// The month of a three-letter English name at `offset`, in any case; 0 when it is none.
    @inline(__always)
    static func month(_ text: FrameText, at offset: Int) -> Int {
        let name =
            UInt32(text[offset] | 0x20) << 16 | UInt32(text[offset &+ 1] | 0x20) << 8
            | UInt32(text[offset &+ 2] | 0x20)
        return switch name {
        case 0x6A616E: 1
        case 0x666562: 2
        case 0x6D6172: 3
        case 0x617072: 4
        case 0x6D6179: 5
        case 0x6A756E: 6
        case 0x6A756C: 7
        case 0x617567: 8
        case 0x736570: 9
        case 0x6F6374: 10
        case 0x6E6F76: 11
        case 0x646563: 12
        default: 0
        }
    }
}
