/// Facility numbers and their keywords, RFC 5424 table 1.
public enum Facility {
    /// The facility of a message without priority, RFC 3164 section 4.3.3.
    public static let user: UInt8 = 1
    /// Facilities are 0 to `count - 1`.
    public static let count: UInt8 = 24

    /// The usual keyword of a facility. A number above 23 cannot come from `HeaderParser`; it reads `unknown`.
    public static func keyword(_ facility: UInt8) -> StaticString {
        switch facility {
        case 0: "kern"
        case 1: "user"
        case 2: "mail"
        case 3: "daemon"
        case 4: "auth"
        case 5: "syslog"
        case 6: "lpr"
        case 7: "news"
        case 8: "uucp"
        case 9: "cron"
        case 10: "authpriv"
        case 11: "ftp"
        case 12: "ntp"
        case 13: "audit"
        case 14: "alert"
        case 15: "clock"
        case 16: "local0"
        case 17: "local1"
        case 18: "local2"
        case 19: "local3"
        case 20: "local4"
        case 21: "local5"
        case 22: "local6"
        case 23: "local7"
        default: "unknown"
        }
    }

    /// The facility of a keyword in small letters, nil when there is none. Not for the hot path.
    public static func number(forKeyword keyword: String) -> UInt8? {
        (0..<count).first { self.keyword($0).description == keyword }
    }
}
