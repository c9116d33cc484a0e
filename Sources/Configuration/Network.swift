extension Configuration {
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

        /// Whether `address`, of 4 or 16 bytes, is in the network. Families never match each other.
        public func contains(_ address: [UInt8]) -> Bool {
            address.count == bytes.count && Network(address: address, prefixLength: prefixLength) == self
        }

        /// `192.0.2.0/24` or `2001:db8::/32`.
        public var description: String { "\(IPAddressText.format(bytes))/\(prefixLength)" }
    }

    /// Where a listener binds.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        /// An IP address (without brackets) or a name; empty = all IPv4 interfaces, as `0.0.0.0`.
        public var host: String
        /// The port; 0 = any that is free.
        public var port: UInt16

        /// A host and a port.
        public init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }

        /// An address as the configuration and the command line write it: `host:port`, `[v6]:port`, `:port` or
        /// `port`; nil for anything else.
        public init?(_ text: String) {
            guard let address = try? ScalarText.address(text) else { return nil }
            self = address
        }

        /// `host:port`, with brackets round IPv6.
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }
}

/// IPv4 and IPv6 addresses as text.
enum IPAddressText {
    /// The 4 or 16 bytes of an address, nil where it is none. No zone index, no leading zero in a decimal part.
    static func parse(_ text: Substring) -> [UInt8]? {
        text.contains(":") ? parseIPv6(text) : parseIPv4(text)
    }

    private static func parseIPv4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }),
                part.utf8.count == 1 || part.first != "0", let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func parseIPv6(_ text: Substring) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else {
            guard let bytes = groups(text), bytes.count == 16 else { return nil }
            return bytes
        }
        let head = text[..<gap.lowerBound]
        let tail = text[gap.upperBound...]
        // An IPv4 part is legal at the very end only, so never before the gap.
        guard let front = head.isEmpty ? [] : groups(head), let back = tail.isEmpty ? [] : groups(tail),
            !head.contains("."), front.count + back.count <= 14
        else { return nil }
        return front + [UInt8](repeating: 0, count: 16 - front.count - back.count) + back
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part.contains("."), index == parts.count - 1 {
                guard let last = parseIPv4(part) else { return nil }
                bytes += last
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy({ $0.isASCII && $0.isHexDigit }),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }

    /// The usual text of 4 or 16 bytes (RFC 5952 for IPv6).
    static func format(_ bytes: [UInt8]) -> String {
        guard bytes.count == 16 else { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > best.count, end - start > 1 { best = start..<end }
            start = max(end, start + 1)
        }
        let text = { (range: Range<Int>) in range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    }
}
