/// The line format of BIND's own log files: `04-Nov-2025 14:02:09.120 queries: info: client ...`.
///
/// It has no host and no program, so the message stays unstructured with the whole frame as content; the time is read,
/// and the body begins after category and level where they are there.
enum NameServerLine {
    /// Reads the time of such a line and returns the offset of its body, 0 when it is none.
    static func read(_ text: FrameText, _ reading: inout ClockReading) -> Int {
        let day = text.twoDigits(0)
        let month = ClockCache.month(text, at: 3)
        let year = text.fourDigits(7)
        guard day > 0, text[2] == UInt8(ascii: "-"), month > 0, text[6] == UInt8(ascii: "-"), year > 0,
            text[11] == UInt8(ascii: " "), day <= CivilDate.days(inMonth: month, of: year)
        else { return 0 }
        var end = reading.readTimeOfDay(text, at: 12, strict: true)
        if end > 0, text[end] == UInt8(ascii: ".") { end = reading.readFraction(text, at: end) }
        guard end > 0, text[end] == UInt8(ascii: " ") else { return 0 }
        reading.month = UInt8(truncatingIfNeeded: month)
        reading.day = UInt8(truncatingIfNeeded: day)
        reading.setYear(year)
        end &+= 1
        let category = nameEnd(text, end)
        if category > end, text.has(": ", at: category) {
            let level = category &+ 2
            var levelEnd = nameEnd(text, level)
            if text.has("debug ", at: level) { levelEnd = nameEnd(text, level &+ 6) }
            if levelEnd > level, text.has(": ", at: levelEnd) { return levelEnd &+ 2 }
        }
        return end
    }

    private static func nameEnd(_ text: FrameText, _ start: Int) -> Int {
        var end = start
        while ByteClass.host.contains(text[end]) { end &+= 1 }
        return end
    }
}
