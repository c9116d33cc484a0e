import Glibc

/// An address to bind, resolved.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t = 0

    /// Resolves a host and a port to the first address the system gives.
    static func resolve(host: String, port: UInt16, type: Int32) throws(InputError) -> SocketAddress {
        var hints = addrinfo()
        hints.ai_socktype = type
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        if host.isEmpty { hints.ai_family = AF_INET }
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list)
        guard failure == 0, let first = list else {
            let reason = failure == 0 ? "no address" : String(cString: gai_strerror(failure))
            throw InputError(place: "\(host):\(port) (\(reason))", operation: "resolve")
        }
        defer { freeaddrinfo(list) }
        var address = SocketAddress()
        address.length = first.pointee.ai_addrlen
        withUnsafeMutableBytes(of: &address.storage) {
            $0.baseAddress!.copyMemory(from: first.pointee.ai_addr!, byteCount: Int(first.pointee.ai_addrlen))
        }
        return address
    }

    /// Where a socket is bound.
    static func local(of descriptor: Int32) -> SocketAddress {
        var address = SocketAddress()
        address.length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &address.storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = getsockname(descriptor, pointer, &address.length)
            }
        }
        return address
    }

    var family: Int32 { Int32(storage.ss_family) }

    var isWildcard: Bool { text.hasPrefix("[::]:") || text.hasPrefix("0.0.0.0:") }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// `192.0.2.1:514` or `[2001:db8::1]:514`.
    var text: String {
        withUnsafeBytes(of: storage) { bytes in
            let port = UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
            let address = PeerAddress(bytes.baseAddress!, length: Int(length)).text
            return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        }
    }
}
