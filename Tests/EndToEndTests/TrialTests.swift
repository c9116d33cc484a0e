import Foundation
import Testing

extension EndToEnd {
    /// What tells before a service runs what it would make of its lines, and configurations to begin with.
    @Suite("Trials")
    struct TrialTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func run(_ arguments: [String]) throws -> (exit: ChildProcess.Exit, output: [String], errors: [String])
        {
            let process = try ChildProcess(Streamer.binary, arguments, directory: directory)
            defer { process.end() }
            let exit = try process.waitForExit()
            return (exit, process.lines(.output), process.lines(.errors))
        }

        /// A configuration with routes by program, severity and listener.
        private func configuration() throws -> String {
            try directory.write(
                """
                listeners:
                  - {type: udp, address: "127.0.0.1:0"}
                  - {type: file, name: web, paths: /var/log/web.log, program: shop}
                routes:
                  - {name: noise, match: {program: CRON, severity: [info, notice]}, drop: true}
                  - {name: leases, match: {program: dhcpd}, key: mac, topics: {DHCP_LEASE: leases, default: dhcp}}
                  - {name: web, match: {listener: web}, parser: none, topic: web-logs}
                """, to: "routes.yaml")
        }

        private let lines = [
            "Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.0.2.7 to 00:11:22:33:44:55 (laptop) via eth0",
            "Nov  4 14:02:09 gw1 dhcpd[812]: Server starting service.",
            "<78>Nov  4 14:02:09 gw1 CRON[9]: (root) CMD (true)",
            "payment of order 7 accepted",
        ]

        @Test("check --sample prints what each line of a log gets")
        func checkSample() throws {
            defer { directory.remove() }
            let log = try directory.write(lines.joined(separator: "\n") + "\n", to: "sample.log")
            let file = try configuration()
            let first = try run(["check", file, "--sample", log])
            #expect(first.exit == .code(0), "\(first.errors)")
            #expect(
                first.output == [
                    "\(log):1: route=leases parser=dhcp_log_parser type=DHCP_LEASE topic=leases key=\"00:11:22:33:44:55\"",
                    "\(log):2: route=leases parser=dhcp_log_parser type=DHCP_SERVER topic=dhcp key=-",
                    "\(log):3: route=noise dropped",
                    "\(log):4: route=- parser=- type=SYSLOG topic=syslog-events",
                ])
            let web = try run(["check", file, "--listener", "web", "--sample", log])
            #expect(web.output.last == "\(log):4: route=web parser=- type=SYSLOG topic=web-logs", "\(web)")
            let unknown = try run(["check", file, "--listener", "tcp", "--sample", log])
            #expect(unknown.exit == .code(2))
            #expect(unknown.errors.joined().contains("no listener is called 'tcp'; there are udp, web"), "\(unknown)")
        }

        @Test("parse takes a configuration's routes, and lines without a header by a program or a parser")
        func parse() throws {
            defer { directory.remove() }
            let log = try directory.write(lines.joined(separator: "\n") + "\n", to: "sample.log")
            let all = try run(["parse", "--config", try configuration(), "--listener", "web", log])
            #expect(all.exit == .code(0), "\(all.errors)")
            let events = try all.output.map { try JSON.object($0) }
            #expect(events.map { $0["type"] as? String } == ["DHCP_LEASE", "DHCP_SERVER", "SYSLOG"])
            #expect((events.last?["syslog"] as? [String: Any])?["program"] as? String == "shop", "\(all.output)")
            #expect(all.errors == ["dropped by their routes: 1 lines"])

            let bare = try directory.write(
                "DHCPACK on 192.0.2.7 to 00:11:22:33:44:55 (laptop) via eth0\n", to: "bare.log")
            for way in [["--program", "dhcpd"], ["--parser", "dhcp_log_parser"]] {
                let found = try run(["parse"] + way + [bare])
                #expect(found.exit == .code(0), "\(found.errors)")
                let event = try JSON.object(try #require(found.output.first))
                #expect(event["type"] as? String == "DHCP_LEASE", "\(way): \(event)")
            }
            let without = try run(["parse", bare])
            #expect(try JSON.object(try #require(without.output.first))["type"] as? String == "SYSLOG")
            let unknown = try run(["parse", "--parser", "dhcp", bare])
            #expect(unknown.exit == .code(2))
            #expect(unknown.errors.joined().contains("no parser is called 'dhcp'"), "\(unknown.errors)")
        }

        /// As it stands but for its places: ports and directories of the test, a broker inside the process.
        @Test(
            "each starting point runs and delivers a message",
            arguments: [
                "edge-relay", "dhcp-server", "dns-resolver", "container-sidecar", "central-receiver", "try-out",
            ])
        func startingPoint(_ name: String) throws {
            defer { directory.remove() }
            var text = try Checkout.text("configs/examples/\(name).yaml")
            for place in ["/var/lib/kafkastreamer", "/run/log", "/var/log/app", "/var/log/kea"] {
                text = text.replacing(place, with: directory.file(String(place.split(separator: "/").last ?? "")))
            }
            text = text.replacing("10.0.0.0/8", with: "127.0.0.0/8")
            text = text.replacing(/address: "?[^ ,}\n]+/, with: "address: \"127.0.0.1:0\"")
            for place in ["log", "app", "kea"] {
                try FileManager.default.createDirectory(
                    atPath: directory.file(place), withIntermediateDirectories: true)
            }
            let file = try directory.write(text, to: "\(name).yaml")
            let streamer = try Streamer.ready(
                ["run", "--config", file, "--embedded-kafka"], in: directory,
                environment: ["KAFKASTREAMER_LOG_FORMAT": "text"].merging(
                    text.contains("security.protocol") ? ["KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"] : [:]
                ) { $1 })
            defer { streamer.end() }
            if text.contains("type: tcp") {
                let sender = try TCPSender(streamer.address("tcp"))
                try sender.send([Traffic.fileLine(0)])
                sender.finish()
            } else {
                try directory.append([Traffic.fileLine(0)], to: "app/a.log")
            }
            try streamer.waitForDelivery(of: 1)
            try streamer.stopExpectingDelivery(of: 1)
        }
    }
}
