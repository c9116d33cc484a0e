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

    /// A socket of a type, bound here.
    /// - Parameters:
    ///   - name: of the transport, for errors.
    ///   - shared: whether others may bind the same address (`SO_REUSEPORT`).
    func open(_ type: Int32, _ name: String, shared: Bool) throws(InputError) -> Int32 {
        let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw InputError(place: text, operation: "open a socket for", errno: errno) }
        if type == Int32(SOCK_STREAM.rawValue) { SocketOption.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) }
        if shared, !SocketOption.set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) {
            let code = errno
            close(descriptor)
            throw InputError(place: text, operation: "share", errno: code)
        }
        // `[::]` takes IPv4 as well, as users of other syslog servers expect.
        if family == AF_INET6, isWildcard { SocketOption.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        guard withSockaddr({ bind(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            throw InputError(place: text, operation: "listen on \(name)", errno: code)
        }
        return descriptor
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
