/// The ranges of settings, and the readers of those that the environment sets as well.
enum SettingText {
    static let maximumTime: Duration = .seconds(86_400)

    static func threads(_ text: String) throws(ScalarFault) -> Int { try ScalarText.integer(text, in: 1...64) }

    static func messageSize(_ text: String) throws(ScalarFault) -> Int {
        try ScalarText.size(text, in: 480...(16 << 20))
    }

    static func rate(_ text: String) throws(ScalarFault) -> Int {
        try ScalarText.integer(text, in: 0...1_000_000_000)
    }

    static func receiveBuffer(_ text: String) throws(ScalarFault) -> Int {
        try ScalarText.size(text, in: (4 << 10)...(1 << 30))
    }

    static func spoolSize(_ text: String) throws(ScalarFault) -> Int {
        try blocks(text, in: (1 << 20)...(16 << 40))
    }

    static func segmentSize(_ text: String) throws(ScalarFault) -> Int {
        try blocks(text, in: Configuration.Spool.sizeUnit...(1 << 30))
    }

    private static func blocks(_ text: String, in range: ClosedRange<Int>) throws(ScalarFault) -> Int {
        let size = try ScalarText.size(text, in: range)
        guard size % Configuration.Spool.sizeUnit == 0 else { throw ScalarFault(expected: "a multiple of 64KiB") }
        return size
    }

    static func shutdownTimeout(_ text: String) throws(ScalarFault) -> Duration {
        try ScalarText.duration(text, in: .zero...maximumTime)
    }

    /// Brokers, with commas between them.
    static func brokers(_ text: String) throws(ScalarFault) -> [String] {
        var brokers: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            brokers.append(try ScalarText.broker(trimmed(part)))
        }
        return brokers
    }

    static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }

    static func facility(_ text: String) throws(ScalarFault) -> UInt8 {
        if let number = UInt8(text), number < 24 { return number }
        let name = text.lowercased()
        if name == "security" { return 4 }
        if let index = facilities.firstIndex(of: name) { return UInt8(index) }
        throw ScalarFault(
            expected: "a facility such as daemon, local0 or a number from 0 to 23"
                + ScalarText.suggestion(name, facilities))
    }

    static func severity(_ text: String) throws(ScalarFault) -> UInt8 {
        if let number = UInt8(text), number < 8 { return number }
        let name = text.lowercased()
        let other = [
            "panic": "emerg", "emergency": "emerg", "critical": "crit", "error": "err", "warn": "warning",
            "informational": "info",
        ]
        if let index = severities.firstIndex(of: other[name] ?? name) { return UInt8(index) }
        throw ScalarFault(expected: ScalarText.list(severities) + ScalarText.suggestion(name, severities))
    }

    static let facilities = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
        "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]

    static let severities = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
}
