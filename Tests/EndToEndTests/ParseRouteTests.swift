import Foundation
import Testing

extension EndToEnd {
    /// What `parse` makes of lines by a configuration's routes, and by its own options.
    @Suite("parse by routes")
    struct ParseRouteTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private static let lease =
            "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.0.2.1 to 00:11:22:33:44:55 via eth0"

        private func parse(
            _ arguments: [String], _ lines: [String], code: Int32 = 0
        ) throws -> (output: [String], errors: [String]) {
            let process = try ChildProcess(
                Streamer.binary, ["parse"] + arguments, directory: directory,
                input: .bytes(Array((lines.joined(separator: "\n") + "\n").utf8)))
            defer { process.end() }
            #expect(try process.waitForExit() == .code(code), "\(process.transcript)")
            return (process.lines(.output), process.lines(.errors))
        }

        @Test("each line is written as its route says, and what a route drops is counted")
        func routes() throws {
            defer { directory.remove() }
            let file = try directory.write(
                """
                kafka: {format: raw}
                routes:
                  - name: leases
                    match: {program: [dhcpd]}
                    format: json
                  - name: noise
                    match: {program: [noise]}
                    drop: true

                """, to: "kafka.yaml")
            let lines = [
                Self.lease, "<13>Nov  4 14:02:09 gw1 noise: x", "<13>Nov  4 14:02:09 gw1 app: \\ as \"it\" is ",
            ]
            let (output, errors) = try parse(["--config", file], lines)
            try #require(output.count == 2)
            #expect(try JSON.object(output[0])["type"] as? String == "DHCP_LEASE")
            #expect(output[1] == lines[2])
            #expect(errors == ["dropped by their routes: 1 lines"])
            #expect(try parse(["--config", file, "--format", "raw"], lines).output == [lines[0], lines[2]])
        }

        @Test("lines without a header take a program or a parser from the command line")
        func programAndParser() throws {
            defer { directory.remove() }
            let line = "DHCPACK on 192.0.2.1 to 00:11:22:33:44:55 via eth0"
            let given = try JSON.object(try #require(try parse(["--program", "dhcpd"], [line]).output.first))
            #expect(given["type"] as? String == "DHCP_LEASE")
            #expect((given["syslog"] as? [String: Any])?["program"] as? String == "dhcpd")
            let told = try JSON.object(try #require(try parse(["--parser", "dhcp_log_parser"], [line]).output.first))
            #expect(told["type"] as? String == "DHCP_LEASE")
            #expect(try parse(["--program", "dhcpd", "--format", "raw"], [line]).output == [line])
        }

        @Test(
            "what cannot be is refused with what was expected",
            arguments: [
                (["--format", "xml"], "not one of json, raw"),
                (["--parser", "nobody"], "no parser is called 'nobody'"),
                (["--unmatched", "--format", "raw"], "--unmatched prints none"),
            ])
        func refused(arguments: [String], text: String) throws {
            defer { directory.remove() }
            let process = try ChildProcess(Streamer.binary, ["parse"] + arguments, directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(2))
            #expect(process.lines(.errors).contains { $0.contains(text) }, "\(process.transcript)")
        }

        @Test("a configuration's unknown format is an error with its place")
        func unknownFormat() throws {
            defer { directory.remove() }
            let file = try directory.write("routes:\n  - name: a\n    format: xml\n", to: "kafka.yaml")
            let process = try ChildProcess(Streamer.binary, ["parse", "--config", file], directory: directory)
            defer { process.end() }
            #expect(try process.waitForExit() == .code(1))
            #expect(
                process.lines(.errors).contains { $0.contains("kafka.yaml:3:13") && $0.contains("json or raw") },
                "\(process.transcript)")
        }
    }
}
