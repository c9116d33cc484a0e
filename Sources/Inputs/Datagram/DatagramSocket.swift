import Glibc
import Logging

/// A bound datagram socket.
public final class DatagramSocket: @unchecked Sendable {
    /// The descriptor; -1 once closed.
    private(set) var descriptor: Int32
    /// The most datagrams that its receive buffer can hold: the kernel charges even an empty one more than 256 bytes.
    var mostHeld: Int { max(1024, receiveBuffer / 256) }

    /// Nanoseconds that the receiver may rest between two calls: at 200,000 datagrams a second, which the kernel charges
    /// about 1 KiB each, they fill a quarter of the buffer; at most 3 ms. A unix socket's queue is counted in datagrams,
    /// few of them, and a sender waits when it is full: no rest there.
    var rest: Int {
        if path != nil { return 0 }
        return min(3_000_000, receiveBuffer / 1024 / 4 * 5_000)
    }

    /// Bytes that the kernel may hold, its own bookkeeping included.
    private var receiveBuffer: Int {
        var got: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &got, &length) == 0 ? Int(got) : 212_992
    }

    /// `host:port` as bound, or the path.
    public let place: String
    private let path: String?

    private init(descriptor: Int32, place: String, path: String?) {
        self.descriptor = descriptor
        self.place = place
        self.path = path
    }

    deinit { close() }

    /// Binds a UDP socket.
    /// - Parameters:
    ///   - host: an address, or a name that resolves to one; empty = every IPv4 address.
    ///   - port: 0 = a free one.
    ///   - shared: whether several sockets share the port (`SO_REUSEPORT`), one per thread.
    ///   - receiveBuffer: bytes of kernel memory for what waits; the kernel's clamp is read back and warned about.
    public static func udp(
        host: String, port: UInt16, shared: Bool, receiveBuffer: Int, logger: Logger
    ) throws(InputError) -> DatagramSocket {
        let address = try SocketAddress.resolve(host: host, port: port, type: Int32(SOCK_DGRAM.rawValue))
        let descriptor = socket(address.family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw InputError(place: address.text, operation: "open", errno: errno) }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        if shared, setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, size) != 0 {
            let code = errno
            Glibc.close(descriptor)
            throw InputError(place: address.text, operation: "share", errno: code)
        }
        if address.family == AF_INET6, address.isWildcard {
            // `[::]` takes IPv4 as well, as users of other syslog servers expect.
            var off: Int32 = 0
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, size)
        }
        guard address.withSockaddr({ bind(descriptor, $0, $1) }) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw InputError(place: address.text, operation: "listen on udp", errno: code)
        }
        setReceiveBuffer(descriptor, receiveBuffer, place: address.text, logger: logger)
        return DatagramSocket(descriptor: descriptor, place: SocketAddress.local(of: descriptor).text, path: nil)
    }

    /// Binds a unix datagram socket. A socket that an earlier process left at the path is replaced; one that a living
    /// process receives on, and anything else there, is an error.
    public static func unix(
        path: String, mode: UInt16, receiveBuffer: Int, logger: Logger
    ) throws(InputError) -> DatagramSocket {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let most = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard path.utf8.count <= most, !path.isEmpty else {
            throw InputError(place: path, operation: "use a socket path of 1 to \(most) bytes:")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw InputError(place: path, operation: "open", errno: errno) }
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else {
                Glibc.close(descriptor)
                throw InputError(place: path, operation: "replace what is no socket at")
            }
            guard !isAlive(address) else {
                Glibc.close(descriptor)
                throw InputError(place: path, operation: "listen on unix datagram socket", errno: EADDRINUSE)
            }
            unlink(path)
        }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw InputError(place: path, operation: "listen on unix datagram socket", errno: code)
        }
        chmod(path, mode_t(mode))
        setReceiveBuffer(descriptor, receiveBuffer, place: path, logger: logger)
        return DatagramSocket(descriptor: descriptor, place: path, path: path)
    }

    /// Whether some process receives there: a socket whose process is gone refuses connections.
    private static func isAlive(_ address: sockaddr_un) -> Bool {
        let probe = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { return false }
        defer { Glibc.close(probe) }
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    private static func setReceiveBuffer(_ descriptor: Int32, _ wanted: Int, place: String, logger: Logger) {
        var value = Int32(clamping: wanted)
        let size = socklen_t(MemoryLayout<Int32>.size)
        // With CAP_NET_ADMIN the limit of net.core.rmem_max does not hold.
        if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &value, size) != 0 {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &value, size)
        }
        var got: Int32 = 0
        var length = size
        // The kernel doubles what it was asked for, for its own bookkeeping.
        if getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &got, &length) == 0, Int(got) / 2 < wanted {
            logger.warning(
                "receive buffer smaller than asked: raise net.core.rmem_max",
                metadata: ["address": "\(place)", "asked": "\(wanted)", "got": "\(got / 2)"])
        }
    }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
        if let path { unlink(path) }
    }
}
