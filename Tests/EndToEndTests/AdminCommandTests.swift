import Foundation
import Glibc
import Kafka
import Testing

@testable import Command

extension EndToEnd {
    /// The commands that ask a running instance, and those that look into a directory.
    @Suite("Commands that look at an instance")
    struct AdminCommandTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        private func ready(_ arguments: [String] = []) throws -> Streamer {
            try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--tcp", "127.0.0.1:0"] + arguments, in: directory,
                environment: AdminServerTests.any)
        }

        private func send(_ lines: [String], to streamer: Streamer) throws {
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send(lines)
            sender.finish()
        }

        /// Runs a command to its end.
        private func command(_ arguments: [String]) throws -> (
            exit: ChildProcess.Exit, output: [String], errors: [String]
        ) {
            let command = try Streamer(arguments, in: directory)
            defer { command.end() }
            return (try command.process.waitForExit(), command.process.lines(.output), command.process.lines(.errors))
        }

        @Test("status and health say by their exit codes how an instance is, and that nobody answers")
        func statusAndHealth() throws {
            defer { directory.remove() }
            let streamer = try ready()
            defer { streamer.end() }
            let admin = try streamer.admin()
            try send((0..<20).map { Traffic.fileLine($0) }, to: streamer)
            try streamer.waitForDelivery(of: 20)
            let status = try command(["status", "--admin", admin])
            #expect(status.exit == .code(0), "\(status)")
            #expect(status.output.first?.hasPrefix("ready, version ") == true, "\(status)")
            #expect(status.output.contains { $0.contains("20 received") && $0.contains("20 delivered") }, "\(status)")
            #expect(try command(["health", "--admin", admin]).output == ["ok"])
            #expect(try command(["health", "--ready", "--admin", admin]).exit == .code(0))
            try streamer.stopExpectingDelivery(of: 20)
            for name in ["status", "health", "tap", "top"] {
                let answer = try command([name, "--admin", admin])
                #expect(answer.exit == .code(1) && answer.output.isEmpty, "\(name): \(answer)")
                #expect(answer.errors == ["\(admin): Connection refused"], "\(name): \(answer)")
            }
            #expect(try command(["status", "--admin", "nonsense"]).exit == .code(2))
        }

        @Test("the instance that a configuration file describes is asked")
        func byConfiguration() throws {
            defer { directory.remove() }
            let configuration = try directory.write(
                "kafka: {brokers: [\"\(broker.bootstrapServers)\"]}\nadmin: {listen: \(directory.file("admin.sock"))}\n"
                    + "listeners: [{type: tcp, address: \"127.0.0.1:0\"}]\n", to: "kafka.yaml")
            let streamer = try Streamer(
                ["--config", configuration], in: directory, environment: ["KAFKASTREAMER_ADMIN_LISTEN": ""])
            defer { streamer.end() }
            _ = try streamer.entry("ready")
            let health = try Streamer(
                ["health", "--config", configuration], in: directory, environment: ["KAFKASTREAMER_ADMIN_LISTEN": ""])
            defer { health.end() }
            #expect(try health.process.waitForExit() == .code(0), "\(health.process.transcript)")
            try streamer.stopExpectingDelivery(of: 0)
        }

        @Test("tap shows the events that are asked for, as they come, and Kafka has all of them")
        func tap() throws {
            defer { directory.remove() }
            let streamer = try ready()
            defer { streamer.end() }
            let tap = try Streamer(
                [
                    "tap", "--admin", try streamer.admin(), "--type", "DHCP_LEASE", "--program", "dhcpd", "--where",
                    "interface=eth1", "--count", "2",
                ], in: directory)
            defer { tap.end() }
            func lease(_ interface: String) -> String {
                "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.0.2.101 to 00:11:22:33:44:55 (x) via \(interface)"
            }
            var sent = 0
            // Nothing says when it has begun to watch: lines are sent until it has seen enough.
            try eventually("tap has seen two events") {
                try send(
                    [
                        lease("eth0"), lease("eth1"),
                        "<13>Nov  4 14:02:09 gw1 app: \"type\":\"DHCP_LEASE\",\"program\":\"dhcpd\",\"interface\":\"eth1\"",
                    ], to: streamer)
                sent += 3
                return tap.process.exit != nil
            }
            #expect(try tap.process.waitForExit() == .code(0), "\(tap.process.transcript)")
            let events = try tap.process.lines(.output).map { try JSON.object($0) }
            #expect(events.count == 2)
            for event in events {
                #expect(event["type"] as? String == "DHCP_LEASE" && event["interface"] as? String == "eth1")
            }
            try streamer.stopExpectingDelivery(of: sent)
        }

        @Test("top shows screens with inputs, topics and programs")
        func top() throws {
            defer { directory.remove() }
            let streamer = try ready()
            defer { streamer.end() }
            try send(["<13>Nov  4 14:02:09 gw1 app: one", "<13>Nov  4 14:02:09 gw1 \u{1B}[2Jevil: two"], to: streamer)
            try streamer.waitForDelivery(of: 2)
            let top = try command(["top", "--admin", try streamer.admin(), "--count", "2"])
            #expect(top.exit == .code(0), "\(top)")
            for word in ["INPUT", "TOPIC", "PROGRAM", "syslog-events"] {
                #expect(top.output.filter { $0.contains(word) }.count == 2, "\(word): \(top)")
            }
            #expect(!top.output.joined().contains("\u{1B}"))
            try streamer.stopExpectingDelivery(of: 2)
        }

        @Test("spool ls and cat show what waits, of a running instance and of one that was killed, and change nothing")
        func spool() throws {
            defer { directory.remove() }
            let path = directory.file("spool")
            broker.stopBroker(1)
            let streamer = try ready(["--spool", path])
            try send((0..<7).map { Traffic.fileLine($0) }, to: streamer)
            try streamer.ledger(when: "all is in the spool") { $0.pending == 7 }
            let running = try command(["spool", "ls", path])
            #expect(running.exit == .code(0) && running.output.last == "total\t1 segments\t7 wait", "\(running)")
            #expect(running.output.contains("topic\tsyslog-events\t7 wait"), "\(running)")
            streamer.process.signal(SIGKILL)
            _ = try streamer.process.waitForExit()
            func bytes() throws -> [String: Data] {
                var files: [String: Data] = [:]
                for name in try FileManager.default.contentsOfDirectory(atPath: path) {
                    files[name] = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
                }
                return files
            }
            let before = try bytes()
            let printed = try command(["spool", "cat", path])
            #expect(printed.exit == .code(0), "\(printed)")
            let messages = try printed.output.map { try JSON.object($0)["message"] as? String ?? "" }
            #expect(messages == (0..<7).map { Traffic.marker($0) })
            #expect(try command(["spool", "cat", path, "--topic", "other"]).output.isEmpty)
            #expect(try command(["spool", "cat", path, "--count", "3"]).output.count == 3)
            #expect(try bytes() == before)
            #expect(try command(["spool", "ls", directory.file("nowhere")]).exit == .code(1))
            // And everything that was shown is delivered by the next process.
            broker.startBroker(1)
            let next = try ready(["--spool", path])
            defer { next.end() }
            try next.ledger(when: "all is delivered") { $0.replayed == 7 && $0.delivered == 7 }
            #expect(try command(["spool", "ls", path]).output.last?.hasSuffix("\t0 wait") == true)
            _ = try next.stop()
        }

        @Test("consume takes a place in time, chooses by key, and lays JSON out")
        func consume() throws {
            defer { directory.remove() }
            let file = try directory.write(
                """
                Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.0.2.101 to 00:11:22:33:44:55 (laptop-01) via eth0
                Nov  4 14:02:10 gw1 dhcpd[812]: DHCPACK on 192.0.2.102 to 00:11:22:33:44:56 (laptop-02) via eth0

                """, to: "dhcpd.log")
            let configuration = try directory.write(
                """
                kafka: {brokers: ["\(broker.bootstrapServers)"]}
                listeners: [{type: file, paths: ["\(file)"], follow: false}]
                routes: [{name: dhcpd, match: {program: [dhcpd]}, key: mac}]
                """, to: "kafka.yaml")
            #expect(try command(["run", "--config", configuration]).exit == .code(0))
            let consume = ["consume", "dhcp-*", "--brokers", broker.bootstrapServers, "--exit-at-end"]
            #expect(try command(consume + ["--from", "beginning"]).output.count == 2)
            let chosen = try command(consume + ["--key", "00:11:22:33:44:56", "--pretty"])
            #expect(chosen.output.first == "{" && chosen.output.last == "}", "\(chosen)")
            #expect(chosen.output.contains(#"  "hostname": "laptop-02","#), "\(chosen)")
            #expect(try JSON.object(chosen.output.joined())["ip"] as? String == "192.0.2.102")
            #expect(try command(consume + ["--from", "yesterday"]).exit == .code(2))
        }
    }

    /// What a person says of time.
    @Suite("Places in time")
    struct PlaceInTimeTests {
        @Test(
            "times of RFC 3339 and what is none",
            arguments: [
                ("2026-11-27T10:00:00Z", 1_795_773_600_000 as Int64?), ("2026-11-27T10:00:00.123Z", 1_795_773_600_000),
                ("2026-11-27T12:00:00+02:00", 1_795_773_600_000), ("2026-11-27 10:00Z", 1_795_773_600_000),
                ("2026-11-27", 1_795_737_600_000), ("2026-02-31", nil), ("2026-11-27T10:00:00", nil),
                ("2026-11-27T25:00:00Z", nil), ("27.11.2026", nil), ("", nil), ("2026-11-27T10:00:00+2", nil),
            ])
        func times(_ text: String, _ expected: Int64?) { #expect(PlaceInTime.milliseconds(text) == expected) }

        @Test("how long ago is counted from now")
        func ago() {
            #expect(PlaceInTime.start("15m", now: 1_000_000_000) == .time(999_100_000))
            #expect(PlaceInTime.start("end", now: 0) == .end && PlaceInTime.start("soon", now: 0) == nil)
        }
    }

    @Suite("Pretty JSON")
    struct PrettyJSONTests {
        private func text(_ json: String, indented: Bool = true, colours: Bool = false) -> String? {
            Array(json.utf8).withUnsafeBytes { PrettyJSON(isIndented: indented, hasColours: colours).text($0) }
        }

        @Test(
            "values are laid out, and what ends early as far as it goes",
            arguments: [
                (
                    #"{"a":1,"b":{"c":[true,null]},"d":{},"e":[ ]}"#,
                    "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [\n      true,\n      null\n    ]\n  },\n  \"d\": {},\n  \"e\": []\n}"
                ),
                (#"{"a":"x\"},{"#, #"{"# + "\n  " + #""a": "x\"},{"#), ("{", "{\n  "), ("}", nil), ("text", nil),
                ("", nil),
            ] as [(String, String?)])
        func layout(_ json: String, _ expected: String?) { #expect(text(json) == expected) }

        @Test("colours tell names, texts and the rest apart, and a terminal gets nothing else")
        func colours() {
            let shown = text(#"{"a":"b","c":2}"#, indented: false, colours: true)
            #expect(
                shown
                    == "{\u{1B}[36m\"a\"\u{1B}[0m:\u{1B}[32m\"b\"\u{1B}[0m,\u{1B}[36m\"c\"\u{1B}[0m:\u{1B}[33m2\u{1B}[0m}"
            )
            #expect(text("{\"a\":\"\u{1B}[2J\"}", indented: false) == #"{"a":"\u001b[2J"}"#)
        }
    }
}
