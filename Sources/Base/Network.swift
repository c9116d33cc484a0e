/// An IPv4 or IPv6 network: plain bytes and a prefix, in network order.
public struct Network: Sendable, Hashable, CustomStringConvertible {
    /// The first address: 4 bytes (IPv4) or 16 (IPv6); every bit past the prefix is 0.
    public let bytes: [UInt8]
    /// Bits that an address must have in common with it: 0 to 32, or 0 to 128.
    public let prefixLength: Int

    /// The network of an address; nil where there are not 4 or 16 bytes or the prefix does not fit them.
    public init?(address: [UInt8], prefixLength: Int) {
        guard address.count == 4 || address.count == 16, (0...address.count * 8).contains(prefixLength) else {
            return nil
        }
        bytes = address.enumerated().map { index, byte in
            let kept = min(max(prefixLength - index * 8, 0), 8)
            return kept == 0 ? 0 : byte & (0xFF << UInt8(8 - kept))
        }
        self.prefixLength = prefixLength
    }

    /// The network of an address that is known to be one: 4 or 16 bytes, and a prefix that fits them.
    public init(bytes: [UInt8], prefixLength: Int) {
        guard let network = Network(address: bytes, prefixLength: prefixLength) else {
            preconditionFailure("\(bytes.count) bytes and a prefix of \(prefixLength) are no network")
        }
        self = network
    }

    /// A CIDR, `192.0.2.0/24`, or an address alone. Bits past the prefix are dropped.
    public init(_ text: String) throws(ValueFault) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = AddressText.parse(first) else {
            throw ValueFault("a network such as 192.0.2.0/24 or 2001:db8::/32")
        }
        let digits = parts.count == 2 ? String(parts[1]) : "\(bytes.count * 8)"
        guard (1...3).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let prefix = Int(digits), let network = Network(address: bytes, prefixLength: prefix)
        else { throw ValueFault("a prefix length from 0 to \(bytes.count * 8) after the address") }
        self = network
    }

    /// Whether an address (4 or 16 bytes, network byte order) lies in the network. An IPv4 address that a dual-stack
    /// socket shows as `::ffff:a.b.c.d` is expected as its 4 bytes.
    public func contains(_ address: UnsafeRawBufferPointer) -> Bool {
        guard address.count == bytes.count else { return false }
        let whole = prefixLength / 8
        for index in 0..<whole where address[index] != bytes[index] { return false }
        let bits = prefixLength % 8
        guard bits > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
        return address[whole] & mask == bytes[whole]
    }

    /// Whether `address`, of 4 or 16 bytes, is in the network. Families never match each other.
    public func contains(_ address: [UInt8]) -> Bool { address.withUnsafeBytes { contains($0) } }

    /// `192.0.2.0/24` or `2001:db8::/32`.
    public var description: String { "\(AddressText.format(bytes))/\(prefixLength)" }
}
