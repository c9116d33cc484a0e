import Syslog
import Testing

/// What stands between host and tag, and tags with odd bytes.
@Suite struct HeaderLabelTests {
    private static let rows: [HeaderCase] = [
        HeaderCase(
            "UniFi", "<30>Nov  4 14:02:09 AP-hall 02005e105301,U6-LR-6.5.28+14491: hostapd[812]: ath1: STA x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "AP-hall", program: "hostapd", pid: "812",
            content: "ath1: STA x"),
        HeaderCase(
            "UniFi without a host", "<30>Nov  4 14:02:09 U6LR,02005e105301,v6.5.28.14491: logread[29]: connected",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "U6LR,02005e105301,v6.5.28.14491",
            program: "logread", pid: "29", content: "connected"),
        HeaderCase(
            "UniFi in parentheses", "<30>Nov  4 14:02:09 (\"U6LR,02005e105301,v6.5.28.14491\") hostapd: ath0: STA x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", program: "hostapd", content: "ath0: STA x"),
        HeaderCase(
            "UniFi and a facility",
            "<30>Nov  4 14:02:09 AP-hall 02005e105301,U6-LR-6.5.28+14491: user.warn syswrapper: x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "AP-hall", program: "syswrapper",
            content: "x"),
        HeaderCase(
            "UniFi and a lone colon", "<30>Nov  4 14:02:09 AP-hall 02005e105301,U6-LR-6.5.28+14491: : kernel: x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "AP-hall", program: "kernel",
            content: "x"),
        HeaderCase(
            "OpenWrt's prefix", "<30>Nov  4 14:02:09 ow7 attic: dnsmasq-dhcp[9]: DHCPACK(br-lan)",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "ow7", program: "dnsmasq-dhcp", pid: "9",
            content: "DHCPACK(br-lan)"),
        HeaderCase(
            "a user's own text chooses no program", "<13>Nov  4 14:02:09 ow7 bob: sshd[9]: Accepted password",
            priority: "user.notice", time: "2025-11-04T14:02:09Z", host: "ow7", program: "bob",
            content: "sshd[9]: Accepted password"),
        HeaderCase(
            "busybox", "Nov  4 14:02:09 gw7 daemon.info ntpd[77]: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "ntpd", pid: "77", content: "x"),
        HeaderCase(
            "busybox, a tag without process", "Nov  4 14:02:09 gw7 user.notice root: x", priority: "user.notice",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "root", content: "x"),
        HeaderCase(
            "busybox, no tag", "Nov  4 14:02:09 gw7 syslog.info syslogd started: BusyBox v1.35.0",
            priority: "syslog.info", time: "2025-11-04T14:02:09Z", host: "gw7",
            content: "syslogd started: BusyBox v1.35.0"),
        HeaderCase(
            "logread", "Tue Nov  4 14:02:09 2025 daemon.info odhcpd[121]: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", program: "odhcpd", pid: "121", content: "x"),
        HeaderCase(
            "logread, the kernel", "Tue Nov  4 14:02:09 2025 kern.warn kernel: [  12.345678] eth0: up",
            priority: "kern.warning", time: "2025-11-04T14:02:09Z", program: "kernel",
            content: "[  12.345678] eth0: up", body: "eth0: up"),
        HeaderCase(
            "FreeBSD -v", "Nov  4 14:02:09 <daemon.notice> bsd7 ntpd[5]: x", priority: "daemon.notice",
            time: "2025-11-04T14:02:09Z", host: "bsd7", program: "ntpd", pid: "5", content: "x"),
        HeaderCase(
            "FreeBSD -v with numbers", "Nov  4 14:02:09 <3.5> bsd7 ntpd[5]: x", priority: "daemon.notice",
            time: "2025-11-04T14:02:09Z", host: "bsd7", program: "ntpd", pid: "5", content: "x"),
        HeaderCase(
            "AIX", "Nov  4 14:02:09 aix7 auth|security:info sshd[1245]: x", priority: "auth.info",
            time: "2025-11-04T14:02:09Z", host: "aix7", program: "sshd", pid: "1245", content: "x"),
        HeaderCase(
            "AIX, another facility", "Nov  4 14:02:09 aix7 daemon:notice xntpd[77]: x", priority: "daemon.notice",
            time: "2025-11-04T14:02:09Z", host: "aix7", program: "xntpd", pid: "77", content: "x"),
        HeaderCase(
            "the frame's priority goes before the word's", "<30>Nov  4 14:02:09 gw7 auth.err sshd[1]: x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "sshd", pid: "1",
            content: "x"),
        HeaderCase(
            "F5", "<134>Nov  4 14:02:09 lb7 notice mcpd[54]: 01070638:5: Pool member down",
            priority: "local0.info", time: "2025-11-04T14:02:09Z", host: "lb7", program: "mcpd", pid: "54",
            content: "01070638:5: Pool member down"),
        HeaderCase(
            "F5 with a slot", "<134>Nov  4 14:02:09 slot2/lb7 err tmm1[54]: 01010029:3: x",
            priority: "local0.info", time: "2025-11-04T14:02:09Z", host: "slot2/lb7", program: "tmm1", pid: "54",
            content: "01010029:3: x"),
        HeaderCase(
            "WatchGuard", "<46>Nov  4 14:02:09 fb7 (2025-11-04T15:02:09) firewall: msg_id=\"3000-0151\" Deny",
            priority: "syslog.info", time: "2025-11-04T14:02:09Z", host: "fb7", program: "firewall",
            content: "msg_id=\"3000-0151\" Deny"),
        HeaderCase(
            "WatchGuard with a serial number",
            "<46>Nov  4 14:02:09 fb7 80BE00D3C8AE4 (2025-11-04T15:02:09) http-proxy[28]: msg_id=\"1AFF-0024\" Deny",
            priority: "syslog.info", time: "2025-11-04T14:02:09Z", host: "fb7", program: "http-proxy", pid: "28",
            content: "msg_id=\"1AFF-0024\" Deny"),
        HeaderCase(
            "ProCurve", "<14>Nov  4 14:02:09 198.51.100.7 00435 ports: port 7 is Blocked by STP",
            priority: "user.info", time: "2025-11-04T14:02:09Z", host: "198.51.100.7", program: "ports",
            messageID: "00435", content: "port 7 is Blocked by STP"),
        HeaderCase(
            "a number in place of the host", "<14>Nov  4 14:02:09 4711 app[3]: x", priority: "user.info",
            time: "2025-11-04T14:02:09Z", program: "app", pid: "3", messageID: "4711", content: "x"),
        HeaderCase(
            "a level is no host", "<14>Nov  4 14:02:09 ERROR disk is full", priority: "user.info",
            time: "2025-11-04T14:02:09Z", content: "ERROR disk is full"),
        HeaderCase(
            "an address in brackets", "<134>Nov  4 14:02:09 2025 [198.51.100.7] stm[123]: <501080> <NOTI> text",
            priority: "local0.info", time: "2025-11-04T14:02:09Z", host: "198.51.100.7", program: "stm",
            pid: "123", content: "<501080> <NOTI> text"),
        HeaderCase(
            "ESXi's own file", "2025-11-04T14:02:09.123Z In(182) vmkernel: cpu4:2098)text",
            priority: "local6.info", time: "2025-11-04T14:02:09.123Z", program: "vmkernel",
            content: "cpu4:2098)text"),
        HeaderCase(
            "ESXi's own file, older", "2025-11-04T14:02:09.123Z info hostd[20998] [Originator@6876 sub=Vimsvc] text",
            time: "2025-11-04T14:02:09.123Z", program: "hostd", pid: "20998",
            content: "[Originator@6876 sub=Vimsvc] text"),
        HeaderCase(
            "ESXi",
            "<166>2025-11-04T14:02:09.123Z esx7.example.org Hostd: info hostd[20998] [Originator@6876 sub=Vimsvc] text",
            priority: "local4.info", time: "2025-11-04T14:02:09.123Z", host: "esx7.example.org", program: "Hostd",
            content: "info hostd[20998] [Originator@6876 sub=Vimsvc] text"),
        HeaderCase(
            "Solaris", "<38>Nov  4 14:02:09 sun7 sshd[812]: [ID 800047 auth.info] Accepted password",
            priority: "auth.info", time: "2025-11-04T14:02:09Z", host: "sun7", program: "sshd", pid: "812",
            messageID: "800047", content: "[ID 800047 auth.info] Accepted password", body: "Accepted password"),
        HeaderCase(
            "Solaris in a file", "Nov  4 14:02:09 sun7 genunix: [ID 540533 kern.notice] SunOS",
            time: "2025-11-04T14:02:09Z", host: "sun7", program: "genunix", messageID: "540533",
            content: "[ID 540533 kern.notice] SunOS", body: "SunOS"),
        HeaderCase(
            "brackets that are no number of Solaris'", "<38>Nov  4 14:02:09 sun7 app[812]: [ID x] text",
            priority: "auth.info", time: "2025-11-04T14:02:09Z", host: "sun7", program: "app", pid: "812",
            content: "[ID x] text"),
        HeaderCase(
            "GDM's stray bracket", "Nov  4 14:02:09 desk7 gdm-autologin]: pam_unix(x): y",
            time: "2025-11-04T14:02:09Z", host: "desk7", program: "gdm-autologin", content: "pam_unix(x): y"),
        HeaderCase(
            "GDM's stray bracket and a process", "Nov  4 14:02:09 desk7 gdm-autologin][33]: pam_unix(x): y",
            time: "2025-11-04T14:02:09Z", host: "desk7", program: "gdm-autologin", pid: "33",
            content: "pam_unix(x): y"),
        HeaderCase(
            "polkit", "Nov  4 14:02:09 desk7 polkitd(authority=local)[5]: Unregistered Authentication Agent",
            time: "2025-11-04T14:02:09Z", host: "desk7", program: "polkitd(authority=local)", pid: "5",
            content: "Unregistered Authentication Agent"),
        HeaderCase(
            "PAM of old", "Nov  4 14:02:09 gw7 login(pam_unix)[5]: session opened", time: "2025-11-04T14:02:09Z",
            host: "gw7", program: "login(pam_unix)", pid: "5", content: "session opened"),
        HeaderCase(
            "a name in brackets", "<30>Nov  4 14:02:09 gw7 [netagent]: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "netagent", content: "x"),
        HeaderCase(
            "a process without a name", "<30>Nov  4 14:02:09 gw7 [4711]: x", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", pid: "4711", content: "x"),
        HeaderCase(
            "a name and a process in brackets", "<30>Nov  4 14:02:09 gw7 [netagent][33]: x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "netagent", pid: "33",
            content: "x"),
        HeaderCase(
            "a space in front of the tag's colon", "<30>Nov  4 14:02:09 gw7 netagent[33] : x",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "netagent", pid: "33",
            content: "x"),
        HeaderCase(
            "macOS, a small letter first", "Nov  4 14:02:09 mac7 iExample Helper[123]: text",
            time: "2025-11-04T14:02:09Z", host: "mac7", program: "iExample Helper", pid: "123", content: "text"),
        HeaderCase(
            "macOS, spaces in the name", "Nov  4 14:02:09 mac7 Example Browser Helper[123]: text",
            time: "2025-11-04T14:02:09Z", host: "mac7", program: "Example Browser Helper", pid: "123",
            content: "text"),
        HeaderCase(
            "macOS, spaces and parentheses", "Nov  4 14:02:09 mac7 Example Browser Helper (Renderer)[123]: text",
            time: "2025-11-04T14:02:09Z", host: "mac7", program: "Example Browser Helper (Renderer)", pid: "123",
            content: "text"),
        HeaderCase(
            "macOS, a level", "Nov  4 14:02:09 mac7 login[123] <Notice>: USER_PROCESS: 123",
            time: "2025-11-04T14:02:09Z", host: "mac7", program: "login", pid: "123",
            content: "USER_PROCESS: 123"),
        HeaderCase(
            "a host and a tag in capitals", "Nov  4 14:02:09 relay7 GW7 CRON[123]: text",
            time: "2025-11-04T14:02:09Z", host: "relay7", program: "CRON", pid: "123", content: "text"),
        HeaderCase(
            "MikroTik's topics are text", "<30>Nov  4 14:02:09 MikroTik dhcp,info dhcp1 assigned 198.51.100.9",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "MikroTik",
            content: "dhcp,info dhcp1 assigned 198.51.100.9"),
        HeaderCase(
            "kernel stamp and caller", "<6>Nov  4 14:02:09 gw7 kernel: [    7.123456][   C3] eth0: up",
            priority: "kern.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "kernel",
            content: "[    7.123456][   C3] eth0: up", body: "eth0: up"),
        HeaderCase(
            "kernel stamp and thread", "<6>Nov  4 14:02:09 gw7 kernel: [    7.123456] [ T4711] eth0: up",
            priority: "kern.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "kernel",
            content: "[    7.123456] [ T4711] eth0: up", body: "eth0: up"),
    ]

    @Test(arguments: rows)
    func `Labels are neither host nor program`(_ row: HeaderCase) {
        row.check()
    }
}
