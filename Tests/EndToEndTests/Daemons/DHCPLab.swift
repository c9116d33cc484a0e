import Foundation
import Glibc
import Testing

/// A DHCP server's networks: its own, with clients, and one behind a relay.
///
/// Server: `lan` 192.0.2.1/24 and `uplink` 198.51.100.1/24. Clients: `eth0` of the network `clients`. Relay: `eth0` of
/// the network `relay`, with 198.51.100.2 towards the server, 203.0.113.1/28 where the server has two addresses to
/// give, and 203.0.113.129/28 that it knows nothing of.
struct DHCPLab {
    static let serverAddress = "192.0.2.1"
    static let relayedServerAddress = "198.51.100.1"
    static let relayAddress = "203.0.113.1"
    static let strangeRelayAddress = "203.0.113.129"
    /// Seconds: what the server's configuration must say.
    static let leaseTime = 600
    /// Seconds after which the server's configuration must tell clients to renew a lease (option 58).
    static let renewalTime = 5
    /// A client that the server's configuration must turn away.
    static let deniedClient: UInt8 = 99

    let directory: TemporaryDirectory
    let log: LabLog
    let lab: NetworkLab

    init() throws {
        directory = try TemporaryDirectory()
        do {
            log = try LabLog(in: directory)
        } catch {
            directory.remove()
            throw error
        }
        do {
            lab = try NetworkLab(syslogSocket: log.socket, in: directory)
        } catch {
            log.end()
            directory.remove()
            throw error
        }
        do {
            try lab.addNetwork("clients", interface: "lan")
            try lab.addNetwork("relay", interface: "uplink")
            try lab.addAddress("\(Self.serverAddress)/24", to: "lan")
            try lab.addAddress("\(Self.relayedServerAddress)/24", to: "uplink")
            for address in ["198.51.100.2/24", "\(Self.relayAddress)/28", "\(Self.strangeRelayAddress)/28"] {
                try lab.addAddress(address, to: "eth0", network: "relay")
            }
            try lab.run("ip", ["route", "add", "203.0.113.0/24", "via", "198.51.100.2"])
        } catch {
            end()
            throw error
        }
    }

    func end() {
        lab.end()
        log.end()
        directory.remove()
    }

    /// What the clients of a lab did: the messages that they sent and got, and what dhclient reported.
    struct Account {
        var direct: [DHCPClient.Exchanged]
        var relayed: [DHCPClient.Exchanged]
        var reported: DhclientReport
    }

    /// Does everything that a client can do, and what a server refuses.
    /// - Parameter hostnames: of the first clients.
    func useServer(hostnames: [String]) throws -> Account {
        Account(
            direct: try useDirectly(hostnames: hostnames), relayed: try useThroughRelay(),
            reported: try useDhclient())
    }

    private func useDirectly(hostnames: [String]) throws -> [DHCPClient.Exchanged] {
        let client = try DHCPClient(in: lab, network: "clients")
        var leases: [DHCPMessage] = []
        for (number, hostname) in hostnames.enumerated() {
            leases.append(try client.lease(DHCPClient.mac(UInt8(number + 1)), hostname: hostname))
        }
        let nameless = try client.lease(DHCPClient.mac(40))
        for lease in leases + [nameless] {
            #expect(lease.kind == .ack)
            #expect(lease.leaseTime == Self.leaseTime)
            #expect(lease.address(.serverIdentifier) == Self.serverAddress)
        }

        // After a restart, a client asks for what it had (RFC 2131, section 3.2).
        let had: [DHCPMessage.Option: [UInt8]] = [.requestedAddress: try DHCPMessage.address(nameless.yourAddress)]
        #expect(try client.ask(.request, nameless.mac, options: had).kind == .ack)

        // A client with an address talks to the server alone.
        let own = leases[0].yourAddress
        try lab.addAddress("\(own)/24", to: "eth0", network: "clients")
        let renewed = try client.ask(
            .request, leases[0].mac, hostname: hostnames[0], clientAddress: own, to: Self.serverAddress)
        #expect(renewed.kind == .ack && renewed.yourAddress == own)
        #expect(try client.ask(.inform, leases[0].mac, clientAddress: own, to: Self.serverAddress).kind == .ack)
        try client.tell(
            .release, leases[0].mac, clientAddress: own, options: server(Self.serverAddress), to: Self.serverAddress)
        try lab.removeAddress("\(own)/24", from: "eth0", network: "clients")

        // An address of a network that is not here.
        let wrong = try client.ask(
            .request, DHCPClient.mac(50), options: [.requestedAddress: DHCPMessage.address("203.0.113.77")])
        #expect(wrong.kind == .nak)
        // An address that another client has.
        let taken: [DHCPMessage.Option: [UInt8]] = [.requestedAddress: try DHCPMessage.address(leases[1].yourAddress)]
        #expect(try client.ask(.request, DHCPClient.mac(51), options: taken).kind == .nak)

        try client.tell(
            .decline, nameless.mac, options: had.merging(server(Self.serverAddress)) { $1 })
        try client.tell(.discover, DHCPClient.mac(Self.deniedClient))

        // Its answer shows that the server has gone through all of the above, none of which it answered late.
        let last = try client.lease(DHCPClient.mac(60), hostname: "last")
        #expect(last.kind == .ack && last.yourAddress != nameless.yourAddress)
        return client.exchanged
    }

    private func useThroughRelay() throws -> [DHCPClient.Exchanged] {
        let relay = try DHCPClient(
            in: lab, network: "relay", server: Self.relayedServerAddress, relay: Self.relayAddress)
        var addresses: Set<String> = []
        for number: UInt8 in [70, 71] {
            let lease = try relay.lease(DHCPClient.mac(number), hostname: "branch-\(number)")
            #expect(lease.kind == .ack && lease.relayAddress == Self.relayAddress)
            addresses.insert(lease.yourAddress)
        }
        #expect(addresses.count == 2)
        // There is no third address, and this network is unknown: no answer to either.
        try relay.tell(.discover, DHCPClient.mac(72))
        let stranger = try DHCPClient(
            in: lab, network: "relay", server: Self.relayedServerAddress, relay: Self.strangeRelayAddress)
        try stranger.tell(.discover, DHCPClient.mac(73))
        let again = try relay.lease(DHCPClient.mac(70), hostname: "branch-70")
        #expect(again.kind == .ack)
        return relay.exchanged + stranger.exchanged
    }

    private func server(_ address: String) throws -> [DHCPMessage.Option: [UInt8]] {
        [.serverIdentifier: try DHCPMessage.address(address)]
    }

    /// Debian's dhclient gets an address, renews it and gives it back.
    private func useDhclient() throws -> DhclientReport {
        let script = try directory.write(
            """
            #!/bin/sh
            case $reason in
            BOUND | RENEW | REBIND | REBOOT) ip address replace "$new_ip_address/24" dev "$interface" ;;
            RELEASE | STOP | EXPIRE | FAIL) ip address flush dev "$interface" ;;
            esac
            # At its last message it ends at once, so that it sends no other one meanwhile.
            if [ "$reason" = RENEW ]; then kill -KILL "$PPID"; fi

            """, to: "dhclient-script")
        chmod(script, 0o755)
        let configuration = try directory.write(
            """
            send host-name "\(DhclientReport.hostname)";
            request subnet-mask, routers, host-name, dhcp-renewal-time, dhcp-rebinding-time;
            # An answer that comes late is no reason to ask again.
            initial-interval \(Int(patience));
            backoff-cutoff \(Int(patience));
            timeout \(Int(patience));

            """, to: "dhclient.conf")
        let arguments = [
            "-4", "-d", "-cf", configuration, "-lf", directory.file("dhclient.leases"),
            "-pf", directory.file("dhclient.pid"), "-sf", script,
        ]
        let client = try lab.start(lab.daemon("dhclient"), arguments + ["-1", "eth0"], network: "clients")
        guard try client.process.waitForExit() == .signal(SIGKILL) else {
            throw HarnessError(client.process.transcript)
        }
        // Another one reads what it left, and tells the server.
        let before = log.lines.count
        let release = try lab.start(lab.daemon("dhclient"), arguments + ["-r", "eth0"], network: "clients")
        guard try release.process.waitForExit() == .code(0) else { throw HarnessError(release.process.transcript) }
        // It does not wait until the server has read it.
        try log.wait(for: "RELEASE", after: before)
        let report = try DhclientReport(
            client.process.lines(.errors) + release.process.lines(.errors),
            leases: String(contentsOfFile: directory.file("dhclient.leases"), encoding: .utf8))
        #expect(report.server == Self.serverAddress)
        return report
    }
}

/// What dhclient said on its standard error, and the lease that it wrote down.
struct DhclientReport {
    static let hostname = "dhclient-host"

    struct Message {
        var kind: DHCPMessage.Kind
        var address: String?
    }

    var messages: [Message] = []
    /// Its interface's hardware address.
    let mac: String
    /// What the server calls itself.
    let server: String
    /// Seconds.
    let leaseTime: Int

    /// - Parameters:
    ///   - lines: such as `Listening on LPF/eth0/02:00:5e:00:00:01` and `DHCPACK of 192.0.2.7 from 192.0.2.1`.
    ///   - leases: its file of leases, with lines such as `option dhcp-lease-time 600;`.
    init(_ lines: [String], leases: String) throws {
        let kinds: [String: DHCPMessage.Kind] = [
            "DHCPDISCOVER": .discover, "DHCPOFFER": .offer, "DHCPREQUEST": .request, "DHCPACK": .ack, "DHCPNAK": .nak,
            "DHCPRELEASE": .release, "DHCPDECLINE": .decline,
        ]
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            guard let kind = words.first.flatMap({ kinds[$0] }) else { continue }
            let address = words.count > 2 && (words[1] == "of" || words[1] == "for") ? words[2] : nil
            messages.append(Message(kind: kind, address: address))
        }
        func option(_ name: String) -> String? {
            let line = leases.split(separator: "\n").last { $0.contains(" option \(name) ") }
            return line?.split(separator: " ").last.map { String($0.dropLast()) }
        }
        guard let listening = lines.first(where: { $0.hasPrefix("Listening on LPF/") }),
            let mac = listening.split(separator: "/").last,
            let server = option("dhcp-server-identifier"),
            let leaseTime = option("dhcp-lease-time").flatMap({ Int($0) })
        else { throw HarnessError("dhclient reported no lease:\n\(lines.joined(separator: "\n"))\n\(leases)") }
        self.mac = String(mac)
        self.server = server
        self.leaseTime = leaseTime
    }
}
