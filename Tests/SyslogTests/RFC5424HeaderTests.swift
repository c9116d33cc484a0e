import Syslog
import Testing

@Suite struct RFC5424HeaderTests {
    private static let base = "<30>1 2025-11-04T14:02:09Z"

    private static let valid: [HeaderCase] = [
        HeaderCase(
            "RFC 5424 section 6.5 example 1",
            "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{FEFF}'su root' failed for lonvick on /dev/pts/8",
            format: .rfc5424, priority: "auth.crit", time: "2003-10-11T22:14:15.003Z", host: "mymachine.example.com",
            program: "su", messageID: "ID47", content: "'su root' failed for lonvick on /dev/pts/8"),
        HeaderCase(
            "RFC 5424 section 6.5 example 2",
            "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
            format: .rfc5424, priority: "local4.notice", time: "2003-08-24T12:14:15.000003Z", host: "192.0.2.1",
            program: "myproc", pid: "8710", content: "%% It's time to make the do-nuts."),
        HeaderCase(
            "RFC 5424 section 6.5 example 3",
            "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"] \u{FEFF}An application event log entry...",
            format: .rfc5424, priority: "local4.notice", time: "2003-10-11T22:14:15.003Z",
            host: "mymachine.example.com", program: "evntslog", messageID: "ID47",
            structuredData: "[exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"]",
            content: "An application event log entry..."),
        HeaderCase(
            "RFC 5424 section 6.5 example 4",
            "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\"][examplePriority@32473 class=\"high\"]",
            format: .rfc5424, priority: "local4.notice", time: "2003-10-11T22:14:15.003Z",
            host: "mymachine.example.com", program: "evntslog", messageID: "ID47",
            structuredData: "[exampleSDID@32473 iut=\"3\"][examplePriority@32473 class=\"high\"]", content: ""),
        HeaderCase("everything nil", "<0>1 - - - - - -", format: .rfc5424, priority: "kern.emerg", content: ""),
        HeaderCase(
            "nil and a message", "<191>1 - - - - - - m", format: .rfc5424, priority: "local7.debug", content: "m"),
        HeaderCase(
            "a space and an empty message", "<30>1 - h - - - - ", format: .rfc5424, priority: "daemon.info",
            host: "h", content: ""),
        HeaderCase(
            "spaces at the start of the message are kept", "<30>1 - - - - - -   m", format: .rfc5424,
            priority: "daemon.info", content: "  m"),
        HeaderCase(
            "names that begin with a dash", "<30>1 - -h -- -1 -m - x", format: .rfc5424, priority: "daemon.info",
            host: "-h", program: "--", pid: "-1", messageID: "-m", content: "x"),
        HeaderCase(
            "line ends and NUL at the end are left out", "<30>1 - - - - - - text\0\r\n\0", format: .rfc5424,
            priority: "daemon.info", content: "text"),
        HeaderCase(
            "escapes and brackets in values", "<30>1 - - - - - [a b=\"\\\"\\\\\\]\" c=\"]\" d=\"\\n\"] m",
            format: .rfc5424, priority: "daemon.info",
            structuredData: "[a b=\"\\\"\\\\\\]\" c=\"]\" d=\"\\n\"]", content: "m"),
        HeaderCase(
            "an element without parameters, repeated ids and parameters",
            "<30>1 - - - - - [a][a x=\"1\" x=\"2\"][a] m", format: .rfc5424, priority: "daemon.info",
            structuredData: "[a][a x=\"1\" x=\"2\"][a]", content: "m"),
        HeaderCase(
            "fields longer than section 6 allows",
            "<30>1 - " + String(repeating: "h", count: 300) + " " + String(repeating: "p", count: 60) + " - - - m",
            format: .rfc5424, priority: "daemon.info", host: String(repeating: "h", count: 300),
            program: String(repeating: "p", count: 60), content: "m"),
        HeaderCase(
            "control bytes and other scripts in the message", "<30>1 - - - - - - a\u{1}b\0c \u{FC}\n x",
            format: .rfc5424, priority: "daemon.info", content: "a\u{1}b\0c \u{FC}\n x"),
        HeaderCase(
            "a message that begins with a bracket", "<30>1 - - - - - - [a b=\"c\"] m", format: .rfc5424,
            priority: "daemon.info", content: "[a b=\"c\"] m"),
        HeaderCase(
            "a kernel's uptime stamp is not part of the body",
            base + " gw1 kernel - - - [   12.345678] eth0: up", format: .rfc5424, priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw1", program: "kernel", content: "[   12.345678] eth0: up",
            body: "eth0: up"),
    ]

    @Test(arguments: valid)
    func `A valid message gives every field`(_ row: HeaderCase) {
        row.check()
    }

    private static let times: [(String, String)] = [
        ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.52Z"),
        ("1985-04-12T19:20:50.52-04:00", "1985-04-12T23:20:50.52Z"),
        ("2025-11-04T14:02:09.1+00:00", "2025-11-04T14:02:09.1Z"),
        ("2025-11-04T14:02:09.100000-00:00", "2025-11-04T14:02:09.100000Z"),
        ("2025-11-04T14:02:09.123456789Z", "2025-11-04T14:02:09.123456789Z"),
        ("2025-11-04T14:02:09.000000001Z", "2025-11-04T14:02:09.000000001Z"),
        ("2025-11-05T01:32:09+11:30", "2025-11-04T14:02:09Z"),
        ("2025-12-31T23:59:59-23:59", "2026-01-01T23:58:59Z"),
        ("2025-01-01T00:00:00+23:59", "2024-12-31T00:01:00Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("2000-02-29T23:59:59Z", "2000-02-29T23:59:59Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.5Z"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ]

    @Test(arguments: times)
    func `A timestamp of any offset and precision is read`(_ received: String, _ expected: String) {
        HeaderCase(
            received, "<30>1 \(received) h p - - - m", format: .rfc5424, priority: "daemon.info", time: expected,
            host: "h", program: "p", content: "m"
        ).check()
    }

    private static let faulty: [HeaderCase] = [
        HeaderCase(
            "another version is read on", "<30>2 - gw1 p - - - m", format: .rfc5424, priority: "daemon.info",
            host: "gw1", program: "p", content: "m", fault: .version, column: 5),
        HeaderCase(
            "a version of three digits", "<30>999 2025-11-04T14:02:09Z h p - - - m", format: .rfc5424,
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "h", program: "p", content: "m",
            fault: .version, column: 5),
        HeaderCase(
            "no priority", "1 2025-11-04T14:02:09Z h p - - - m", format: .rfc5424, time: "2025-11-04T14:02:09Z",
            host: "h", program: "p", content: "m", fault: .priorityMissing, column: 1),
        HeaderCase(
            "a priority out of range is read on", "<192>1 - h p - - - m", format: .rfc5424, host: "h", program: "p",
            content: "m", fault: .priorityRange, column: 2),
        fault("a time that is text", "now h p - - - m", .timestamp, 7),
        fault("a time without T", "2025-11-04 14:02:09Z h p - - - m", .timestamp, 17, "2025-11-04T14:02:09Z"),
        fault("a small t", "2025-11-04t14:02:09Z h p - - - m", .timestamp, 17, "2025-11-04T14:02:09Z"),
        fault("a small z", "2025-11-04T14:02:09z h p - - - m", .timestampOffset, 26, "2025-11-04T14:02:09Z"),
        fault("no offset", "2025-11-04T14:02:09 h p - - - m", .timestampOffset, 26, "2025-11-04T14:02:09Z"),
        fault("half an offset", "2025-11-04T14:02:09+01 h p - - - m", .timestampOffset, 29, "2025-11-04T13:02:09Z"),
        fault(
            "an offset without colon", "2025-11-04T14:02:09+0100 h p - - - m", .timestampOffset, 29,
            "2025-11-04T13:02:09Z"),
        fault("an offset of 24 hours", "2025-11-04T14:02:09+24:00 h p - - - m", .timestampOffset, 27),
        fault("an offset of 60 minutes", "2025-11-04T14:02:09+01:60 h p - - - m", .timestampOffset, 30),
        fault("a dot without digits", "2025-11-04T14:02:09.Z h p - - - m", .timestampFraction, 27),
        fault("ten fraction digits", "2025-11-04T14:02:09.1234567890Z h p - - - m", .timestampFraction, 36),
        fault("three digits of seconds", "2025-11-04T14:02:099Z h p - - - m", .timestamp, 26),
        fault("month 13", "2025-13-04T14:02:09Z h p - - - m", .timestampRange, 12),
        fault("month 0", "2025-00-04T14:02:09Z h p - - - m", .timestampRange, 12),
        fault("day 31 of November", "2025-11-31T14:02:09Z h p - - - m", .timestampRange, 15),
        fault("day 0", "2025-11-00T14:02:09Z h p - - - m", .timestampRange, 15),
        fault("February 29 of no leap year", "2025-02-29T14:02:09Z h p - - - m", .timestampRange, 15),
        fault("February 29 of 1900", "1900-02-29T14:02:09Z h p - - - m", .timestampRange, 15),
        fault("hour 24", "2025-11-04T24:00:00Z h p - - - m", .timestampRange, 18),
        fault("minute 60", "2025-11-04T14:60:00Z h p - - - m", .timestampRange, 21),
        fault("second 61", "2025-11-04T14:02:61Z h p - - - m", .timestampRange, 24),
        fault("text after the time", "2025-11-04T14:02:09Zx h p - - - m", .timestamp, 27),
        fault(
            "a comma before the fraction", "2025-11-04T14:02:09,5Z h p - - - m", .timestampOffset, 26,
            "2025-11-04T14:02:09.5Z"),
        fault("a month in words", "2025-Nov-04T14:02:09Z h p - - - m", .timestamp, 12),
        fault("the older form of a time", "Nov  4 14:02:09 h p - - - m", .timestamp, 7, "2025-11-04T14:02:09Z"),
        fault("a weekday in front", "Tue Nov  4 14:02:09 2025 h p - - - m", .timestamp, 7, "2025-11-04T14:02:09Z"),
        fault("month 13 and a space for T", "2025-13-04 14:02:09 h p - - - m", .timestampRange, 12),
        HeaderCase(
            "the frame ends inside the time", "<30>1 2025-11-04T14", format: .rfc5424, priority: "daemon.info",
            content: "2025-11-04T14", fault: .timestamp, column: 20),
        HeaderCase(
            "the frame ends after the version", "<30>1 ", format: .rfc5424, priority: "daemon.info", content: "",
            fault: .timestamp, column: 7),
        HeaderCase(
            "the frame ends after the time", "<30>1 -", format: .rfc5424, priority: "daemon.info", content: "",
            fault: .host, column: 8),
        HeaderCase(
            "two spaces before the host", base + "  h p - - - m", format: .rfc5424, priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "h", program: "p", content: "m", fault: .host, column: 28),
        HeaderCase(
            "a host that is not ASCII", base + " h\u{FC} p - - - m", format: .rfc5424, priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "h\u{FC}", program: "p", content: "m", fault: .host, column: 29),
        HeaderCase(
            "a tab in the program", base + " h p\tq - - - m", format: .rfc5424, priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "h", program: "p\tq", content: "m", fault: .program, column: 31),
        HeaderCase(
            "DEL in a long process", base + " h p 123456789\u{7F} - - m", format: .rfc5424,
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "h", program: "p",
            pid: "123456789\u{7F}", content: "m", fault: .processID, column: 41),
        HeaderCase(
            "the frame ends after the host", base + " h", format: .rfc5424, priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "h", content: "", fault: .program, column: 29),
        HeaderCase(
            "the frame ends after the program", base + " h p ", format: .rfc5424, priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "h", program: "p", content: "", fault: .processID, column: 32),
        HeaderCase(
            "the frame ends after the process", base + " h p 1", format: .rfc5424, priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "h", program: "p", pid: "1", content: "", fault: .messageID,
            column: 33),
        HeaderCase(
            "no structured data", base + " h p 1 - DHCPACK on", format: .rfc5424, priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "h", program: "p", pid: "1", content: "DHCPACK on",
            fault: .structuredData, column: 36),
        HeaderCase(
            "the frame ends before structured data", "<30>1 - h p 1 m", format: .rfc5424, priority: "daemon.info",
            host: "h", program: "p", pid: "1", messageID: "m", content: "", fault: .structuredData, column: 16),
        structured("text right after the dash", "-text", "", "-text", .structuredData, 1),
        structured("no name", "[] m", "", "[] m", .structuredDataName, 1),
        structured("no parameter name", "[a ] m", "", "[a ] m", .structuredDataName, 3),
        structured("a space in the name", "[a b c=\"d\"] m", "", "[a b c=\"d\"] m", .structuredDataEquals, 4),
        structured("no quote", "[a b=c] m", "", "[a b=c] m", .structuredDataQuote, 5),
        structured("no closing quote", "[a b=\"c] m", "", "[a b=\"c] m", .structuredDataValue, 10),
        structured("a backslash at the end", "[a b=\"c\\", "", "[a b=\"c\\", .structuredDataValue, 8),
        structured("no closing bracket", "[a b=\"c\"", "", "[a b=\"c\"", .structuredDataEnd, 8),
        structured(
            "no space between parameters", "[a b=\"c\"d=\"e\"] m", "", "[a b=\"c\"d=\"e\"] m", .structuredDataEnd, 8),
        structured("text right after it", "[a b=\"c\"]m", "[a b=\"c\"]", "m", .messageSeparator, 9),
        structured(
            "the second element is broken", "[a b=\"c\"][d e] m", "[a b=\"c\"]", "[d e] m", .structuredDataEquals, 13),
    ]

    /// A fault of the timestamp costs the time alone, and not even that where it can be read in another form.
    private static func fault(
        _ name: String, _ rest: String, _ kind: HeaderFault.Kind, _ column: UInt32, _ time: String? = nil
    ) -> HeaderCase {
        HeaderCase(
            name, "<30>1 " + rest, format: .rfc5424, priority: "daemon.info", time: time, host: "h", program: "p",
            content: "m", fault: kind, column: column)
    }

    /// A fault of the structured data, at a column counted from its start (0).
    private static func structured(
        _ name: String, _ rest: String, _ kept: String, _ content: String, _ kind: HeaderFault.Kind, _ offset: UInt32
    ) -> HeaderCase {
        HeaderCase(
            "structured data: " + name, "<30>1 - h p 1 m " + rest, format: .rfc5424, priority: "daemon.info",
            host: "h", program: "p", pid: "1", messageID: "m", structuredData: kept, content: content, fault: kind,
            column: 17 + offset)
    }

    @Test(arguments: faulty)
    func `A violation costs what it stands in, and its column is named`(_ row: HeaderCase) {
        row.check()
    }

    @Test func `A byte order mark is only left out at the start of the message`() {
        let frame = Array("<30>1 - - - - - [a b=\"\u{FEFF}\"] \u{FEFF}a\u{FEFF}b".utf8)
        var parser = HeaderParser()
        let message = parser.parse(frame.span, receivedSeconds: 0, zone: .utc)
        #expect(message.fault == nil)
        #expect(Array(frame[message.content.offsets]) == Array("a\u{FEFF}b".utf8))
    }

    @Test func `Every fault says what was expected`() {
        for kind in HeaderFault.Kind.allCases {
            #expect(!HeaderFault(kind, column: 1).expected.description.isEmpty)
        }
        #expect(HeaderFault(.version, column: 5).description == "column 5: expected version 1")
    }
}
