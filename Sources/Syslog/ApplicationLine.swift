import Base

/// Lines that programs write into their own files, behind a time of their own: not syslog, but some of them say which
/// program it is, or where their text begins.
enum ApplicationLine {
    /// Reads such a line from the first byte behind its time on. True when it is one: program and content are set where
    /// the line has them, else only where the body begins, which is kept in `content`.
    static func read(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Bool {
        readContainer(text, at: start, &message) || readKea(text, at: start, &message)
            || readCategory(text, at: start, &message)
    }

    /// A container runtime's file (CRI): `stdout F text`.
    private static func readContainer(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Bool {
        guard text.has("stdout ", at: start) || text.has("stderr ", at: start) else { return false }
        let mark = text[start &+ 7]
        guard mark == UInt8(ascii: "F") || mark == UInt8(ascii: "P") else { return false }
        // A tag may end in `:` or more tags of the runtime's may follow, `F:x`.
        let end = text.tokenEnd(start &+ 7)
        message.content = ByteRange(min(end &+ 1, text.count), text.count)
        return true
    }

    /// Kea: `INFO  [kea-dhcp4.leases/812.140] DHCP4_LEASE_ALLOC …`. The logger's root is the program.
    private static func readKea(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Bool {
        var offset = text.tokenEnd(start)
        guard PriorityWord.isLevel(text, start, offset) else { return false }
        while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        guard text.has("[kea-", at: offset) else { return false }
        let name = offset &+ 1
        var end = name
        while isLetter(text[end]) || isDigit(text[end]) || text[end] == UInt8(ascii: "-") { end &+= 1 }
        message.program = ByteRange(name, end)
        message.content = ByteRange(start, text.count)
        return true
    }

    /// BIND's file with ISO times: `queries: info: text`.
    private static func readCategory(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Bool {
        let end = NameServerLine.categoryEnd(text, start)
        guard end > start else { return false }
        message.content = ByteRange(end, text.count)
        return true
    }

    /// What dnsmasq writes to standard error, where it has no time: `dnsmasq: text`, `dnsmasq-dhcp: text`.
    static func readUntimed(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Bool {
        guard text.has("dnsmasq", at: start) else { return false }
        var end = start &+ 7
        if text.has("-dhcp", at: end) || text.has("-tftp", at: end) { end &+= 5 }
        guard text.has(": ", at: end) else { return false }
        message.program = ByteRange(start, end)
        message.content = ByteRange(end &+ 2, text.count)
        return true
    }

    /// An access log, `192.0.2.1 - anna [10/Oct/2026:13:55:36 +0200] "GET …`: reads the time in its brackets. False when it
    /// is none.
    static func readAccessTime(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Bool {
        var offset = start
        for _ in 0..<3 {
            offset = text.tokenEnd(offset) &+ 1
            if offset >= text.count { return false }
        }
        guard text[offset] == UInt8(ascii: "["), isDigit(text[offset &+ 1]), text[offset &+ 3] == UInt8(ascii: "/")
        else {
            return false
        }
        return OtherTimes.read(text, at: offset, &reading) != nil
    }

    /// The Kubernetes logger: `I1122 10:00:00.123456    1234 controller.go:123] text`. Reads its time, without a year.
    /// Returns the offset behind the time, nil when it is none.
    static func readKlogTime(_ text: FrameText, at start: Int, _ reading: inout ClockReading) -> Int? {
        switch text[start] {
        case UInt8(ascii: "I"), UInt8(ascii: "W"), UInt8(ascii: "E"), UInt8(ascii: "F"): break
        default: return nil
        }
        let month = text.twoDigits(start &+ 1)
        let day = text.twoDigits(start &+ 3)
        guard month >= 1, month <= 12, day >= 1, day <= CivilDate.days(inMonth: month, of: 2000),
            text[start &+ 5] == UInt8(ascii: " ")
        else { return nil }
        guard let clock = reading.readTimeOfDay(text, at: start &+ 6, strict: true).end,
            text[clock] == UInt8(ascii: "."), let end = reading.readFraction(text, at: clock).end,
            text[end] == UInt8(ascii: " ")
        else { return nil }
        reading.month = UInt8(truncatingIfNeeded: month)
        reading.day = UInt8(truncatingIfNeeded: day)
        return end
    }
}
