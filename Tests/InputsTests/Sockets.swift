import Foundation
import Inputs
import Logging
import Synchronization
import TestSupport
import Testing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A plain socket of the test's own.
final class Client: Sendable {
    let descriptor: Int32
    private let isClosed = Atomic<Bool>(false)

    /// Connected to `host:port` on 127.0.0.1.
    init(_ place: String, _ type: __socket_type) throws {
        let port = UInt16(place.split(separator: ":").last!)!
        descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0, "connect to \(place): \(String(cString: strerror(errno)))")
    }

    /// Connected to a unix datagram socket.
    init(unix path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0, "connect to \(path): \(String(cString: strerror(errno)))")
    }

    deinit { close() }

    /// What the kernel took now, without waiting; -1 when nothing.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Int {
        let bytes = Array(bytes)
        return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }

    @discardableResult
    func send(_ text: String) -> Int { send(Array(text.utf8)) }

    /// Sends all of it, waiting for the peer to take it.
    func sendAll(_ bytes: [UInt8]) async throws {
        var at = 0
        try await eventually("the peer takes \(bytes.count) bytes") {
            let count = send(bytes[at...].prefix(65536))
            if count > 0 { at += count }
            return at == bytes.count
        }
    }

    /// Whether the peer has closed the connection.
    var isEnded: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }

    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    func close() {
        if !isClosed.exchange(true, ordering: .relaxed) { Glibc.close(descriptor) }
    }
}

/// A pipe's ends: to read from, to write to.
func makePipe(nonBlocking: Bool = false) throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    if nonBlocking { try #require(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) }
    return (ends[0], ends[1])
}
