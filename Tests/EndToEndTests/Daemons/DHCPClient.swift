import Foundation
import Glibc

/// Clients of a DHCP server, or of a relay, behind one UDP socket in a network of a lab. They also do what dhclient
/// does not do when it is asked to, such as taking another's address, and keep account of everything.
///
/// Nothing is sent twice, so that what a server logs can be counted.
final class DHCPClient {
    /// What a server was told or said: every message that has to be in its log.
    struct Exchanged {
        var message: DHCPMessage
        /// The host name of the lease that it is about, which the server may repeat.
        var hostname: String?
        /// What the client asked for or has; of a refusal, what was refused.
        var address: String?
    }

    private let descriptor: Int32
    private let server: String
    private let relay: String?
    private(set) var exchanged: [Exchanged] = []

    /// - Parameters:
    ///   - server: where messages are sent; a relay knows its server, a client asks everybody.
    ///   - relay: the relay's address on the side of its clients.
    init(
        in lab: NetworkLab, network: String, interface: String = "eth0", server: String = "255.255.255.255",
        relay: String? = nil
    ) throws {
        self.server = server
        self.relay = relay
        descriptor = try lab.socket(AF_INET, SOCK_DGRAM, network: network)
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        var name = try Self.name(relay ?? "0.0.0.0", port: relay == nil ? 68 : 67)
        guard setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &yes, size) == 0,
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size) == 0,
            setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, interface, socklen_t(interface.utf8.count)) == 0,
            withUnsafePointer(
                to: &name,
                {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }) == 0
        else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw HarnessError("a DHCP client's socket on \(interface): \(reason)")
        }
    }

    deinit { close(descriptor) }

    /// A client's hardware address, of those for local use.
    static func mac(_ number: UInt8) -> [UInt8] { [2, 0, 0x5E, 0, 0, number] }

    /// Asks for an address and takes the one that is offered.
    @discardableResult
    func lease(_ mac: [UInt8], hostname: String? = nil) throws -> DHCPMessage {
        let offer = try ask(.discover, mac, hostname: hostname)
        guard offer.kind == .offer else { throw HarnessError("an answer to DHCPDISCOVER is \(offer.kind)") }
        return try ask(.request, mac, hostname: hostname, options: selecting(offer))
    }

    /// Gives the options of the request that takes an offer.
    func selecting(_ offer: DHCPMessage) throws -> [DHCPMessage.Option: [UInt8]] {
        [
            .requestedAddress: try DHCPMessage.address(offer.yourAddress),
            .serverIdentifier: offer.options[.serverIdentifier] ?? [],
        ]
    }

    /// Sends a message and waits for its answer.
    /// - Parameter to: another place than the usual one.
    func ask(
        _ kind: DHCPMessage.Kind, _ mac: [UInt8], hostname: String? = nil, clientAddress: String = "0.0.0.0",
        options: [DHCPMessage.Option: [UInt8]] = [:], to: String? = nil
    ) throws -> DHCPMessage {
        let message = try tell(
            kind, mac, hostname: hostname, clientAddress: clientAddress, options: options, to: to)
        let deadline = Date(timeIntervalSinceNow: patience)
        while Date() < deadline {
            var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waited, 1, 100) > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: 2048)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0, bytes[0] == 2, let answer = DHCPMessage(decoding: Array(bytes[..<count])),
                answer.transaction == message.transaction
            else { continue }
            let address = answer.kind == .nak ? message.address(.requestedAddress) : clientAddress
            exchanged.append(Exchanged(message: answer, hostname: hostname, address: address))
            return answer
        }
        throw HarnessError("no answer to \(message)")
    }

    /// Sends a message that has no answer, or must get none.
    @discardableResult
    func tell(
        _ kind: DHCPMessage.Kind, _ mac: [UInt8], hostname: String? = nil, clientAddress: String = "0.0.0.0",
        options: [DHCPMessage.Option: [UInt8]] = [:], to: String? = nil
    ) throws -> DHCPMessage {
        var message = DHCPMessage(kind, transaction: .random(in: 1...UInt32.max), mac: mac)
        message.clientAddress = clientAddress
        message.relayAddress = relay ?? message.relayAddress
        message.options = options
        if let hostname { message.options[.hostName] = Array(hostname.utf8) }
        let bytes = try message.encoded()
        var name = try Self.name(to ?? server, port: 67)
        let sent = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard sent == bytes.count else { throw HarnessError("not sent: \(String(cString: strerror(errno)))") }
        exchanged.append(
            Exchanged(
                message: message, hostname: hostname,
                address: message.address(.requestedAddress) ?? (clientAddress == "0.0.0.0" ? nil : clientAddress)))
        return message
    }

    private static func name(_ address: String, port: UInt16) throws -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else {
            throw HarnessError("\(address) is no IPv4 address")
        }
        return name
    }
}
