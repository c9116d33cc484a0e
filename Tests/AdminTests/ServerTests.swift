import Foundation
import Glibc
import Pipeline
import TestSupport
import Testing

@testable import Admin

@Suite("Admin server")
struct ServerTests {
    private func server(
        _ bench: AdminBench, _ limits: AdminLimits = AdminLimits(),
        _ place: AdminPlace = .tcp(host: "127.0.0.1", port: 0)
    ) async throws -> AdminServer {
        try await AdminServer.open(place, limits: limits, answers: bench.answers)
    }

    @Test("Regression: a sign that joins what follows it does not carry markup into the page")
    func markupBehindAJoiningSign() throws {
        let answer = StatusPage.answer(history: "[]", now: "\"\u{600}</script><meta http-equiv=refresh>\"")
        guard case .bytes(let bytes) = answer.body else { throw Missing() }
        let page = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { String($0) }
        let joined = page.firstIndex(of: "\u{600}").map { page[($0 + 1)...].prefix(6).joined() }
        #expect(joined == "\\u003c")
    }

    private struct Missing: Error {}

    @Test("Each path has its answer")
    func paths() async throws {
        let bench = try AdminBench()
        let server = try await server(bench)
        bench.send(["<13>Nov  4 14:02:09 gw1 app: hello"])
        let cases: [(String, Int, String)] = [
            ("/metrics", 200, "# TYPE kafkastreamer_received_messages_total counter"), ("/healthz", 200, "ok\n"),
            ("/readyz", 503, "starting: not all listeners are open\n"), ("/config", 200, "kafka:\n  brokers: []\n"),
            ("/version", 200, #"{"name":"kafkastreamer","version":"1.2.3"}"#),
            ("/ledger", 200, #""tcp":{"protocol":"tcp","received":1,"committed":1}"#),
            ("/../etc/passwd", 404, "there is /, /metrics"), ("/metrics?x=%zz&&=", 200, "# HELP"),
        ]
        for (path, status, text) in cases {
            let reply = try AdminReply.get(server.place, path, milliseconds: 0)
            #expect(reply.status == status && reply.body.contains(text), "\(path): \(reply)")
        }
        let ledger = try JSONSerialization.jsonObject(
            with: Data(try AdminReply.get(server.place, "/ledger", milliseconds: 0).body.utf8))
        #expect((ledger as? [String: Any])?["pending"] as? Int == 1)
        bench.observer.enter(.serving)
        #expect(try AdminReply.get(server.place, "/readyz", milliseconds: 0).status == 200)
        bench.observer.enter(.stopping)
        #expect(try AdminReply.get(server.place, "/readyz", milliseconds: 0).status == 503)
        await server.stop()
    }

    @Test(
        "What is no request is refused, and the next client is served",
        arguments: [
            ("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 405 "),
            ("HEAD /version HTTP/1.1\r\n\r\n", "HTTP/1.1 200 "), ("GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 400 "),
            ("\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n", "HTTP/1.1 400 "),
            ("<13>Nov  4 14:02:09 gw1 app: hello\n", "HTTP/1.1 400 "),
            ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n\r\n", "HTTP/1.1 431 "),
            (
                "GET / HTTP/1.1\r\n" + String(repeating: "X-Header: 0123456789\r\n", count: 1000) + "\r\n",
                "HTTP/1.1 431 "
            ),
            ("GET /version HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 421 "),
            ("GET /version HTTP/1.1\r\nHost: evil.example:9464\r\n\r\n", "HTTP/1.1 421 "),
            ("GET /version HTTP/1.1\r\nHost: 127.0.0.1:9464\r\n\r\n", "HTTP/1.1 200 "),
            ("GET /version HTTP/1.1\r\nHost: [::1]:9464\r\n\r\n", "HTTP/1.1 200 "),
            ("GET /version HTTP/1.1\r\nHost: LOCALHOST\r\n\r\n", "HTTP/1.1 200 "),
        ])
    func refusals(_ request: String, _ expected: String) async throws {
        let bench = try AdminBench()
        let server = try await server(bench)
        let answer = try RawConnection.ask(server.place, request)
        #expect(answer.hasPrefix(expected), "\(answer.prefix(200))")
        #expect(!answer.contains("Access-Control-Allow-Origin"))
        if request.hasPrefix("HEAD") { #expect(answer.hasSuffix("\r\n\r\n")) }
        #expect(try AdminReply.get(server.place, "/version", milliseconds: 0).status == 200)
        await server.stop()
    }

    @Test("A client that sends its request a byte at a time, or none, is left after the time for a request")
    func slowClients() async throws {
        let bench = try AdminBench()
        let server = try await server(bench, AdminLimits(connections: 4, milliseconds: 200))
        let silent = try RawConnection(server.place)
        let slow = try RawConnection(server.place)
        let place = server.place
        let thread = Thread {
            for byte in "GET /version HTTP/1.1\r\n" { slow.write(String(byte)) }
        }
        thread.start()
        // Each ends by the server's closing it, and without an answer.
        #expect(silent.readAll().isEmpty)
        #expect(slow.readAll().isEmpty)
        #expect(try AdminReply.get(place, "/version", milliseconds: 0).status == 200)
        await server.stop()
    }

    @Test("A thousand connections at once are closed but for as many as are served, and then it serves again")
    func manyConnections() async throws {
        let bench = try AdminBench()
        let server = try await server(bench, AdminLimits(connections: 8, milliseconds: 60_000))
        var connections: [RawConnection] = []
        for _ in 0..<1000 {
            connections.append(try RawConnection(server.place))
            // As many descriptors as the tests may have open are enough to show it.
            if connections.count == 200 { connections.removeFirst(100) }
        }
        try await eventually("those that are too many are closed") { server.refusedConnections > 800 }
        connections = []
        try await eventually("it serves again") {
            do {
                return try AdminReply.get(server.place, "/version", milliseconds: 10_000).status == 200
            } catch is AdminError {
                return false
            }
        }
        #expect(bench.observer.observe().ledger.isBalanced)
        await server.stop()
    }

    @Test("An address that is taken is an error with the address and the reason")
    func taken() async throws {
        let bench = try AdminBench()
        let first = try await server(bench)
        let error = await #expect(throws: AdminError.self) {
            _ = try await AdminServer.open(first.place, limits: AdminLimits(), answers: bench.answers)
        }
        #expect(error?.description == "admin: cannot listen on \(first.place): Address already in use")
        await first.stop()
    }

    @Test("A unix socket is served, one that was left over is replaced, and what another holds is left alone")
    func unixSocket() async throws {
        let bench = try AdminBench()
        let directory = try Scratch()
        let place = AdminPlace.unix(directory.path + "/admin.sock")
        let first = try await server(bench, AdminLimits(), place)
        #expect(try AdminReply.get(place, "/healthz", milliseconds: 0).body == "ok\n")
        await #expect(throws: AdminError.self) { _ = try await self.server(bench, AdminLimits(), place) }
        #expect(try AdminReply.get(place, "/healthz", milliseconds: 0).status == 200)
        await first.stop()
        #expect(access(place.description, F_OK) != 0)
        // Left over by a process that was killed.
        let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: place.description.utf8) }
        withUnsafeBytes(of: address) {
            _ = bind(left, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        close(left)
        #expect(access(place.description, F_OK) == 0)
        let second = try await server(bench, AdminLimits(), place)
        #expect(try AdminReply.get(place, "/healthz", milliseconds: 0).status == 200)
        await second.stop()
        // A file is nobody's socket.
        let file = directory.path + "/file"
        try Data("text".utf8).write(to: URL(fileURLWithPath: file))
        await #expect(throws: AdminError.self) { _ = try await self.server(bench, AdminLimits(), .unix(file)) }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "text")
    }
}
