import Base

/// The line format of BIND's own log files: `04-Nov-2025 14:02:09.120 queries: info: client ...`.
///
/// It has no host and no program, so the message stays unstructured with the whole frame as content; the time is read,
/// and the body begins after category and level where they are there.
enum NameServerLine {
    /// Reads the time of such a line and returns the offset of its body, 0 when it is none.
    static func read(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Int {
        let day = text.twoDigits(start)
        let month = ClockCache.month(text, at: start &+ 3)
        let year = text.fourDigits(start &+ 7)
        guard day > 0, text[start &+ 2] == UInt8(ascii: "-"), month > 0, text[start &+ 6] == UInt8(ascii: "-"),
            year > 0,
            text[start &+ 11] == UInt8(ascii: " "), day <= CivilDate.days(inMonth: month, of: year)
        else { return 0 }
        var time = reading.readTimeOfDay(text, at: start &+ 12, strict: true)
        if let clock = time.end, text[clock] == UInt8(ascii: ".") { time = reading.readFraction(text, at: clock) }
        guard let end = time.end, text[end] == UInt8(ascii: " ") else { return 0 }
        reading.month = UInt8(truncatingIfNeeded: month)
        reading.day = UInt8(truncatingIfNeeded: day)
        reading.setYear(year)
        let category = categoryEnd(text, end &+ 1)
        return category > 0 ? category : end &+ 1
    }

    /// The offset behind `category: level: ` at `start`, 0 when they are not there.
    static func categoryEnd(_ text: FrameText, _ start: Int) -> Int {
        let category = nameEnd(text, start)
        guard category > start, text.has(": ", at: category) else { return 0 }
        let level = category &+ 2
        var end = nameEnd(text, level)
        guard PriorityWord.isLevel(text, level, end) else { return 0 }
        if text.has("debug ", at: level) { end = nameEnd(text, level &+ 6) }
        return text.has(": ", at: end) ? end &+ 2 : 0
    }

    private static func nameEnd(_ text: FrameText, _ start: Int) -> Int {
        var end = start
        while ByteClass.host.contains(text[end]) { end &+= 1 }
        return end
    }
}
