import Base
import Glibc

/// A client's connection to an admin server: what `kafkastreamer status`, `health`, `tap` and `top` ask through. Blocking,
/// of one thread.
public struct ClientSocket: ~Copyable {
    private let descriptor: Int32
    private let place: AdminPlace

    private init(_ descriptor: Int32, _ place: AdminPlace) {
        self.descriptor = descriptor
        self.place = place
    }

    deinit { close(descriptor) }

    /// Connects.
    /// - Parameter milliseconds: how long connecting, and each read or write, may take; 0 = as long as it takes.
    public static func connect(_ place: AdminPlace, milliseconds: Int) throws(AdminError) -> ClientSocket {
        switch place {
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
                throw AdminError("\(path): longer than a socket's path may be")
            }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return try withUnsafeBytes(of: &address) { bytes throws(AdminError) in
                try connect(place, AF_UNIX, bytes.baseAddress!, socklen_t(bytes.count), milliseconds)
            }
        case .tcp(let host, let port):
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var list: UnsafeMutablePointer<addrinfo>?
            // A server on all interfaces is asked on this machine's own.
            let name = host.isEmpty || host == "0.0.0.0" || host == "*" ? "127.0.0.1" : host == "::" ? "::1" : host
            let result = getaddrinfo(name, "\(port)", &hints, &list)
            guard result == 0, list != nil else {
                throw AdminError("\(place): \(String(cString: gai_strerror(result)))")
            }
            defer { freeaddrinfo(list) }
            var last: AdminError?
            var entry = list
            while let info = entry?.pointee {
                do throws(AdminError) {
                    return try connect(
                        place, info.ai_family, UnsafeRawPointer(info.ai_addr), info.ai_addrlen, milliseconds)
                } catch {
                    last = error
                }
                entry = info.ai_next
            }
            throw last ?? AdminError("\(place): no address")
        }
    }

    private static func connect(
        _ place: AdminPlace, _ family: Int32, _ address: UnsafeRawPointer, _ count: socklen_t, _ milliseconds: Int
    ) throws(AdminError) -> ClientSocket {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw AdminError("\(place): \(reason())") }
        let client = ClientSocket(descriptor, place)
        if milliseconds > 0 {
            var time = timeval(tv_sec: milliseconds / 1000, tv_usec: (milliseconds % 1000) * 1000)
            for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
                setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
            }
        }
        guard Glibc.connect(descriptor, address.assumingMemoryBound(to: sockaddr.self), count) == 0 else {
            throw AdminError("\(place): \(reason())")
        }
        return client
    }

    private static func reason() -> String {
        errno == EAGAIN || errno == EINPROGRESS ? "no answer in time" : SystemError.text(of: errno)
    }

    /// Asks for a path. The answer ends with the connection.
    public borrowing func ask(_ path: String) throws(AdminError) {
        // HTTP/1.0: the body comes as it is, to the end of the connection.
        var rest = Array("GET \(path) HTTP/1.0\r\nHost: localhost\r\n\r\n".utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw AdminError("\(place): \(Self.reason())") }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads what has come, waiting for it; empty at the end.
    public borrowing func read() throws(AdminError) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw AdminError("\(place): \(Self.reason())") }
            return Array(chunk[..<count])
        }
    }
}

/// A whole answer.
public struct AdminReply: Sendable {
    /// The status of RFC 9110.
    public var status: Int
    /// What followed the headers.
    public var body: String

    /// Asks a server for a path and reads all of its answer, of which more than 64 MiB is none of ours.
    public static func get(_ place: AdminPlace, _ path: String, milliseconds: Int) throws(AdminError) -> AdminReply {
        let client = try ClientSocket.connect(place, milliseconds: milliseconds)
        try client.ask(path)
        var bytes: [UInt8] = []
        while true {
            let chunk = try client.read()
            if chunk.isEmpty { break }
            bytes += chunk
            guard bytes.count <= 64 << 20 else { throw AdminError("\(place): an answer without end") }
        }
        guard let head = head(bytes) else { throw AdminError("\(place): this is no HTTP server") }
        return AdminReply(status: head.status, body: String(decoding: bytes[head.end...], as: UTF8.self))
    }

    /// The status and where the body begins; nil while the headers are not complete, or when there are none.
    public static func head(_ bytes: [UInt8]) -> (status: Int, end: Int)? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let line = String(decoding: bytes.prefix { $0 != 13 }, as: UTF8.self).split(separator: " ")
        guard line.count >= 2, line[0].hasPrefix("HTTP/"), let status = Int(line[1]) else { return nil }
        return (status, end.upperBound)
    }
}
