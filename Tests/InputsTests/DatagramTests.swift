import Base
import Foundation
import Inputs
import Synchronization
import TestSupport
import Testing

@Suite("Datagram sockets and receivers", .serialized)
struct DatagramTests {
    struct Seen: Equatable {
        var bytes: [UInt8]
        var isTruncated: Bool
        var peer: String
    }

    final class Sink: DatagramSink, Sendable {
        let seen = Mutex<[Seen]>([])
        let calls = Atomic<Int>(0)
        /// Holds the receiver's thread in its first call until it is opened.
        let gate = DispatchSemaphore(value: 0)
        let isGated = Atomic<Bool>(false)
        /// Runs in every call.
        let during = Mutex<@Sendable () -> Void>({})

        func receive(_ batch: DatagramBatch) {
            calls.add(1, ordering: .relaxed)
            if isGated.exchange(false, ordering: .relaxed) { gate.wait() }
            during.withLock { $0 }()
            for index in 0..<batch.count {
                let datagram = batch[index]
                let peer = datagram.source.baseAddress.map { PeerAddress($0, length: datagram.source.count) } ?? .none
                seen.withLock {
                    $0.append(Seen(bytes: Array(datagram.bytes), isTruncated: datagram.isTruncated, peer: peer.text))
                }
            }
        }

        func close() {}

        var texts: [String] { seen.withLock { $0.map { String(decoding: $0.bytes, as: UTF8.self) } } }
    }

    /// A receiver on its thread.
    final class Running: Sendable {
        let receiver: DatagramReceiver
        let sink = Sink()
        let place: String
        private let thread: SystemThread
        let failure: Failure

        final class Failure: Sendable { let error = Mutex<InputError?>(nil) }

        init(_ socket: DatagramSocket, maximumSize: Int = 2048, gated: Bool = false) throws {
            place = socket.place
            receiver = try DatagramReceiver(socket, maximumSize: maximumSize, logger: quiet)
            sink.isGated.store(gated, ordering: .relaxed)
            let failure = Failure()
            self.failure = failure
            thread = try SystemThread(name: "receiver") { [receiver, sink] in
                do throws(InputError) { try receiver.run(into: sink) } catch { failure.error.withLock { $0 = error } }
            }
        }

        func end() {
            receiver.stop()
            thread.join()
            receiver.close()
            #expect(failure.error.withLock { $0 } == nil)
        }
    }

    private func udp(_ buffer: Int = 1 << 20, port: UInt16 = 0, shared: Bool = false) throws -> DatagramSocket {
        try DatagramSocket.udp(host: "127.0.0.1", port: port, shared: shared, receiveBuffer: buffer, logger: quiet)
    }

    @Test("Port 0 is a free port, and every datagram arrives whole, in order and with its sender")
    func batches() async throws {
        let running = try Running(udp())
        #expect(running.place.hasPrefix("127.0.0.1:") && !running.place.hasSuffix(":0"))
        let client = try Client(running.place, SOCK_DGRAM)
        let sent = (0..<500).map { "message \($0)" }
        for (index, text) in sent.enumerated() {
            client.send(text)
            if index % 100 == 99 { try await eventually("100 more") { running.sink.texts.count == index + 1 } }
        }
        running.end()
        #expect(running.sink.texts == sent)
        #expect(running.sink.seen.withLock { $0.allSatisfy { $0.peer == "127.0.0.1" && !$0.isTruncated } })
        #expect(running.receiver.kernelDrops == 0)
    }

    @Test("A datagram longer than its slot is cut and marked; one of its size is not")
    func truncation() async throws {
        let running = try Running(udp(), maximumSize: 100)
        let client = try Client(running.place, SOCK_DGRAM)
        for count in [99, 100, 101, 4000, 0] { client.send([UInt8](repeating: 120, count: count)) }
        try await eventually("five") { running.sink.seen.withLock { $0.count } == 5 }
        running.end()
        #expect(running.sink.seen.withLock { $0.map(\.bytes.count) } == [99, 100, 100, 100, 0])
        #expect(running.sink.seen.withLock { $0.map(\.isTruncated) } == [false, false, true, true, false])
    }

    @Test("stop wakes a blocked receive, which gives nothing to the sink")
    func stopWakes() throws {
        for _ in 0..<20 {
            let running = try Running(udp())
            running.end()
            #expect(running.sink.calls.load(ordering: .relaxed) == 0)
        }
    }

    @Test("stop takes what the kernel holds")
    func stopDrains() async throws {
        let running = try Running(udp(), gated: true)
        let client = try Client(running.place, SOCK_DGRAM)
        client.send("first")
        try await eventually("the sink is held") { running.sink.calls.load(ordering: .relaxed) == 1 }
        for index in 0..<300 { client.send("held \(index)") }
        running.receiver.stop()
        running.sink.gate.signal()
        running.end()
        #expect(running.sink.texts == ["first"] + (0..<300).map { "held \($0)" })
    }

    @Test("Regression: stop ends although datagrams go on arriving")
    func stopUnderFlood() async throws {
        let running = try Running(udp(65536))
        let client = try Client(running.place, SOCK_DGRAM)
        // Every call finds more: a receiver that waits for an empty buffer never ends.
        running.sink.during.withLock { $0 = { for _ in 0..<128 { client.send("more") } } }
        client.send("first")
        try await eventually("the flood runs") { running.sink.calls.load(ordering: .relaxed) > 2 }
        running.end()
        #expect(running.sink.texts.count > 2)
    }

    @Test("received + kernel drops = sent; the drops are still known when the socket is closed")
    func kernelDrops() async throws {
        let running = try Running(udp(2048), gated: true)
        let client = try Client(running.place, SOCK_DGRAM)
        client.send("first")
        try await eventually("the sink is held") { running.sink.calls.load(ordering: .relaxed) == 1 }
        for _ in 0..<2000 { #expect(client.send([UInt8](repeating: 120, count: 200)) == 200) }
        running.sink.gate.signal()
        running.end()
        let received = running.sink.texts.count
        let drops = running.receiver.kernelDrops
        #expect(drops > 0)
        #expect(UInt64(received) + drops == 2001)
        #expect(running.receiver.kernelDrops == drops)
    }

    @Test("Two receivers share a port and take every datagram between them")
    func reusePort() async throws {
        let one = try Running(udp(shared: true))
        let port = UInt16(one.place.split(separator: ":").last!)!
        let two = try Running(udp(port: port, shared: true))
        for index in 0..<64 {
            // The kernel chooses by the sender's port.
            try Client(one.place, SOCK_DGRAM).send("\(index)")
        }
        try await eventually("64 datagrams") { one.sink.texts.count + two.sink.texts.count == 64 }
        one.end()
        two.end()
        #expect(Set(one.sink.texts + two.sink.texts).count == 64)
        #expect(!one.sink.texts.isEmpty && !two.sink.texts.isEmpty)
    }

    @Test("A port that is taken is an error that names it")
    func taken() throws {
        let socket = try udp()
        let port = UInt16(socket.place.split(separator: ":").last!)!
        let error = #expect(throws: InputError.self) { _ = try udp(port: port) }
        #expect(error?.errno == EADDRINUSE && "\(error!)".contains(socket.place))
    }

    @Test("A host that is none is an error that names it")
    func unresolved() {
        let error = #expect(throws: InputError.self) {
            _ = try DatagramSocket.udp(host: "not a host", port: 1, shared: false, receiveBuffer: 1024, logger: quiet)
        }
        #expect("\(error!)".contains("not a host:1"))
    }

    @Test("[::] takes IPv4 as well, shown as IPv4")
    func dualStack() async throws {
        let socket = try DatagramSocket.udp(host: "::", port: 0, shared: false, receiveBuffer: 65536, logger: quiet)
        let running = try Running(socket)
        try Client(running.place, SOCK_DGRAM).send("four")
        try await eventually("one") { running.sink.texts == ["four"] }
        running.end()
        #expect(running.sink.seen.withLock { $0[0].peer } == "127.0.0.1")
    }

    // MARK: Unix sockets

    private func unix(_ path: String) throws -> DatagramSocket {
        try DatagramSocket.unix(path: path, mode: 0o622, receiveBuffer: 65536, logger: quiet)
    }

    @Test("A unix socket has its mode, takes datagrams, stops, and its path goes with it")
    func unixSocket() async throws {
        let scratch = try Scratch()
        let running = try Running(unix(scratch.file("log")))
        var status = stat()
        #expect(lstat(scratch.file("log"), &status) == 0 && status.st_mode & 0o777 == 0o622)
        try Client(unix: scratch.file("log")).send("<13>hello")
        try await eventually("one") { running.sink.texts == ["<13>hello"] }
        running.end()
        #expect(running.sink.seen.withLock { $0[0].peer } == "")
        #expect(access(scratch.file("log"), F_OK) != 0)
    }

    @Test("A stale unix socket is replaced")
    func stale() async throws {
        let scratch = try Scratch()
        let path = scratch.file("log")
        let left = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(bind(left, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0)
            }
        }
        close(left)
        let running = try Running(unix(path))
        try Client(unix: path).send("new")
        try await eventually("one") { running.sink.texts == ["new"] }
        running.end()
    }

    @Test("What is no socket, a path too long, and (regression) a socket in use are refused and left alone")
    func refused() async throws {
        let scratch = try Scratch()
        try scratch.append("precious", to: "file")
        #expect(throws: InputError.self) { _ = try unix(scratch.file("file")) }
        #expect(try String(contentsOfFile: scratch.file("file"), encoding: .utf8) == "precious")
        #expect(throws: InputError.self) { _ = try unix(scratch.file(String(repeating: "x", count: 108))) }
        let running = try Running(unix(scratch.file("log")))
        let error = #expect(throws: InputError.self) { _ = try unix(scratch.file("log")) }
        #expect(error?.errno == EADDRINUSE)
        try Client(unix: scratch.file("log")).send("still mine")
        try await eventually("one") { running.sink.texts == ["still mine"] }
        running.end()
    }

    @Test("Regression: a living socket of another type at the path is another program's, and left alone")
    func livingStream() throws {
        let scratch = try Scratch()
        let path = scratch.file("other")
        let other = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(other) }
        try bindUnix(other, path)
        try #require(listen(other, 1) == 0)
        let error = #expect(throws: InputError.self) { _ = try unix(path) }
        #expect(error?.errno == EADDRINUSE)
        let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        #expect(withUnix(path) { connect(client, $0, $1) } == 0)
    }

    @Test("Regression: a socket file that was removed is made again; what waits in the old socket is taken")
    func removed() async throws {
        let scratch = try Scratch()
        let path = scratch.file("log")
        let running = try Running(unix(path))
        let old = try Client(unix: path)
        old.send("before")
        try await eventually("one") { running.sink.texts == ["before"] }
        unlink(path)
        old.send("through the old one")
        try await eventually("made again") { access(path, F_OK) == 0 }
        try Client(unix: path).send("after")
        try await eventually("all") { running.sink.texts == ["before", "through the old one", "after"] }
        running.end()
        #expect(access(path, F_OK) != 0)
    }

    @Test("A file that another program has put at the path since is not removed at the end")
    func replaced() async throws {
        let scratch = try Scratch()
        let path = scratch.file("log")
        let running = try Running(unix(path))
        unlink(path)
        let other = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(other) }
        try bindUnix(other, path)
        running.end()
        #expect(access(path, F_OK) == 0)
    }

    @Test("Another size of slots is taken while it runs")
    func otherSize() async throws {
        let running = try Running(udp(), maximumSize: 100)
        let client = try Client(running.place, SOCK_DGRAM)
        client.send([UInt8](repeating: 120, count: 200))
        try await eventually("cut") { running.sink.seen.withLock { $0.map(\.bytes.count) } == [100] }
        running.receiver.use(maximumSize: 300)
        try await eventually("whole") {
            client.send([UInt8](repeating: 120, count: 200))
            return running.sink.seen.withLock { $0.last.map { $0.bytes.count == 200 && !$0.isTruncated } ?? false }
        }
        running.end()
    }

    private func withUnix(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private func bindUnix(_ descriptor: Int32, _ path: String) throws {
        try #require(withUnix(path) { bind(descriptor, $0, $1) } == 0)
    }
}
