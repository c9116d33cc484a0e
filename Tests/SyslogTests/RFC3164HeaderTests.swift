import Syslog
import Testing

@Suite struct RFC3164HeaderTests {
    private static let now = "2025-11-04T14:02:09Z"

    private static let common: [HeaderCase] = [
        HeaderCase(
            "host, tag and process", "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.168.0.101",
            priority: "daemon.info", time: now, host: "gw1", program: "dhcpd", pid: "812",
            content: "DHCPACK on 192.168.0.101"),
        HeaderCase(
            "RFC 3164 section 5.4 example 1",
            "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
            priority: "auth.crit", time: "2025-10-11T22:14:15Z", host: "mymachine", program: "su",
            content: "'su root' failed for lonvick on /dev/pts/8"),
        HeaderCase(
            "RFC 3164 section 5.4 example 2: no header", "Use the BFG!", format: .unstructured,
            content: "Use the BFG!"),
        HeaderCase(
            "RFC 3164 section 5.4 example 3: year after the time, zone name",
            "<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time to make the do-nuts.",
            priority: "local4.notice", time: "1987-08-24T11:34:00Z", host: "mymachine", program: "myproc", pid: "10",
            content: "%% It's time to make the do-nuts."),
        HeaderCase(
            "RFC 3164 section 5.4 example 4: a format of its own",
            "<0>1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 sched[0]: That's All Folks!",
            priority: "kern.emerg", time: "1990-10-22T10:52:01Z", host: "TZ-6",
            program: "sched", pid: "0", content: "That's All Folks!"),
        HeaderCase(
            "a local message has no host", "<30>Nov  4 14:02:09 dhcpd[812]: text", priority: "daemon.info", time: now,
            program: "dhcpd", pid: "812", content: "text"),
        HeaderCase(
            "a local message without process", "<38>Nov  4 14:02:09 su: text", priority: "auth.info", time: now,
            program: "su", content: "text"),
        HeaderCase(
            "no tag", "<30>Nov  4 14:02:09 gw1 text without a tag", priority: "daemon.info", time: now, host: "gw1",
            content: "text without a tag"),
        HeaderCase(
            "a line of a log file has no priority", "Nov  4 14:02:09 gw1 dhcpd[812]: text", time: now, host: "gw1",
            program: "dhcpd", pid: "812", content: "text"),
        HeaderCase(
            "an empty text", "<30>Nov  4 14:02:09 gw1 dhcpd[812]:", priority: "daemon.info", time: now, host: "gw1",
            program: "dhcpd", pid: "812", content: ""),
        HeaderCase(
            "nothing but the time", "<30>Nov  4 14:02:09", priority: "daemon.info", time: now, content: ""),
        HeaderCase(
            "the time and a space", "<30>Nov  4 14:02:09 ", priority: "daemon.info", time: now, content: ""),
        HeaderCase(
            "one word after the time is text", "<30>Nov  4 14:02:09 rebooting", priority: "daemon.info", time: now,
            content: "rebooting"),
        HeaderCase(
            "no colon after the process", "<30>Nov  4 14:02:09 gw1 sshd[99] text", priority: "daemon.info", time: now,
            host: "gw1", program: "sshd", pid: "99", content: "text"),
        HeaderCase(
            "no space after the colon", "<30>Nov  4 14:02:09 gw1 su:text", priority: "daemon.info", time: now,
            host: "gw1", program: "su", content: "text"),
        HeaderCase(
            "indentation is kept", "<30>Nov  4 14:02:09 gw1 app:     at main", priority: "daemon.info", time: now,
            host: "gw1", program: "app", content: "    at main"),
        HeaderCase(
            "spaces between host and tag", "<30>Nov  4 14:02:09  gw1  app: x", priority: "daemon.info", time: now,
            host: "gw1", program: "app", content: "x"),
        HeaderCase(
            "a dash for the host", "<30>Nov  4 14:02:09 - app: x", priority: "daemon.info", time: now,
            program: "app", content: "x"),
        HeaderCase(
            "a process that is not a number", "<30>Nov  4 14:02:09 gw1 app[main-1]: x", priority: "daemon.info",
            time: now, host: "gw1", program: "app", pid: "main-1", content: "x"),
        HeaderCase(
            "an empty process", "<30>Nov  4 14:02:09 gw1 app[]: x", priority: "daemon.info", time: now, host: "gw1",
            program: "app", content: "x"),
        HeaderCase(
            "brackets that are no process", "<30>Nov  4 14:02:09 gw1 list[0]=5 ok", priority: "daemon.info",
            time: now, host: "gw1", content: "list[0]=5 ok"),
        HeaderCase(
            "a bracket that is not closed", "<30>Nov  4 14:02:09 gw1 list[0 and more", priority: "daemon.info",
            time: now, host: "gw1", content: "list[0 and more"),
        HeaderCase(
            "text that begins with a quote or a parenthesis", "<30>Nov  4 14:02:09 \"a b\" (c)",
            priority: "daemon.info", time: now, content: "\"a b\" (c)"),
        HeaderCase(
            "a URL is no tag", "<30>Nov  4 14:02:09 gw1 http://example.com/ is up", priority: "daemon.info", time: now,
            host: "gw1", content: "http://example.com/ is up"),
        HeaderCase(
            "a drive is no tag", "<30>Nov  4 14:02:09 gw1 C:\\x is full", priority: "daemon.info", time: now,
            host: "gw1", content: "C:\\x is full"),
        HeaderCase(
            "line end, NUL and both", "<30>Nov  4 14:02:09 gw1 app: x\r\n\0", priority: "daemon.info", time: now,
            host: "gw1", program: "app", content: "x"),
        HeaderCase(
            "control bytes stay", "<30>Nov  4 14:02:09 gw1 app: a\u{1B}[0m\0b\nc", priority: "daemon.info", time: now,
            host: "gw1", program: "app", content: "a\u{1B}[0m\0b\nc"),
        HeaderCase(
            "a space after the priority", "<30> Nov  4 14:02:09 gw1 app: x", priority: "daemon.info", time: now,
            host: "gw1", program: "app", content: "x"),
        HeaderCase(
            "AIX forwards", "<30>Nov  4 14:02:09 Message forwarded from gw1: sshd[12]: x", priority: "daemon.info",
            time: now, host: "gw1", program: "sshd", pid: "12", content: "x"),
    ]

    @Test(arguments: common)
    func `Header fields are read`(_ row: HeaderCase) {
        row.check()
    }

    private static let tags: [(String, String, String?)] = [
        ("postfix/smtpd[123]:", "postfix/smtpd", "123"),
        ("postfix/submission/smtpd[123]:", "postfix/submission/smtpd", "123"),
        ("(systemd)[1]:", "(systemd)", "1"),
        ("(sd-pam):", "(sd-pam)", nil),
        ("CRON[4021]:", "CRON", "4021"),
        ("/usr/sbin/cron[7]:", "/usr/sbin/cron", "7"),
        ("NetworkManager[1]:", "NetworkManager", "1"),
        ("systemd-logind[5]:", "systemd-logind", "5"),
        ("python3.11:", "python3.11", nil),
        ("snmp_agent[2]:", "snmp_agent", "2"),
        ("getty@tty1[3]:", "getty@tty1", "3"),
        ("su(pam_unix)[44]:", "su(pam_unix)", "44"),
        ("Foo::Bar[12]:", "Foo::Bar", "12"),
        ("Foo::Bar:", "Foo::Bar", nil),
        ("a:b:", "a:b", nil),
        ("kernel:", "kernel", nil),
        (String(repeating: "t", count: 80) + "[1]:", String(repeating: "t", count: 80), "1"),
    ]

    @Test(arguments: tags)
    func `A tag is read after a host and without one`(_ tag: String, _ program: String, _ pid: String?) {
        HeaderCase(
            "host " + tag, "<30>Nov  4 14:02:09 gw1 \(tag) x y", priority: "daemon.info", time: RFC3164HeaderTests.now,
            host: "gw1", program: program, pid: pid, content: "x y"
        ).check()
        HeaderCase(
            tag, "<30>Nov  4 14:02:09 \(tag) x y", priority: "daemon.info", time: RFC3164HeaderTests.now,
            program: program, pid: pid, content: "x y"
        ).check()
    }

    private static let hosts = [
        "gw1", "GW1", "gw1.example.com", "192.0.2.1", "fe80::1", "2001:db8::1:2", "fe80::1%eth0", "::1",
        "my_host", "src@gw1", "gw1/relay2", "m\u{FC}ller-pc", "mars", "last",
    ]

    @Test(arguments: hosts)
    func `A host is told from a tag`(_ host: String) {
        HeaderCase(
            host, "<30>Nov  4 14:02:09 \(host) app[1]: x", priority: "daemon.info", time: RFC3164HeaderTests.now,
            host: host, program: "app", pid: "1", content: "x"
        ).check()
        HeaderCase(
            host, "<30>Nov  4 14:02:09 \(host) x y", priority: "daemon.info", time: RFC3164HeaderTests.now, host: host,
            content: "x y"
        ).check()
    }

    private static let incomplete: [HeaderCase] = [
        HeaderCase("a priority and text", "<13>some text here", priority: "user.notice", content: "some text here"),
        HeaderCase(
            "a priority and a tag", "<13>logger: text", priority: "user.notice", program: "logger", content: "text"),
        HeaderCase(
            "a priority, tag and process", "<13>logger[7]: text", priority: "user.notice", program: "logger", pid: "7",
            content: "text"),
        HeaderCase(
            "a priority, host, tag and process", "<13>gw1 logger[7]: text", priority: "user.notice", host: "gw1",
            program: "logger", pid: "7", content: "text"),
        HeaderCase(
            "a URL without header is no tag", "<13>http://example.com/ is up", priority: "user.notice",
            content: "http://example.com/ is up"),
        HeaderCase("a priority and nothing", "<13>", priority: "user.notice", content: ""),
        HeaderCase("spaces after the priority stay", "<13>  text", priority: "user.notice", content: "  text"),
        HeaderCase(
            "a day before a month is text and not a version", "<30>1 Nov 2025 x", priority: "daemon.info",
            content: "1 Nov 2025 x"),
        HeaderCase("a number is no version", "<30>12 items", priority: "daemon.info", content: "12 items"),
        HeaderCase(
            "a kernel message without header", "<6>[   12.345678] eth0: up", priority: "kern.info",
            content: "[   12.345678] eth0: up", body: "eth0: up"),
        HeaderCase("a tag and process alone", "dhcpd[812]: text", program: "dhcpd", pid: "812", content: "text"),
        HeaderCase("a word and colon alone is text", "Error: text", format: .unstructured, content: "Error: text"),
        HeaderCase("text of digits", "2025", format: .unstructured, content: "2025"),
        HeaderCase(
            "a month without time", "<30>May I ask", priority: "daemon.info", content: "May I ask"),
        HeaderCase(
            "a month and day without time", "<30>May 4 people came", priority: "daemon.info",
            content: "May 4 people came"),
        HeaderCase(
            "a word that begins like a month", "<30>Marvin: x", priority: "daemon.info", program: "Marvin", content: "x"
        ),
        HeaderCase(
            "an uptime stamp alone", "[12345.678901] eth0: up", format: .unstructured,
            content: "[12345.678901] eth0: up", body: "eth0: up"),
        HeaderCase(
            "an indented text behind an uptime stamp", "[    1.234567]  <TASK>", format: .unstructured,
            content: "[    1.234567]  <TASK>", body: "<TASK>"),
        HeaderCase(
            "nothing but spaces behind an uptime stamp", "[    1.234567]   ", format: .unstructured,
            content: "[    1.234567]   ", body: ""),
        HeaderCase(
            "an application's own log line",
            "2025-11-04 14:02:09,120 INFO [main] com.example.App - up", format: .unstructured,
            time: "2025-11-04T14:02:09.120Z", content: "2025-11-04 14:02:09,120 INFO [main] com.example.App - up",
            body: "INFO [main] com.example.App - up"),
        HeaderCase(
            "BIND's own log file", "04-Nov-2025 14:02:09.120 queries: info: client @0x7f 192.0.2.1#5353: query",
            format: .unstructured, time: "2025-11-04T14:02:09.120Z",
            content: "04-Nov-2025 14:02:09.120 queries: info: client @0x7f 192.0.2.1#5353: query",
            body: "client @0x7f 192.0.2.1#5353: query"),
        HeaderCase(
            "BIND's own log file with a debug level", "04-Nov-2025 14:02:09.120 resolver: debug 3: fetch: x",
            format: .unstructured, time: "2025-11-04T14:02:09.120Z",
            content: "04-Nov-2025 14:02:09.120 resolver: debug 3: fetch: x", body: "fetch: x"),
        HeaderCase(
            "BIND's own log file without category", "04-Nov-2025 14:02:09.120 all zones loaded",
            format: .unstructured, time: "2025-11-04T14:02:09.120Z",
            content: "04-Nov-2025 14:02:09.120 all zones loaded", body: "all zones loaded"),
        HeaderCase("nothing", "", format: .unstructured, content: "", fault: .empty, column: 1),
        HeaderCase("nothing but a line end", "\r\n\0", format: .unstructured, content: "", fault: .empty, column: 1),
        HeaderCase(
            "no number in the priority", "<info> x", format: .unstructured, content: "<info> x", fault: .priority,
            column: 2),
        HeaderCase("an empty priority", "<>x", format: .unstructured, content: "<>x", fault: .priority, column: 2),
        HeaderCase("four digits", "<1234>x", format: .unstructured, content: "<1234>x", fault: .priority, column: 5),
        HeaderCase("no closing bracket", "<30", format: .unstructured, content: "<30", fault: .priority, column: 4),
        HeaderCase(
            "a priority out of range is read on", "<999>Nov  4 14:02:09 gw1 app: x", time: now, host: "gw1",
            program: "app", content: "x", fault: .priorityRange, column: 2),
        HeaderCase(
            "leading zeros of a priority", "<030>Nov  4 14:02:09 gw1 app: x", priority: "daemon.info", time: now,
            host: "gw1", program: "app", content: "x"),
        HeaderCase(
            "day 34", "<30>Nov 34 14:02:09 gw1 app: x", priority: "daemon.info", host: "gw1", program: "app",
            content: "x", fault: .timestampRange, column: 9),
        HeaderCase(
            "February 30", "Feb 30 14:02:09 gw1 app: x", host: "gw1", program: "app", content: "x",
            fault: .timestampRange, column: 5),
        HeaderCase(
            "hour 25", "<30>Nov  4 25:02:09 gw1 app: x", priority: "daemon.info", host: "gw1", program: "app",
            content: "x", fault: .timestampRange, column: 12),
        HeaderCase(
            "no seconds", "<30>Nov  4 14:02 gw1 app: x", priority: "daemon.info", host: "gw1", program: "app",
            content: "x", fault: .timestamp, column: 17),
        HeaderCase(
            "three digits of seconds", "<30>Nov  4 14:02:099 gw1 app: x", priority: "daemon.info", host: "gw1",
            program: "app", content: "x", fault: .timestamp, column: 20),
        HeaderCase(
            "month 13 in RFC 3339", "<30>2025-13-04T14:02:09Z gw1 app: x", priority: "daemon.info", host: "gw1",
            program: "app", content: "x", fault: .timestampRange, column: 10),
    ]

    @Test(arguments: incomplete)
    func `What is missing or broken leaves the rest readable`(_ row: HeaderCase) {
        row.check()
    }

    private static let ciscoTime = "2025-03-01T18:46:11.123Z"
    private static let cisco: [HeaderCase] = [
        HeaderCase(
            "sequence number, unset clock, zone",
            "<189>000123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: Configured from console",
            priority: "local7.notice",
            time: ciscoTime, program: "%SYS-5-CONFIG_I", content: "Configured from console"),
        HeaderCase(
            "clock without synchronisation", "<189>45: .Mar  1 18:46:11.123: %LINK-3-UPDOWN: Interface up",
            priority: "local7.notice", time: ciscoTime, program: "%LINK-3-UPDOWN", content: "Interface up"),
        HeaderCase(
            "no sequence number", "<189>*Mar  1 18:46:11.123: %LINK-3-UPDOWN: Interface up", priority: "local7.notice",
            time: ciscoTime, program: "%LINK-3-UPDOWN", content: "Interface up"),
        HeaderCase(
            "device name before the time", "<189>45: R1: *Mar  1 18:46:11.123: %LINK-3-UPDOWN: Interface up",
            priority: "local7.notice", time: ciscoTime, host: "R1", program: "%LINK-3-UPDOWN", content: "Interface up"),
        HeaderCase(
            "year, and the zone of the device",
            "<189>45: Mar  1 2025 18:46:11.123 EST: %LINK-3-UPDOWN: Interface up", priority: "local7.notice",
            time: "2025-03-01T23:46:11.123Z", program: "%LINK-3-UPDOWN", content: "Interface up"),
        HeaderCase(
            "an unknown zone before a mnemonic is skipped", "<189>45: Mar  1 18:46:11.123 XYZ: %LINK-3-UPDOWN: up",
            priority: "local7.notice", time: ciscoTime, program: "%LINK-3-UPDOWN", content: "up"),
        HeaderCase(
            "NX-OS", "<189>: 2025 Mar  1 18:46:11 UTC: %ETHPORT-5-IF_UP: Interface up", priority: "local7.notice",
            time: "2025-03-01T18:46:11Z", program: "%ETHPORT-5-IF_UP", content: "Interface up"),
        HeaderCase(
            "uptime of weeks", "<189>45: 1w2d: %LINK-3-UPDOWN: up", priority: "local7.notice",
            program: "%LINK-3-UPDOWN", content: "up"),
        HeaderCase(
            "uptime of seconds", "<189>45: 00:00:46: %LINK-3-UPDOWN: up", priority: "local7.notice",
            program: "%LINK-3-UPDOWN", content: "up"),
        HeaderCase(
            "device name and no time", "<189>45: R1: %LINK-3-UPDOWN: up", priority: "local7.notice", host: "R1",
            program: "%LINK-3-UPDOWN", content: "up"),
        HeaderCase(
            "ASA", "<166>%ASA-6-302013: Built inbound", priority: "local4.info", program: "%ASA-6-302013",
            content: "Built inbound"),
        HeaderCase(
            "ASA with a time", "<166>Mar 01 2025 18:46:11: %ASA-6-302013: Built inbound", priority: "local4.info",
            time: "2025-03-01T18:46:11Z", program: "%ASA-6-302013", content: "Built inbound"),
        HeaderCase(
            "ASA with a device name", "<166>Mar 01 2025 18:46:11 fw1 : %ASA-6-302013: Built inbound",
            priority: "local4.info", time: "2025-03-01T18:46:11Z", host: "fw1", program: "%ASA-6-302013",
            content: "Built inbound"),
        HeaderCase(
            "ASA after a host", "<166>Mar  1 18:46:11 fw1 %ASA-6-302013: Built inbound", priority: "local4.info",
            time: "2025-03-01T18:46:11Z", host: "fw1", program: "%ASA-6-302013", content: "Built inbound"),
        HeaderCase(
            "behind a relay", "<189>Mar  1 18:46:12 r1 123: *Mar  1 18:46:11.123 UTC: %LINK-3-UPDOWN: up",
            priority: "local7.notice", time: "2025-03-01T18:46:12Z", host: "r1", program: "%LINK-3-UPDOWN",
            content: "up"),
        HeaderCase(
            "behind a relay, without time", "<189>Mar  1 18:46:12 r1 123: %LINK-3-UPDOWN: up",
            priority: "local7.notice", time: "2025-03-01T18:46:12Z", host: "r1", program: "%LINK-3-UPDOWN",
            content: "up"),
        HeaderCase(
            "a mnemonic alone", "%LINK-3-UPDOWN: up", program: "%LINK-3-UPDOWN", content: "up"),
        HeaderCase("a percent sign alone", "<13>%d items", priority: "user.notice", content: "%d items"),
    ]

    @Test(arguments: cisco)
    func `Cisco's headers are read`(_ row: HeaderCase) {
        row.check(received: instant("2025-03-01T18:46:12Z"))
    }

    private static let bodies: [HeaderCase] = [
        HeaderCase(
            "kernel stamp", "<6>Nov  4 14:02:09 gw1 kernel: [12345.678901] eth0: up", priority: "kern.info", time: now,
            host: "gw1", program: "kernel", content: "[12345.678901] eth0: up", body: "eth0: up"),
        HeaderCase(
            "padded kernel stamp", "<6>Nov  4 14:02:09 gw1 kernel: [    0.000000] Linux", priority: "kern.info",
            time: now, host: "gw1", program: "kernel", content: "[    0.000000] Linux", body: "Linux"),
        HeaderCase(
            "kernel brackets that are no stamp", "<6>Nov  4 14:02:09 gw1 kernel: [drm] up", priority: "kern.info",
            time: now, host: "gw1", program: "kernel", content: "[drm] up"),
        HeaderCase(
            "another program's brackets", "<6>Nov  4 14:02:09 gw1 app: [1.5] x", priority: "kern.info", time: now,
            host: "gw1", program: "app", content: "[1.5] x"),
        HeaderCase(
            "brackets of a program with as many letters", "<6>Nov  4 14:02:09 gw1 dhcpd6: [1.5] x",
            priority: "kern.info", time: now, host: "gw1", program: "dhcpd6", content: "[1.5] x"),
        HeaderCase(
            "last message repeated, with host", "<30>Nov  4 14:02:09 gw1 last message repeated 3 times",
            priority: "daemon.info", time: now, host: "gw1", content: "last message repeated 3 times", repeated: 3),
        HeaderCase(
            "last message repeated, without host", "<30>Nov  4 14:02:09 last message repeated 3 times",
            priority: "daemon.info", time: now, content: "last message repeated 3 times", repeated: 3),
        HeaderCase(
            "last message repeated once", "<30>Nov  4 14:02:09 gw1 last message repeated 1 time",
            priority: "daemon.info", time: now, host: "gw1", content: "last message repeated 1 time", repeated: 1),
        HeaderCase(
            "with dashes", "Nov  4 14:02:09 mac --- last message repeated 12 times ---", time: now, host: "mac",
            content: "--- last message repeated 12 times ---", repeated: 12),
        HeaderCase(
            "with the message", "<38>Nov  4 14:02:09 gw1 sshd[9]: message repeated 2 times: [ Failed password]",
            priority: "auth.info", time: now, host: "gw1", program: "sshd", pid: "9",
            content: "message repeated 2 times: [ Failed password]", body: "Failed password", repeated: 2),
        HeaderCase(
            "with an empty message", "<38>Nov  4 14:02:09 gw1 sshd: message repeated 2 times: []",
            priority: "auth.info", time: now, host: "gw1", program: "sshd",
            content: "message repeated 2 times: []", body: "", repeated: 2),
        HeaderCase(
            "more than there can be", "<38>Nov  4 14:02:09 gw1 sshd: last message repeated 9999999999 times",
            priority: "auth.info", time: now, host: "gw1", program: "sshd",
            content: "last message repeated 9999999999 times", repeated: .max),
        HeaderCase(
            "no number", "<38>Nov  4 14:02:09 gw1 sshd: last message repeated many times", priority: "auth.info",
            time: now, host: "gw1", program: "sshd", content: "last message repeated many times"),
    ]

    @Test(arguments: bodies)
    func `Kernel stamps and repetitions are recognised`(_ row: HeaderCase) {
        row.check()
    }

    @Test func `Bytes that are not UTF-8 pass untouched`() {
        let frame = Array("<30>Nov  4 14:02:09 gw1 app[1]: ".utf8) + [0xFF, 0xC3, 0x28, 0x80, 0x00, 0xFE]
        var parser = HeaderParser()
        let message = parser.parse(frame.span, receivedSeconds: 0, zone: .utc)
        #expect(Array(frame[message.content.offsets]) == [0xFF, 0xC3, 0x28, 0x80, 0x00, 0xFE])
        #expect(message.body == message.content)
    }

    @Test func `Embedded NUL before any time is text and matches no remembered time`() {
        let frame = Array("<30>".utf8) + [UInt8](repeating: 0, count: 40) + Array("x".utf8)
        var parser = HeaderParser()
        let message = parser.parse(frame.span, receivedSeconds: 0, zone: .utc)
        #expect(!message.timestamp.isPresent)
        #expect(message.content == ByteRange(start: 4, count: 41))
    }
}
