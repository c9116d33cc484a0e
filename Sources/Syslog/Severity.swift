/// Severity numbers and their keywords, RFC 5424 table 2.
public enum Severity {
    /// The severity of a message without priority, RFC 3164 section 4.3.3.
    public static let notice: UInt8 = 5
    /// Severities are 0 to `count - 1`; a smaller number is more severe.
    public static let count: UInt8 = 8

    /// The usual keyword of a severity. A number above 7 cannot come from `HeaderParser`; it reads `unknown`.
    public static func keyword(_ severity: UInt8) -> StaticString {
        switch severity {
        case 0: "emerg"
        case 1: "alert"
        case 2: "crit"
        case 3: "err"
        case 4: "warning"
        case 5: "notice"
        case 6: "info"
        case 7: "debug"
        default: "unknown"
        }
    }

    /// The severity of a keyword in small letters, nil when there is none. Not for the hot path.
    public static func number(forKeyword keyword: String) -> UInt8? {
        (0..<count).first { self.keyword($0).description == keyword }
    }
}
