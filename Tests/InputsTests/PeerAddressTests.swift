import Base
import Glibc
import Testing

@testable import Inputs

@Suite("Peer addresses")
struct PeerAddressTests {
    private func address(_ text: String) -> PeerAddress {
        if text.contains(":") {
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = 514
            inet_pton(AF_INET6, text, &raw.sin6_addr)
            return withUnsafeBytes(of: raw) { PeerAddress($0.baseAddress!, length: $0.count) }
        }
        var raw = sockaddr_in()
        raw.sin_family = sa_family_t(AF_INET)
        raw.sin_port = 514
        inet_pton(AF_INET, text, &raw.sin_addr)
        return withUnsafeBytes(of: raw) { PeerAddress($0.baseAddress!, length: $0.count) }
    }

    @Test(
        "A socket address gives its text and bytes; a mapped IPv4 address is IPv4",
        arguments: [
            ("192.0.2.7", "192.0.2.7", 4), ("0.0.0.0", "0.0.0.0", 4), ("2001:db8::1", "2001:db8::1", 16),
            ("::", "::", 16),
            ("::1", "::1", 16), ("::ffff:192.0.2.7", "192.0.2.7", 4), ("::fffe:c000:207", "::fffe:c000:207", 16),
            ("1::ffff:192.0.2.7", "1::ffff:c000:207", 16),
        ])
    func texts(_ given: String, _ text: String, _ count: Int) {
        let peer = address(given)
        #expect(peer.text == text && Int(peer.count) == count)
        #expect(peer.withBytes { $0.count } == count)
    }

    @Test("The same address is equal from both families, and hashes alike")
    func equality() {
        #expect(address("::ffff:10.1.2.3") == address("10.1.2.3"))
        #expect(address("10.1.2.3").bytes.hashWord == address("::ffff:10.1.2.3").bytes.hashWord)
        #expect(address("10.1.2.3") != address("10.1.2.4"))
        // The same first bytes, but another family.
        #expect(address("10.1.2.3") != address("a01:203::"))
    }

    @Test("No address, a short one, and another family are none")
    func none() {
        var unix = sockaddr_un()
        unix.sun_family = sa_family_t(AF_UNIX)
        withUnsafeBytes(of: unix) { bytes in
            for length in [0, 2, 15, bytes.count] { #expect(PeerAddress(bytes.baseAddress!, length: length) == .none) }
        }
        #expect(PeerAddress.none.text == "")
        var short = sockaddr_in6()
        short.sin6_family = sa_family_t(AF_INET6)
        withUnsafeBytes(of: short) { #expect(PeerAddress($0.baseAddress!, length: 16) == .none) }
    }

    @Test("An allowed network holds its addresses, family by family")
    func networks() {
        let v4 = Network(bytes: [10, 1, 0, 0], prefixLength: 16)
        #expect(v4.contains(address("10.1.255.9")) && v4.contains(address("::ffff:10.1.2.3")))
        #expect(!v4.contains(address("10.2.0.1")) && !v4.contains(address("a01::")) && !v4.contains(.none))
        let all = Network(bytes: [0, 0, 0, 0], prefixLength: 0)
        #expect(all.contains(address("255.255.255.255")) && !all.contains(address("::1")))
    }

    @Test("A source is an IPv4 address, or the first bits of an IPv6 address")
    func sources() {
        let v4 = address("192.0.2.1")
        #expect(
            v4.source(prefix: 64) == v4 && v4.source(prefix: 1) == v4 && PeerAddress.none.source(prefix: 64) == .none)
        let v6 = address("2001:db8:1:2:3:4:5:6")
        #expect(v6.source(prefix: 64) == address("2001:db8:1:2::"))
        #expect(v6.source(prefix: 56) == address("2001:db8:1::"))
        #expect(v6.source(prefix: 128) == v6 && v6.source(prefix: 120) == address("2001:db8:1:2:3:4:5:0"))
        #expect(v6.source(prefix: 0) == address("::") && v6.source(prefix: 16) == address("2001::"))
    }
}
