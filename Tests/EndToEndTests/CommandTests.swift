import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    @Suite("The command")
    struct CommandTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        @Test("the first command of the README needs no broker and sends every line to the topic")
        func readmeCommand() throws {
            defer { directory.remove() }
            let lines = try Checkout.text("examples/dhcpd.log").split(separator: "\n")
            let streamer = try Streamer(
                [
                    "--log", "examples/dhcpd.log", "--topic", "dhcp-lease-events", "--embedded-kafka", "--no-follow",
                ], in: directory, workingDirectory: Checkout.path)
            defer { streamer.end() }
            let (exit, ledger) = try streamer.finish()
            #expect(exit == .code(0), "\(streamer.process.transcript)")
            #expect(ledger.isBalanced, "\(ledger)")
            #expect(ledger.received == UInt64(lines.count) && ledger.delivered == ledger.received, "\(ledger)")
            #expect(streamer.process.lines(.output).isEmpty, "standard output carries data only")
        }

        @Test("--topic takes every event of the run, whatever its type")
        func oneTopic() throws {
            defer { directory.remove() }
            var arguments = ["--brokers", broker.bootstrapServers, "--no-follow", "--topic", "everything"]
            var expected: [String] = []
            for name in ["dhcpd", "named", "systemd"] {
                arguments += ["--log", "\(Checkout.path)/examples/\(name).log"]
                expected += try Checkout.text("examples/\(name).log").split(separator: "\n").map(String.init)
            }
            let streamer = try Streamer(arguments, in: directory)
            defer { streamer.end() }
            let (exit, ledger) = try streamer.finish()
            #expect(exit == .code(0), "\(streamer.process.transcript)")
            #expect(ledger.isBalanced && ledger.delivered == UInt64(expected.count), "\(ledger)")
            let events = try Kcat.events(broker.bootstrapServers)
            #expect(counted(events.map(\.topic)) == ["everything": expected.count])
            #expect(Set(events.map(\.type)).isSuperset(of: ["DHCP_LEASE", "DNS_QUERY", "SYSTEMD_UNIT", "SYSLOG"]))
        }

        @Test("standard input is a log file too")
        func standardInput() throws {
            defer { directory.remove() }
            let text = (0..<200).map { Traffic.fileLine($0) + "\n" }.joined()
            let streamer = try Streamer(
                ["--brokers", broker.bootstrapServers, "--log", "-", "--no-follow"], in: directory,
                input: .bytes(Array(text.utf8)))
            defer { streamer.end() }
            let (exit, ledger) = try streamer.finish()
            #expect(exit == .code(0), "\(streamer.process.transcript)")
            #expect(ledger.isBalanced && ledger.delivered == 200, "\(ledger)")
            #expect(try Traffic.numbers(Kcat.events(broker.bootstrapServers)) == Array(0..<200))
        }

        @Test("KAFKA_BROKERS stands in for --brokers")
        func brokersFromEnvironment() throws {
            defer { directory.remove() }
            try directory.append((0..<10).map(Traffic.fileLine), to: "app.log")
            let streamer = try Streamer(
                ["--log", "app.log", "--no-follow"], in: directory,
                environment: ["KAFKA_BROKERS": broker.bootstrapServers])
            defer { streamer.end() }
            #expect(try streamer.finish().exit == .code(0), "\(streamer.process.transcript)")
            #expect(try Traffic.numbers(Kcat.events(broker.bootstrapServers)) == Array(0..<10))
        }

        @Test("parse prints exactly one event per line, in order")
        func parse() throws {
            defer { directory.remove() }
            var lines: [[UInt8]] = []
            for name in ["dhcpd", "named", "systemd"] {
                lines += try Checkout.text("examples/\(name).log").split(separator: "\n").map { Array($0.utf8) }
            }
            for number in 0..<300 {
                let position = (number * 7) % (lines.count + 1)
                lines.insert(Array(Traffic.fileLine(number).utf8), at: position)
            }
            // What is no log line at all still is an event of its own.
            lines += [
                Array("no header at all".utf8), Array("<999>1 - - - - - -".utf8), [0xFF, 0xFE, 0x00, 0x41],
                Array("<13>".utf8), Array("tab\tand \"quotes\" and \\".utf8), [], Array("last".utf8),
            ]
            let file = directory.file("mixed.log")
            try Data(lines.joined(separator: [0x0A])).write(to: URL(fileURLWithPath: file))

            let process = try ChildProcess(Streamer.binary, ["parse", file], directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(0), "\(process.transcript)")
            let output = process.lines(.output)
            #expect(output.count == lines.count)
            for (line, printed) in zip(lines, output) {
                let event = try JSON.object(printed)
                #expect(event["type"] is String && event["message"] is String && event["source"] is String)
                let text = String(decoding: line, as: UTF8.self)
                guard let message = event["message"] as? String, !text.contains("\u{FFFD}") else { continue }
                #expect(text.hasSuffix(message), "“\(message)” is no part of “\(text)”: order or text is wrong")
            }

            let piped = try ChildProcess(
                Streamer.binary, ["parse"], directory: directory,
                input: .bytes(Array(lines.joined(separator: [0x0A]))))
            defer { piped.end() }
            #expect(try piped.waitForExit() == .code(0), "\(piped.transcript)")
            #expect(try piped.lines(.output).map(withoutReception) == output.map(withoutReception))
        }

        /// The event without the time it was received at, which differs from run to run and stands in for the time of
        /// a message that has none.
        private func withoutReception(_ line: String) throws -> NSDictionary {
            var event = try JSON.object(line)
            var envelope = event["syslog"] as? [String: Any] ?? [:]
            let received = envelope.removeValue(forKey: "received") as? String
            if event["timestamp"] as? String == received { event["timestamp"] = nil }
            event["syslog"] = envelope
            return event as NSDictionary
        }

        @Test("consume prints a topic, and stops after a count or at its end")
        func consume() throws {
            defer { directory.remove() }
            try directory.append((0..<30).map(Traffic.fileLine), to: "app.log")
            let streamer = try Streamer(
                ["--brokers", broker.bootstrapServers, "--log", "app.log", "--no-follow"], in: directory)
            defer { streamer.end() }
            #expect(try streamer.finish().exit == .code(0), "\(streamer.process.transcript)")

            let consume = ["consume", "--brokers", broker.bootstrapServers, "--offset", "beginning"]
            for (arguments, count) in [
                (["syslog-events", "--exit-at-end"], 30), (["syslog-*", "--exit-at-end"], 30),
                (["syslog-events", "--count", "12"], 12),
            ] {
                let process = try ChildProcess(Streamer.binary, consume + arguments, directory: directory)
                defer { process.end() }
                #expect(try process.waitForExit() == .code(0), "\(process.transcript)")
                #expect(process.lines(.output).count == count, "\(arguments)")
                for line in process.lines(.output) { _ = try JSON.object(line) }
            }
            let process = try ChildProcess(
                Streamer.binary, consume + ["syslog-events", "--exit-at-end", "--print-topic"], directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(0), "\(process.transcript)")
            #expect(process.lines(.output).allSatisfy { $0.hasPrefix("syslog-events\t{") })
        }

        @Test("the built-in rules pass their own examples")
        func rulesTest() throws {
            defer { directory.remove() }
            let process = try ChildProcess(Streamer.binary, ["rules", "test"], directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(0), "\(process.transcript)")
        }

        private static let backupRules = """
            parser: backup_log_parser
            programs: [backupd]
            rules:
              - name: finished
                type: BACKUP_RUN
                pattern: 'job {job} finished in {duration_seconds:duration}'
                examples:
                  - message: job nightly finished in 1min 30s
                    event: {job: nightly, duration_seconds: 90}

            """

        private func lines(_ arguments: [String], code: Int32 = 0) throws -> (output: [String], errors: [String]) {
            let process = try ChildProcess(Streamer.binary, arguments, directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(code), "\(arguments)\n\(process.transcript)")
            return (process.lines(.output), process.lines(.errors))
        }

        @Test("rules test names the field that differs, the rule that took a line, and how far a pattern got")
        func rulesTestSaysWhatDiffers() throws {
            defer { directory.remove() }
            let wrong = Self.backupRules.replacing("duration_seconds: 90", with: "duration_seconds: '90'")
            let fields = try lines(["rules", "test", try directory.write(wrong, to: "kind.yaml")], code: 1).output
            #expect(fields.contains(#"    duration_seconds: expected the text "90", is the number 90"#), "\(fields)")
            let other = Self.backupRules.replacing("in 1min", with: "after 1min")
            let stop = try lines(["rules", "test", try directory.write(other, to: "stop.yaml")], code: 1).output
            #expect(stop.contains("    stops at byte 22 of 35"), "\(stop)")
            #expect(stop.contains("    expected  the text 'in '"), "\(stop)")
        }

        @Test("rules explain shows the pattern that matches, or where the closest one stops")
        func rulesExplain() throws {
            defer { directory.remove() }
            let file = try directory.write(Self.backupRules, to: "backup.yaml")
            let header = "<30>Nov 23 02:00:00 store1 backupd[411]: "
            let matched = try lines(["rules", "explain", header + "job a finished in 5s", file]).output
            let place = "\(file):6:14: BACKUP_RUN"
            #expect(matched.contains { $0.hasPrefix("matched") && $0.hasSuffix(place) }, "\(matched)")
            let stopped = try lines(["rules", "explain", header + "job a finished at 5s", file]).output
            let caret = try #require(stopped.firstIndex { $0.hasSuffix("^") }, "\(stopped)")
            let column = stopped[caret].count - 1
            #expect(Array(stopped[caret - 1]).suffix(from: column).starts(with: "at 5s"), "\(stopped)")
            let json = try lines(["rules", "explain", "--json", header + "job a finished at 5s", file]).output
            #expect(try JSON.object(json[0])["verdict"] as? String == "unmatched")
            _ = try lines(["rules", "explain", "--parser", "nobody", "x"], code: 2)
            _ = try lines(["rules", "explain", "--message", "x"], code: 2)
        }

        @Test("parse --unmatched prints drafts that pass rules test when they stand in a file")
        func unmatched() throws {
            defer { directory.remove() }
            let log = ["nightly", "weekly"].map { "<30>Nov 23 02:00:00 h backupd[4]: job \($0) finished in 5s" }
            try directory.append(log, to: "app.log")
            let (output, errors) = try lines(["parse", "--unmatched", "app.log"])
            #expect(errors == ["2 lines: 0 matched, 2 unmatched in 1 shapes"])
            let head = ["parser: backup_log_parser", "programs: [backupd]", "rules:"]
            let file = try directory.write((head + output + [""]).joined(separator: "\n"), to: "draft.yaml")
            _ = try lines(["rules", "test", file])
            #expect(try lines(["parse", "--unmatched", "--rules", file, "app.log"]).output.isEmpty)
        }

        @Test("every shipped configuration is valid, and nothing in it is suspicious")
        func shippedConfigurations() throws {
            defer { directory.remove() }
            let files = try shippedFiles()
            #expect(files.count >= 6)
            for file in files {
                let process = try ChildProcess(Streamer.binary, ["check", file], directory: directory)
                defer { process.end() }
                #expect(try process.waitForExit() == .code(0), "\(process.transcript)")
                // A folder of rules of one's own is there to be filled.
                let said = process.lines(.errors).filter { !$0.contains("no file matches /etc/kafkastreamer/rules/") }
                #expect(said == [], "\(file)")
            }
        }

        /// Every configuration in the repository; those inside Kubernetes' manifests as files of their own.
        private func shippedFiles() throws -> [String] {
            var files: [String] = []
            for folder in ["configs", "examples"] {
                let found = try #require(FileManager.default.enumerator(atPath: "\(Checkout.path)/\(folder)"))
                for case let file as String in found where file.hasSuffix(".yaml") {
                    let text = try Checkout.text("\(folder)/\(file)")
                    guard text.hasPrefix("apiVersion:") || text.contains("\napiVersion:") else {
                        files.append("\(Checkout.path)/\(folder)/\(file)")
                        continue
                    }
                    let parts = text.components(separatedBy: "\n  kafka.yaml: |\n").dropFirst()
                    for (index, part) in parts.enumerated() {
                        let lines = part.components(separatedBy: "\n").prefix { $0.hasPrefix("    ") }
                        let name = file.replacingOccurrences(of: "/", with: "-")
                        files.append(
                            try directory.write(
                                lines.map { $0.dropFirst(4) }.joined(separator: "\n"), to: "\(index)-\(name)"))
                    }
                }
            }
            return files
        }

        @Test("check without a file looks where run does, and refuses one with nothing to read")
        func checkedDefaults() throws {
            defer { directory.remove() }
            try FileManager.default.createDirectory(
                atPath: directory.file("configs"), withIntermediateDirectories: true)
            let file = try directory.write("listeners: [{type: udp}]\n", to: "configs/kafka.yaml")
            for (text, environment, code, said) in [
                ("listeners: [{type: udp}]\n", [:], 0, "configs/kafka.yaml: valid (1 listeners"),
                ("kafka: {}\n", [:], 1, "there are none, so there is nothing to read"),
                ("listeners: [{type: udp}]\n", ["KAFKASTREAMER_UDP": "off"], 1, "no listener is left"),
            ] as [(String, [String: String], Int32, String)] {
                try directory.write(text, to: "configs/kafka.yaml")
                let process = try ChildProcess(
                    Streamer.binary, ["check"], environment: environment, directory: directory)
                defer { process.end() }
                #expect(try process.waitForExit() == .code(code), "\(file): \(process.transcript)")
                #expect(process.transcript.contains(said), "\(process.transcript)")
            }
        }

        @Test(
            "properties of librdkafka are checked where they stand, by check and at start", arguments: ["check", "run"])
        func faultyProperties(command: String) throws {
            defer { directory.remove() }
            let file = try directory.write(
                """
                listeners: [{type: udp, address: 127.0.0.1:0}]
                kafka:
                  properties:
                    acks: 1
                    batch.size: 1MiB
                    security.protocol: SASL_SSL
                  property-files:
                    sasl.password: /nonexistent/password

                """, to: "kafka.yaml")
            let arguments = command == "run" ? ["run", "--config", file] : ["check", file]
            let process = try ChildProcess(Streamer.binary, arguments, directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(1), "\(process.transcript)")
            let errors = process.lines(.errors)
            for (place, said) in [
                ("4:5", "kafka.properties.acks"), ("5:5", "kafka.properties.batch.size"),
                ("6:5", "kafka.properties.security.protocol: sasl.mechanism is not set"),
                ("8:20", "the file \"/nonexistent/password\" cannot be read"),
            ] {
                #expect(
                    errors.contains { $0.hasPrefix("\(file):\(place): error:") && $0.contains(said) },
                    "\(place)\n\(process.transcript)")
            }
        }

        @Test(
            "a faulty configuration ends with code 1 and names each place",
            arguments: [["check"], ["run", "--config"]])
        func faultyConfiguration(command: [String]) throws {
            defer { directory.remove() }
            let file = try directory.write(
                """
                listeners:
                  - type: udp
                    address: 127.0.0.1:70000
                kafka:
                  brokers: [localhost:9092]
                  compresion: lz4

                """, to: "faulty.yaml")
            let process = try ChildProcess(Streamer.binary, command + [file], directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(1), "\(process.transcript)")
            let errors = process.lines(.errors).joined(separator: "\n")
            #expect(errors.contains("\(file):3:14"), "\(errors)")
            #expect(errors.contains("\(file):6:3") && errors.contains("compresion"), "\(errors)")
        }

        @Test(
            "what ends the start is said in the form of the log",
            arguments: [
                ("listeners: [{type: udp}]\nkafka: {brokerz: a}\nlogging: {format: json}\n", [:]),
                ("kafka: [\n", ["KAFKASTREAMER_LOG_FORMAT": "json"]),
                ("logging: {format: json}\n", [:]), ("logging: {format: json}\nkafka: {topic: \"?\"}\n", [:]),
                ("logging: {format: json}\nspool: {directory: /proc/spool}\nlisteners: [{type: udp}]\n", [:]),
            ] as [(String, [String: String])])
        func fatalErrorsAsJSON(_ yaml: String, _ environment: [String: String]) throws {
            defer { directory.remove() }
            let file = try directory.write(yaml, to: "kafka.yaml")
            let process = try ChildProcess(
                Streamer.binary, ["run", "--config", file], environment: environment, directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(1), "\(process.transcript)")
            let entries = try process.lines(.errors).map { try JSON.object($0) }
            #expect(entries.last?["level"] as? String == "critical", "\(process.transcript)")
            #expect((entries.last?["message"] as? String)?.isEmpty == false, "\(process.transcript)")
        }

        @Test("levels debug and trace say what was read and what is in force")
        func verboseLevels() throws {
            defer { directory.remove() }
            try directory.append([Traffic.fileLine(0)], to: "app.log")
            let streamer = try Streamer(
                ["--log", "app.log", "--no-follow", "--log-level", "trace"], in: directory,
                environment: ["KAFKA_BROKERS": broker.bootstrapServers, "KAFKA_SASL_PASSWORD": "hunter2"])
            defer { streamer.end() }
            #expect(try streamer.finish().exit == .code(0), "\(streamer.process.transcript)")
            let log = streamer.process.lines(.errors).joined(separator: "\n")
            for said in [
                "debug configuration read path=", "debug taken from the environment name=KAFKA_BROKERS",
                "trace in force:   brokers: [\"\(broker.bootstrapServers)", "trace in force:     sasl.password: ",
            ] { #expect(log.contains(said), "\(said)\n\(log)") }
            #expect(!log.contains("hunter2"))
        }

        @Test(
            "exit codes tell a wrong command line (2) from wrong input (1)",
            arguments: [
                (["--no-such-option"], 2), (["--rate-limit", "many"], 2), (["no-such-command"], 2),
                (["check"], 2), (["--udp", "127.0.0.1:notaport"], 2), (["check", "/nonexistent.yaml"], 1),
                (["--config", "/nonexistent.yaml"], 1), (["parse", "/nonexistent.log"], 1),
                (["--log", "/nonexistent.log", "--no-follow", "--embedded-kafka"], 1),
                (["--udp", "192.0.2.1:5514", "--embedded-kafka"], 1), (["--help"], 0), (["--version"], 0),
            ] as [([String], Int32)])
        func exitCodes(arguments: [String], code: Int32) throws {
            defer { directory.remove() }
            let process = try ChildProcess(Streamer.binary, arguments, directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(code), "\(arguments)\n\(process.transcript)")
            if code != 0 { #expect(!process.lines(.errors).isEmpty, "it says nothing") }
        }

        @Test("a directory spool has one owner: a second process is refused with code 1")
        func spoolIsLocked() throws {
            defer { directory.remove() }
            let arguments = [
                "--brokers", broker.bootstrapServers, "--tcp", "127.0.0.1:0", "--spool", directory.file("spool"),
            ]
            let first = try Streamer.ready(arguments, in: directory)
            defer { first.end() }
            let second = try Streamer(arguments, in: directory)
            defer { second.end() }
            #expect(try second.process.waitForExit() == .code(1), "\(second.process.transcript)")
            try first.stopExpectingDelivery(of: 0)
        }

        @Test("make demo's script accounts for every line")
        func demo() throws {
            defer { directory.remove() }
            let process = try ChildProcess(
                "\(Checkout.path)/scripts/demo", [], environment: ["KAFKASTREAMER_BIN": Streamer.binary],
                directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(0), "\(process.transcript)")
            let output = process.lines(.output).joined(separator: "\n")
            for topic in ["dhcp-lease-events", "dns-query-events", "systemd-unit-events", "syslog-events"] {
                #expect(output.contains("\n\(topic): "), "\(process.transcript)")
            }
        }
    }
}
