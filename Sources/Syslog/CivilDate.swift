/// Days and dates of the proleptic Gregorian calendar, in plain integers.
enum CivilDate {
    static let secondsPerDay: Int64 = 86_400

    @inline(__always)
    static func isLeap(_ year: Int) -> Bool {
        (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
    }

    /// Days in a month of 1 to 12.
    @inline(__always)
    static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date. Years are counted from March, so that the leap day is the year's last.
    @inline(__always)
    static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int64 {
        let shifted = month <= 2 ? year &- 1 : year
        let era = (shifted >= 0 ? shifted : shifted &- 399) / 400
        let yearOfEra = shifted &- era &* 400
        let dayOfYear = (153 &* (month > 2 ? month &- 3 : month &+ 9) &+ 2) / 5 &+ day &- 1
        let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
        return Int64(era &* 146_097 &+ dayOfEra &- 719_468)
    }

    /// The year that a number of seconds since 1970-01-01 falls in.
    static func year(ofSeconds seconds: Int64) -> Int {
        var days = Int(seconds / secondsPerDay)
        if seconds % secondsPerDay < 0 { days &-= 1 }
        days &+= 719_468
        let era = (days >= 0 ? days : days &- 146_096) / 146_097
        let dayOfEra = days &- era &* 146_097
        let yearOfEra = (dayOfEra &- dayOfEra / 1_460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        return yearOfEra &+ era &* 400 &+ (dayOfYear >= 306 ? 1 : 0)
    }
}
