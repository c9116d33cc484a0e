import Foundation
import Kafka
import Testing

extension EndToEnd {
    /// The status page in a real browser.
    @Suite("The status page")
    struct AdminPageTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        /// Lets chromium load the page; gives what it looks like as markup, and what the page said on the console.
        private func dump(_ address: String, _ options: [String] = []) throws -> (markup: String, console: [String]) {
            let process = try ChildProcess(
                "chromium",
                [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
                    "--user-data-dir=\(directory.file("chromium"))", "--timeout=60000", "--dump-dom",
                ] + options + ["http://\(address)/"], directory: directory)
            defer { process.end() }
            guard try process.waitForExit() == .code(0) else { throw HarnessError(process.transcript) }
            return (
                process.lines(.output).joined(separator: "\n"),
                process.lines(.errors).filter { $0.contains("CONSOLE") }
            )
        }

        @Test(
            "it shows that everything is delivered, what of hostile lines is text stays text, and nothing is complained of"
        )
        func page() throws {
            defer { directory.remove() }
            let streamer = try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--tcp", "127.0.0.1:0"], in: directory,
                environment: AdminServerTests.any)
            defer { streamer.end() }
            let evil = #"</script><script>document.title='taken'</script><img src=x onerror="document.title='taken'">"#
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send([
                "<13>Nov  4 14:02:09 gw1 app: \(evil)", "<13>Nov  4 14:02:09 gw1 <img/src=x>: in the program's name",
                "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.0.2.101 to 00:11:22:33:44:55 (x) via eth0",
            ])
            sender.finish()
            try streamer.waitForDelivery(of: 3)
            let admin = try streamer.admin()
            let (markup, console) = try dump(admin)
            #expect(console.isEmpty, "\(console)")
            #expect(markup.contains(">Everything is delivered<"), "\(markup)")
            #expect(markup.contains(">dhcp-lease-events<") && markup.contains(">syslog-events<"))
            #expect(markup.contains("&lt;/script&gt;&lt;script&gt;document.title='taken'&lt;/script&gt;"))
            #expect(!markup.contains("<img") && markup.contains("<title>kafkastreamer</title>"))
            let answer = try Curl.get(admin, "/", ["--include"])
            #expect(answer.body.contains("Content-Security-Policy: default-src 'none'; script-src 'nonce-"))
            #expect(!answer.body.contains("__NONCE__") && !answer.body.contains("https://"))
            try streamer.stopExpectingDelivery(of: 3)
        }

        @Test("it shows that Kafka is away and that events wait")
        func away() throws {
            defer { directory.remove() }
            broker.stopBroker(1)
            let streamer = try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--tcp", "127.0.0.1:0", "--shutdown-timeout", "0"],
                in: directory, environment: AdminServerTests.any)
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send([Traffic.fileLine(0)])
            sender.finish()
            try streamer.line(containing: "Kafka is away")
            let (markup, console) = try dump(try streamer.admin())
            #expect(console.isEmpty, "\(console)")
            #expect(markup.contains(">Look here<") && markup.contains("Kafka is away"), "\(markup)")
            #expect(markup.contains("events wait: "), "the recent warnings have the reason")
        }
    }
}
