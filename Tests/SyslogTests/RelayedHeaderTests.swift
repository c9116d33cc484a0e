import Syslog
import Testing

/// What relays put in twice.
@Suite struct RelayedHeaderTests {
    private static let rows: [HeaderCase] = [
        HeaderCase(
            "the host twice", "<14>Nov  4 14:02:09 Router7 Router7 ubnt-daemon[31]: restarted",
            priority: "user.info", time: "2025-11-04T14:02:09Z", host: "Router7", program: "ubnt-daemon",
            pid: "31", content: "restarted"),
        HeaderCase(
            "a name and its domain", "<14>Nov  4 14:02:09 gw7 gw7.example.org app: x", priority: "user.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "x"),
        HeaderCase(
            "a name and an address",
            "<30>Nov  4 14:02:09 ns7.example.org 198.51.100.81 dhcpd[114]: DHCPRELEASE of 198.51.100.37",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "ns7.example.org", program: "dhcpd",
            pid: "114", content: "DHCPRELEASE of 198.51.100.37"),
        HeaderCase(
            "an address and a name", "<30>Nov  4 14:02:09 198.51.100.81 gw7 sshd[12]: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "198.51.100.81", program: "sshd", pid: "12", content: "x"),
        HeaderCase(
            "two names before a numbered tag", "<30>Nov  4 14:02:09 relay7 gw7 sshd[12]: x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "relay7", program: "sshd", pid: "12",
            content: "x"),
        HeaderCase(
            "two words before a plain tag are text", "<30>Nov  4 14:02:09 gw7 user alice: hello",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", content: "user alice: hello"),
        HeaderCase(
            "a whole frame inside", "<30>Nov  4 14:02:09 relay7 <38>Nov  4 14:02:08 gw7 sshd[5]: x",
            priority: "auth.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "sshd", pid: "5",
            content: "x"),
        HeaderCase(
            "a whole frame of the new format inside",
            "<30>Nov  4 14:02:09 relay7 <38>1 2025-11-04T15:02:08+01:00 gw7 sshd 5 - - x",
            format: .rfc5424, priority: "auth.info", time: "2025-11-04T14:02:08Z", host: "gw7", program: "sshd",
            pid: "5", content: "x"),
        HeaderCase(
            "a frame of the new format without priority inside",
            "<38>Nov  4 14:02:09 relay7 1 2025-11-04T15:02:08+01:00 gw7 sshd 5 - - x",
            format: .rfc5424, priority: "auth.info", time: "2025-11-04T14:02:08Z", host: "gw7", program: "sshd",
            pid: "5", content: "x"),
        HeaderCase(
            "time and host twice", "<38>Nov  4 14:02:09 relay7 Nov  4 15:02:08 gw7 sshd[5]: x",
            priority: "auth.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "sshd", pid: "5",
            content: "x"),
        HeaderCase(
            "an ISO time with its zone inside",
            "<38>Nov  4 14:02:09 198.51.100.9 2025-11-04T15:02:08.5+01:00 esx7 vpxa: x",
            priority: "auth.info", time: "2025-11-04T14:02:08.5Z", host: "esx7", program: "vpxa", content: "x"),
        HeaderCase(
            "Kiwi's relay",
            "<190>2025-11-04 14:02:09 Local7.Info sw7 2025-11-04T07:02:09.5-07:00 sw7 Stp: %SPANTREE-6-STABLE_CHANGE: x",
            priority: "local7.info", time: "2025-11-04T14:02:09.5Z", host: "sw7", program: "Stp",
            content: "%SPANTREE-6-STABLE_CHANGE: x"),
        HeaderCase(
            "the new format around the old one",
            "<30>1 2025-11-04T14:02:09Z ow7 odhcpd 13 - [meta sequenceId=\"7\"] 2025-11-04T14:02:08.209Z ow7 odhcpd: x y",
            format: .rfc5424, priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "ow7",
            program: "odhcpd", pid: "13", structuredData: "[meta sequenceId=\"7\"]",
            content: "2025-11-04T14:02:08.209Z ow7 odhcpd: x y", body: "x y"),
        HeaderCase(
            "the new format without a program around the old one",
            "<30>1 2025-11-04T14:02:09Z - - - - - Nov  4 14:02:08 gw7 sshd[5]: x y",
            format: .rfc5424, priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "sshd",
            pid: "5", content: "x y"),
        HeaderCase(
            "another program's line inside the new format is text",
            "<30>1 2025-11-04T14:02:09Z gw7 logger - - - Nov  4 14:02:08 gw7 sshd[5]: x y",
            format: .rfc5424, priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7",
            program: "logger", content: "Nov  4 14:02:08 gw7 sshd[5]: x y"),
        HeaderCase(
            "the tag again", "<30>1 2025-11-04T14:02:09Z ow7 odhcpd 13 - - odhcpd[13]: x y", format: .rfc5424,
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "ow7", program: "odhcpd", pid: "13",
            content: "odhcpd[13]: x y", body: "x y"),
        HeaderCase(
            "the tag again in the old format", "<38>Nov  4 14:02:09 gw7 sshd[12]: sshd[12]: x y",
            priority: "auth.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "sshd", pid: "12",
            content: "sshd[12]: x y", body: "x y"),
        HeaderCase(
            "another process's tag is text", "<38>Nov  4 14:02:09 gw7 sshd[12]: sshd[13]: x y",
            priority: "auth.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "sshd", pid: "12",
            content: "sshd[13]: x y"),
        HeaderCase(
            "a name and an IPv6 address", "<30>Nov  4 14:02:09 gw7 fe80::7 dhcpd[1]: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "dhcpd", pid: "1", content: "x"),
        HeaderCase(
            "a whole frame inside the new format",
            "<30>1 2025-11-04T14:02:09Z relay7 - - - - <38>Nov  4 14:02:08 gw7 sshd[5]: x",
            format: .rfc5424, priority: "auth.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "sshd",
            pid: "5", content: "x"),
        HeaderCase(
            "the program's own frame inside the new format",
            "<30>1 2025-11-04T14:02:09Z relay7 sshd 5 - - <38>Nov  4 14:02:08 gw7 sshd[5]: x",
            format: .rfc5424, priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "relay7",
            program: "sshd", pid: "5", content: "<38>Nov  4 14:02:08 gw7 sshd[5]: x", body: "x"),
        HeaderCase(
            "a forwarder that took a counter for the program",
            "<189>1 2025-11-04T14:02:09Z 198.51.100.9 61 - - - : Nov  4 15:02:08.123: %SYS-5-CONFIG_I: x",
            format: .rfc5424, priority: "local7.notice", time: "2025-11-04T14:02:09Z", host: "198.51.100.9",
            program: "%SYS-5-CONFIG_I", content: "x"),
        HeaderCase(
            "AIX behind a relay", "<38>Nov  4 14:02:09 aix7 Message forwarded from aix8: sshd[12]: x",
            priority: "auth.info", time: "2025-11-04T14:02:09Z", host: "aix8", program: "sshd", pid: "12",
            content: "x"),
        HeaderCase(
            "Kiwi's file", "2025-11-04 14:02:09\tLocal7.Info\t198.51.100.9\tsshd[12]: x", priority: "local7.info",
            time: "2025-11-04T14:02:09Z", host: "198.51.100.9", program: "sshd", pid: "12", content: "x"),
        HeaderCase(
            "a program that names a process", "<6>Nov  4 14:02:09 gw7 kernel: sshd[12]: segfault at 0",
            priority: "kern.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "kernel",
            content: "sshd[12]: segfault at 0"),
    ]

    @Test(arguments: rows)
    func `What a relay has put in twice is read once`(_ row: HeaderCase) {
        row.check()
    }
}
