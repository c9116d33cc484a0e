/// The time a message carries, as an instant in UTC.
public struct SyslogTimestamp: Equatable, Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z. A leap second `:60` is the first second of the next minute.
    public var seconds: Int64
    /// Nanoseconds after `seconds`, 0 to 999,999,999.
    public var nanoseconds: UInt32
    /// Fraction digits received, 0 to 9, so that the precision can be given back as it came.
    public var digits: UInt8
    /// False when the message has no time, or one that could not be read; the rest is then 0.
    public var isPresent: Bool

    /// No time.
    public static var absent: SyslogTimestamp {
        SyslogTimestamp(seconds: 0, nanoseconds: 0, digits: 0, isPresent: false)
    }

    /// A time that is present.
    public init(seconds: Int64, nanoseconds: UInt32 = 0, digits: UInt8 = 0) {
        self.init(seconds: seconds, nanoseconds: nanoseconds, digits: digits, isPresent: true)
    }

    init(seconds: Int64, nanoseconds: UInt32, digits: UInt8, isPresent: Bool) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.digits = digits
        self.isPresent = isPresent
    }
}
