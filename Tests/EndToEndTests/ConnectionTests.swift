import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    @Suite("Many connections")
    struct ConnectionTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        @Test(
            "Regression: at the descriptor limit connections are refused and said, the service lives and serves again")
        func descriptors() throws {
            defer { directory.remove() }
            let streamer = try Streamer.ready(
                ["--tcp", "127.0.0.1:0", "--brokers", broker.bootstrapServers], in: directory, openFiles: 96)
            defer { streamer.end() }
            let address = try streamer.address("tcp")
            var senders = try (0..<150).map { _ in try TCPSender(address) }
            let line = try streamer.line(containing: "connections refused: the descriptors that are left")
            #expect(line.contains("peer=127.0.0.1"))
            // Whoever was let in is served meanwhile, by a broker whose connection needed descriptors as well.
            try senders[0].send((0..<10).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 10)
            senders.removeLast(149)
            _ = try eventually("a newcomer is served") { () -> Bool? in
                let newcomer = try TCPSender(address)
                _ = newcomer.sendAll(Array((Traffic.fileLine(10) + "\n").utf8))
                return try streamer.ledger().received > 10 ? true : nil
            }
        }

        @Test("Regression: two thousand refused connections are a handful of lines, with their count")
        func refusals() throws {
            defer { directory.remove() }
            let file = try directory.write(
                """
                listeners: [{type: tcp, address: "127.0.0.1:0", max-connections: 1}]
                kafka: {brokers: ["\(broker.bootstrapServers)"]}

                """, to: "kafka.yaml")
            let streamer = try Streamer.ready(["--config", file], in: directory)
            defer { streamer.end() }
            let address = try streamer.address("tcp")
            let first = try TCPSender(address)
            try first.send([Traffic.fileLine(0)])
            try streamer.waitForDelivery(of: 1)
            for _ in 0..<2_000 { _ = try TCPSender(address) }
            try streamer.line(containing: "connections refused: max-connections is reached")
            #expect(streamer.logCount < 30)
        }

        @Test("Regression: a connection that is quiet holds no more than 16 KiB")
        func memory() throws {
            defer { directory.remove() }
            let streamer = try Streamer.ready(
                ["--tcp", "127.0.0.1:0", "--brokers", broker.bootstrapServers], in: directory, openFiles: 4096)
            defer { streamer.end() }
            let address = try streamer.address("tcp")
            func connect(_ count: Int) throws -> [TCPSender] {
                try (0..<count).map { number in
                    let sender = try TCPSender(address)
                    try sender.send([Traffic.fileLine(number)])
                    return sender
                }
            }
            // The first ones pay for what all share.
            let few = try connect(100)
            try streamer.waitForDelivery(of: 100)
            let before = try residentBytes(streamer.process.processID)
            let many = try connect(500)
            try streamer.waitForDelivery(of: 600)
            let each = (try residentBytes(streamer.process.processID) - before) / 500
            #expect(each < 16 << 10, "\(each) bytes a connection")
            withExtendedLifetime((few, many)) {}
        }

        private func residentBytes(_ process: pid_t) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
                throw HarnessError("no VmRSS of process \(process)")
            }
            return kilobytes << 10
        }
    }
}
