import Glibc

@testable import Admin

/// A connection whose bytes a test writes itself.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(_ place: AdminPlace) throws {
        guard case .tcp(_, let port) = place else { throw AdminError("\(place): a TCP address is expected") }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafeBytes(of: address) {
            connect(
                descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        guard result == 0 else { throw AdminError("connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Everything up to the end of the connection; a reset ends it too.
    func readAll() -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// Asks and reads the whole answer.
    static func ask(_ place: AdminPlace, _ text: String) throws -> String {
        let connection = try RawConnection(place)
        connection.write(text)
        return connection.readAll()
    }
}
