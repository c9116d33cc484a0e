import Base

/// What holds behind the last listed transition of a zone: the form of POSIX's `TZ`, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3` (RFC 9636 section 3.3).
struct TimeZoneRule: Sendable {
    /// A day of each year.
    private enum Day {
        /// 1 to 365, never the leap day.
        case withoutLeapDay(Int)
        /// 0 to 365.
        case ofYear(Int)
        /// The weekday (0 is Sunday) of a month's first to fourth, or last (5), week.
        case weekday(month: Int, week: Int, weekday: Int)
    }

    private struct Summer {
        var offset: Int32
        var start: (day: Day, time: Int64)
        var end: (day: Day, time: Int64)
    }

    /// Seconds east of UTC without daylight saving time.
    let standardOffset: Int32
    private let summer: Summer?

    /// The rule of a text; nil for what has another form.
    init?(_ text: String) {
        var scanner = Scanner(rest: Array(text.utf8)[...])
        guard scanner.name(), let west = scanner.time(hours: 24) else { return nil }
        standardOffset = Int32(-west)
        if scanner.rest.isEmpty {
            summer = nil
            return
        }
        guard scanner.name() else { return nil }
        var offset = standardOffset + 3600
        if scanner.rest.first != UInt8(ascii: ",") {
            guard let west = scanner.time(hours: 24) else { return nil }
            offset = Int32(-west)
        }
        guard let start = scanner.change(), let end = scanner.change(), scanner.rest.isEmpty else { return nil }
        summer = Summer(offset: offset, start: start, end: end)
    }

    /// The changes of a year, ascending.
    func transitions(in year: Int) -> [(at: Int64, offset: Int32)] {
        guard let summer else { return [] }
        let start = Self.seconds(summer.start.day, year) + summer.start.time - Int64(standardOffset)
        let end = Self.seconds(summer.end.day, year) + summer.end.time - Int64(summer.offset)
        let changes = [(at: start, offset: summer.offset), (at: end, offset: standardOffset)]
        return start < end ? changes : changes.reversed()
    }

    /// The first second of a day in the zone's own time.
    private static func seconds(_ day: Day, _ year: Int) -> Int64 {
        let newYear = CivilDate.daysSinceEpoch(year: year, month: 1, day: 1)
        let days: Int64
        switch day {
        case .withoutLeapDay(let number):
            days = newYear + Int64(number - 1 + (CivilDate.isLeap(year) && number >= 60 ? 1 : 0))
        case .ofYear(let number): days = newYear + Int64(number)
        case .weekday(let month, let week, let weekday):
            let first = CivilDate.daysSinceEpoch(year: year, month: month, day: 1)
            // 1970-01-01 was a Thursday.
            let firstWeekday = Int(((first + 4) % 7 + 7) % 7)
            var day = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
            if day >= CivilDate.days(inMonth: month, of: year) { day -= 7 }
            days = first + Int64(day)
        }
        return days * CivilDate.secondsPerDay
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>

        /// An abbreviation: three letters or more, or anything in `<>`.
        mutating func name() -> Bool {
            if take("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[(end + 1)...]
                return true
            }
            let letters = rest.prefix { (0x41...0x5A).contains($0 & ~0x20) }
            rest = rest.dropFirst(letters.count)
            return letters.count >= 3
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time(hours most: Int) -> Int64? {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard let hours = number(0...most) else { return nil }
            var seconds = Int64(hours) * 3600
            for unit in [60, 1] as [Int64] where take(":") {
                guard let part = number(0...59) else { return nil }
                seconds += Int64(part) * unit
            }
            return isNegative ? -seconds : seconds
        }

        /// `,day[/time]`.
        mutating func change() -> (day: Day, time: Int64)? {
            guard take(","), let day = day() else { return nil }
            guard take("/") else { return (day, 7200) }
            return time(hours: 167).map { (day, $0) }
        }

        private mutating func day() -> Day? {
            if take("J") { return number(1...365).map { .withoutLeapDay($0) } }
            guard take("M") else { return number(0...365).map { .ofYear($0) } }
            guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                let weekday = number(0...6)
            else { return nil }
            return .weekday(month: month, week: week, weekday: weekday)
        }

        private mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { (0x30...0x39).contains($0) }.prefix(4)
            rest = rest.dropFirst(digits.count)
            guard !digits.isEmpty else { return nil }
            let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            return range.contains(value) ? value : nil
        }

        private mutating func take(_ letter: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: letter) else { return false }
            rest = rest.dropFirst()
            return true
        }
    }
}
