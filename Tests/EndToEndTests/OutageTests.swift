import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    @Suite("Kafka away")
    struct OutageTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        private var spool: [String] { ["--spool", directory.file("spool")] }

        private func streamer(_ arguments: [String] = []) throws -> Streamer {
            try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--tcp", "127.0.0.1:0"] + arguments, in: directory)
        }

        @Test("a broker that stops and starts in the middle of a stream loses nothing", arguments: [false, true])
        func brokerRestart(hasDirectory: Bool) throws {
            defer { directory.remove() }
            let streamer = try streamer(hasDirectory ? spool : [])
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send((0..<500).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 500)

            broker.stopBroker(1)
            try sender.send((500..<1500).map(Traffic.fileLine))
            try streamer.ledger(when: "1000 messages waiting") { $0.received == 1500 && $0.pending == 1000 }
            broker.startBroker(1)
            try sender.send((1500..<2000).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 2000)

            try streamer.stopExpectingDelivery(of: 2000)
            let numbers = try Traffic.numbers(Kcat.events(broker.bootstrapServers))
            #expect(Set(numbers) == Set(0..<2000))
            #expect(numbers.count == 2000, "the idempotent producer writes nothing twice")
        }

        @Test("a broker that is down at the start is waited for")
        func brokerDownAtStart() throws {
            defer { directory.remove() }
            broker.stopBroker(1)
            let streamer = try streamer()
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send((0..<100).map(Traffic.fileLine))
            try streamer.ledger(when: "100 messages waiting") { $0.received == 100 && $0.pending == 100 }
            broker.startBroker(1)
            try streamer.waitForDelivery(of: 100)
            try streamer.stopExpectingDelivery(of: 100)
            #expect(try Traffic.numbers(Kcat.events(broker.bootstrapServers)) == Array(0..<100))
        }

        @Test("what a directory spool holds at a stop is delivered by the next start, Kafka being away throughout")
        func stopAndStartWhileAway() throws {
            defer { directory.remove() }
            broker.stopBroker(1)
            let first = try streamer(spool + ["--shutdown-timeout", "500ms"])
            defer { first.end() }
            let sender = try TCPSender(first.address("tcp"))
            try sender.send((0..<1000).map(Traffic.fileLine))
            try first.ledger(when: "1000 messages waiting") { $0.received == 1000 && $0.pending == 1000 }
            let (firstExit, firstLedger) = try first.stop()
            #expect(firstExit == .code(75), "\(first.process.transcript)")
            #expect(firstLedger.isBalanced && firstLedger.pending == 1000, "\(firstLedger)")

            let second = try streamer(spool + ["--shutdown-timeout", "500ms"])
            defer { second.end() }
            let ledger = try second.ledger(when: "1000 messages found again") { $0.replayed == 1000 }
            #expect(ledger.pending == 1000 && ledger.received == 1000, "\(ledger)")
            let (secondExit, secondLedger) = try second.stop()
            #expect(secondExit == .code(75), "\(second.process.transcript)")
            #expect(secondLedger.isBalanced && secondLedger.pending == 1000, "\(secondLedger)")

            broker.startBroker(1)
            let third = try streamer(spool)
            defer { third.end() }
            try third.ledger(when: "everything delivered") { $0.replayed == 1000 && $0.delivered == 1000 }
            let (thirdExit, thirdLedger) = try third.stop()
            #expect(thirdExit == .code(0), "\(third.process.transcript)")
            #expect(thirdLedger.isBalanced && thirdLedger.pending == 0, "\(thirdLedger)")
            #expect(try Traffic.numbers(Kcat.events(broker.bootstrapServers)) == Array(0..<1000))
        }

        @Test("after kill -9 exactly what was not delivered is sent again")
        func replayAfterKill() throws {
            defer { directory.remove() }
            let first = try streamer(spool)
            defer { first.end() }
            let sender = try TCPSender(first.address("tcp"))
            try sender.send((0..<500).map(Traffic.fileLine))
            try first.waitForDelivery(of: 500)
            broker.stopBroker(1)
            // In the same segment as the delivered ones.
            try sender.send((500..<800).map(Traffic.fileLine))
            try first.ledger(when: "300 messages waiting") { $0.received == 800 && $0.pending == 300 }
            first.process.signal(SIGKILL)
            #expect(try first.process.waitForExit() == .signal(SIGKILL))

            broker.startBroker(1)
            let second = try streamer(spool)
            defer { second.end() }
            try second.ledger(when: "the rest delivered") { $0.delivered >= 300 && $0.pending == 0 }
            let (exit, ledger) = try second.stop()
            #expect(exit == .code(0), "\(second.process.transcript)")
            #expect(ledger.isBalanced && ledger.replayed == 300 && ledger.received == 300, "\(ledger)")
            #expect(ledger.delivered == 300, "\(ledger)")
            let numbers = try Traffic.numbers(Kcat.events(broker.bootstrapServers))
            #expect(numbers == Array(0..<800), "\(numbers.count) records, \(Set(numbers).count) different ones")
        }

        @Test("a memory spool says what it could not deliver before the deadline, and ends with code 75")
        func memorySpoolAtDeadline() throws {
            defer { directory.remove() }
            let streamer = try streamer(["--shutdown-timeout", "500ms"])
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send((0..<10).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 10)
            broker.stopBroker(1)
            try sender.send((10..<30).map(Traffic.fileLine))
            try streamer.ledger(when: "20 messages waiting") { $0.received == 30 && $0.pending == 20 }
            let (exit, ledger) = try streamer.stop()
            #expect(exit == .code(75), "\(streamer.process.transcript)")
            #expect(ledger.isBalanced && ledger.received == 30 && ledger.delivered == 10, "\(ledger)")
            #expect(ledger.pending == 0 && ledger.rejected(for: "abandoned") == 20, "\(ledger)")
        }

        @Test("--no-follow waits for a broker that is away")
        func noFollowWaits() throws {
            defer { directory.remove() }
            broker.stopBroker(1)
            try directory.append((0..<100).map(Traffic.fileLine), to: "app.log")
            let streamer = try Streamer(
                ["--brokers", broker.bootstrapServers, "--log", "app.log", "--no-follow"], in: directory)
            defer { streamer.end() }
            try streamer.entry("ready")
            try streamer.ledger(when: "100 lines waiting") { $0.received == 100 && $0.pending == 100 }
            broker.startBroker(1)
            let (exit, ledger) = try streamer.finish()
            #expect(exit == .code(0), "\(streamer.process.transcript)")
            #expect(ledger.isBalanced && ledger.delivered == 100, "\(ledger)")
            #expect(try Traffic.numbers(Kcat.events(broker.bootstrapServers)) == Array(0..<100))
        }
    }
}
