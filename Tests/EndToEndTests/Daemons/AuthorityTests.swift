import Foundation
import Glibc
import Testing

extension Daemons {
    /// BIND's named as the authority of zones, with a secondary: queries, transfers, updates, notifies, reloads.
    @Suite("BIND 9, authoritative")
    struct AuthorityTests {
        @Test("named's queries, transfers, updates and zones are events with what dig and its peers saw")
        func authority() throws {
            let lab = try DNSLab()
            defer { lab.end() }
            let authority = try lab.startAuthority(options: "also-notify { \(DNSLab.secondary.ipv4); };")
            let secondary = try startSecondary(in: lab)
            let queries = try askQueries(of: lab)
            let refused = try askWhatIsRefused(of: lab)
            let transfers = try transferZones(of: lab)
            let updates = try updateZone(of: lab)
            try changeZones(of: lab)
            try exceedRateLimit(of: lab)
            try secondary.stop()
            try authority.stop()
            let events = DNSEvents(events: try lab.log.finish(programs: ["named"]))

            LabLog.expectTyped(events.events, of: "named (authority)")
            events.expectQueries(queries + refused)
            for query in refused {
                #expect(query.report.got?.status == "REFUSED" || query.report.got?.status == "SERVFAIL")
                events.expectRefusal(of: query.report)
            }
            expectTransfers(transfers, in: events)
            expectUpdates(updates, in: events)
            expectZones(in: events)
            events.expect("DNS_RATE_LIMIT", ["client_ip": "10.53.0.110", "query_name": "www.test"])
        }

        /// The secondary has two views, one of them for few clients and one that answers seldom.
        private func startSecondary(in lab: DNSLab) throws -> LabProcess {
            // Its primary denies it this zone, and what it had of it is old.
            let file = try lab.directory.write(try zoneText("dyn", in: lab), to: "expired.copy")
            try lab.lab.run("touch", ["-d", "60 days ago", file])
            func zone(_ name: String, key: Bool = true, file: String? = nil, from primary: String? = nil) -> String {
                let key = key ? "key transfer-key" : ""
                let file = file.map { "file \"\($0)\";" } ?? ""
                let primary = primary ?? DNSLab.authority.ipv4
                return "zone \"\(name)\" { type secondary; \(file) primaries { \(primary) \(key); }; };\n"
            }
            let before = lab.log.lines.count
            let process = try lab.startNamed(
                "secondary", on: DNSLab.secondary,
                options: """
                    recursion no; dnssec-validation no; notify no; masterfile-format text;
                    transfer-source \(DNSLab.secondary.ipv4); transfers-per-ns 10; serial-query-rate 100;
                    """,
                zones: """
                    view "inside" {
                        match-clients { key view-key; !key transfer-key; 10.53.0.1; 10.53.0.100; };
                        \(zone("dyn.test"))\(zone("big.test", from: DNSLab.authority.ipv6))\(zone("test"))
                        \(zone("plain", key: false))\(zone("guarded.plain", file: file))
                    };
                    view "outside" {
                        match-clients { any; };
                        rate-limit {
                            responses-per-second 1; slip 1; window 3600; exempt-clients { !10.53.0.110; any; };
                        };
                        \(zone("test"))
                    };
                    """, printsCategory: false)
            for zone in ["dyn.test/IN/inside", "big.test/IN/inside", "test/IN/inside", "test/IN/outside"] {
                try lab.log.wait(for: "zone \(zone): transferred serial", after: before, from: process)
            }
            try lab.log.wait(for: "guarded.plain/IN/inside: expired", after: before, from: process)
            try lab.log.wait(for: "zone transfer 'plain/AXFR/IN' denied", after: before, from: process)
            return process
        }

        private func zoneText(_ name: String, in lab: DNSLab) throws -> String {
            try String(contentsOfFile: lab.directory.file("\(name).zone"), encoding: .utf8)
        }

        private func askQueries(of lab: DNSLab) throws -> [NamedQuery] {
            let (ipv4, ipv6) = (DNSLab.authority.ipv4, DNSLab.authority.ipv6)
            let plain: [(server: String, arguments: [String])] = [
                (ipv4, ["www.test", "A"]), (ipv4, ["+tcp", "www.test", "AAAA"]), (ipv6, ["www.test", "MX"]),
                (ipv6, ["+tcp", "+dnssec", "test", "SOA"]), (ipv4, ["+noedns", "+norec", "www.test", "A"]),
                (ipv4, ["+norec", "+dnssec", "+cd", "+nocookie", "test", "DNSKEY"]),
                (ipv4, ["+subnet=203.0.113.0/24", "www.test", "A"]),
                (ipv6, ["+subnet=2001:db8:1::/48", "+dnssec", "alias.test", "A"]),
                (ipv4, ["-c", "CH", "-t", "TXT", "version.bind"]), (ipv4, ["test", "ANY"]),
                (ipv4, ["test", "TYPE65280"]), (ipv4, ["nowhere.test", "A"]), (ipv4, ["WwW.TeSt", "A"]),
                (ipv4, ["a\\032b\\(c.test", "TXT"]), (ipv4, [".", "NS"]), (ipv4, ["+nsid", "x.many.plain", "HTTPS"]),
                (ipv6, ["+tcp", "+cd", "forged", "DNSKEY"]), (ipv4, ["+bufsize=512", "+ignore", "txt.test", "TXT"]),
            ]
            var queries = try plain.map {
                NamedQuery(report: try lab.dig($0.server, $0.arguments))
            }
            for name in ["transfer-key", "view-key"] {
                queries.append(
                    NamedQuery(report: try lab.dig(ipv4, lab.key(name) + ["www.test"]), key: name))
            }
            // With the cookie that the server gave for it.
            let first = try lab.dig(ipv4, ["www.plain"])
            let cookie = try #require(first.got?.cookie)
            queries.append(NamedQuery(report: first))
            queries.append(NamedQuery(report: try lab.dig(ipv4, ["+cookie=\(cookie)", "www.plain"])))
            queries.append(NamedQuery(report: try lab.dig(ipv4, ["guarded.plain", "SOA"], from: "10.53.0.101")))
            for query in queries { #expect(query.report.got != nil, "no answer about \(query.report.name)") }

            for (server, client) in [(DNSLab.secondary.ipv4, "10.53.0.101"), (DNSLab.secondary.ipv6, "fd53::101")] {
                let outside = try lab.dig(server, ["+tcp", "mail.test"], from: client)
                queries.append(NamedQuery(report: outside, view: "outside"))
            }
            let inside = try lab.dig(DNSLab.secondary.ipv4, ["+dnssec", "+subnet=198.51.100.0/24", "dyn.test", "SOA"])
            queries.append(NamedQuery(report: inside, view: "inside"))
            let keyed = try lab.dig(DNSLab.secondary.ipv6, lab.key("view-key") + ["www.test"], from: "fd53::101")
            queries.append(NamedQuery(report: keyed, key: "view-key", view: "inside"))
            return queries
        }

        private func askWhatIsRefused(of lab: DNSLab) throws -> [NamedQuery] {
            let ipv4 = DNSLab.authority.ipv4
            return [
                NamedQuery(report: try lab.dig(ipv4, ["guarded.plain", "A"])),
                NamedQuery(report: try lab.dig(ipv4, ["+tcp", "faulty.plain", "SOA"])),
                NamedQuery(report: try lab.dig(ipv4, ["missing.plain", "A"])),
                NamedQuery(
                    report: try lab.dig(DNSLab.secondary.ipv4, ["www.example.org"], from: "10.53.0.102"),
                    view: "outside"),
            ]
        }

        /// A transfer by dig, which does not print what it asks for one.
        private struct Transfer {
            var report: DigReport
            var zone: String
            var kind: String
            var key: String?
        }

        private struct Transfers {
            var succeeded: [Transfer] = []
            var denied: [Transfer] = []
        }

        private func transferZones(of lab: DNSLab) throws -> Transfers {
            let (ipv4, ipv6) = (DNSLab.authority.ipv4, DNSLab.authority.ipv6)
            let key = lab.key("transfer-key")
            var transfers = Transfers()
            for (server, zone) in [(ipv4, "big.test"), (ipv6, "big.test"), (ipv4, "dyn.test"), (ipv4, "test")] {
                let report = try lab.dig(server, key + [zone, "AXFR"])
                transfers.succeeded.append(Transfer(report: report, zone: zone, kind: "AXFR", key: "transfer-key"))
            }
            #expect(transfers.succeeded[0].report.transfer?.messages ?? 0 > 1)
            // The server has no journal from which it could give the difference.
            let report = try lab.dig(ipv4, key + ["+tcp", "dyn.test", "IXFR=9"])
            transfers.succeeded.append(Transfer(report: report, zone: "dyn.test", kind: "IXFR", key: "transfer-key"))
            transfers.denied = [
                Transfer(report: try lab.dig(ipv4, ["dyn.test", "AXFR"]), zone: "dyn.test", kind: "AXFR"),
                Transfer(
                    report: try lab.dig(ipv6, lab.key("update-key") + ["big.test", "AXFR"]), zone: "big.test",
                    kind: "AXFR", key: "update-key"),
            ]
            // Its signature is wrong: a query that the server does not look at.
            let forged = try lab.dig(ipv4, lab.key("wrong-key") + ["dyn.test", "AXFR"])
            #expect(forged.transferFailed)
            return transfers
        }

        private func expectTransfers(_ transfers: Transfers, in events: DNSEvents) {
            for asked in transfers.succeeded + transfers.denied {
                let query = events.expect(
                    "DNS_QUERY", of: asked.report,
                    [
                        "query_name": asked.zone, "query_class": "IN", "query_type": asked.kind, "key": asked.key,
                        "server_ip": asked.report.server,
                    ])
                let flags = query?["flags"] ?? ""
                #expect(flags.hasPrefix(asked.key == nil ? "-E" : "-S") && flags.contains("T"), "\(flags)")
            }
            for done in transfers.succeeded {
                let client = DNSEvents.client(done.report)
                let sum = done.report.transfer
                #expect(sum != nil, "\(done.kind) of \(done.zone)")
                events.expect(
                    "DNS_TRANSFER",
                    client.merging([
                        "zone": done.zone, "direction": "out", "transfer_kind": done.kind, "state": "completed",
                        "key": "transfer-key", "messages": "\(sum?.messages ?? -1)",
                        "records": "\(sum?.records ?? -1)", "bytes": "\(sum?.bytes ?? -1)",
                    ]) { $1 }, count: 1)
                events.expect(
                    "DNS_TRANSFER",
                    client.merging([
                        "zone": done.zone, "state": "started", "serial": done.report.serial.map(String.init) ?? "none",
                    ]) { $1 }, count: 1)
            }
            for denied in transfers.denied {
                #expect(denied.report.transferFailed)
                events.expect("DNS_DENIED", of: denied.report, ["zone": denied.zone, "action": "transfer"])
            }
            // Each transfer that the secondary completed is one that the primary did, with the same sums.
            let sums = ["zone", "messages", "records", "bytes", "serial"]
            func sum(_ event: ConsumedEvent) -> [String?] { sums.map { DNSEvents.text($0, of: event) } }
            let sent =
                events.all("DNS_TRANSFER", ["direction": "out", "state": "completed", "client_ip": "10.53.0.2"])
                + events.all("DNS_TRANSFER", ["direction": "out", "state": "completed", "client_ip": "fd53::1"])
            let received = events.all("DNS_TRANSFER", ["direction": "in", "state": "completed"])
                .filter { DNSEvents.text("records", of: $0) != "0" }
            #expect(received.count >= 5)
            for event in received {
                #expect(sent.contains { sum($0) == sum(event) }, "\(event.message)")
            }
            events.expect(
                "DNS_TRANSFER", ["zone": "plain", "view": "inside", "direction": "in", "result": "REFUSED"])
            events.expect(
                "DNS_TRANSFER", ["zone": "dyn.test", "direction": "out", "transfer_kind": "IXFR", "state": "completed"])
        }

        private func updateZone(of lab: DNSLab) throws -> [(response: String, complaints: [String])] {
            let log = lab.log
            let before = log.lines.count
            let added = (1...20).map { "update add host-\($0).dyn.test 300 A 192.0.2.\($0)" }
            #expect(
                try lab.update(["zone dyn.test"] + added + ["update delete old.dyn.test A"], key: "update-key").isEmpty)
            try log.wait(for: "zone dyn.test/IN/inside: transferred serial 11", after: before)
            #expect(
                try lab.update(
                    [
                        "zone dyn.test", "update delete host-1.dyn.test",
                        "update add text.dyn.test 300 TXT \"two words\"",
                    ], key: "update-key"
                ).isEmpty)
            try log.wait(for: "zone dyn.test/IN/inside: transferred serial 12", after: before)

            let add = "update add no.dyn.test 300 A 192.0.2.9"
            let refusals: [(response: String, lines: [String], key: String?)] = [
                ("YXDOMAIN", ["prereq nxdomain host-2.dyn.test", add], "update-key"),
                ("NXDOMAIN", ["prereq yxdomain no.dyn.test", add], "update-key"),
                ("YXRRSET", ["prereq nxrrset host-2.dyn.test A", add], "update-key"),
                ("NXRRSET", ["prereq yxrrset host-2.dyn.test TXT", add], "update-key"),
                ("NOTZONE", ["update add no.test 300 A 192.0.2.9"], "update-key"),
                ("REFUSED", [add], nil), ("REFUSED", [add], "view-key"),
            ]
            return try refusals.map { response, lines, key in
                (response, try lab.update(["zone dyn.test"] + lines, key: key))
            }
        }

        private func expectUpdates(_ refusals: [(response: String, complaints: [String])], in events: DNSEvents) {
            for host in 1...20 {
                events.expect(
                    "DNS_UPDATE",
                    [
                        "client_ip": "10.53.0.1", "key": "update-key", "zone": "dyn.test", "action": "add",
                        "name": "host-\(host).dyn.test", "record_type": "A", "record_data": "192.0.2.\(host)",
                    ], count: 1)
            }
            events.expect(
                "DNS_UPDATE",
                ["action": "delete_rrset", "name": "old.dyn.test", "record_type": "A", "key": "update-key"], count: 1)
            events.expect("DNS_UPDATE", ["action": "delete_name", "name": "host-1.dyn.test"], count: 1)
            var expected: [String: Int] = [:]
            for refusal in refusals {
                #expect(refusal.complaints.contains { $0.contains("update failed: \(refusal.response)") }, "\(refusal)")
                expected[refusal.response, default: 0] += 1
            }
            let found = events.all("DNS_UPDATE").compactMap { $0["response_code"] }
            #expect(counted(found) == expected)
        }

        /// Reloads, a new serial, a fault, a notify and commands.
        private func changeZones(of lab: DNSLab) throws {
            let log = lab.log
            let authority = DNSLab.authority
            func change(_ text: String, seconds: Int) throws {
                // named compares the file's time in seconds.
                try lab.lab.run("touch", ["-d", "+\(seconds) seconds", lab.directory.write(text, to: "plain.zone")])
            }
            let text = try zoneText("plain", in: lab)
            var before = log.lines.count
            try change(text.replacingOccurrences(of: "plain. 7 ", with: "plain. 8 "), seconds: 2)
            #expect(try lab.control(authority, ["reload", "plain"]))
            try log.wait(for: "zone plain/IN: loaded serial 8", after: before)
            before = log.lines.count
            try change(text + "bad A 192.0.2.300\n", seconds: 4)
            // named loads it later than it answers.
            _ = try lab.control(authority, ["reload", "plain"])
            try log.wait(for: "zone plain/IN: not loaded due to errors", after: before)
            #expect(try lab.dig(authority.ipv4, ["plain", "SOA"]).serial == 8)
            before = log.lines.count
            #expect(try lab.control(authority, ["notify", "dyn.test"]))
            try log.wait(for: "received notify for zone 'dyn.test'", after: before)
            #expect(try lab.control(authority, ["status"]))
            #expect(try !lab.control(authority, ["no-such-command"]))
            #expect(try lab.control(authority, ["zonestatus", "test"]))
            #expect(try lab.control(authority, ["reconfig"]))
        }

        private func expectZones(in events: DNSEvents) {
            events.expect("DNS_ZONE", ["zone": "plain", "state": "loaded", "serial": "7"], count: 1)
            events.expect("DNS_ZONE", ["zone": "plain", "state": "loaded", "serial": "8"], count: 1)
            events.expect("DNS_ZONE", ["zone": "big.test", "state": "loaded", "serial": "20"], count: 1)
            events.expect("DNS_ZONE", ["zone": "guarded.plain", "view": "inside", "state": "expired"], count: 1)
            for zone in ["faulty.plain", "missing.plain", "plain"] {
                events.expect("DNS_ZONE", ["zone": zone, "state": "load_failed"])
            }
            events.expect(
                "DNS_NOTIFY",
                [
                    "zone": "dyn.test", "client_ip": "10.53.0.1", "view": "inside", "direction": "in",
                    "state": "received",
                ])
            events.expect("DNS_NOTIFY", ["zone": "dyn.test", "direction": "out", "state": "sent", "serial": "12"])
            events.expect("DNS_SERVER", ["state": "listening", "server_ip": "fd53::1"])
        }

        private func exceedRateLimit(of lab: DNSLab) throws {
            // Each question is answered, if only by a truncated message.
            try lab.repeatQuestion(
                to: DNSLab.secondary.ipv4, from: "10.53.0.110", options: ["+ignore", "+nocookie"],
                until: "an answer that was cut"
            ) { $0.contains { $0.hasPrefix(";; flags:") && $0.contains(" tc ") } }
        }
    }
}
