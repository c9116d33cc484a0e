/// Offsets of time zones, by the names that a configuration gives them.
public enum TimeZoneTable {
    /// The offsets of a zone over some years, in UTC.
    ///
    /// - Parameters:
    ///   - name: `UTC`, a fixed offset such as `+02:00`, `local` (the machine's zone) or a tz database name such as
    ///     `Europe/Berlin`.
    ///   - years: the years that transitions are looked for in; the offsets at their ends hold before and after.
    /// - Returns: the offset in seconds east of UTC that holds before the first transition, and the transitions as
    ///   (Unix seconds, offset from then on), ascending; nil for an unknown name.
    public static func transitions(
        for name: String, around years: ClosedRange<Int> = 1970...2100
    ) -> (initialOffset: Int32, transitions: [(Int64, Int32)])? {
        if let offset = fixedOffset(name) { return (offset, []) }
        guard let zone = zone(name) else { return nil }
        return zone.changes(
            from: firstSecond(of: years.lowerBound), through: firstSecond(of: years.upperBound + 1) - 1)
    }

    /// Whether ``transitions(for:around:)`` has an answer for the name.
    public static func isKnown(_ name: String) -> Bool { fixedOffset(name) != nil || zone(name) != nil }

    private static func zone(_ name: String) -> TimeZoneFile? {
        if name == "local" { return .local() }
        // The database has abbreviations of one zone's standard time as well (EST, HST): summers that nobody meant are
        // worse than an error.
        return name.contains("/") || zonesWithoutPlace.contains(name) ? .named(name) : nil
    }

    /// The names of the tz database that have no `/`, less the abbreviations of one zone's standard time.
    private static let zonesWithoutPlace: Set = [
        "CET", "CST6CDT", "Cuba", "EET", "EST5EDT", "Egypt", "Eire", "GB", "Greenwich", "Hongkong", "Iceland", "Iran",
        "Israel", "Jamaica", "Japan", "Libya", "MET", "MST7MDT", "NZ", "Navajo", "PRC", "PST8PDT", "Poland",
        "Portugal", "ROC", "ROK", "Singapore", "Turkey", "UCT", "Universal", "W-SU", "WET", "Zulu",
    ]

    /// `UTC`, `Z`, `+02:00`, `-0530`: seconds east.
    private static func fixedOffset(_ name: String) -> Int32? {
        if ["UTC", "Z", "GMT", "Etc/UTC"].contains(name) { return 0 }
        guard let sign = name.first, sign == "+" || sign == "-" else { return nil }
        let digits = name.dropFirst().filter { $0 != ":" }
        let colonIsInPlace = name.count == 5 || (name.count == 6 && Array(name)[3] == ":")
        guard colonIsInPlace, digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int32(digits), number / 100 <= 14, number % 100 < 60
        else { return nil }
        let seconds = number / 100 * 3600 + number % 100 * 60
        return sign == "-" ? -seconds : seconds
    }

    /// The first second of a year in UTC, by the days of the Gregorian calendar before it.
    private static func firstSecond(of year: Int) -> Int64 {
        let year = Int64(min(max(year, 1), 9999)) - 1
        let days = year * 365 + year / 4 - year / 100 + year / 400 - 719_162
        return days * 86_400
    }
}

extension LocalZone {
    /// A zone that ``TimeZoneTable`` knows by this name.
    public init?(named name: String) {
        guard let table = TimeZoneTable.transitions(for: name) else { return nil }
        self.init(
            transitions: table.transitions.map { (at: $0.0, offset: $0.1) }, initialOffset: table.initialOffset)
    }
}
