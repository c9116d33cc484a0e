import Base
import Foundation
import Inputs
import Spool
import TestSupport
import Testing

@testable import Pipeline

@Suite("Whole inputs to Kafka", .serialized)
struct InputPathTests {
    /// A UDP listener of a bench.
    final class UDP {
        let bench: Bench
        let place: String
        private let receiver: DatagramReceiver
        private let thread: SystemThread
        private let watch: SocketWatch

        init(_ bench: Bench, _ context: ListenerContext = ListenerContext(name: "udp")) throws {
            self.bench = bench
            let socket = try DatagramSocket.udp(
                host: "127.0.0.1", port: 0, shared: false, receiveBuffer: 1 << 20, logger: quiet)
            place = socket.place
            let receiver = try DatagramReceiver(socket, maximumSize: context.maximumMessageSize, logger: quiet)
            self.receiver = receiver
            watch = bench.pipeline.watch(context.name) {
                var readings = SocketReadings()
                readings.kernelDrops = receiver.kernelDrops
                return readings
            }
            let worker = bench.pipeline.makeWorker(context)
            thread = try SystemThread(name: "udp") {
                do throws(InputError) { try receiver.run(into: worker) } catch { Issue.record("\(error)") }
                worker.close()
            }
        }

        /// Sends from an address of loopback.
        func send(_ texts: [String], from last: UInt8 = 1) throws {
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(descriptor) }
            func at(_ last: UInt8, _ port: UInt16) -> sockaddr_in {
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr.s_addr = (0x7f00_0000 | UInt32(last)).bigEndian
                return address
            }
            func call(_ address: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
                withUnsafePointer(to: address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
            }
            try #require(call(at(last, 0)) { bind(descriptor, $0, $1) } == 0)
            try #require(call(at(1, UInt16(place.split(separator: ":").last!)!)) { connect(descriptor, $0, $1) } == 0)
            for text in texts {
                let bytes = Array(text.utf8)
                try #require(Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count)
            }
        }

        /// Ends when so many have been received.
        func end(_ received: UInt64) async throws -> Ledger {
            let pipeline = bench.pipeline
            try await eventually("\(received) received") {
                let ledger = pipeline.ledger
                #expect(ledger.isBalanced)
                return ledger.received >= received
            }
            receiver.stop()
            thread.join()
            receiver.close()
            watch.end()
            return try await bench.delivered()
        }
    }

    @Test("Every datagram is one event, an empty one is counted, and the ledger is exact")
    func datagrams() async throws {
        let bench = try Bench()
        bench.start()
        let udp = try UDP(bench)
        try udp.send((0..<200).map { "<13>1 - - app - - - datagram \($0)" } + ["", "\n"])
        let ledger = try await udp.end(202)
        #expect(ledger.received == 202 && ledger.delivered == 201 && ledger.rejected == [.empty: 1])
        let messages = try bench.consume()
        #expect(Set(messages.compactMap { $0.member("message") }).isSuperset(of: (0..<200).map { "datagram \($0)" }))
        #expect(messages.allSatisfy { $0.member("syslog.peer") == "127.0.0.1" })
    }

    @Test("Who may not send is rejected by its address")
    func acl() async throws {
        let bench = try Bench()
        bench.start()
        var context = ListenerContext(name: "udp")
        context.allowed = [.init(bytes: [127, 0, 0, 2], prefixLength: 32)]
        let udp = try UDP(bench, context)
        try udp.send(["<13>no", "<13>no"], from: 1)
        try udp.send(["<13>yes"], from: 2)
        let ledger = try await udp.end(3)
        #expect(ledger.delivered == 1 && ledger.rejected == [.acl: 2])
    }

    @Test("Datagrams over a source's rate are rejected and counted; another source's pass")
    func sourceRate() async throws {
        let bench = try Bench(sourceRate: SourceRateLimiter(perSecond: 1, burst: 5))
        bench.start()
        let udp = try UDP(bench)
        try udp.send([String](repeating: "<13>x", count: 60), from: 1)
        try udp.send([String](repeating: "<13>x", count: 3), from: 2)
        let ledger = try await udp.end(63)
        let limited = ledger.rejected[.rateLimited, default: 0]
        // The second source's three pass whatever the first one sends; of the first one's, five and one a second.
        #expect(ledger.delivered == 63 - limited && ledger.delivered >= 8 && limited > 0)
        let messages = try bench.consume()
        #expect(messages.count { $0.member("syslog.peer") == "127.0.0.2" } == 3)
    }

    @Test("Datagrams over the service's or the listener's rate are rejected and counted", arguments: [true, false])
    func rate(_ isService: Bool) async throws {
        let rate = RateLimiter(perSecond: 1, burst: 5)
        let bench = try Bench(rate: isService ? rate : nil)
        bench.start()
        var context = ListenerContext(name: "udp")
        context.rate = isService ? nil : rate
        let udp = try UDP(bench, context)
        try udp.send([String](repeating: "<13>x", count: 60))
        let ledger = try await udp.end(60)
        let limited = ledger.rejected[.rateLimited, default: 0]
        #expect(ledger.delivered == 60 - limited && ledger.delivered >= 5 && limited > 0)
    }

    @Test("A full spool rejects datagrams with its reason, and goes on when there is room")
    func spoolFull() async throws {
        let bench = try Bench(spool: SpoolSettings(maximumSize: 192 << 10, segmentSize: 65536))
        let udp = try UDP(bench)
        let text = "<13>" + String(repeating: "x", count: 1000)
        for round in 1...4 {
            try udp.send([String](repeating: text, count: 100))
            try await eventually("taken") { bench.pipeline.ledger.received == UInt64(round) * 100 }
        }
        let full = bench.pipeline.ledger
        #expect(full.isBalanced && full.rejected[.spoolFull, default: 0] > 0 && full.pending > 0)
        bench.start()
        _ = try await bench.delivered()
        try udp.send(["<13>again"])
        let ledger = try await udp.end(401)
        #expect(ledger.delivered + ledger.rejected[.spoolFull, default: 0] == 401)
        #expect(try bench.consume().contains { $0.member("message") == "again" })
    }

    private func fileSettings(_ scratch: Scratch) -> FileFollowerSettings {
        var settings = FileFollowerSettings(listener: "file", paths: [scratch.file("log")])
        settings.follow = false
        settings.stateDirectory = scratch.file("state")
        return settings
    }

    private func read(_ bench: Bench, _ settings: FileFollowerSettings, whileReading body: () async throws -> Void)
        async throws
    {
        let follower = try FileFollower(settings, recovered: [:], logger: quiet)
        let worker = bench.pipeline.makeFileWorker(ListenerContext(name: "file"))
        let ended = Resumed()
        let thread = try SystemThread(name: "file") {
            follower.run(into: worker)
            ended.set()
        }
        do {
            try await body()
            try await eventually("read to its end") { ended.isSet }
            _ = try await bench.delivered()
        } catch {
            follower.stop()
            thread.join()
            throw error
        }
        thread.join()
        try await eventually("the sender has said what is settled") {
            follower.finish(worker)
            return follower.unsettledCount == 0
        }
        worker.close()
    }

    @Test("A file is held up by a full spool, goes on when there is room, and is checkpointed once delivered")
    func fileSpoolFull() async throws {
        let scratch = try Scratch()
        try scratch.append((0..<2000).map { "line \($0) of a file that does not fit\n" }.joined() + "\n\r\n", to: "log")
        let bench = try Bench(spool: SpoolSettings(maximumSize: 256 << 10, segmentSize: 65536))
        let settings = fileSettings(scratch)
        try await read(bench, settings) {
            try await eventually("the spool is full") { bench.pipeline.ledger.pending > 400 }
            bench.start()
        }
        let ledger = bench.pipeline.ledger
        #expect(ledger.received == 2000 && ledger.delivered == 2000 && ledger.rejectedTotal == 0)
        #expect(Set(try bench.consume().compactMap { $0.member("message") }).count == 2000)
        let second = try Bench()
        second.start()
        try await read(second, settings) {}
        #expect(second.pipeline.ledger.received == 0)
    }

    @Test("A file over its rate is slowed, and nothing is lost")
    func fileRate() async throws {
        let scratch = try Scratch()
        try scratch.append((0..<60).map { "line \($0)\n" }.joined(), to: "log")
        let bench = try Bench(rate: RateLimiter(perSecond: 1000, burst: 3))
        bench.start()
        try await read(bench, fileSettings(scratch)) {}
        #expect(bench.pipeline.ledger.received == 60 && bench.pipeline.ledger.delivered == 60)
    }
}
