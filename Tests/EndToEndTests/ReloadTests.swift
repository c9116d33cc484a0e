import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    @Suite("Reloading")
    struct ReloadTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        private func configure(topic: String, extra: String = "") throws -> String {
            try directory.write(
                """
                listeners:
                  - type: tcp
                    address: 127.0.0.1:0
                  - type: udp
                    address: 127.0.0.1:0
                kafka:
                  brokers: ["\(broker.bootstrapServers)"]
                routes:
                  - name: all
                    topic: \(topic)
                \(extra)

                """, to: "kafka.yaml")
        }

        @Test("SIGHUP takes the new routes; connections stay, and a faulty configuration is refused")
        func reload() throws {
            defer { directory.remove() }
            let file = try configure(topic: "before")
            let streamer = try Streamer.ready(["--config", file], in: directory)
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send((0..<100).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 100)

            _ = try configure(topic: "after")
            var seen = streamer.logCount
            streamer.process.signal(SIGHUP)
            try streamer.entry("configuration reloaded", after: seen)
            try sender.send((100..<200).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 200)

            _ = try configure(topic: "never", extra: "no-such-key: 1")
            seen = streamer.logCount
            streamer.process.signal(SIGHUP)
            let complaint = try streamer.line(containing: "configuration refused, the old one stays", after: seen)
            #expect(complaint.contains("\(file):11:1") && complaint.contains("no-such-key"), "\(complaint)")
            try sender.send((200..<300).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 300)

            try streamer.stopExpectingDelivery(of: 300)
            let events = try Kcat.events(broker.bootstrapServers)
            #expect(counted(events.map(\.topic)) == ["before": 100, "after": 200])
            #expect(try Traffic.numbers(events) == Array(0..<300))
        }

        @Test("what can be read without end is refused at a reload, and the service goes on")
        func hostileFiles() throws {
            defer { directory.remove() }
            let file = try configure(topic: "t")
            let streamer = try Streamer.ready(["--config", file], in: directory)
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            var bomb = "a0: &a0 [x, x]\n"
            for level in 1...60 { bomb += "a\(level): &a\(level) [*a\(level - 1)]\n" }
            let manager = FileManager.default
            for make in [
                { try directory.write(bomb + "? *a60\n: v\n", to: "kafka.yaml") },
                { try directory.write("kafka: {}\n", to: "kafka.yaml") },
                { try directory.write((0..<60_000).map { "k\($0): 1\n" }.joined(), to: "kafka.yaml") },
                {
                    try manager.removeItem(atPath: file)
                    guard mkfifo(file, 0o600) == 0 else { throw HarnessError("no pipe") }
                    return file
                },
                {
                    try manager.removeItem(atPath: file)
                    try manager.createSymbolicLink(atPath: file, withDestinationPath: "/dev/zero")
                    return file
                },
            ] as [() throws -> String] {
                _ = try make()
                let seen = streamer.logCount
                streamer.process.signal(SIGHUP)
                _ = try streamer.line(containing: "configuration refused, the old one stays", after: seen)
            }
            try sender.send((0..<10).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 10)
            try streamer.stopExpectingDelivery(of: 10)
        }

        @Test("Regression: a reload that cannot open a listener changes nothing: routes, log and listeners stay")
        func cannotOpen() throws {
            defer { directory.remove() }
            let taken = try TakenPort()
            let file = try configure(topic: "before")
            let streamer = try Streamer.ready(["--config", file], in: directory)
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send((0..<10).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 10)

            _ = try directory.write(
                """
                listeners:
                  - {type: udp, address: "127.0.0.1:0"}
                  - {type: tcp, address: "127.0.0.1:\(taken.port)"}
                kafka: {brokers: ["\(broker.bootstrapServers)"]}
                routes: [{name: all, topic: after}]
                logging: {format: json}

                """, to: "kafka.yaml")
            let seen = streamer.logCount
            streamer.process.signal(SIGHUP)
            let complaint = try streamer.line(containing: "configuration refused, the old one stays", after: seen)
            #expect(complaint.contains("cannot listen on tcp 127.0.0.1:\(taken.port): Address already in use"))
            #expect(!complaint.hasPrefix("{"))
            try sender.send((10..<20).map(Traffic.fileLine))
            try TCPSender(streamer.address("tcp")).send((20..<30).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 30)
            try streamer.stopExpectingDelivery(of: 30)
            #expect(counted(try Kcat.events(broker.bootstrapServers).map(\.topic)) == ["before": 30])
        }

        @Test("Regression: a listener with other settings at the same place keeps its socket and its connections")
        func sameAddress() throws {
            defer { directory.remove() }
            let file = try configure(topic: "all")
            let streamer = try Streamer.ready(["--config", file, "--shutdown-timeout", "20s"], in: directory)
            defer { streamer.end() }
            let (tcp, udp) = (try streamer.address("tcp"), try streamer.address("udp"))
            let sender = try TCPSender(tcp)
            try sender.send((0..<10).map(Traffic.fileLine))
            try UDPSender(udp).send((10..<20).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 20)

            _ = try directory.write(
                """
                listeners:
                  - {type: tcp, address: "127.0.0.1:0", name: one, rate-limit: 100000, max-connections: 7, threads: 2}
                  - {type: udp, address: "127.0.0.1:0", name: two, allow: [10.0.0.0/8], max-message-size: 2KiB}
                kafka: {brokers: ["\(broker.bootstrapServers)"]}
                limits: {burst: 5000}
                routes:
                  - {name: renamed, match: {listener: one}, topic: renamed}

                """, to: "kafka.yaml")
            let seen = streamer.logCount
            streamer.process.signal(SIGHUP)
            try streamer.line(containing: "listener keeps its threads until a restart", after: seen)
            try streamer.entry("configuration reloaded", after: seen)
            #expect(!streamer.process.lines(.errors).dropFirst(seen).contains { $0.contains(" listening ") })
            try sender.send((20..<30).map(Traffic.fileLine))
            try UDPSender(udp).send(["not allowed"])
            try streamer.ledger(when: "ten more, and one rejected") {
                $0.delivered == 30 && $0.rejected(for: "acl") == 1
            }
            let (exit, _) = try streamer.stop()
            #expect(exit == .code(0))
            #expect(counted(try Kcat.events(broker.bootstrapServers).map(\.topic)) == ["all": 20, "renamed": 10])
        }

        @Test("Regression: a secret that has changed is taken over by a reload")
        func changedSecrets() throws {
            defer { directory.remove() }
            let authority = try directory.write("no certificate\n", to: "ca.pem")
            func configure(_ protocolName: String) throws -> String {
                try directory.write(
                    """
                    listeners: [{type: tcp, address: "127.0.0.1:0"}]
                    kafka:
                      brokers: ["\(broker.bootstrapServers)"]
                      topic: all
                      properties: {security.protocol: \(protocolName)}
                      property-files: {ssl.key.password: \(authority)}

                    """, to: "kafka.yaml")
            }
            let file = try configure("ssl")
            let streamer = try Streamer.ready(["--config", file], in: directory)
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send((0..<10).map(Traffic.fileLine))
            try streamer.line(containing: "Kafka is away")
            // Nothing that can be made: refused, and all goes on.
            _ = try configure("nonsense")
            var seen = streamer.logCount
            streamer.process.signal(SIGHUP)
            try streamer.line(containing: "configuration refused, the old one stays", after: seen)
            _ = try configure("plaintext")
            seen = streamer.logCount
            streamer.process.signal(SIGHUP)
            try streamer.line(containing: "the producers are renewed", after: seen)
            try streamer.entry("configuration reloaded", after: seen)
            try streamer.waitForDelivery(of: 10)
            // The same words, another content of a file.
            _ = try directory.write("another\n", to: "ca.pem")
            seen = streamer.logCount
            streamer.process.signal(SIGHUP)
            try streamer.line(containing: "the producers are renewed", after: seen)
            try sender.send((10..<20).map(Traffic.fileLine))
            try streamer.waitForDelivery(of: 20)
            seen = streamer.logCount
            streamer.process.signal(SIGHUP)
            try streamer.entry("configuration reloaded", after: seen)
            let after = streamer.process.lines(.errors).dropFirst(seen)
            #expect(!after.contains { $0.contains("renewed") || $0.contains("restart") }, "\(after)")
            try streamer.stopExpectingDelivery(of: 20)
        }

        @Test("no message is lost while SIGHUP comes again and again in the middle of a stream")
        func reloadUnderLoad() throws {
            defer { directory.remove() }
            let file = try configure(topic: "even")
            let streamer = try Streamer.ready(["--config", file], in: directory)
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            let count = 5_000
            let sent = Monitor<Result<Void, any Error>?>(nil)
            let thread = Thread {
                let result = Result {
                    for start in stride(from: 0, to: count, by: 50) {
                        try sender.send((start..<start + 50).map(Traffic.fileLine))
                    }
                }
                sent.update { $0 = result }
            }
            thread.start()
            for round in 0..<10 {
                _ = try configure(topic: round % 2 == 0 ? "odd" : "even")
                let seen = streamer.logCount
                streamer.process.signal(SIGHUP)
                try streamer.entry("configuration reloaded", after: seen)
            }
            try #require(sent.wait { $0 }, "the sender is stuck").get()
            try streamer.waitForDelivery(of: count)
            try streamer.stopExpectingDelivery(of: count)
            #expect(try Traffic.numbers(Kcat.events(broker.bootstrapServers)) == Array(0..<count))
        }
    }
}
