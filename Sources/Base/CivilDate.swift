/// Days and dates of the proleptic Gregorian calendar, in plain integers.
///
/// Years are counted from March on the inside, so that the leap day is the last of its year; an era is 400 years, after
/// which the calendar repeats itself.
public enum CivilDate {
    /// Seconds of a day; Unix time has no leap seconds.
    public static let secondsPerDay: Int64 = 86_400

    /// Whether a year has a 29th of February.
    @inlinable
    @inline(__always)
    public static func isLeap(_ year: Int) -> Bool {
        (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
    }

    /// Days in a month of 1 to 12.
    @inlinable
    @inline(__always)
    public static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date.
    @inlinable
    @inline(__always)
    public static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int64 {
        let shifted = month <= 2 ? year &- 1 : year
        let era = (shifted >= 0 ? shifted : shifted &- 399) / 400
        let yearOfEra = shifted &- era &* 400
        let dayOfYear = (153 &* (month > 2 ? month &- 3 : month &+ 9) &+ 2) / 5 &+ day &- 1
        let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
        return Int64(era &* 146_097 &+ dayOfEra &- 719_468)
    }

    /// The date of a day counted from 1970-01-01.
    @inlinable
    public static func date(ofDay days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days &+ 719_468
        let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
        let dayOfEra = shifted &- era &* 146_097
        let yearOfEra = (dayOfEra &- dayOfEra / 1_460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let shiftedMonth = (5 &* dayOfYear &+ 2) / 153
        let day = dayOfYear &- (153 &* shiftedMonth &+ 2) / 5 &+ 1
        let month = shiftedMonth < 10 ? shiftedMonth &+ 3 : shiftedMonth &- 9
        return (yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0), month, day)
    }

    /// The year that a number of seconds since 1970-01-01 falls in.
    @inlinable
    public static func year(ofSeconds seconds: Int64) -> Int {
        let day = seconds / secondsPerDay &- (seconds % secondsPerDay < 0 ? 1 : 0)
        return Int(date(ofDay: day).year)
    }
}
