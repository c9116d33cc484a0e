import Foundation
import Glibc
import Testing

extension Daemons {
    /// Clients that get, keep, refuse and give back addresses, and are refused; what the server says of it in its log
    /// has to be what they saw.
    @Suite("DHCP servers")
    struct DHCPServerTests {
        @Test("every lease of ISC dhcpd is an event with what the client got")
        func iscDhcpd() throws {
            let lab = try DHCPLab()
            defer { lab.end() }
            let directory = lab.directory
            try directory.write("", to: "dhcpd.leases")
            let configuration = try directory.write(
                """
                authoritative;
                default-lease-time \(DHCPLab.leaseTime);
                max-lease-time \(DHCPLab.leaseTime);
                option dhcp-renewal-time \(DHCPLab.renewalTime);
                option dhcp-rebinding-time \(DHCPLab.leaseTime - 10);
                ddns-update-style none;
                ping-check false;
                subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.100 192.0.2.150; }
                subnet 198.51.100.0 netmask 255.255.255.0 { }
                subnet 203.0.113.0 netmask 255.255.255.240 { range 203.0.113.2 203.0.113.3; }
                host denied {
                    hardware ethernet \(Self.text(DHCPClient.mac(DHCPLab.deniedClient)));
                    deny booting;
                }

                """, to: "dhcpd.conf")
            let server = try lab.lab.start(
                lab.lab.daemon("dhcpd"),
                [
                    "-4", "-f", "-cf", configuration, "-lf", directory.file("dhcpd.leases"),
                    "-pf", directory.file("dhcpd.pid"), "lan", "uplink",
                ])
            try lab.log.wait(for: "Server starting service.", from: server)
            let account = try lab.useServer(hostnames: ["laptop-01", "Anna's (grey) laptop", "tv: living room"])
            try server.stop()
            let events = try lab.log.finish(programs: ["dhcpd"])

            LabLog.expectTyped(events, of: "dhcpd")
            ExpectedEvent.expect(
                Self.expected(account) { exchanged, via, isRelayed in
                    let message = exchanged.message
                    var fields = ["mac": Self.text(message.mac), isRelayed ? "relay" : "interface": via]
                    fields["ip"] = Self.address(exchanged)
                    switch message.kind {
                    case .offer, .ack: fields["hostname"] = exchanged.hostname
                    case .request: fields["server_ip"] = message.address(.serverIdentifier)
                    case .release: fields["result"] = "found"
                    // It names the sender's address alone, here the interface's.
                    case .inform: fields["mac"] = nil
                    case .discover, .nak, .decline: break
                    }
                    return fields
                }, in: events)
            let refusals = events.filter { $0.type == "DHCP_DISCOVER" }.compactMap { $0["reason"] }
            #expect(refusals.contains { $0.contains("no free leases") }, "\(refusals)")
            #expect(refusals.contains { $0.contains("unknown network segment") }, "\(refusals)")
        }

        @Test("every lease of dnsmasq is an event with what the client got")
        func dnsmasq() throws {
            let lab = try DHCPLab()
            defer { lab.end() }
            let directory = lab.directory
            // Nothing for DNS (port 0).
            let server = try lab.lab.start(
                lab.lab.daemon("dnsmasq"),
                [
                    "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file=", "--port=0",
                    "--interface=lan", "--interface=uplink", "--no-ping", "--dhcp-authoritative", "--log-dhcp",
                    "--dhcp-leasefile=\(directory.file("dnsmasq.leases"))",
                    "--dhcp-range=192.0.2.100,192.0.2.150,255.255.255.0,\(DHCPLab.leaseTime)",
                    "--dhcp-range=203.0.113.2,203.0.113.3,255.255.255.240,\(DHCPLab.leaseTime)",
                    "--dhcp-option=option:T1,\(DHCPLab.renewalTime)",
                    "--dhcp-option=option:T2,\(DHCPLab.leaseTime - 10)",
                    "--dhcp-host=\(Self.text(DHCPClient.mac(DHCPLab.deniedClient))),ignore",
                ])
            try lab.log.wait(for: "DHCP, IP range 192.0.2.100", from: server)
            var account = try lab.useServer(hostnames: ["laptop-01", "printer", "nas"])
            try server.stop()
            let events = try lab.log.finish(programs: ["dnsmasq", "dnsmasq-dhcp"])

            LabLog.expectTyped(events, of: "dnsmasq")
            // What comes from an unknown network it tells by that alone.
            account.relayed.removeAll { $0.message.relayAddress == DHCPLab.strangeRelayAddress }
            let unknown = events.filter { $0.type == "DHCP_POOL" }
            #expect(unknown.contains { $0.message.contains("no address range available") }, "\(unknown)")
            ExpectedEvent.expect(
                Self.expected(account) { exchanged, _, isRelayed in
                    let message = exchanged.message
                    var fields = [
                        "mac": Self.text(message.mac), "interface": isRelayed ? "uplink" : "lan",
                        "transaction_id": String(message.transaction),
                    ]
                    fields["ip"] = Self.address(exchanged)
                    if message.kind == .ack { fields["hostname"] = exchanged.hostname }
                    return fields
                }, in: events)
            let refusals = events.filter { $0.type == "DHCP_DISCOVER" }.compactMap { $0["reason"] }
            #expect(refusals.contains("no address available") && refusals.contains("ignored"), "\(refusals)")

            // It tells the options of an answer one by one.
            let messages = (account.direct + account.relayed).map(\.message)
            for message in messages where [.offer, .ack].contains(message.kind) {
                var expected = ["message-type": String(message.kind.rawValue)]
                expected["server-identifier"] = message.address(.serverIdentifier)
                expected["lease-time"] = message.leaseTime.map { "\($0 / 60)m" }
                let told = events.filter {
                    $0["transaction_id"] == String(message.transaction) && $0["direction"] == "sent"
                }
                let options = told.compactMap { event in event["option"].map { ($0, event["option_value"]) } }
                let values = Dictionary(options) { first, _ in first }.filter { expected[$0.key] != nil }
                #expect(values == expected, "\(message) \(told.map(\.message))")
            }
        }

        @Test("every lease of Kea is an event with what the client got")
        func kea() throws {
            let lab = try DHCPLab()
            defer { lab.end() }
            let directory = lab.directory
            // Messages are logged for debugging only; leases and refusals are not.
            let configuration = try directory.write(
                """
                {"Dhcp4": {
                    "interfaces-config": {"interfaces": ["lan", "uplink"]},
                    "lease-database": {"type": "memfile", "name": "\(directory.file("kea-leases.csv"))"},
                    "valid-lifetime": \(DHCPLab.leaseTime),
                    "renew-timer": \(DHCPLab.renewalTime),
                    "rebind-timer": \(DHCPLab.leaseTime - 10),
                    "authoritative": true,
                    "client-classes": [{
                        "name": "DROP",
                        "test": "hexstring(pkt4.mac, ':') == '\(Self.text(DHCPClient.mac(DHCPLab.deniedClient)))'"
                    }],
                    "subnet4": [
                        {"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100-192.0.2.150"}]},
                        {"id": 2, "subnet": "203.0.113.0/28", "pools": [{"pool": "203.0.113.2-203.0.113.3"}]}
                    ],
                    "loggers": [
                        {"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "syslog:daemon"}]},
                        {"name": "kea-dhcp4.packets", "severity": "DEBUG", "debuglevel": 55,
                         "output_options": [{"output": "syslog:daemon"}]},
                        {"name": "kea-dhcp4.bad-packets", "severity": "DEBUG", "debuglevel": 55,
                         "output_options": [{"output": "syslog:daemon"}]}
                    ]
                }}

                """, to: "kea.conf")
            let server = try lab.lab.start(
                lab.lab.daemon("kea-dhcp4"), ["-c", configuration],
                environment: ["KEA_PIDFILE_DIR": directory.path, "KEA_LOCKFILE_DIR": directory.path])
            try lab.log.wait(for: "DHCP4_STARTED", from: server)
            let account = try lab.useServer(hostnames: ["laptop-01", "Anna's (grey) laptop", "tv: living room"])
            try server.stop()
            let events = try lab.log.finish(programs: ["kea-dhcp4"])

            LabLog.expectTyped(events, of: "kea-dhcp4")
            // The answer to DHCPINFORM gives no lease: its event has no time.
            let informed = Set(
                account.direct.filter { $0.message.kind == .inform }.map { Self.transaction($0.message) })
            ExpectedEvent.expect(
                Self.expected(account, namesRequested: false, namesHosts: false, namesLeaseTime: true) {
                    exchanged, _, isRelayed in
                    let message = exchanged.message
                    var fields = ["mac": Self.text(message.mac), "transaction_id": Self.transaction(message)]
                    switch message.kind {
                    case .discover, .inform: fields["interface"] = isRelayed ? "uplink" : "lan"
                    case .request:
                        fields["interface"] = isRelayed ? "uplink" : "lan"
                        // It repeats an address only when the client has not just been offered it.
                        let isFirst = message.clientAddress == "0.0.0.0"
                        if isFirst && message.options[.serverIdentifier] == nil { fields["ip"] = exchanged.address }
                    case .offer: fields["ip"] = message.yourAddress
                    case .ack where informed.contains(Self.transaction(message)):
                        fields["action"] = "inform"
                    case .ack:
                        fields["ip"] = message.yourAddress
                        fields["lease_seconds"] = message.leaseTime.map(String.init)
                    case .release:
                        fields["ip"] = exchanged.address
                        fields["result"] = "found"
                    case .nak, .decline: fields["ip"] = exchanged.address
                    }
                    return fields
                }, in: Self.merged(events))
            let exhausted = events.filter { $0.type == "DHCP_POOL" }
            #expect(exhausted.contains { $0["subnet"] == "203.0.113.0/28" && $0["action"] == "exhausted" })
        }

        /// Kea tells some things twice, as of a message and as of what it means: one event for each type of a
        /// transaction, with the fields of both. A renewal may be of the same transaction as the lease was.
        private static func merged(_ events: [ConsumedEvent]) -> [ConsumedEvent] {
            var merged: [(event: ConsumedEvent, told: Set<Substring>)] = []
            for event in events {
                // INFO [logger.thread] IDENTIFIER text
                let words = event.message.split(separator: " ", maxSplits: 3)
                let identifier = words.count > 2 ? words[2] : ""
                let place = merged.firstIndex {
                    $0.event.type == event.type && event["transaction_id"] != nil
                        && $0.event["transaction_id"] == event["transaction_id"] && !$0.told.contains(identifier)
                }
                if let place {
                    merged[place].event.json.merge(event.json) { first, _ in first }
                    merged[place].told.insert(identifier)
                } else {
                    merged.append((event, [identifier]))
                }
            }
            return merged.map(\.event)
        }

        /// As Kea writes it.
        private static func transaction(_ message: DHCPMessage) -> String {
            "0x" + String(message.transaction, radix: 16)
        }

        /// What a server's log has to hold.
        /// - Parameters:
        ///   - namesRequested: whether it repeats the address of every DHCPREQUEST.
        ///   - namesHosts: whether it repeats the host name of a lease.
        ///   - namesLeaseTime: whether it tells the time of a lease.
        ///   - fields: those that this server writes of a message of the tests' own clients.
        private static func expected(
            _ account: DHCPLab.Account, namesRequested: Bool = true, namesHosts: Bool = true,
            namesLeaseTime: Bool = false,
            fields: (_ exchanged: DHCPClient.Exchanged, _ via: String, _ isRelayed: Bool) -> [String: String]
        ) -> [ExpectedEvent] {
            var expected: [ExpectedEvent] = []
            for exchanged in account.direct {
                expected.append(
                    ExpectedEvent(type: type(exchanged.message.kind), fields: fields(exchanged, "lan", false)))
            }
            for exchanged in account.relayed {
                let via = exchanged.message.relayAddress
                expected.append(
                    ExpectedEvent(type: type(exchanged.message.kind), fields: fields(exchanged, via, true)))
            }
            let report = account.reported
            for message in report.messages {
                var fields = ["mac": report.mac]
                if message.kind != .request || namesRequested { fields["ip"] = message.address }
                if message.kind == .ack {
                    if namesHosts { fields["hostname"] = DhclientReport.hostname }
                    if namesLeaseTime { fields["lease_seconds"] = String(report.leaseTime) }
                }
                expected.append(ExpectedEvent(type: type(message.kind), fields: fields))
            }
            return expected
        }

        private static func type(_ kind: DHCPMessage.Kind) -> String {
            switch kind {
            case .discover: "DHCP_DISCOVER"
            case .offer: "DHCP_OFFER"
            case .request: "DHCP_REQUEST"
            case .decline: "DHCP_DECLINE"
            case .ack: "DHCP_LEASE"
            case .nak: "DHCP_NAK"
            case .release: "DHCP_RELEASE"
            case .inform: "DHCP_INFORM"
            }
        }

        /// The address that a message is about.
        private static func address(_ exchanged: DHCPClient.Exchanged) -> String? {
            let given = exchanged.message.yourAddress
            return given == "0.0.0.0" ? exchanged.address : given
        }

        private static func text(_ mac: [UInt8]) -> String {
            mac.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
        }
    }
}
