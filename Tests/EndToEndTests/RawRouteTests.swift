import Foundation
import Kafka
import Testing

extension EndToEnd {
    /// Routes whose records are the messages' own bytes.
    @Suite("Raw routes")
    struct RawRouteTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        private struct Record: Hashable {
            var key: [UInt8]?
            var value: [UInt8]
        }

        /// All records of a topic: kcat prints lines, and these bytes may hold line feeds.
        private func records(of topic: String) throws -> [Record] {
            var records: [Record] = []
            let consumer = try Consumer(ClientConfiguration([("bootstrap.servers", broker.bootstrapServers)]))
            _ = try consumer.assign([topic], from: .beginning, timeoutMilliseconds: 30_000)
            try consumer.run(untilEnd: true) { message in
                records.append(Record(key: message.key.map { Array($0) }, value: Array(message.value)))
                return true
            }
            return records
        }

        private func configuration(_ listener: String) throws -> String {
            try directory.write(
                """
                listeners:
                  - type: \(listener)
                    address: 127.0.0.1:0
                kafka:
                  brokers: ["\(broker.bootstrapServers)"]
                routes:
                  - name: typed
                    match: {host: typed}
                    topic: typed
                  - name: transport
                    format: raw
                    key: host
                    topic: transport

                """, to: "kafka.yaml")
        }

        @Test("binary datagrams pass unchanged, with the key of their header")
        func datagrams() throws {
            defer { directory.remove() }
            let streamer = try Streamer.ready(["--config", configuration("udp")], in: directory)
            defer { streamer.end() }
            let head = Array("<13>1 2026-01-01T00:00:00Z gw1 app - - - ".utf8)
            let messages: [[UInt8]] = [
                head + [0x00, 0xFF, 0x0A, 0x80, 0x22, 0x5C], head + Array("ends with a line feed\n".utf8),
                [0xDE, 0xAD, 0x00, 0xBE, 0xEF], Array(0...255),
                Array("<30>Nov  4 14:02:09 gw2 dhcpd[812]: DHCPACK on 192.0.2.1 to 00:11:22:33:44:55 via eth0".utf8),
            ]
            try UDPSender(streamer.address("udp")).send(
                bytes: messages + [Array("<13>Nov  4 14:02:09 typed app: x".utf8)])
            try streamer.waitForDelivery(of: messages.count + 1)

            let expected = [Array("gw1".utf8), Array("gw1".utf8), nil, nil, Array("gw2".utf8)]
            let records = try records(of: "transport")
            #expect(counted(records) == counted(zip(expected, messages).map { Record(key: $0, value: $1) }))
            #expect(try Kcat.events(broker.bootstrapServers, topics: ["typed"]).map(\.message) == ["x"])
            try streamer.stopExpectingDelivery(of: messages.count + 1)
        }

        @Test("logger's message over TCP arrives byte for byte, without its octet count")
        func octetCounted() throws {
            defer { directory.remove() }
            let streamer = try Streamer.ready(["--config", configuration("tcp")], in: directory)
            defer { streamer.end() }
            let address = try streamer.address("tcp")
            try Logger.run(
                [
                    "--server", address.host, "--port", String(address.port), "--tcp", "--octet-count", "--rfc5424",
                    "--tag", "app", "--id=812",
                ], lines: ["as it is: é \"quoted\" \\ tab\t"])
            try streamer.waitForDelivery(of: 1)
            let record = try #require(try records(of: "transport").first)
            let text = String(decoding: record.value, as: UTF8.self)
            #expect(text.hasPrefix("<13>1 20") && text.contains(" app 812 - ["), "\(text)")
            #expect(text.hasSuffix("] as it is: é \"quoted\" \\ tab\t"), "\(text)")
            try streamer.stopExpectingDelivery(of: 1)
        }
    }
}
