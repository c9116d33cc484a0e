import Glibc

/// An IPv4 address and port, `127.0.0.1:5514`.
struct SocketAddress: CustomStringConvertible, Sendable {
    private var raw = sockaddr_in()

    init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = UInt16(parts[1]), inet_pton(AF_INET, String(parts[0]), &raw.sin_addr) == 1
        else { throw Failure("\(text): expected an IPv4 address and a port, such as 127.0.0.1:5514") }
        raw.sin_family = sa_family_t(AF_INET)
        raw.sin_port = port.bigEndian
    }

    /// The address a socket is bound to.
    init(ofSocket socket: Int32) throws {
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &raw) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        guard result == 0 else { throw Failure.system("getsockname") }
    }

    var port: UInt16 { UInt16(bigEndian: raw.sin_port) }

    var description: String {
        var copy = raw.sin_addr
        var buffer = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
        inet_ntop(AF_INET, &copy, &buffer, socklen_t(INET_ADDRSTRLEN))
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + ":\(port)"
    }

    /// A new socket bound to this address; a listening one for TCP.
    func listen(_ transport: Transport, receiveBuffer: Int32 = 0) throws -> Int32 {
        let descriptor = try transport.socket()
        if receiveBuffer > 0 {
            var size = receiveBuffer
            // Past the system's limit for root; the plain option, clamped, for everyone else.
            if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, socklen_t(4)) != 0 {
                guard setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(4)) == 0 else {
                    throw Failure.system("setsockopt SO_RCVBUF")
                }
            }
        }
        guard withRaw({ bind(descriptor, $0, $1) }) == 0 else { throw Failure.system("bind \(self)") }
        if transport == .tcp, Glibc.listen(descriptor, 64) != 0 { throw Failure.system("listen \(self)") }
        return descriptor
    }

    /// A new socket connected to this address.
    func connect(_ transport: Transport) throws -> Int32 {
        let descriptor = try transport.socket()
        guard withRaw({ Glibc.connect(descriptor, $0, $1) }) == 0 else { throw Failure.system("connect \(self)") }
        return descriptor
    }

    private func withRaw<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: raw) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    /// A port that nothing uses at this moment, for a program that cannot choose one itself.
    static func freePort(_ transport: Transport) throws -> UInt16 {
        let descriptor = try SocketAddress("127.0.0.1:0").listen(transport)
        defer { close(descriptor) }
        return try SocketAddress(ofSocket: descriptor).port
    }

    /// Whether a socket of this machine is bound to the port (read from /proc, so that the program is not disturbed).
    static func isBound(_ transport: Transport, port: UInt16) throws -> Bool {
        let table = try readFile("/proc/net/\(transport.rawValue)")
        let hex = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - hex.count) + hex
        let listening = transport == .tcp ? "0A" : "07"
        return table.split(separator: "\n").dropFirst().contains { row in
            let columns = row.split(separator: " ")
            return columns.count > 3 && columns[1].hasSuffix(suffix) && columns[3] == listening
        }
    }
}

/// How messages reach the receiver.
enum Transport: String, Codable, Sendable, CaseIterable {
    case tcp
    case udp

    fileprivate func socket() throws -> Int32 {
        let kind = self == .tcp ? SOCK_STREAM : SOCK_DGRAM
        let descriptor = Glibc.socket(AF_INET, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system("socket") }
        return descriptor
    }
}

/// The whole of a small text file.
func readFile(_ path: String) throws -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.system("open \(path)") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0 {
            if errno == EINTR { continue }
            throw Failure.system("read \(path)")
        }
        if count == 0 { break }
        bytes.append(contentsOf: chunk[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
}
