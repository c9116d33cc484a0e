import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    @Suite("What cannot be taken is counted")
    struct RejectionTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        @Test("datagrams that the kernel drops for want of room are in the ledger")
        func kernelDrops() throws {
            defer { directory.remove() }
            let file = try directory.write(
                """
                listeners:
                  - type: udp
                    address: 127.0.0.1:0
                    receive-buffer: 64KiB
                kafka:
                  brokers: ["\(broker.bootstrapServers)"]

                """, to: "kafka.yaml")
            let streamer = try Streamer.ready(["--config", file], in: directory)
            defer { streamer.end() }
            let sender = try UDPSender(streamer.address("udp"))

            // A stopped process reads nothing, so its socket overflows for certain.
            streamer.process.signal(SIGSTOP)
            try sender.send((0..<5_000).map(Traffic.fileLine))
            streamer.process.signal(SIGCONT)
            // The kernel tells of drops with the next datagram that finds room.
            let ledger = try streamer.ledger(when: "the first datagrams received") {
                $0.delivered > 0 && $0.pending == 0
            }
            let taken = ledger.delivered
            try sender.send([Traffic.fileLine(5_000)])
            let final = try streamer.ledger(when: "every datagram accounted for") { $0.received == 5_001 }
            #expect(final.rejected(for: "kernel_drop") > 0 && final.delivered >= taken, "\(final)")
            let (exit, last) = try streamer.stop()
            #expect(exit == .code(0))
            #expect(last.isBalanced && last.pending == 0 && last.received == 5_001, "\(last)")
            #expect(try Kcat.events(broker.bootstrapServers).count == Int(last.delivered))
        }

        @Test("messages over the rate limit are rejected for that reason")
        func rateLimit() throws {
            defer { directory.remove() }
            let streamer = try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--udp", "127.0.0.1:0", "--rate-limit", "100"], in: directory)
            defer { streamer.end() }
            try UDPSender(streamer.address("udp")).send((0..<1_000).map(Traffic.fileLine))
            let ledger = try streamer.ledger(when: "1000 datagrams accounted for") {
                $0.received == 1_000 && $0.pending == 0
            }
            #expect(ledger.delivered >= 100, "\(ledger)")
            #expect(ledger.rejected(for: "rate_limited") == ledger.rejected && ledger.rejected > 0, "\(ledger)")
            #expect(try streamer.stop().exit == .code(0))
            #expect(try Kcat.events(broker.bootstrapServers).count == Int(ledger.delivered))
        }

        @Test("a message longer than the limit is cut, marked and delivered, and the stream goes on")
        func oversize() throws {
            defer { directory.remove() }
            let file = try directory.write(
                """
                listeners:
                  - type: tcp
                    address: 127.0.0.1:0
                    max-message-size: 1KiB
                kafka:
                  brokers: ["\(broker.bootstrapServers)"]

                """, to: "kafka.yaml")
            let streamer = try Streamer.ready(["--config", file], in: directory)
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            let long = "Nov  4 14:02:09 gw1 checkout[812]: " + String(repeating: "x", count: 5_000)
            try sender.send([Traffic.fileLine(0), long, Traffic.fileLine(1)])
            try streamer.waitForDelivery(of: 3)
            try streamer.stopExpectingDelivery(of: 3)
            let events = try Kcat.events(broker.bootstrapServers)
            let cut = events.filter { $0.syslog["truncated"] as? Bool == true }
            #expect(cut.count == 1 && cut.allSatisfy { $0.message.count <= 1_024 && $0.message.hasPrefix("xxx") })
            #expect(try Traffic.numbers(events.filter { $0.syslog["truncated"] == nil }) == [0, 1])
        }
    }
}
