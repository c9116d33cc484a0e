import Foundation
import Glibc
import Testing

extension Daemons {
    /// Resolvers that validate, with policies: what they log of each query has to be what dig asked and got.
    @Suite("Resolvers")
    struct ResolverTests {
        @Test("named's resolving, validation, policies and refusals are events with what dig saw")
        func named() throws {
            let lab = try DNSLab()
            defer { lab.end() }
            let authority = try lab.startAuthority()
            let refusing = try startRefusing(in: lab)
            try writePolicies(in: lab)
            let resolver = try lab.startNamed(
                "resolver", on: DNSLab.resolver,
                // As long as it can be: a busy machine's answers are none that timed out.
                options: """
                    dnssec-validation yes; query-source address \(DNSLab.resolver.ipv4); resolver-query-timeout 30000;
                    qname-minimization off; prefetch 0; send-cookie no;
                    """,
                zones: """
                    trust-anchors { \(try trustAnchor(in: lab)) };
                    view "trusted" {
                        match-clients { key view-key; 10.53.0.100; 10.53.0.110; fd53::100; };
                        recursion yes; allow-recursion { any; }; allow-query-cache { any; };
                        response-policy { zone "policy.lab"; } qname-wait-recurse no;
                        zone "." { type hint; file "\(lab.directory.file("root.hints"))"; };
                        zone "policy.lab" { type primary; file "\(lab.directory.file("policy.zone"))"; };
                    };
                    view "others" {
                        match-clients { any; }; allow-recursion { none; }; allow-query-cache { none; };
                        zone "." { type hint; file "\(lab.directory.file("root.hints"))"; };
                    };
                    """, printsCategory: false)

            var queries = try Self.answered.map { arguments, _ in
                // What named says of itself is in a view of its own.
                NamedQuery(
                    report: try lab.dig(DNSLab.resolver.ipv4, arguments),
                    view: arguments.contains("CH") ? nil : "trusted")
            }
            queries.append(NamedQuery(report: try lab.dig(DNSLab.resolver.ipv6, ["mail.test"]), view: "trusted"))
            queries.append(
                NamedQuery(
                    report: try lab.dig(
                        DNSLab.resolver.ipv6, lab.key("view-key") + ["txt.test", "TXT"], from: "fd53::105"),
                    key: "view-key", view: "trusted"))
            for (query, status) in zip(queries, Self.answered.map(\.status)) {
                #expect(query.report.got?.status == Substring(status), "\(query.report.name)")
            }
            let failed = try Self.failing.map { name, _ in
                NamedQuery(report: try lab.dig(DNSLab.resolver.ipv4, [name]), view: "trusted")
            }
            let denied = try [["www.test"], ["+tcp", "www.test", "AAAA"], ["+norec", "test", "MX"]].map {
                NamedQuery(report: try lab.dig(DNSLab.resolver.ipv4, $0, from: "10.53.0.101"), view: "others")
            }
            var policed = try Self.policies.map { name, _, _ in
                NamedQuery(
                    report: try lab.dig(
                        DNSLab.resolver.ipv4, ["+ignore", name], waiting: name == "dropped.test" ? 1 : DNSLab.longest),
                    view: "trusted")
            }
            policed.append(
                NamedQuery(
                    report: try lab.dig(DNSLab.resolver.ipv4, ["ns.plain"], from: "10.53.0.110"), view: "trusted"))
            #expect(try lab.control(DNSLab.resolver, ["flush"]))
            try resolver.stop()
            for process in [refusing, authority] { try process.stop() }
            let events = DNSEvents(events: try lab.log.finish(programs: ["named"]))

            LabLog.expectTyped(events.events, of: "named (resolver)")
            events.expectQueries(queries + failed + denied + policed)
            for (query, (name, reason)) in zip(failed, Self.failing) {
                #expect(query.report.got?.status == "SERVFAIL", "\(name)")
                events.expect("DNS_RESOLVER_ERROR", DNSEvents.client(query.report).merging(["query_name": name]) { $1 })
                let causes =
                    events.all("DNS_RESOLVER_ERROR", ["query_name": name])
                    + events.all("DNS_DNSSEC", ["query_name": name])
                    + events.all("DNS_DNSSEC", ["name": name])
                #expect(
                    causes.contains { $0["reason"]?.contains(reason) == true || $0["response_code"] == reason },
                    "\(name): \(causes.map(\.message))")
            }
            for query in denied {
                #expect(query.report.got?.status == "REFUSED")
                events.expectRefusal(of: query.report)
            }
            for (query, (name, trigger, action)) in zip(policed, Self.policies) {
                events.expect(
                    "DNS_POLICY", of: query.report,
                    ["query_name": name, "query_type": "A", "policy_trigger": trigger, "policy_action": action])
            }
            #expect(policed[0].report.got?.status == "NXDOMAIN")
            events.expect(
                "DNS_POLICY", of: policed[policed.count - 1].report,
                ["query_name": "ns.plain", "policy_trigger": "CLIENT-IP", "policy_action": "NXDOMAIN"])
        }

        /// What a resolver of the lab is asked, and the answer's status.
        private static let answered: [(arguments: [String], status: String)] = [
            (["www.test"], "NOERROR"), (["+tcp", "www.test", "AAAA"], "NOERROR"), (["+dnssec", "www.test"], "NOERROR"),
            (["alias.test"], "NOERROR"), (["nowhere.test"], "NXDOMAIN"), (["txt.test", "TXT"], "NOERROR"),
            (["www.plain"], "NOERROR"), (["+cd", "www.forged"], "NOERROR"), (["+noedns", "x.many.plain"], "NOERROR"),
            (["+tcp", "+dnssec", ".", "DNSKEY"], "NOERROR"), (["-c", "CH", "-t", "TXT", "version.bind"], "NOERROR"),
        ]

        /// Names that cannot be resolved, and a part of the reason that named must give.
        private static let failing: [(name: String, reason: String)] = [
            ("www.forged", "RRSIG"), ("www.stale", "trust chain"), ("www.refusing", "REFUSED"),
            ("www.closed", "connection refused"), ("www.unreachable", "unreachable"), ("www.silent", "timed out"),
        ]

        /// The names of the policy zone, what triggers the policy, and what it does.
        private static let policies: [(name: String, trigger: String, action: String)] = [
            ("blocked.test", "QNAME", "NXDOMAIN"), ("empty.test", "QNAME", "NODATA"),
            ("passed.test", "QNAME", "PASSTHRU"), ("dropped.test", "QNAME", "DROP"),
            ("tcponly.test", "QNAME", "TCP-ONLY"), ("walled.test", "QNAME", "Local-Data"),
            ("evil.test", "IP", "NXDOMAIN"),
        ]

        private func writePolicies(in lab: DNSLab) throws {
            try lab.directory.write(
                """
                $TTL 300
                $ORIGIN policy.lab.
                @ SOA policy.lab. hostmaster.policy.lab. 1 3600 600 86400 300
                @ NS localhost.
                blocked.test CNAME .
                empty.test CNAME *.
                passed.test CNAME rpz-passthru.
                dropped.test CNAME rpz-drop.
                tcponly.test CNAME rpz-tcp-only.
                walled.test A 192.0.2.111
                32.66.113.0.203.rpz-ip CNAME .
                32.110.0.53.10.rpz-client-ip CNAME .

                """, to: "policy.zone")
        }

        /// A named without zones: it refuses every query.
        private func startRefusing(in lab: DNSLab) throws -> LabProcess {
            try lab.startNamed(
                "refusing", on: DNSLab.secondary, options: "recursion no; dnssec-validation no;", zones: "",
                printsCategory: false)
        }

        /// The root's key as named's configuration wants it.
        private func trustAnchor(in lab: DNSLab) throws -> String {
            let key = try String(contentsOfFile: lab.directory.file("anchor"), encoding: .utf8)
            guard let record = key.split(separator: "\n").first(where: { !$0.hasPrefix(";") }) else {
                throw HarnessError("no key: \(key)")
            }
            let words = record.split(separator: " ")
            guard words.count > 6, words[2] == "DNSKEY" else { throw HarnessError("no key: \(key)") }
            return "\".\" static-key \(words[3]) \(words[4]) \(words[5]) \"\(words[6...].joined())\";"
        }

        @Test("unbound's queries, replies, validation, local zones, policies and limits are events with what dig saw")
        func unbound() throws {
            let lab = try DNSLab()
            defer { lab.end() }
            let authority = try lab.startAuthority()
            let refusing = try startRefusing(in: lab)
            try writePolicies(in: lab)
            let before = lab.log.lines.count
            let resolver = try lab.lab.start(
                lab.lab.daemon("unbound"), ["-d", "-c", try writeUnboundConfiguration(in: lab)])
            try lab.log.wait(for: "start of service", after: before, from: resolver)

            // Each from an address of its own, as unbound's log names no port.
            let (ipv4, ipv6) = (DNSLab.resolver.ipv4, DNSLab.resolver.ipv6)
            var reports: [DigReport] = []
            for (arguments, status) in Self.answered {
                reports.append(try lab.dig(ipv4, arguments + ["+nocookie"], from: "10.53.0.102"))
                #expect(reports.last?.got?.status == Substring(status), "\(arguments)")
            }
            reports.append(try lab.dig(ipv6, ["mail.test"], from: "fd53::102"))
            // From unbound's cache.
            reports.append(try lab.dig(ipv6, ["+tcp", "mail.test"], from: "fd53::103"))
            // unbound keeps trying longer than a test should last.
            let isTooSlow: Set = ["www.closed", "www.silent"]
            let failed = try Self.failing.map { name, _ in
                try lab.dig(ipv4, [name], from: "10.53.0.104", waiting: isTooSlow.contains(name) ? 1 : DNSLab.longest)
            }
            let policed = try Self.unboundPolicies.map { name, _, _ in
                try lab.dig(ipv4, [name], from: "10.53.0.105", waiting: name == "dropped.test" ? 1 : DNSLab.longest)
            }
            let local = try Self.localZones.map { name, _, _ in try lab.dig(ipv4, [name], from: "10.53.0.106") }
            let refused = try lab.dig(ipv4, ["www.test"], from: "10.53.0.107")
            try lab.repeatQuestion(to: ipv4, from: "10.53.0.108", until: "unbound says that it limits") { _ in
                lab.log.lines.contains { $0.contains("ip_ratelimit exceeded 10.53.0.108") }
            }
            try resolver.stop()
            for process in [refusing, authority] { try process.stop() }
            let events = DNSEvents(events: try lab.log.finish(programs: ["unbound"]))

            LabLog.expectTyped(events.events, of: "unbound")
            for report in reports + failed + local + policed {
                let asked = [
                    "client_ip": report.client.ip, "query_name": report.name,
                    "query_type": String(report.sent.type), "query_class": String(report.sent.queryClass),
                ]
                let same = (reports + failed + local + policed).filter {
                    ($0.client.ip, $0.name, $0.sent.type) == (report.client.ip, report.name, report.sent.type)
                }
                events.expect("DNS_QUERY", asked, count: same.count)
                guard let got = report.got else { continue }
                let answered = [
                    "response_code": String(got.status), "bytes": String(got.size ?? -1),
                ]
                events.expect("DNS_RESPONSE", asked.merging(answered) { $1 })
            }
            events.expect(
                "DNS_RESPONSE", ["client_ip": "fd53::103", "query_name": "mail.test", "cached": "1"], count: 1)
            for (name, reason) in Self.failing where !isTooSlow.contains(name) {
                let causes =
                    events.all("DNS_RESOLVER_ERROR", ["query_name": name])
                    + events.all("DNS_DNSSEC", ["query_name": name])
                #expect(!causes.isEmpty, "\(name) failed (\(reason)), and no event says why")
            }
            for name in ["www.forged", "www.stale"] {
                events.expect("DNS_DNSSEC", ["query_name": name, "result": "bogus"])
            }
            for (report, (name, trigger, action)) in zip(policed, Self.unboundPolicies) {
                #expect((report.got == nil) == (name == "dropped.test"))
                events.expect(
                    "DNS_POLICY", of: report,
                    [
                        "query_name": name, "query_type": "A", "policy_zone": "lab policy", "policy_trigger": trigger,
                        "policy_action": action,
                    ])
            }
            for (report, (name, zone, action)) in zip(local, Self.localZones) {
                events.expect(
                    "DNS_POLICY", of: report,
                    ["query_name": name, "query_type": "A", "policy_zone": zone, "policy_action": action])
            }
            #expect(refused.got?.status == "REFUSED")
            events.expect("DNS_RESPONSE", ["client_ip": "10.53.0.107", "response_code": "REFUSED"])
            events.expect("DNS_RATE_LIMIT", ["client_ip": "10.53.0.108", "action": "limit"])
            events.expect("DNS_SERVER", ["state": "started"])
        }

        /// As ``policies``, in unbound's words.
        private static let unboundPolicies: [(name: String, trigger: String, action: String)] = [
            ("blocked.test", "QNAME", "NXDOMAIN"), ("empty.test", "QNAME", "NODATA"), ("dropped.test", "QNAME", "DROP"),
            ("walled.test", "QNAME", "Local-Data"), ("evil.test", "IP", "NXDOMAIN"),
        ]

        /// unbound's local zones, by a name in each.
        private static let localZones: [(name: String, zone: String, action: String)] = [
            ("x.static.lab", "static.lab", "static"), ("refused.lab", "refused.lab", "refuse"),
            ("y.redirect.lab", "redirect.lab", "redirect"), ("ads.example", "ads.example", "always_nxdomain"),
        ]

        private func writeUnboundConfiguration(in lab: DNSLab) throws -> String {
            try lab.directory.write(
                """
                server:
                    use-syslog: yes
                    verbosity: 1
                    num-threads: 1
                    interface: \(DNSLab.resolver.ipv4)
                    interface: \(DNSLab.resolver.ipv6)
                    outgoing-interface: \(DNSLab.resolver.ipv4)
                    username: ""
                    chroot: ""
                    directory: "\(lab.directory.path)"
                    pidfile: "\(lab.directory.file("unbound.pid"))"
                    do-not-query-localhost: no
                    log-queries: yes
                    log-replies: yes
                    log-servfail: yes
                    log-local-actions: yes
                    val-log-level: 2
                    module-config: "respip validator iterator"
                    root-hints: "\(lab.directory.file("root.hints"))"
                    trust-anchor-file: "\(lab.directory.file("anchor"))"
                    access-control: 10.53.0.0/24 allow
                    access-control: fd53::/64 allow
                    access-control: 10.53.0.107/32 refuse
                    # On a busy machine nothing is lost, it only comes late. (From 12 s on unbound would only probe a server.)
                    unknown-server-time-limit: 10000
                    infra-cache-min-rtt: 10000
                    discard-timeout: 0
                    wait-limit: 0
                    # Every query beyond it is answered all the same.
                    ip-ratelimit: 2
                    ip-ratelimit-factor: 1
                    local-zone: "test." nodefault
                    local-zone: "static.lab." static
                    local-zone: "refused.lab." refuse
                    local-zone: "redirect.lab." redirect
                    local-data: "redirect.lab. A 192.0.2.2"
                    local-zone: "ads.example." always_nxdomain
                rpz:
                    name: "policy.lab"
                    zonefile: "\(lab.directory.file("policy.zone"))"
                    rpz-log: yes
                    rpz-log-name: "lab policy"

                """, to: "unbound.conf")
        }
    }
}
