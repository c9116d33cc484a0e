import Syslog
import Testing

/// Times of devices that write their own, and faults in front of the time.
@Suite struct OtherTimeTests {
    private static let rows: [HeaderCase] = [
        HeaderCase(
            "Meraki", "<134>1 1762264929.123456789 MX7 flows src=198.51.100.9 protocol=udp",
            priority: "local0.info", time: "2025-11-04T14:02:09.123456789Z", host: "MX7",
            content: "flows src=198.51.100.9 protocol=udp"),
        HeaderCase(
            "Sophos", "<30>2025:11:04-14:02:09 utm7 dhcpd: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "utm7", program: "dhcpd", content: "x"),
        HeaderCase(
            "NetScaler", "<134> 11/04/2025:14:02:09 GMT ns7 0-PPE-0 : default SSLLOG text",
            priority: "local0.info", time: "2025-11-04T14:02:09Z", host: "ns7",
            content: "0-PPE-0 : default SSLLOG text"),
        HeaderCase(
            "day, month, year", "<30>4 Nov 2025 14:02:09 gw7 app: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "x"),
        HeaderCase(
            "a weekday", "<30>Tue, 04 Nov 2025 14:02:09 +0000 gw7 app: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "x"),
        HeaderCase(
            "journalctl short-full", "Tue 2025-11-04 14:02:09 UTC gw7 sshd[1]: x", time: "2025-11-04T14:02:09Z",
            host: "gw7", program: "sshd", pid: "1", content: "x"),
        HeaderCase(
            "journalctl short-unix", "1762264929.123456 gw7 sshd[1]: x", time: "2025-11-04T14:02:09.123456Z",
            host: "gw7", program: "sshd", pid: "1", content: "x"),
        HeaderCase(
            "a byte order mark in front", "\u{FEFF}<30>Nov  4 14:02:09 gw7 app: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "x"),
        HeaderCase(
            "a byte order mark behind the priority", "<30>\u{FEFF}Nov  4 14:02:09 gw7 app: x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "x"),
        HeaderCase(
            "a byte order mark before a line", "\u{FEFF}Nov  4 14:02:09 gw7 app: x", time: "2025-11-04T14:02:09Z",
            host: "gw7", program: "app", content: "x"),
        HeaderCase(
            "a byte order mark before text", "\u{FEFF}hello", format: .unstructured, content: "hello"),
        HeaderCase(
            "spaces in front of the priority", "  <30>Nov  4 14:02:09 gw7 app: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "x"),
        HeaderCase(
            "a tab in front of text", "\tat com.example.Main", format: .unstructured,
            content: "\tat com.example.Main"),
        HeaderCase(
            "a priority of four digits before a time", "<1234>Nov  4 14:02:09 gw7 app: x",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "x", fault: .priorityRange,
            column: 2),
        HeaderCase(
            "leading zeros of a priority of five digits", "<00030>Nov  4 14:02:09 gw7 app: x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "x",
            fault: .priority, column: 5),
        HeaderCase(
            "two spaces behind the version", "<30>1  2025-11-04T14:02:09Z gw7 app 1 - - x", format: .rfc5424,
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", pid: "1",
            content: "x", fault: .timestamp, column: 7),
        HeaderCase(
            "a space in front of the version", "<30> 1 2025-11-04T14:02:09Z gw7 app 1 - - x", format: .rfc5424,
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", pid: "1",
            content: "x", fault: .version, column: 5),
        HeaderCase(
            "a tag of the old format in the new one", "<30>1 2025-11-04T14:02:09Z gw7 dhcpd[812]: DHCPACK on",
            format: .rfc5424, priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "dhcpd",
            pid: "812", content: "DHCPACK on", fault: .program, column: 42),
        HeaderCase(
            "a tag without process in the new one", "<30>1 2025-11-04T14:02:09Z gw7 dhcpd: DHCPACK on 198.51.100.7",
            format: .rfc5424, priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "dhcpd",
            content: "DHCPACK on 198.51.100.7", fault: .structuredData, column: 50),
        HeaderCase(
            "a fault of the time and no header", "<30>Nov 34 14:02:09 hello", priority: "daemon.info",
            content: "Nov 34 14:02:09 hello", fault: .timestampRange, column: 9),
    ]

    @Test(arguments: rows)
    func `The time is read, or costs itself alone`(_ row: HeaderCase) {
        row.check()
    }
}
