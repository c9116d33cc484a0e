import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    @Suite("Real senders")
    struct SenderTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        enum Format: String, CaseIterable, Sendable {
            case rfc3164, rfc5424
        }

        enum Transport: String, CaseIterable, Sendable {
            case udp, tcpDelimited, tcpOctetCounted

            var listener: String { self == .udp ? "udp" : "tcp" }

            var loggerArguments: [String] {
                switch self {
                case .udp: ["--udp"]
                case .tcpDelimited: ["--tcp"]
                case .tcpOctetCounted: ["--tcp", "--octet-count"]
                }
            }
        }

        @Test("logger's messages arrive as typed events", arguments: Format.allCases, Transport.allCases)
        func logger(format: Format, transport: Transport) throws {
            defer { directory.remove() }
            let streamer = try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--\(transport.listener)", "127.0.0.1:0"], in: directory)
            defer { streamer.end() }
            let address = try streamer.address(transport.listener)

            let messages = Traffic.messages(40)
            for (program, lines) in Dictionary(grouping: messages, by: \.program) {
                var arguments = ["--server", address.host, "--port", String(address.port), "--\(format.rawValue)"]
                arguments += transport.loggerArguments
                arguments += ["--tag", program, "--id=812", "--priority", "daemon.notice"]
                if format == .rfc5424 {
                    arguments += ["--msgid", "ID47", "--sd-id", "origin@32473", "--sd-param", "site=\"lab 3\""]
                }
                try Logger.run(arguments, lines: lines.map(\.text))
            }
            try streamer.waitForDelivery(of: messages.count)

            let events = try Kcat.events(broker.bootstrapServers)
            expectExactly(messages, events)
            for event in events {
                try expectFields(event)
                #expect(event.envelope("facility") == "daemon")
                #expect(event.envelope("severity") == "notice")
                #expect(event.envelope("pid") == "812")
                #expect(event.envelope("peer") == "127.0.0.1")
                let host = try #require(event.envelope("host"))
                #expect(localHost.hasPrefix(host), "\(host) is not of \(localHost)")
                guard format == .rfc5424 else { continue }
                #expect(event.envelope("msgid") == "ID47")
                let data = try #require(event.syslog["structured_data"] as? [String: [String: String]])
                #expect(data["origin@32473"] == ["site": "lab 3"])
                #expect(data["timeQuality"]?["tzKnown"] == "1")
            }
            try streamer.stopExpectingDelivery(of: messages.count)
        }

        @Test("logger's messages on a unix datagram socket arrive as typed events")
        func unixDatagramSocket() throws {
            defer { directory.remove() }
            let socket = directory.file("log.sock")
            let streamer = try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--unix", socket], in: directory)
            defer { streamer.end() }
            #expect(try streamer.entry("listening", ["transport": "unix-datagram"]).values["address"] == socket)

            let messages = Traffic.messages(40)
            for (program, lines) in Dictionary(grouping: messages, by: \.program) {
                try Logger.run(
                    ["--socket", socket, "--tag", program, "--id=77", "--priority", "user.warning"],
                    lines: lines.map(\.text))
            }
            try streamer.waitForDelivery(of: messages.count)

            let events = try Kcat.events(broker.bootstrapServers)
            expectExactly(messages, events)
            for event in events {
                try expectFields(event)
                #expect(event.envelope("facility") == "user")
                #expect(event.envelope("severity") == "warning")
                #expect(event.envelope("pid") == "77")
            }
            try streamer.stopExpectingDelivery(of: messages.count)
            #expect(access(socket, F_OK) != 0, "the socket's file is left behind")
        }

        enum Forwarding: CaseIterable, Sendable {
            case udp, tcpOctetCounted, tcpDelimited

            var listener: String { self == .udp ? "udp" : "tcp" }

            /// The shipped example, which the README tells users to copy.
            func actions(port: UInt16) throws -> String {
                switch self {
                case .udp: return try RsyslogProcess.example("60-kafkastreamer-udp.conf", port: port)
                case .tcpOctetCounted: return try RsyslogProcess.example("60-kafkastreamer-tcp.conf", port: port)
                case .tcpDelimited:
                    let text = try RsyslogProcess.example("60-kafkastreamer-tcp.conf", port: port)
                    let framing = "TCP_Framing=\"octet-counted\""
                    guard text.contains(framing) else { throw HarnessError("the example has no \(framing)") }
                    return text.replacingOccurrences(of: framing, with: "TCP_Framing=\"traditional\"")
                }
            }
        }

        @Test("what rsyslog forwards arrives as typed events", arguments: Forwarding.allCases)
        func rsyslog(forwarding: Forwarding) throws {
            defer { directory.remove() }
            let streamer = try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--\(forwarding.listener)", "127.0.0.1:0"], in: directory)
            defer { streamer.end() }
            let rsyslog = try RsyslogProcess(
                actions: forwarding.actions(port: streamer.address(forwarding.listener).port), in: directory)
            defer { rsyslog.end() }

            let messages = Traffic.messages(400)
            for (program, lines) in Dictionary(grouping: messages, by: \.program) {
                try Logger.run(
                    ["--socket", rsyslog.socket, "--tag", program, "--id=812", "--priority", "daemon.notice"],
                    lines: lines.map(\.text))
            }
            try streamer.waitForDelivery(of: messages.count)
            try rsyslog.stop()

            let events = try Kcat.events(broker.bootstrapServers)
            expectExactly(messages, events)
            for event in events {
                try expectFields(event)
                #expect(event.envelope("facility") == "daemon")
                #expect(event.envelope("severity") == "notice")
                #expect(event.envelope("pid") == "812")
                #expect(event.envelope("peer") == "127.0.0.1")
            }
            try streamer.stopExpectingDelivery(of: messages.count)
        }

        @Test("rsyslog's queue holds what the receiver is not there for")
        func rsyslogQueue() throws {
            defer { directory.remove() }
            let port = try Socket.freePort()
            let actions = try RsyslogProcess.example("60-kafkastreamer-tcp.conf", port: port)
                .replacingOccurrences(of: "resumeInterval=\"5\"", with: "resumeInterval=\"1\"")
            // Its own complaints about the missing receiver would be forwarded too.
            let rsyslog = try RsyslogProcess(
                actions: "global(processInternalMessages=\"off\")\n" + actions, in: directory)
            defer { rsyslog.end() }
            let messages = Traffic.messages(100)
            for (program, lines) in Dictionary(grouping: messages, by: \.program) {
                try Logger.run(["--socket", rsyslog.socket, "--tag", program, "--id=812"], lines: lines.map(\.text))
            }
            let streamer = try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--tcp", "127.0.0.1:\(port)"], in: directory)
            defer { streamer.end() }
            // rsyslog sends the message on which it found the receiver away once more than it has to.
            let texts = Set(messages.map(\.text))
            try eventually("all messages in Kafka") {
                let found = try Kcat.events(broker.bootstrapServers)
                return texts.isSubset(of: found.map { $0.message.trimmingCharacters(in: [" "]) })
            }
            try rsyslog.stop()
            let (exit, ledger) = try streamer.stop()
            #expect(exit == .code(0))
            let events = try Kcat.events(broker.bootstrapServers)
            #expect(Set(events.map { $0.message.trimmingCharacters(in: [" "]) }) == texts)
            #expect(ledger.isBalanced && ledger.delivered == ledger.received, "\(ledger)")
            #expect(ledger.delivered == UInt64(events.count), "\(ledger), \(events.count) in Kafka")
        }

        private var localHost: String {
            var name = [CChar](repeating: 0, count: 256)
            gethostname(&name, name.count)
            return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        }

        /// Each message is on its topic once, and nothing else is there.
        private func expectExactly(
            _ messages: [Traffic.Message], _ events: [ConsumedEvent],
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let expected = counted(messages.map { "\($0.topic) \($0.program) \($0.text)" })
            // rsyslog's RFC 5424 template puts a second space before the text, which is then part of it.
            let found = counted(
                events.map {
                    let text = $0.message.trimmingCharacters(in: [" "])
                    return "\($0.topic) \($0.envelope("program") ?? "-") \(text)"
                })
            let missing = expected.filter { found[$0.key] != $0.value }.keys.sorted()
            let surplus = found.filter { expected[$0.key] != $0.value }.keys.sorted()
            #expect(
                missing.isEmpty && surplus.isEmpty,
                "\(missing.count) are missing, such as \(missing.prefix(3)); not sent: \(surplus.prefix(3))",
                sourceLocation: sourceLocation)
        }

        /// The fields that the text of a message of ``Traffic`` gives its event.
        private func expectFields(
            _ event: ConsumedEvent, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            func expect(_ field: String, _ value: String) {
                #expect(event[field] == value, "\(field) of \(event.json)", sourceLocation: sourceLocation)
            }
            switch event.topic {
            case "dhcp-lease-events":
                expect("type", "DHCP_LEASE")
                expect("interface", "eth0")
                let words = event.message.split(separator: " ").map(String.init)
                expect("ip", words[2])
                expect("mac", words[4])
                expect("hostname", words[5].trimmingCharacters(in: ["(", ")"]))
            case "dns-query-events":
                expect("type", "DNS_QUERY")
                expect("client_ip", "192.0.2.7")
                #expect(event.json["client_port"] as? Int == 5312, sourceLocation: sourceLocation)
                expect("query_type", "A")
                expect("query_class", "IN")
                expect("server_ip", "192.0.2.53")
                let name = try #require(event["query_name"], sourceLocation: sourceLocation)
                #expect(event.message.contains("query: \(name) IN A"), sourceLocation: sourceLocation)
            case "systemd-unit-events":
                expect("type", "SYSTEMD_UNIT")
                expect("state", "started")
                let unit = try #require(event["unit"], sourceLocation: sourceLocation)
                let description = try #require(event["description"], sourceLocation: sourceLocation)
                #expect(event.message.hasSuffix("Started \(unit) - \(description)."), sourceLocation: sourceLocation)
            default:
                expect("type", "SYSLOG")
                expect("source", "syslog")
            }
        }
    }
}
