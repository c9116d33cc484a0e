import Foundation
import Glibc

/// IPv4 sockets of the test itself.
enum Socket {
    static func open(_ type: __socket_type) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw HarnessError("socket: \(String(cString: strerror(errno)))") }
        return descriptor
    }

    /// A socket that sends to `address`.
    static func connected(_ type: __socket_type, to address: Streamer.Address) throws -> Int32 {
        let descriptor = try open(type)
        guard try withName(address, { connect(descriptor, $0, $1) }) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw HarnessError("connect to \(address): \(reason)")
        }
        return descriptor
    }

    /// A TCP port of 127.0.0.1 that nothing listens on: for a listener that has to be known before it exists.
    static func freePort() throws -> UInt16 {
        let (descriptor, port) = try bound()
        close(descriptor)
        return port
    }

    /// A TCP socket of 127.0.0.1 with a port of its own.
    static func bound() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = try open(SOCK_STREAM)
        var name = sockaddr_in()
        var count = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard try withName(Streamer.Address(host: "127.0.0.1", port: 0), { bind(descriptor, $0, $1) }) == 0,
            withUnsafeMutablePointer(
                to: &name,
                { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &count) } }) == 0
        else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw HarnessError("no free port: \(reason)")
        }
        return (descriptor, UInt16(bigEndian: name.sin_port))
    }

    private static func withName<Result>(
        _ address: Streamer.Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws -> Result {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = address.port.bigEndian
        guard inet_pton(AF_INET, address.host, &name.sin_addr) == 1 else {
            throw HarnessError("\(address.host) is no IPv4 address")
        }
        return withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// A TCP port that somebody else listens on.
final class TakenPort: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        (descriptor, port) = try Socket.bound()
        guard listen(descriptor, 1) == 0 else { throw HarnessError("listen: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }
}

/// Sends datagrams, one message each.
final class UDPSender: Sendable {
    private let descriptor: Int32

    init(_ address: Streamer.Address) throws { descriptor = try Socket.connected(SOCK_DGRAM, to: address) }

    deinit { close(descriptor) }

    func send(_ messages: [String]) throws { try send(bytes: messages.map { Array($0.utf8) }) }

    func send(bytes messages: [[UInt8]]) throws {
        for bytes in messages {
            guard Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count else {
                throw HarnessError("a datagram was not sent: \(String(cString: strerror(errno)))")
            }
        }
    }
}

/// A TCP connection that a test sends on.
final class TCPSender: Sendable {
    private let descriptor: Int32

    init(_ address: Streamer.Address) throws { descriptor = try Socket.connected(SOCK_STREAM, to: address) }

    deinit { close(descriptor) }

    /// Sends lines, LF after each.
    func send(_ lines: [String]) throws {
        guard sendAll(Array(lines.map { $0 + "\n" }.joined().utf8)) else {
            throw HarnessError("the connection broke: \(String(cString: strerror(errno)))")
        }
    }

    /// Sends all bytes; false when the other side is gone.
    func sendAll(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// No more will be sent; the other side sees the end of the stream.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Breaks the connection so that a blocked send returns.
    func abort() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// `logger` from util-linux.
enum Logger {
    /// Runs it to its end; the messages, if any, are given one a line on standard input.
    static func run(_ arguments: [String], lines: [String]? = nil) throws {
        let input = lines.map { ChildProcess.Input.bytes(Array($0.map { $0 + "\n" }.joined().utf8)) }
        let process = try ChildProcess("logger", arguments, input: input ?? .nothing)
        defer { process.end() }
        guard try process.waitForExit() == .code(0), process.lines(.errors).isEmpty else {
            throw HarnessError(process.transcript)
        }
    }
}

/// Messages for the tests: a mixture of what the built-in rules know and what they do not.
enum Traffic {
    /// Program, text, and the topic the event belongs on.
    struct Message: Sendable {
        var program: String
        var text: String
        var topic: String
    }

    /// `count` messages, each with its number in it.
    static func messages(_ count: Int) -> [Message] {
        (0..<count).map { number in
            let name = "n\(number)"
            switch number % 4 {
            case 0:
                return Message(
                    program: "dhcpd",
                    text: "DHCPACK on 192.0.2.\(number % 250 + 1) to 00:11:22:33:44:\(hex(number)) (\(name)) via eth0",
                    topic: "dhcp-lease-events")
            case 1:
                return Message(
                    program: "named",
                    text: "client @0x7f3b5c0c1d68 192.0.2.7#5312 (\(name).example.com): "
                        + "query: \(name).example.com IN A +E(0)K (192.0.2.53)",
                    topic: "dns-query-events")
            case 2:
                return Message(
                    program: "systemd", text: "Started \(name).service - Worker number \(number).",
                    topic: "systemd-unit-events")
            default:
                return Message(program: "checkout", text: "payment \(name) accepted", topic: "syslog-events")
            }
        }
    }

    /// A line as a log file holds it, RFC 3164 without a priority.
    static func fileLine(_ number: Int) -> String { "Nov  4 14:02:09 gw1 checkout[812]: \(marker(number))" }

    /// The text of ``fileLine(_:)``.
    static func marker(_ number: Int) -> String { "line number \(number) of the test" }

    /// The numbers of the markers among events, in ascending order.
    static func numbers(_ events: [ConsumedEvent]) throws -> [Int] {
        try events.map { event in
            let words = event.message.split(separator: " ")
            guard words.count == 6, let number = Int(words[2]) else {
                throw HarnessError("an event that was not sent: \(event.json)")
            }
            return number
        }.sorted()
    }

    private static func hex(_ number: Int) -> String {
        let text = String(number % 256, radix: 16)
        return text.count == 1 ? "0" + text : text
    }
}
