import Base

/// Sizes as texts: `65536`, `64KiB`, `1MiB`, `2GB`.
public enum SizeText {
    private static let factors = [
        "": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
        "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
    ]

    /// Bytes; nil for more than there can be.
    public static func parse(_ text: String) throws(ValueFault) -> Int? {
        let (digits, unit) = split(text)
        guard !digits.isEmpty, let factor = factors[unit.lowercased()] else {
            if !digits.isEmpty, ["k", "m", "g", "t"].contains(unit.lowercased()) {
                let prefix = unit.uppercased()
                throw ValueFault("\(digits)\(prefix)iB (by 1024) or \(digits)\(prefix)B (by 1000)")
            }
            throw ValueFault("a whole number with a unit or none, such as 65536, 64KiB, 1MiB or 2GB")
        }
        guard let (bytes, overflow) = Int(digits)?.multipliedReportingOverflow(by: factor), !overflow else {
            return nil
        }
        return bytes
    }

    /// The largest binary unit that gives a whole number.
    public static func format(_ size: Int) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where size != 0 && size % (1 << shift) == 0 {
            return "\(size >> shift)\(unit)"
        }
        return String(size)
    }
}

/// Durations as texts: `500us`, `5ms`, `10s`, `1m`, `2h`, `1d`; a bare `0` as well.
public enum DurationText {
    /// What durations are counted in, by its microseconds.
    public enum Unit: Int64, Sendable, CaseIterable {
        case us = 1
        case ms = 1_000
        case s = 1_000_000
        case m = 60_000_000
        case h = 3_600_000_000
        case d = 86_400_000_000

        /// `seconds`.
        public var name: String {
            switch self {
            case .us: "microseconds"
            case .ms: "milliseconds"
            case .s: "seconds"
            case .m: "minutes"
            case .h: "hours"
            case .d: "days"
            }
        }
    }

    /// The longest that most settings take.
    public static let day: Duration = .seconds(86_400)

    /// A duration; nil for more than there can be.
    public static func parse(_ text: String) throws(ValueFault) -> Duration? {
        let (digits, name) = split(text)
        let unit = Unit.allCases.first { "\($0)" == name }
        guard !digits.isEmpty, unit != nil || (Int64(digits) == 0 && name.isEmpty) else {
            if name.isEmpty, !digits.isEmpty {
                throw ValueFault("a unit: \(digits)ms, \(digits)s, \(digits)m or \(digits)h")
            }
            throw ValueFault("a whole number with a unit, such as 5ms, 10s, 1m or 2h")
        }
        guard let (count, overflow) = Int64(digits)?.multipliedReportingOverflow(by: unit?.rawValue ?? 0), !overflow
        else { return nil }
        return .microseconds(count)
    }

    /// The largest unit that gives a whole number.
    public static func format(_ duration: Duration) -> String {
        let value = duration.microseconds
        if value == 0 { return "0s" }
        let unit = Unit.allCases.last { value % $0.rawValue == 0 } ?? .us
        return "\(value / unit.rawValue)\(unit)"
    }
}

extension Duration {
    /// Whole microseconds.
    public var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}

private func split(_ text: String) -> (digits: String, unit: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    return (String(digits), text.dropFirst(digits.count).trimmingPrefix { $0 == " " }.description)
}
