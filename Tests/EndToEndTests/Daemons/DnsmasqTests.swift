import Foundation
import Glibc
import Testing

extension Daemons {
    /// dnsmasq with `log-queries=extra`, which numbers queries and names the client with each of their lines.
    @Suite("dnsmasq, DNS")
    struct DnsmasqTests {
        /// What is asked, its status in dig's words, and fields of an event of dnsmasq's about it.
        private static let queries: [(arguments: [String], status: String, type: String, fields: [String: String])] = [
            (["www.test"], "NOERROR", "DNS_RESPONSE", ["answer_source": "reply", "record_data": "192.0.2.80"]),
            // From the cache.
            (["www.test"], "NOERROR", "DNS_RESPONSE", ["answer_source": "cached", "record_data": "192.0.2.80"]),
            (["+tcp", "www.test", "AAAA"], "NOERROR", "DNS_RESPONSE", ["record_data": "2001:db8::80"]),
            (["alias.test"], "NOERROR", "DNS_RESPONSE", ["record_type": "CNAME"]),
            (["nowhere.test"], "NXDOMAIN", "DNS_RESPONSE", ["response_code": "NXDOMAIN"]),
            (["www.plain", "AAAA"], "NOERROR", "DNS_RESPONSE", ["response_code": "NOERROR"]),
            (["www.plain"], "NOERROR", "DNS_FORWARD", ["server_ip": DNSLab.authority.ipv4]),
            (["printer.lab"], "NOERROR", "DNS_RESPONSE", ["record_data": "192.0.2.201"]),
            (["ads.lab"], "NOERROR", "DNS_RESPONSE", ["answer_source": "config", "record_data": "0.0.0.0"]),
            (["nothing.lab"], "NXDOMAIN", "DNS_RESPONSE", ["answer_source": "config", "response_code": "NXDOMAIN"]),
            (["guarded.plain", "SOA"], "REFUSED", "DNS_RESPONSE", ["response_code": "REFUSED"]),
            (["faulty.plain", "MX"], "SERVFAIL", "DNS_RESPONSE", ["response_code": "SERVFAIL"]),
            (["x.unreachable"], "REFUSED", "DNS_RESPONSE", ["response_code": "REFUSED"]),
        ]

        @Test("dnsmasq's queries, forwards and replies are events with what dig asked and got")
        func dnsmasq() throws {
            let lab = try DNSLab()
            defer { lab.end() }
            let authority = try lab.startAuthority()
            let configuration = try lab.directory.write(
                """
                keep-in-foreground
                user=root
                pid-file=\(lab.directory.file("dnsmasq.pid"))
                listen-address=\(DNSLab.resolver.ipv4),\(DNSLab.resolver.ipv6)
                bind-interfaces
                no-hosts
                addn-hosts=\(try lab.directory.write("192.0.2.201 printer.lab\n", to: "hosts"))
                no-resolv
                server=\(DNSLab.authority.ipv4)
                server=/unreachable/\(DNSLab.unreachable)
                local=/lab/
                address=/ads.lab/0.0.0.0
                log-queries=extra
                log-facility=DAEMON

                """, to: "dnsmasq.conf")
            let before = lab.log.lines.count
            let dnsmasq = try lab.lab.start(lab.lab.daemon("dnsmasq"), ["-C", configuration])
            try lab.log.wait(for: "read \(lab.directory.file("hosts"))", after: before, from: dnsmasq)

            var reports: [DigReport] = []
            for (number, query) in Self.queries.enumerated() {
                let server = number.isMultiple(of: 2) ? DNSLab.resolver.ipv4 : DNSLab.resolver.ipv6
                reports.append(try lab.dig(server, query.arguments))
                #expect(reports[number].got?.status == Substring(query.status), "\(query.arguments)")
            }
            // Its statistics, and its hosts again.
            try dnsmasq.signal(SIGUSR1)
            try lab.log.wait(for: "cache size", after: before, from: dnsmasq)
            let again = lab.log.lines.count
            try dnsmasq.signal(SIGHUP)
            try lab.log.wait(for: "read \(lab.directory.file("hosts"))", after: again, from: dnsmasq)
            try dnsmasq.stop()
            try authority.stop()
            let events = DNSEvents(events: try lab.log.finish(programs: ["dnsmasq"]))

            LabLog.expectTyped(events.events, of: "dnsmasq")
            for (report, query) in zip(reports, Self.queries) {
                events.expect(
                    "DNS_QUERY", of: report,
                    ["query_name": report.name, "query_type": String(report.sent.type)])
                events.expect(query.type, DNSEvents.client(report).merging(query.fields) { $1 })
                // The answer's addresses, each in an event about this query.
                for answer in report.got?.answers ?? [] where answer.contains(" A ") || answer.contains(" AAAA ") {
                    let words = answer.split(separator: " ").map(String.init)
                    events.expect(
                        "DNS_RESPONSE",
                        DNSEvents.client(report).merging([
                            "query_name": String(words[0].dropLast()), "record_type": words[3], "record_data": words[4],
                        ]) { $1 })
                }
            }
            events.expect(
                "DNS_FORWARD", DNSEvents.client(reports[0]).merging(["query_name": "www.test"]) { $1 }, count: 1)
            #expect(events.all("DNS_FORWARD", DNSEvents.client(reports[1])).isEmpty)
        }
    }
}
