import Base
import Glibc

/// The address that a message came from, as a plain value: no port, because a sender's port says nothing.
public struct PeerAddress: Hashable, Sendable {
    /// The address's bytes in network order; for IPv4 the first four count.
    public var bytes: InlineBytes
    /// 4, 16, or 0 for none (a unix socket, a file).
    public var count: UInt8

    /// Sixteen bytes that can be compared and hashed.
    public struct InlineBytes: Hashable, Sendable {
        var high: UInt64 = 0
        var low: UInt64 = 0

        /// Both words as they lie in memory.
        public var words: (UInt64, UInt64) { (high, low) }

        /// Both words mixed, for a table's slot.
        public var hashWord: UInt64 { high ^ low &* 0x9E37_79B9_7F4A_7C15 }
    }

    /// No address.
    public static var none: PeerAddress { PeerAddress(bytes: InlineBytes(), count: 0) }

    init(bytes: InlineBytes, count: UInt8) {
        self.bytes = bytes
        self.count = count
    }

    /// Reads a socket address. An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`) is given as IPv4.
    public init(_ source: UnsafeRawPointer, length: Int) {
        self = .none
        guard length >= MemoryLayout<sockaddr>.size else { return }
        switch Int32(source.load(as: sockaddr.self).sa_family) {
        case AF_INET:
            copy(from: source + MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)!, count: 4)
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            let address = source + MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!
            let isMapped =
                address.loadUnaligned(as: UInt64.self) == 0
                && address.loadUnaligned(fromByteOffset: 8, as: UInt32.self) == UInt32(bigEndian: 0xFFFF)
            if isMapped { copy(from: address + 12, count: 4) } else { copy(from: address, count: 16) }
        default:
            return
        }
    }

    private mutating func copy(from address: UnsafeRawPointer, count: Int) {
        withUnsafeMutableBytes(of: &bytes) { $0.baseAddress!.copyMemory(from: address, byteCount: count) }
        self.count = UInt8(count)
    }

    /// The source that the address belongs to: an IPv4 address is one; of an IPv6 address the first bits are, as a host
    /// has a whole network of them to choose from.
    public func source(prefix: Int) -> PeerAddress {
        guard count == 16, prefix < 128 else { return self }
        var source = self
        let high = UInt64(bigEndian: bytes.high)
        let low = UInt64(bigEndian: bytes.low)
        let kept = min(max(prefix, 0), 128)
        source.bytes.high = (kept >= 64 ? high : kept == 0 ? 0 : high & ~(UInt64.max >> UInt64(kept))).bigEndian
        source.bytes.low = (kept <= 64 ? 0 : low & ~(UInt64.max >> UInt64(kept - 64))).bigEndian
        return source
    }

    /// Calls `body` with the address's bytes in network order.
    @inlinable public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: bytes) { body(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(count)))) }
    }

    /// The usual text, empty for none.
    public var text: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = count == 4 ? AF_INET : AF_INET6
        guard count > 0 else { return "" }
        return withUnsafeBytes(of: bytes) { address in
            inet_ntop(family, address.baseAddress!, &text, socklen_t(text.count)) == nil
                ? "" : text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        }
    }
}

extension Network {
    /// Whether the network holds a sender's address.
    public func contains(_ address: PeerAddress) -> Bool { address.withBytes { contains($0) } }
}
