import Foundation
import Glibc
import Testing

extension Daemons {
    /// dhclient gets an IPv6 address and a prefix, and gives them back; what the server says of it in its log has to be
    /// what dhclient saw.
    @Suite("DHCPv6 servers")
    struct DHCPv6ServerTests {
        @Test("the IPv6 address and the prefix of ISC dhcpd are events with what the client got")
        func iscDhcpd() throws {
            let lab = try DHCPLab()
            defer { lab.end() }
            let directory = lab.directory
            try lab.lab.addAddress("2001:db8:77::1/64", to: "lan")
            _ = try Self.linkLocalAddress(of: "lan", in: lab)
            let address = try Self.linkLocalAddress(of: "eth0", in: lab, network: "clients")
            try directory.write("", to: "dhcpd6.leases")
            let configuration = try directory.write(
                """
                authoritative;
                default-lease-time \(DHCPLab.leaseTime);
                ddns-update-style none;
                subnet6 2001:db8:77::/64 {
                    range6 2001:db8:77::100 2001:db8:77::1ff;
                    prefix6 2001:db8:100:: 2001:db8:100:f00:: /56;
                }

                """, to: "dhcpd6.conf")
            let server = try lab.lab.start(
                lab.lab.daemon("dhcpd"),
                [
                    "-6", "-f", "-cf", configuration, "-lf", directory.file("dhcpd6.leases"),
                    "-pf", directory.file("dhcpd6.pid"), "lan",
                ])
            try lab.log.wait(for: "Server starting service.", from: server)
            let report = try useDhclient(in: lab)
            try server.stop()
            let events = try lab.log.finish(programs: ["dhcpd"])

            LabLog.expectTyped(events, of: "dhcpd -6")
            var expected: [ExpectedEvent] = []
            func expect(_ kind: String, _ direction: String) {
                expected.append(
                    ExpectedEvent(
                        type: "DHCP6_MESSAGE",
                        fields: [
                            "message_type": kind, "direction": direction, "client_ip": address, "client_port": "546",
                        ]))
            }
            for message in report.sent {
                expect(message, "received")
                expect(message == "solicit" ? "advertise" : "reply", "sent")
                guard message != "release" else { continue }
                // dhcpd writes the 32 bits of an IAID as a number with a sign.
                let association = Int32(bitPattern: report.association)
                var fields = [
                    "message_type": message == "solicit" ? "advertise" : "reply", "duid": report.clientIdentifier,
                    "iaid": String(association), "lease_seconds": String(report.validLifetime),
                ]
                fields["lease_kind"] = "na"
                fields["ip"] = report.address
                expected.append(ExpectedEvent(type: "DHCP6_LEASE", fields: fields))
                fields["lease_kind"] = "pd"
                fields["ip"] = nil
                fields["prefix"] = report.prefix
                expected.append(ExpectedEvent(type: "DHCP6_LEASE", fields: fields))
            }
            #expect(Set(report.sent) == ["solicit", "request", "release"])
            #expect(report.validLifetime == DHCPLab.leaseTime)
            ExpectedEvent.expect(expected, in: events)
        }

        /// The address that an interface gives itself, once it may be used.
        private static func linkLocalAddress(
            of interface: String, in lab: DHCPLab, network: String? = nil
        ) throws -> String {
            try eventually("the link-local address of \(interface)") {
                let lines = try lab.lab.run(
                    "ip", ["-6", "-o", "address", "show", "dev", interface, "scope", "link", "-tentative"],
                    network: network)
                // 2: eth0    inet6 fe80::1/64 scope link
                guard let words = lines.first?.split(separator: " "), words.count > 3 else { return nil }
                return words[3].split(separator: "/").first.map(String.init)
            }
        }

        /// What dhclient said on its standard error.
        private struct Report {
            /// The messages that it sent, in small letters.
            var sent: [String] = []
            var address = ""
            var prefix = ""
            /// Seconds, of the last lease.
            var validLifetime = 0
            /// The identity association (IAID).
            var association: UInt32 = 0
            /// The client's DUID.
            var clientIdentifier = ""
        }

        private func useDhclient(in lab: DHCPLab) throws -> Report {
            let directory = lab.directory
            let script = try directory.write("#!/bin/sh\n", to: "dhclient-script")
            chmod(script, 0o755)
            let configuration = try directory.write("", to: "dhclient.conf")
            // An address and a prefix, for a DUID made of the interface's address alone.
            let arguments = [
                "-6", "-d", "-N", "-P", "-D", "LL", "-cf", configuration, "-lf", directory.file("dhclient6.leases"),
                "-pf", directory.file("dhclient6.pid"), "-sf", script,
            ]
            let client = try lab.lab.start(
                lab.lab.daemon("dhclient"), arguments + ["-1", "eth0"], network: "clients")
            _ = try client.process.find("a lease") { lines in
                lines.contains { $0.hasPrefix("PRC: Bound to lease") } ? true : nil
            }
            client.end()
            let before = lab.log.lines.count
            let release = try lab.lab.start(
                lab.lab.daemon("dhclient"), arguments + ["-r", "eth0"], network: "clients")
            guard try release.process.waitForExit() == .code(0) else {
                throw HarnessError(release.process.transcript)
            }
            // It does not wait for the answer; one to a request that it repeated may come first.
            try lab.log.wait(for: "Release message", after: before)
            let asked = lab.log.lines.dropFirst(before).firstIndex { $0.contains("Release message") } ?? before
            try lab.log.wait(for: "Sending Reply", after: asked)

            var report = Report()
            for line in client.process.lines(.errors) + release.process.lines(.errors) {
                let words = line.split(separator: " ").map(String.init)
                if words.count > 3, words[0] == "XMT:", words[2] == "on" { report.sent.append(words[1].lowercased()) }
                guard words.first == "RCV:", let last = words.last else { continue }
                if words.contains("IAADDR") { report.address = last }
                if words.contains("IAPREFIX") { report.prefix = last }
                if line.contains("Max lifetime") { report.validLifetime = Int(last.dropLast()) ?? 0 }
                if let place = line.range(of: "IA_NA ") {
                    report.association = Self.association(line[place.upperBound...])
                }
            }
            // 2: eth0@if3: <UP> … link/ether 02:00:5e:00:00:01 brd …
            let link = try lab.lab.run("ip", ["-o", "link", "show", "dev", "eth0"], network: "clients").joined()
            let words = link.split(separator: " ")
            guard let place = words.firstIndex(of: "link/ether") else { throw HarnessError(link) }
            report.clientIdentifier = "00:03:00:01:" + words[place + 1]
            return report
        }

        /// An IAID as dhclient prints it: its bytes in hexadecimal, or, where all four can be printed, as a text in quotes.
        private static func association(_ text: Substring) -> UInt32 {
            if text.first == "\"" {
                return text.utf8.dropFirst().prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
            }
            return UInt32(text.filter { $0 != ":" }, radix: 16) ?? 0
        }
    }
}
