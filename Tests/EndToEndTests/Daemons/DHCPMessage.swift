import Glibc

/// A DHCPv4 message (RFC 2131), with what the tests need of it.
struct DHCPMessage {
    /// Option 53 (RFC 2132, section 9.6).
    enum Kind: UInt8 {
        case discover = 1, offer, request, decline, ack, nak, release, inform
    }

    /// The options that the tests send and read, by their codes of RFC 2132.
    enum Option: UInt8 {
        case hostName = 12
        case requestedAddress = 50
        case leaseTime = 51
        case kind = 53
        case serverIdentifier = 54
    }

    var kind: Kind
    /// The client picks it, and the answer repeats it.
    var transaction: UInt32
    /// Six bytes.
    var mac: [UInt8]
    /// `ciaddr`: the client's, once it has one.
    var clientAddress = "0.0.0.0"
    /// `yiaddr`: what the server gives.
    var yourAddress = "0.0.0.0"
    /// `giaddr`: the relay's, on the client's side.
    var relayAddress = "0.0.0.0"
    var options: [Option: [UInt8]] = [:]

    /// Where the options begin, with their four magic bytes.
    private static let optionsOffset = 236
    private static let magic: [UInt8] = [99, 130, 83, 99]

    init(_ kind: Kind, transaction: UInt32, mac: [UInt8]) {
        self.kind = kind
        self.transaction = transaction
        self.mac = mac
    }

    /// nil when the bytes are no DHCP message.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count >= Self.optionsOffset + 4,
            Array(bytes[Self.optionsOffset..<Self.optionsOffset + 4]) == Self.magic
        else { return nil }
        var position = Self.optionsOffset + 4
        while position < bytes.count, bytes[position] != 255 {
            if bytes[position] == 0 {
                position += 1
                continue
            }
            guard position + 1 < bytes.count, position + 2 + Int(bytes[position + 1]) <= bytes.count else { return nil }
            let end = position + 2 + Int(bytes[position + 1])
            if let option = Option(rawValue: bytes[position]) { options[option] = Array(bytes[position + 2..<end]) }
            position = end
        }
        guard let kind = options[.kind]?.first.flatMap(Kind.init) else { return nil }
        self.kind = kind
        transaction = Self.number(bytes[4..<8])
        mac = Array(bytes[28..<34])
        clientAddress = Self.text(bytes[12..<16])
        yourAddress = Self.text(bytes[16..<20])
        relayAddress = Self.text(bytes[24..<28])
    }

    /// The message of a client, or of a relay, as bytes.
    func encoded() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.optionsOffset)
        bytes[0] = 1  // BOOTREQUEST
        bytes[1] = 1  // Ethernet
        bytes[2] = 6
        bytes.replaceSubrange(4..<8, with: Self.bytes(transaction))
        // The answer may be broadcast: the client has no address to which it could come.
        bytes[10] = 0x80
        bytes.replaceSubrange(12..<16, with: try Self.address(clientAddress))
        bytes.replaceSubrange(24..<28, with: try Self.address(relayAddress))
        bytes.replaceSubrange(28..<34, with: mac)
        bytes += Self.magic + [Option.kind.rawValue, 1, kind.rawValue]
        for (option, value) in options.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where option != .kind {
            bytes += [option.rawValue, UInt8(value.count)] + value
        }
        bytes.append(255)
        // BOOTP's least size (RFC 1542, section 2.1).
        return bytes + [UInt8](repeating: 0, count: max(0, 300 - bytes.count))
    }

    /// An option that is an address.
    func address(_ option: Option) -> String? {
        options[option].flatMap { $0.count == 4 ? Self.text($0[...]) : nil }
    }

    /// Seconds.
    var leaseTime: Int? { options[.leaseTime].map { Int(Self.number($0[...])) } }

    /// The four bytes of an IPv4 address.
    static func address(_ text: String) throws -> [UInt8] {
        var address = in_addr()
        guard inet_pton(AF_INET, text, &address) == 1 else { throw HarnessError("\(text) is no IPv4 address") }
        return withUnsafeBytes(of: address) { Array($0) }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map(String.init).joined(separator: ".")
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
