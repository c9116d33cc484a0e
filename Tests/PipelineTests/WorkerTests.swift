import Base
import Foundation
import Inputs
import Kafka
import Routing
import Spool
import Syslog
import TestSupport
import Testing

@testable import Pipeline

private let lease =
    "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.168.0.101 to 00:11:22:33:44:55 (laptop-01) via eth0"

private func route(_ name: String, _ set: (inout RouteDefinition) -> Void) -> RouteDefinition {
    var route = RouteDefinition(name: name)
    set(&route)
    return route
}

@Suite("From frames to Kafka", .serialized)
struct WorkerTests {
    @Test("A stream's lines become events on the topics of their types, with their keys, and the ledger is exact")
    func stream() async throws {
        let bench = try Bench([
            route("dhcp") {
                $0.programs = ["dhcpd"]
                $0.topics = ["DHCP_LEASE": "leases"]
                $0.key = "mac"
            }
        ])
        bench.start()
        let worker = bench.pipeline.makeWorker(ListenerContext(name: "tcp"))
        let feed = Feed(worker, peer: address(192, 0, 2, 10))
        var balanced = true
        for index in 0..<500 {
            try await feed.send("\(lease)\n<13>Nov  4 14:02:09 gw1 app: hello \(index)\n")
            balanced = balanced && bench.pipeline.ledger.isBalanced
        }
        try await feed.send("<13>Nov  4 14:02:09 gw1 app: the last, unended")
        #expect(feed.end())
        worker.close()
        #expect(balanced)
        let ledger = try await bench.delivered()
        #expect(
            ledger.received == 1001 && ledger.delivered == 1001 && ledger.rejectedTotal == 0 && ledger.unmatched == 501)
        let messages = try bench.consume()
        let leases = messages.filter { $0.topic == "leases" }
        #expect(
            leases.count == 500
                && leases.allSatisfy { $0.key == "00:11:22:33:44:55" && $0.member("type") == "DHCP_LEASE" })
        #expect(leases[0].member("syslog.peer") == "192.0.2.10")
        let others = messages.filter { $0.topic == "syslog" }
        #expect(
            Set(others.compactMap { $0.member("message") })
                == Set((0..<500).map { "hello \($0)" } + ["the last, unended"]))
        #expect(messages.count == 1001 && others.allSatisfy { $0.key == nil })
    }

    @Test("Workers of several threads and one broker: the ledger balances whenever it is looked at")
    func ledgerAlwaysBalances() async throws {
        let bench = try Bench()
        bench.start()
        let ended = Resumed()
        var threads: [SystemThread] = []
        for index in 0..<3 {
            let worker = bench.pipeline.makeWorker(ListenerContext(name: "l\(index)"))
            threads.append(
                try SystemThread(name: "worker") {
                    let peer = UnsafePointer(worker.peers.peer(.none))
                    let frame = Array("<13>1 - - app - - - message of \(index)".utf8)
                    for batch in 0..<300 {
                        worker.beginBatch()
                        for _ in 0...(batch % 50) {
                            if !worker.accept(frame.span, isTruncated: false, peer: peer) { worker.reject(.spoolFull) }
                        }
                        worker.reject(.empty)
                        worker.endBatch()
                    }
                    worker.close()
                })
        }
        let pipeline = bench.pipeline
        let watching = Task {
            var looks = 0
            var last = Ledger()
            while !ended.isSet {
                let ledger = pipeline.ledger
                #expect(ledger.isBalanced)
                #expect(ledger.received >= last.received && ledger.delivered >= last.delivered)
                last = ledger
                looks += 1
                await Task.yield()
            }
            return looks
        }
        for thread in threads { thread.join() }
        let ledger = try await bench.delivered()
        ended.set()
        #expect(await watching.value > 0)
        let sent = (0..<300).reduce(0) { $0 + $1 % 50 + 1 } * 3
        #expect(ledger.received == UInt64(sent + 900) && ledger.rejected[.empty] == 900)
        #expect(ledger.delivered + ledger.rejected[.spoolFull, default: 0] == UInt64(sent))
    }

    @Test("A dropped route is counted, and nothing of it reaches the spool")
    func drop() async throws {
        let bench = try Bench([
            route("noise") {
                $0.programs = ["noise"]
                $0.drop = true
            }
        ])
        bench.start()
        let feed = Feed(bench.pipeline.makeWorker(ListenerContext(name: "tcp")))
        try await feed.send("<13>1 - - noise - - - x\n<13>1 - - other - - - y\n")
        let ledger = try await bench.delivered()
        #expect(ledger.received == 2 && ledger.delivered == 1 && ledger.rejected == [.route: 1])
    }

    @Test("An oversize frame is kept, cut and marked")
    func oversize() async throws {
        let bench = try Bench()
        bench.start()
        var context = ListenerContext(name: "tcp")
        context.maximumMessageSize = 100
        let feed = Feed(bench.pipeline.makeWorker(context))
        try await feed.send(
            "<13>1 - - app - - - " + String(repeating: "x", count: 500) + "\n<13>1 - - app - - - short\n")
        let ledger = try await bench.delivered()
        #expect(ledger.received == 2 && ledger.delivered == 2 && ledger.truncated == 1)
        let cut = try bench.consume().first { $0.member("syslog.truncated") != nil }
        #expect(cut?.member("message") == String(repeating: "x", count: 80))
    }

    @Test(
        "Regression: an event larger than a segment is cut, marked, and goes to the topic of the type that it then has")
    func largerThanSegment() async throws {
        let bench = try Bench(
            [
                route("dhcp") {
                    $0.programs = ["dhcpd"]
                    $0.topics = ["DHCP_DISCOVER": "discover"]
                }
            ], spool: SpoolSettings(maximumSize: 1 << 20, segmentSize: 65536))
        bench.start()
        var context = ListenerContext(name: "tcp")
        context.maximumMessageSize = 1 << 20
        let feed = Feed(bench.pipeline.makeWorker(context))
        let host = String(repeating: "h", count: 300_000)
        try await feed.send("<30>1 - gw dhcpd - - - DHCPDISCOVER from 00:11:22:33:44:55 (\(host)) via eth0\n")
        try await feed.send("<30>1 - gw dhcpd - - - DHCPDISCOVER from 00:11:22:33:44:55 (small) via eth0\n")
        let ledger = try await bench.delivered()
        #expect(ledger.received == 2 && ledger.delivered == 2 && ledger.truncated == 1 && ledger.unmatched == 1)
        let messages = try bench.consume()
        #expect(messages.allSatisfy { ($0.topic == "discover") == ($0.member("type") == "DHCP_DISCOVER") })
        let cut = messages.first { $0.topic == "syslog" }
        #expect(cut?.member("syslog.program") == "dhcpd" && cut?.member("syslog.truncated") == "1")
    }

    @Test("A key is the field's text, not the way JSON writes it")
    func escapedKey() async throws {
        let bench = try Bench([
            route("dhcp") {
                $0.programs = ["dhcpd"]
                $0.key = "hostname"
            }
        ])
        bench.start()
        let feed = Feed(bench.pipeline.makeWorker(ListenerContext(name: "tcp")))
        // Enough of them to fill segments to their last bytes: no key may be cut there.
        let name = #"Anna's "old" \ lap"# + "\t" + #"top"#
        for _ in 0..<40 {
            try await feed.send(
                String(
                    repeating: "<30>1 - gw dhcpd - - - DHCPDISCOVER from 00:11:22:33:44:55 (\(name)) via eth0\n",
                    count: 200))
        }
        _ = try await bench.delivered()
        let keys = Set(try bench.consume().map(\.key))
        #expect(keys == [name])
    }

    @Test("A listener's program is given to lines without a header, and to no others")
    func program() async throws {
        let bench = try Bench()
        bench.start()
        var context = ListenerContext(name: "file")
        context.program = "dhcpd"
        let feed = Feed(bench.pipeline.makeWorker(context))
        try await feed.send("DHCPACK on 10.0.0.1 to 00:11:22:33:44:55 via eth0\n<13>1 - - own - - - text\nplain text\n")
        _ = try await bench.delivered()
        let messages = try bench.consume()
        let ack = messages.first { $0.member("type") == "DHCP_LEASE" }
        #expect(ack?.member("ip") == "10.0.0.1" && ack?.member("syslog.program") == "dhcpd")
        #expect(ack?.member("message") == "DHCPACK on 10.0.0.1 to 00:11:22:33:44:55 via eth0")
        // What was not received is not made up.
        #expect(ack?.member("syslog.facility") == nil)
        #expect(messages.first { $0.member("message") == "text" }?.member("syslog.program") == "own")
        #expect(messages.first { $0.member("message") == "plain text" }?.member("syslog.program") == "dhcpd")
    }

    @Test("Regression: a listener's program leaves a time at the line's start readable")
    func programKeepsTime() async throws {
        let bench = try Bench()
        bench.start()
        var context = ListenerContext(name: "file")
        context.program = "named"
        let feed = Feed(bench.pipeline.makeWorker(context))
        let text = "client @0x7f2b4c0a1b68 192.0.2.10#54321 (example.com): query: example.com IN A +E(0)K (192.0.2.1)"
        try await feed.send("04-Nov-2025 14:02:09.123 queries: info: \(text)\n")
        _ = try await bench.delivered()
        let query = try bench.consume().first
        #expect(query?.member("timestamp") == "2025-11-04T14:02:09.123Z" && query?.member("type") == "DNS_QUERY")
    }

    @Test("Times without a zone are read in the zone of the network that they came from")
    func zones() async throws {
        let bench = try Bench()
        bench.start()
        var context = ListenerContext(name: "tcp")
        context.zone = LocalZone(transitions: [], initialOffset: 3600)
        context.networkZones = [
            .init(
                network: .init(bytes: [10, 0, 0, 0], prefixLength: 8),
                zone: LocalZone(transitions: [], initialOffset: -18000))
        ]
        let worker = bench.pipeline.makeWorker(context)
        let line = "<13>2025-11-04 12:00:00 gw app: x\n"
        try await Feed(worker, peer: address(10, 9, 8, 7)).send(line)
        try await Feed(worker, peer: address(11, 9, 8, 7)).send(line)
        _ = try await bench.delivered()
        let times = try bench.consume().map { [$0.member("syslog.peer"), $0.member("timestamp")] }
        #expect(Set(times) == [["10.9.8.7", "2025-11-04T17:00:00Z"], ["11.9.8.7", "2025-11-04T11:00:00Z"]])
    }

    @Test("A plan is exchanged between batches: what comes after goes by the new one")
    func planExchange() async throws {
        let bench = try Bench([route("all") { $0.topic = "old" }])
        bench.start()
        let feed = Feed(bench.pipeline.makeWorker(ListenerContext(name: "tcp")))
        try await feed.send("<13>1 - - app - - - before\n")
        bench.pipeline.replace(try Bench.plan([route("all") { $0.topic = "new" }], bench.topics))
        try await feed.send("<13>1 - - app - - - after\n")
        _ = try await bench.delivered()
        let messages = try bench.consume().map { [$0.topic, $0.member("message") ?? ""] }
        #expect(Set(messages) == [["old", "before"], ["new", "after"]])
    }

    @Test("A stream over its rate is slowed, and nothing is lost")
    func streamRate() async throws {
        let bench = try Bench(
            rate: RateLimiter(perSecond: 2000, burst: 5), sourceRate: SourceRateLimiter(perSecond: 5000, burst: 1))
        bench.start()
        var context = ListenerContext(name: "tcp")
        context.rate = RateLimiter(perSecond: 4000, burst: 2)
        let feed = Feed(bench.pipeline.makeWorker(context), peer: address(10, 0, 0, 1))
        let first = feed.offer(Array(String(repeating: "<13>x\n", count: 50).utf8)[...])
        guard case .forNanoseconds(let wait) = first.blocked, wait > 0 else {
            Issue.record("not slowed: \(first)")
            return
        }
        try await feed.send(String(repeating: "<13>x\n", count: 50).dropFirst(first.taken).description)
        let ledger = try await bench.delivered()
        #expect(ledger.received == 50 && ledger.delivered == 50)
    }

    @Test("A full spool stops a stream; when it has room the stream goes on, and nothing is lost")
    func streamSpoolFull() async throws {
        let bench = try Bench(spool: SpoolSettings(maximumSize: 256 << 10, segmentSize: 65536))
        let feed = Feed(bench.pipeline.makeWorker(ListenerContext(name: "tcp")))
        let lines = (0..<3000).map { "<13>1 - - app - - - message \($0)\n" }
        let bytes = Array(lines.joined().utf8)
        let resumed = Resumed()
        let first = feed.offer(bytes[...]) { resumed.set() }
        #expect(first.blocked == .untilRoom && first.taken < bytes.count && !resumed.isSet)
        #expect(bench.pipeline.ledger.isBalanced && bench.pipeline.ledger.rejectedTotal == 0)
        bench.start()
        try await eventually("resumed") { resumed.isSet }
        try await feed.send(String(decoding: bytes[first.taken...], as: UTF8.self))
        let ledger = try await bench.delivered()
        #expect(ledger.received == 3000 && ledger.delivered == 3000)
        #expect(Set(try bench.consume().compactMap { $0.member("message") }).count == 3000)
    }

    @Test("Regression: a stream that the disk stopped goes on when the disk takes segments again")
    func diskRefuses() async throws {
        let scratch = try Scratch()
        let directory = scratch.file("spool")
        let bench = try Bench(spool: SpoolSettings(directory: directory, maximumSize: 1 << 20, segmentSize: 65536))
        bench.start()
        let feed = Feed(bench.pipeline.makeWorker(ListenerContext(name: "tcp")))
        try FileManager.default.removeItem(atPath: directory)
        let line = "<13>1 - - app - - - kept\n"
        let refused = feed.offer(Array(line.utf8)[...])
        guard case .forNanoseconds = refused.blocked else {
            Issue.record("nobody would wake it: \(refused)")
            return
        }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        try await feed.send(String(line.dropFirst(refused.taken)))
        #expect(try await bench.delivered().delivered == 1)
    }
}
