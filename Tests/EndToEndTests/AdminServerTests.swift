import Foundation
import Glibc
import Kafka
import Testing

/// `curl`: a client that shares no code with the streamer.
enum Curl {
    struct Reply {
        var status: Int
        var type: String
        var body: String
    }

    private static func withoutLastNewline(_ text: String) -> String {
        text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Asks for a path of the server at `address` (`host:port`).
    static func get(_ address: String, _ path: String, _ options: [String] = []) throws -> Reply {
        let process = try ChildProcess(
            "curl",
            ["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code} %{content_type}"] + options
                + ["http://\(address)\(path)"])
        defer { process.end() }
        guard try process.waitForExit() == .code(0), let last = process.lines(.output).last else {
            throw HarnessError(process.transcript)
        }
        let words = last.split(separator: " ", maxSplits: 1)
        return Reply(
            status: Int(words[0]) ?? 0, type: words.count > 1 ? String(words[1]) : "",
            body: Self.withoutLastNewline(process.lines(.output).dropLast().joined(separator: "\n")))
    }
}

extension Streamer {
    /// Where its admin server listens.
    func admin() throws -> String { try entry("admin server listening").values["address"] ?? "" }
}

extension EndToEnd {
    @Suite("The admin server")
    struct AdminServerTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker
        static let any = ["KAFKASTREAMER_ADMIN_LISTEN": "127.0.0.1:0"]

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        private func ready(_ arguments: [String] = [], _ environment: [String: String] = any) throws -> Streamer {
            try Streamer.ready(
                ["--brokers", broker.bootstrapServers, "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0"] + arguments,
                in: directory, environment: environment)
        }

        @Test("health, readiness, ledger, configuration and version are told, and promtool likes the metrics")
        func answers() throws {
            defer { directory.remove() }
            let streamer = try ready([], Self.any.merging(["KAFKA_SASL_PASSWORD": "s3cret"]) { $1 })
            defer { streamer.end() }
            let admin = try streamer.admin()
            let count = 500
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send((0..<count).map { Traffic.fileLine($0) })
            sender.finish()
            try streamer.waitForDelivery(of: count)
            #expect(try Curl.get(admin, "/healthz").body == "ok")
            #expect(try Curl.get(admin, "/readyz").status == 200)
            let ledger = try JSON.object(Curl.get(admin, "/ledger").body)
            #expect(ledger["received"] as? Int == count && ledger["delivered"] as? Int == count)
            let configuration = try Curl.get(admin, "/config").body
            #expect(configuration.contains("sasl.password") && !configuration.contains("s3cret"))
            #expect(try JSON.object(Curl.get(admin, "/version").body)["name"] as? String == "kafkastreamer")
            let metrics = try Curl.get(admin, "/metrics")
            #expect(metrics.type == "text/plain; version=0.0.4; charset=utf-8")
            let promtool = try ChildProcess(
                "promtool", ["check", "metrics"], input: .bytes(Array((metrics.body + "\n").utf8)))
            defer { promtool.end() }
            #expect(try promtool.waitForExit() == .code(0), "\(promtool.transcript)")
            #expect(promtool.lines(.errors).isEmpty, "\(promtool.transcript)")
            let open = try Curl.get(admin, "/metrics", ["--header", "Accept: application/openmetrics-text"])
            #expect(open.type.hasPrefix("application/openmetrics-text") && open.body.hasSuffix("# EOF"))
            try streamer.stopExpectingDelivery(of: count)
        }

        @Test("a real Prometheus scrapes it and finds in the sums what was sent")
        func prometheus() throws {
            defer { directory.remove() }
            let streamer = try ready()
            defer { streamer.end() }
            let count = 300
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send((0..<count).map { Traffic.fileLine($0) })
            sender.finish()
            try streamer.waitForDelivery(of: count)
            let configuration = try directory.write(
                """
                global: {scrape_interval: 1s, scrape_timeout: 1s}
                scrape_configs:
                  - job_name: kafkastreamer
                    static_configs: [{targets: ["\(streamer.admin())"]}]
                """, to: "prometheus.yml")
            let prometheus = try PrometheusProcess(configuration, in: directory)
            defer { prometheus.end() }
            for (query, value) in [
                (#"up{job="kafkastreamer"}"#, 1.0), ("sum(kafkastreamer_received_messages_total)", Double(count)),
                ("kafkastreamer_delivered_messages_total", Double(count)),
                (
                    #"kafkastreamer_parsed_messages_total{protocol="tcp"} + kafkastreamer_unmatched_messages_total"#,
                    Double(count)
                ),
                (
                    "sum(kafkastreamer_received_messages_total) - sum(kafkastreamer_delivered_messages_total)"
                        + " - sum(kafkastreamer_pending_messages) - sum(kafkastreamer_rejected_messages_total)", 0
                ),
            ] {
                var last = ""
                do {
                    try eventually("\(query) = \(value)") {
                        let (found, text) = try prometheus.query(query)
                        last = text
                        return found == value
                    }
                } catch {
                    Issue.record("\(last)")
                    throw error
                }
            }
            try streamer.stopExpectingDelivery(of: count)
        }

        @Test("an address that was asked for and is taken ends the start; the default's is a warning")
        func taken() throws {
            defer { directory.remove() }
            let first = try ready()
            defer { first.end() }
            let taken = try first.admin()
            let second = try Streamer(
                ["--brokers", broker.bootstrapServers, "--udp", "127.0.0.1:0", "--admin", taken], in: directory)
            defer { second.end() }
            #expect(try second.process.waitForExit() == .code(1))
            #expect(
                second.process.lines(.errors).last
                    == "admin: cannot listen on \(taken): Address already in use", "\(second.process.transcript)")
            // Whoever has the default address, this test or another program: the service does what it is for. An empty
            // variable is none.
            let port = try DefaultPort()
            try withExtendedLifetime(port) {
                let third = try ready([], ["KAFKASTREAMER_ADMIN_LISTEN": ""])
                defer { third.end() }
                try third.line(
                    containing: "warning admin: cannot listen on 127.0.0.1:9464: Address already in use: nobody can ask"
                )
                try third.stopExpectingDelivery(of: 0)
            }
        }

        @Test("ready turns into not ready when Kafka is away and the spool is full, and back")
        func readiness() throws {
            defer { directory.remove() }
            let configuration = try directory.write(
                """
                kafka: {brokers: ["\(broker.bootstrapServers)"]}
                spool: {max-size: 1MiB, segment-size: 256KiB}
                limits: {max-message-size: 8KiB}
                listeners:
                  - {type: tcp, address: "127.0.0.1:0"}
                """, to: "kafka.yaml")
            let streamer = try Streamer.ready(["--config", configuration], in: directory, environment: Self.any)
            defer { streamer.end() }
            let admin = try streamer.admin()
            #expect(try Curl.get(admin, "/readyz").status == 200)
            broker.stopBroker(1)
            let sender = try TCPSender(streamer.address("tcp"))
            let lines = (0..<5000).map { Traffic.fileLine($0) }
            let thread = Thread { do { try sender.send(lines) } catch { Issue.record("\(error)") } }
            thread.start()
            try eventually("it is not ready") { try Curl.get(admin, "/readyz").status == 503 }
            #expect(try Curl.get(admin, "/readyz").body.contains("no room"))
            #expect(try Curl.get(admin, "/healthz").status == 200)
            broker.startBroker(1)
            try eventually("it is ready again") { try Curl.get(admin, "/readyz").status == 200 }
            try streamer.waitForDelivery(of: 5000)
            sender.finish()
            try streamer.stopExpectingDelivery(of: 5000)
        }

        @Test("a unix socket serves the same, and is gone after a stop")
        func unixSocket() throws {
            defer { directory.remove() }
            let path = directory.file("admin.sock")
            let streamer = try ready(["--admin", path], [:])
            defer { streamer.end() }
            #expect(try Curl.get("localhost", "/healthz", ["--unix-socket", path]).body == "ok")
            try streamer.stopExpectingDelivery(of: 0)
            #expect(access(path, F_OK) != 0)
        }
    }
}

/// The default port of the admin server, which somebody has: the test, or whoever had it before.
private final class DefaultPort {
    private let descriptor: Int32

    init() throws {
        descriptor = try Socket.open(SOCK_STREAM)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(9464).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafeBytes(of: address) {
            bind(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        guard result == 0 || errno == EADDRINUSE else {
            throw HarnessError("bind: \(String(cString: strerror(errno)))")
        }
        listen(descriptor, 1)
    }

    deinit { close(descriptor) }
}

/// A Prometheus with a store of its own.
struct PrometheusProcess {
    private let process: ChildProcess
    private let address: String

    init(_ configuration: String, in directory: TemporaryDirectory) throws {
        // Prometheus does not say which port it got for 0: one that was free a moment ago is taken.
        address = "127.0.0.1:\(try Socket.freePort())"
        process = try ChildProcess(
            "prometheus",
            [
                "--config.file=\(configuration)", "--storage.tsdb.path=\(directory.file("prometheus"))",
                "--web.listen-address=\(address)",
            ], directory: directory)
        do {
            _ = try process.find("that it is ready") { $0.first { $0.contains("Server is ready") } }
        } catch {
            process.end()
            throw error
        }
    }

    func end() { process.end() }

    /// The value of a query with one result, and the answer.
    func query(_ query: String) throws -> (Double?, String) {
        let reply = try Curl.get(address, "/api/v1/query", ["--get", "--data-urlencode", "query=\(query)"])
        let data = try JSON.object(reply.body)["data"] as? [String: Any]
        let result = (data?["result"] as? [[String: Any]])?.first?["value"] as? [Any]
        return ((result?.last as? String).flatMap(Double.init), reply.body)
    }
}
