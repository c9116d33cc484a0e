import Base
import Foundation
import Inputs
import Synchronization
import TestSupport
import Testing

@Suite("Stream listeners", .serialized)
struct StreamTests {
    /// Takes bytes while it has room, as a spool does.
    final class Sink: StreamSink, Sendable {
        struct State {
            var bytes: [Int: [UInt8]] = [:]
            var peers: [String] = []
            var finished: Set<Int> = []
            var isClosed = false
            var room = Int.max
            var waiters: [@Sendable () -> Void] = []
            var blocks = 0
            /// Bytes per call before a pause of so many nanoseconds.
            var pause: (bytes: Int, nanoseconds: Int64)?
        }
        let state = Mutex(State())

        func open(peer: PeerAddress) -> Int {
            state.withLock { state in
                state.peers.append(peer.text)
                state.bytes[state.peers.count - 1] = []
                return state.peers.count - 1
            }
        }

        func receive(
            _ bytes: UnsafeRawBufferPointer, on connection: inout Int, resume: @escaping @Sendable () -> Void
        ) -> StreamIntake {
            let id = connection
            return state.withLock { state in
                let taken = min(bytes.count, state.room, state.pause?.bytes ?? .max)
                state.bytes[id]! += bytes.prefix(taken)
                if state.room != .max { state.room -= taken }
                if taken == bytes.count { return StreamIntake(taken: taken, blocked: .no) }
                state.blocks += 1
                if let pause = state.pause {
                    return StreamIntake(taken: taken, blocked: .forNanoseconds(pause.nanoseconds))
                }
                state.waiters.append(resume)
                return StreamIntake(taken: taken, blocked: .untilRoom)
            }
        }

        func finish(_ connection: inout Int, resume: @escaping @Sendable () -> Void) -> Bool {
            let id = connection
            return state.withLock { state in
                if state.room == 0 {
                    state.waiters.append(resume)
                    return false
                }
                state.finished.insert(id)
                return true
            }
        }

        func close() { state.withLock { $0.isClosed = true } }

        func addRoom(_ count: Int) {
            let waiters = state.withLock { state in
                state.room = count == .max ? .max : state.room + count
                defer { state.waiters = [] }
                return state.waiters
            }
            for wake in waiters { wake() }
        }

        func bytes(_ id: Int) -> [UInt8] { state.withLock { $0.bytes[id] ?? [] } }
        func isFinished(_ id: Int) -> Bool { state.withLock { $0.finished.contains(id) } }
        var connections: Int { state.withLock { $0.peers.count } }
    }

    /// A listener on one event loop; `body` runs with it, then it is stopped.
    private func listening(
        _ settings: StreamListenerSettings = StreamListenerSettings(),
        _ body: (StreamListener<Sink>, Sink) async throws -> Void
    ) async throws {
        let sink = Sink()
        let listener = try Self.open(settings)
        try listener.start(sink: { sink }) { error in
            if let error { Issue.record("\(error)") }
        }
        do {
            try await body(listener, sink)
        } catch {
            sink.addRoom(.max)
            await listener.stop()
            throw error
        }
        await listener.stop()
        #expect(listener.readings.openConnections == 0 && sink.state.withLock { $0.isClosed })
    }

    private static func open(_ settings: StreamListenerSettings) throws -> StreamListener<Sink> {
        var settings = settings
        settings.host = "127.0.0.1"
        return try StreamListener<Sink>.open(settings, logger: quiet)
    }

    private static func pattern(_ count: Int, _ seed: UInt64 = 1) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    @Test("Bytes arrive whole and in order, of every connection, and its end is told")
    func order() async throws {
        try await listening { listener, sink in
            let clients = try (0..<3).map { _ in try Client(listener.place, SOCK_STREAM) }
            try await eventually("three connections") { sink.connections == 3 }
            for (index, client) in clients.enumerated() {
                try await client.sendAll(Self.pattern(300_000, UInt64(index)))
            }
            for client in clients { client.halfClose() }
            try await eventually("three ends") { (0..<3).allSatisfy { sink.isFinished($0) } }
            let wanted = Set((0..<3).map { Self.pattern(300_000, UInt64($0)) })
            #expect(Set((0..<3).map { sink.bytes($0) }) == wanted)
            #expect(sink.state.withLock { $0.peers } == ["127.0.0.1", "127.0.0.1", "127.0.0.1"])
            try await eventually("all closed") { listener.readings.openConnections == 0 }
            #expect(listener.readings.acceptedConnections == 3)
        }
    }

    @Test("A sink without room stops the reading; with room it goes on and nothing is lost")
    func untilRoom() async throws {
        try await listening { listener, sink in
            sink.state.withLock { $0.room = 1000 }
            let client = try Client(listener.place, SOCK_STREAM)
            let bytes = Self.pattern(8_000_000)
            var sent = 0
            // The peer is held up: the kernel's buffers fill, and what we hold is bounded by what one turn reads.
            var refusals = 0
            try await eventually("the sender is held up") {
                let count = sent < bytes.count ? client.send(bytes[sent...].prefix(65536)) : -1
                if count > 0 {
                    sent += count
                    refusals = 0
                } else {
                    refusals += 1
                }
                return refusals > 200
            }
            #expect(sink.bytes(0).count == 1000)
            for _ in 0..<20 {
                sink.addRoom(50_000)
                try await eventually("it blocks again") {
                    let count = sent < bytes.count ? client.send(bytes[sent...].prefix(65536)) : 0
                    if count > 0 { sent += count }
                    return sink.state.withLock { $0.room == 0 && !$0.waiters.isEmpty }
                }
            }
            sink.addRoom(.max)
            try await client.sendAll(Array(bytes[sent...]))
            client.halfClose()
            try await eventually("the end") { sink.isFinished(0) }
            #expect(sink.bytes(0) == bytes)
        }
    }

    @Test("A sink that asks for time gets the rest later, and nothing is lost")
    func forNanoseconds() async throws {
        try await listening { listener, sink in
            sink.state.withLock { $0.pause = (700, 100_000) }
            let client = try Client(listener.place, SOCK_STREAM)
            let bytes = Self.pattern(200_000)
            try await client.sendAll(bytes)
            client.halfClose()
            try await eventually("the end") { sink.isFinished(0) }
            #expect(sink.bytes(0) == bytes && sink.state.withLock { $0.blocks } >= 200)
        }
    }

    @Test("More connections than the limit are closed at once and counted; room comes back")
    func limit() async throws {
        var settings = StreamListenerSettings()
        settings.maximumConnections = 2
        try await listening(settings) { listener, sink in
            let first = try Client(listener.place, SOCK_STREAM)
            let second = try Client(listener.place, SOCK_STREAM)
            try await eventually("two") { listener.readings.openConnections == 2 }
            let third = try Client(listener.place, SOCK_STREAM)
            try await eventually("the third is closed") { third.isEnded }
            #expect(listener.readings.refusedByLimit == 1 && sink.connections == 2)
            second.close()
            try await eventually("one left") { listener.readings.openConnections == 1 }
            let fourth = try Client(listener.place, SOCK_STREAM)
            fourth.send("fourth")
            first.send("first")
            try await eventually("both are read") { !sink.bytes(0).isEmpty && !sink.bytes(2).isEmpty }
            #expect(listener.readings.acceptedConnections == 3)
        }
    }

    @Test("An address outside the allow list is closed at once and counted")
    func allowed() async throws {
        var settings = StreamListenerSettings()
        settings.allowed = [.init(bytes: [10, 0, 0, 0], prefixLength: 8)]
        try await listening(settings) { listener, sink in
            let client = try Client(listener.place, SOCK_STREAM)
            client.send("no")
            try await eventually("closed") { client.isEnded }
            #expect(
                listener.readings.refusedByNetwork == 1 && listener.readings.acceptedConnections == 0
                    && sink.connections == 0)
        }
        settings.allowed.append(.init(bytes: [127, 0, 0, 0], prefixLength: 8))
        try await listening(settings) { listener, sink in
            let client = try Client(listener.place, SOCK_STREAM)
            client.send("yes")
            try await eventually("read") { sink.bytes(0) == Array("yes".utf8) }
        }
    }

    @Test("An idle connection is closed; its last bytes and its end are told")
    func idle() async throws {
        var settings = StreamListenerSettings()
        settings.idleSeconds = 1
        try await listening(settings) { listener, sink in
            let client = try Client(listener.place, SOCK_STREAM)
            client.send("unfinished")
            try await eventually("closed") { client.isEnded }
            #expect(sink.isFinished(0) && sink.bytes(0) == Array("unfinished".utf8))
        }
    }

    @Test("Regression: a connection is not idle while the sink has no room for it")
    func idleWhileBlocked() async throws {
        var settings = StreamListenerSettings()
        settings.idleSeconds = 1
        try await listening(settings) { listener, sink in
            sink.state.withLock { $0.room = 10 }
            let blocked = try Client(listener.place, SOCK_STREAM)
            try await blocked.sendAll(Self.pattern(1000))
            try await eventually("blocked") { !sink.state.withLock { $0.waiters }.isEmpty }
            // A second connection, idle from now on, tells when the idle time has passed for both.
            let idle = try Client(listener.place, SOCK_STREAM)
            sink.state.withLock { $0.room = 10 }
            try await eventually("the idle one is closed") { idle.isEnded }
            #expect(!blocked.isEnded && !sink.isFinished(0))
            sink.addRoom(.max)
            try await blocked.sendAll(Array("more".utf8))
            try await eventually("all of it") { sink.bytes(0) == Self.pattern(1000) + Array("more".utf8) }
        }
    }

    @Test("A stop takes what has arrived, and closes")
    func stopTakes() async throws {
        let client = Mutex<Client?>(nil)
        let kept = Mutex<Sink?>(nil)
        let bytes = Self.pattern(1_000_000)
        try await listening { listener, sink in
            let connected = try Client(listener.place, SOCK_STREAM)
            try await eventually("connected") { sink.connections == 1 }
            try await connected.sendAll(bytes)
            client.withLock { $0 = connected }
            kept.withLock { $0 = sink }
        }
        #expect(kept.withLock { $0!.bytes(0) == bytes && $0!.isFinished(0) })
        #expect(client.withLock { $0!.isEnded })
    }

    @Test("Regression: a stop ends although a peer is never quiet")
    func stopWhileTalking() async throws {
        var settings = StreamListenerSettings()
        settings.stopReadingMilliseconds = 200
        let talk = Mutex<Task<Void, any Error>?>(nil)
        try await listening(settings) { listener, sink in
            let client = try Client(listener.place, SOCK_STREAM)
            let task = Task {
                while !client.isEnded {
                    client.send("<13>talk\n")
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            talk.withLock { $0 = task }
            try await eventually("it talks") { sink.bytes(0).count > 100 }
        }
        try await talk.withLock { $0 }?.value
    }

    @Test("Regression: a stop ends although the sink never has room again")
    func stopWithoutRoom() async throws {
        var settings = StreamListenerSettings()
        settings.stopReadingMilliseconds = 50
        settings.stopWaitingMilliseconds = 200
        try await listening(settings) { listener, sink in
            sink.state.withLock { $0.room = 0 }
            let open = try Client(listener.place, SOCK_STREAM)
            let closed = try Client(listener.place, SOCK_STREAM)
            open.send("held")
            closed.send("held")
            try await eventually("both held") { sink.state.withLock { $0.waiters.count } == 2 }
            closed.close()
            try await eventually("one is gone") { listener.readings.openConnections == 1 }
        }
    }

    @Test("Regression: a stop waits for the bytes of a connection that is gone")
    func stopWaitsForHeld() async throws {
        let kept = Mutex<Sink?>(nil)
        var settings = StreamListenerSettings()
        settings.stopWaitingMilliseconds = 60_000
        let room = Mutex<Task<Void, any Error>?>(nil)
        try await listening(settings) { listener, sink in
            sink.state.withLock { $0.room = 1 }
            let client = try Client(listener.place, SOCK_STREAM)
            client.send("held")
            try await eventually("held") { sink.state.withLock { $0.waiters.count } == 1 }
            client.close()
            try await eventually("gone") { listener.readings.openConnections == 0 }
            kept.withLock { $0 = sink }
            let place = listener.place
            let task = Task {
                // Room comes once the listener no longer accepts, which is a moment into its stop.
                try await eventually("stopping") { !Self.canConnect(place) }
                sink.addRoom(.max)
            }
            room.withLock { $0 = task }
        }
        try await room.withLock { $0 }?.value
        #expect(kept.withLock { $0!.bytes(0) == Array("held".utf8) && $0!.isFinished(0) })
    }

    private static func canConnect(_ place: String) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(place.split(separator: ":").last!)!.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    @Test("A reset keeps what was read before, ends the connection, and the listener goes on")
    func reset() async throws {
        try await listening { listener, sink in
            let client = try Client(listener.place, SOCK_STREAM)
            client.send("before")
            try await eventually("read") { sink.bytes(0) == Array("before".utf8) }
            client.reset()
            try await eventually("ended") { sink.isFinished(0) && listener.readings.openConnections == 0 }
            let next = try Client(listener.place, SOCK_STREAM)
            next.send("next")
            try await eventually("read") { sink.bytes(1) == Array("next".utf8) }
        }
    }

    @Test("The bytes of a peer that closed while the sink had no room are taken when it has")
    func closedWhileBlocked() async throws {
        try await listening { listener, sink in
            sink.state.withLock { $0.room = 5 }
            let client = try Client(listener.place, SOCK_STREAM)
            let bytes = Self.pattern(100_000)
            try await client.sendAll(bytes)
            client.close()
            try await eventually("blocked") { !sink.state.withLock { $0.waiters }.isEmpty }
            sink.addRoom(40_000)
            try await eventually("blocked again") { sink.state.withLock { $0.room == 0 && !$0.waiters.isEmpty } }
            sink.addRoom(.max)
            try await eventually("the end") { sink.isFinished(0) }
            #expect(sink.bytes(0) == bytes)
        }
    }

    @Test("Regression: a sender that resets its connection before it is accepted is known by its address")
    func resetBeforeAccept() async throws {
        let sink = Sink()
        let listener = try Self.open(StreamListenerSettings())
        for _ in 0..<20 {
            // The system has the connection, and nobody has accepted it yet.
            let client = try Client(listener.place, SOCK_STREAM)
            client.send("<13>a\n")
            client.reset()
        }
        try listener.start(sink: { sink }, ended: { _ in })
        try await eventually("all came and went") { listener.readings.closedConnections == 20 }
        #expect(Set(sink.state.withLock { $0.peers }) == ["127.0.0.1"] && sink.connections == 20)
        await listener.stop()
    }

    @Test("One source has no more connections than its limit; when it has fewer, it may come again")
    func limitPerSource() async throws {
        var settings = StreamListenerSettings()
        settings.maximumConnectionsPerSource = 2
        try await listening(settings) { listener, sink in
            let first = try Client(listener.place, SOCK_STREAM)
            let second = try Client(listener.place, SOCK_STREAM)
            try await eventually("two") { listener.readings.openConnections == 2 }
            let third = try Client(listener.place, SOCK_STREAM)
            try await eventually("the third is closed") { third.isEnded }
            #expect(listener.readings.refusedBySource == 1)
            first.close()
            try await eventually("one left") { listener.readings.openConnections == 1 }
            let fourth = try Client(listener.place, SOCK_STREAM)
            fourth.send("fourth")
            try await eventually("it is read") { sink.bytes(2) == Array("fourth".utf8) }
            #expect(!second.isEnded)
        }
    }

    @Test(
        "Other settings leave connections alone; those that are not allowed any more are closed, what they sent is taken"
    )
    func otherSettings() async throws {
        try await listening { listener, sink in
            let client = try Client(listener.place, SOCK_STREAM)
            client.send("before ")
            try await eventually("read") { !sink.bytes(0).isEmpty }
            var settings = StreamListenerSettings()
            settings.maximumConnections = 1
            #expect(listener.use(settings).isEmpty)
            client.send("after")
            try await eventually("read") { sink.bytes(0) == Array("before after".utf8) }
            let second = try Client(listener.place, SOCK_STREAM)
            try await eventually("over the new limit") { second.isEnded }
            settings.threads = 2
            settings.allowed = [Network(bytes: [10, 0, 0, 0], prefixLength: 8)]
            #expect(listener.use(settings) == ["threads"])
            try await eventually("not allowed any more") { client.isEnded }
            #expect(sink.isFinished(0) && listener.readings.refusedByLimit == 1)
        }
    }

    @Test("What is connected when a stop comes and not yet accepted is accepted and taken")
    func stopTakesQueued() async throws {
        let sink = Sink()
        let listener = try Self.open(StreamListenerSettings())
        let clients = try (0..<5).map { _ in try Client(listener.place, SOCK_STREAM) }
        for client in clients { client.send("queued") }
        try listener.start(sink: { sink }, ended: { _ in })
        await listener.stop()
        #expect((0..<5).allSatisfy { sink.bytes($0) == Array("queued".utf8) && sink.isFinished($0) })
    }

    @Test("Regression: descriptors that are left are kept for others: connections are refused before there are none")
    func reserve() async throws {
        var settings = StreamListenerSettings()
        settings.reservedDescriptors = DescriptorLimit.current
        try await listening(settings) { listener, sink in
            let client = try Client(listener.place, SOCK_STREAM)
            try await eventually("closed") { client.isEnded }
            #expect(listener.readings.refusedForDescriptors == 1 && sink.connections == 0)
            #expect(listener.readings.lastRefused.text == "127.0.0.1")
        }
    }

    @Test("Regression: an accepted connection is asked whether its peer is there")
    func keepalive() async throws {
        try await listening { listener, sink in
            let client = try Client(listener.place, SOCK_STREAM)
            client.send("x")
            try await eventually("accepted") { sink.connections == 1 }
            let port = UInt16(listener.place.split(separator: ":").last!)!
            // The table of connections names the kind of timer that runs: 02 is keepalive.
            let local = "0100007F:" + String(format: "%04X", port)
            try await eventually("its timer runs") {
                let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
                return table.split(separator: "\n").contains { line in
                    let fields: [Substring] = line.split(separator: " ")
                    return fields.count > 5 && fields[1] == local && fields[3] == "01" && fields[5].hasPrefix("02")
                }
            }
        }
    }

    @Test("A listener that goes shares its port with one of another address that comes in its place")
    func overlapping() async throws {
        try await listening { listener, _ in
            var settings = StreamListenerSettings()
            settings.port = UInt16(listener.place.split(separator: ":").last!)!
            #expect(throws: InputError.self) { _ = try StreamListener<Sink>.open(settings, logger: quiet) }
            listener.share(true)
            settings.isShared = true
            let successor = try StreamListener<Sink>.open(settings, logger: quiet)
            #expect(successor.place == "0.0.0.0:\(settings.port)")
        }
    }

    @Test("A port that is taken is an error that names it")
    func taken() async throws {
        try await listening { listener, _ in
            var settings = StreamListenerSettings()
            settings.port = UInt16(listener.place.split(separator: ":").last!)!
            let error = #expect(throws: InputError.self) { _ = try Self.open(settings) }
            #expect("\(error!)" == "cannot listen on tcp \(listener.place): Address already in use")
        }
    }
}
