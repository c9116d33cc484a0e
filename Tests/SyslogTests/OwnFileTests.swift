import Syslog
import Testing

/// Lines of programs' own files: their time is read, and no word of theirs becomes a host.
@Suite struct OwnFileTests {
    private static let rows: [HeaderCase] = [
        HeaderCase(
            "an access log's time", "04/Nov/2025:15:02:09 +0100 text of it", format: .unstructured,
            time: "2025-11-04T14:02:09Z", content: "04/Nov/2025:15:02:09 +0100 text of it", body: "text of it"),
        HeaderCase(
            "an access log's time in brackets", "[04/Nov/2025:15:02:09 +0100] text of it", format: .unstructured,
            time: "2025-11-04T14:02:09Z", content: "[04/Nov/2025:15:02:09 +0100] text of it", body: "text of it"),
        HeaderCase(
            "an access log", "198.51.100.1 - anna [04/Nov/2025:15:02:09 +0100] \"GET / HTTP/1.1\" 200 5",
            format: .unstructured, time: "2025-11-04T14:02:09Z",
            content: "198.51.100.1 - anna [04/Nov/2025:15:02:09 +0100] \"GET / HTTP/1.1\" 200 5"),
        HeaderCase(
            "an ISO time in brackets", "[2025-11-04T14:02:09Z] INFO: text", format: .unstructured,
            time: "2025-11-04T14:02:09Z", content: "[2025-11-04T14:02:09Z] INFO: text", body: "INFO: text"),
        HeaderCase(
            "nginx", "2025/11/04 14:02:09 [error] 12#12: *1 open() failed", format: .unstructured,
            time: "2025-11-04T14:02:09Z", content: "2025/11/04 14:02:09 [error] 12#12: *1 open() failed",
            body: "[error] 12#12: *1 open() failed"),
        HeaderCase(
            "Apache", "[Tue Nov 04 14:02:09.123456 2025] [core:error] [pid 12] text", format: .unstructured,
            time: "2025-11-04T14:02:09.123456Z",
            content: "[Tue Nov 04 14:02:09.123456 2025] [core:error] [pid 12] text",
            body: "[core:error] [pid 12] text"),
        HeaderCase(
            "squid", "1762264929.123     12 198.51.100.1 TCP_MISS/200 45 GET", format: .unstructured,
            time: "2025-11-04T14:02:09.123Z", content: "1762264929.123     12 198.51.100.1 TCP_MISS/200 45 GET",
            body: "12 198.51.100.1 TCP_MISS/200 45 GET"),
        HeaderCase(
            "klog", "I1104 14:02:09.123456    1234 controller.go:123] text", format: .unstructured,
            time: "2025-11-04T14:02:09.123456Z", content: "I1104 14:02:09.123456    1234 controller.go:123] text",
            body: "1234 controller.go:123] text"),
        HeaderCase(
            "dmesg -T", "[Tue Nov  4 14:02:09 2025] eth0: up", format: .unstructured, time: "2025-11-04T14:02:09Z",
            content: "[Tue Nov  4 14:02:09 2025] eth0: up", body: "eth0: up"),
        HeaderCase(
            "MySQL", "2025-11-04T14:02:09.123456Z 7 [Note] text", format: .unstructured,
            time: "2025-11-04T14:02:09.123456Z", content: "2025-11-04T14:02:09.123456Z 7 [Note] text",
            body: "7 [Note] text"),
        HeaderCase(
            "a level and a colon", "2025-11-04 14:02:09 ERROR: text", format: .unstructured,
            time: "2025-11-04T14:02:09Z", content: "2025-11-04 14:02:09 ERROR: text", body: "ERROR: text"),
        HeaderCase(
            "a level", "2025-11-04T14:02:09Z WARN text", format: .unstructured, time: "2025-11-04T14:02:09Z",
            content: "2025-11-04T14:02:09Z WARN text", body: "WARN text"),
        HeaderCase(
            "a comma before the fraction", "2025-11-04 14:02:09,123 [main] INFO com.example.App - up",
            format: .unstructured, time: "2025-11-04T14:02:09.123Z",
            content: "2025-11-04 14:02:09,123 [main] INFO com.example.App - up",
            body: "[main] INFO com.example.App - up"),
        HeaderCase(
            "a container's line", "2025-11-04T14:02:09.409656027Z stdout F GET / HTTP/1.1", format: .unstructured,
            time: "2025-11-04T14:02:09.409656027Z",
            content: "2025-11-04T14:02:09.409656027Z stdout F GET / HTTP/1.1", body: "GET / HTTP/1.1"),
        HeaderCase(
            "a part of a container's line", "2025-11-04T14:02:09.409656027Z stderr P GET ", format: .unstructured,
            time: "2025-11-04T14:02:09.409656027Z", content: "2025-11-04T14:02:09.409656027Z stderr P GET ",
            body: "GET"),
        HeaderCase(
            "Kea", "2025-11-04 14:02:09.123 INFO  [kea-dhcp4.leases/812.14] DHCP4_LEASE_ALLOC x",
            time: "2025-11-04T14:02:09.123Z", program: "kea-dhcp4",
            content: "INFO  [kea-dhcp4.leases/812.14] DHCP4_LEASE_ALLOC x"),
        HeaderCase(
            "Kea's own time in syslog",
            "<30>Nov  4 14:02:10 gw7 kea-dhcp4[1]: 2025-11-04 14:02:09.123 INFO  [kea-dhcp4.leases/1.2] DHCP4_LEASE_ALLOC x",
            priority: "daemon.info", time: "2025-11-04T14:02:10Z", host: "gw7", program: "kea-dhcp4", pid: "1",
            content: "2025-11-04 14:02:09.123 INFO  [kea-dhcp4.leases/1.2] DHCP4_LEASE_ALLOC x",
            body: "INFO  [kea-dhcp4.leases/1.2] DHCP4_LEASE_ALLOC x"),
        HeaderCase(
            "unbound", "[1762264929] unbound[77:3] info: text", time: "2025-11-04T14:02:09Z", program: "unbound",
            pid: "77", content: "[77:3] info: text"),
        HeaderCase(
            "unbound with a time in words", "Nov  4 14:02:09 unbound[77:3] info: text",
            time: "2025-11-04T14:02:09Z", program: "unbound", pid: "77", content: "[77:3] info: text"),
        HeaderCase(
            "BIND with ISO times", "2025-11-04T14:02:09.123Z queries: info: client @0x7f 198.51.100.1#53: query",
            format: .unstructured, time: "2025-11-04T14:02:09.123Z",
            content: "2025-11-04T14:02:09.123Z queries: info: client @0x7f 198.51.100.1#53: query",
            body: "client @0x7f 198.51.100.1#53: query"),
        HeaderCase(
            "dnsmasq to standard error", "dnsmasq-dhcp: DHCPACK(eth0) 198.51.100.7", program: "dnsmasq-dhcp",
            content: "DHCPACK(eth0) 198.51.100.7"),
        HeaderCase(
            "a word and colon alone stays text", "sshd: text", format: .unstructured, content: "sshd: text"),
    ]

    @Test(arguments: rows)
    func `A program's own line keeps its text and gives its time`(_ row: HeaderCase) {
        row.check()
    }
}
