import Foundation
import Inputs
import Routing
import Spool
import Synchronization
import Testing

@testable import Pipeline

/// What is counted, by what, and that it adds up to the ledger. The producers are not started: everything stays pending.
@Suite("Counters")
struct CounterTests {
    private static let lease =
        "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.0.2.101 to 00:11:22:33:44:55 (laptop-01) via eth0"

    private func accept(_ worker: Worker, _ lines: [String]) {
        worker.beginBatch()
        let peer = UnsafePointer(worker.peers.peer(.none))
        for line in lines {
            let frame = Array(line.utf8)
            if !worker.accept(frame.span, isTruncated: false, peer: peer) { Issue.record("no room") }
        }
        worker.endBatch()
    }

    private func bench(_ routes: [RouteDefinition] = []) throws -> Bench {
        try Bench(routes, spool: SpoolSettings(maximumSize: 64 << 20, segmentSize: 1 << 20))
    }

    @Test("Committed messages are counted by rule, type, topic and program, and each adds up to the ledger")
    func labels() throws {
        let bench = try bench()
        let worker = bench.pipeline.makeWorker(ListenerContext(name: "udp"))
        accept(
            worker,
            [Self.lease, Self.lease, "<13>Nov  4 14:02:09 gw1 app: hello", "no header at all", "<13>1 - - - - - - x"])
        let labels = bench.pipeline.labels
        #expect(labels.types == ["DHCP_LEASE": 2, "SYSLOG": 3])
        #expect(labels.topics == ["dhcp_lease": 2, "syslog": 3])
        #expect(labels.programs["dhcpd"] == ProgramCounts(committed: 2, unmatched: 0))
        #expect(labels.programs["app"] == ProgramCounts(committed: 1, unmatched: 1))
        #expect(labels.programs[""] == ProgramCounts(committed: 2, unmatched: 2))
        let leases = labels.matches.filter { $0.key.parser == "dhcp_log_parser" }
        #expect(leases.count == 1 && leases.first?.value == 2 && leases.first?.key.rule.isEmpty == false)
        #expect(labels.matches[MatchName(parser: "", rule: "")] == 3)
        let ledger = bench.pipeline.ledger
        for sum in [
            labels.types.values.reduce(0, +), labels.topics.values.reduce(0, +), labels.matches.values.reduce(0, +),
            labels.programs.values.reduce(0) { $0 + $1.committed },
        ] {
            #expect(sum == ledger.pending)
        }
        #expect(labels.programs.values.reduce(0) { $0 + $1.unmatched } == ledger.unmatched)
    }

    @Test("Regression: faults of headers that an ended worker counted stay counted")
    func headerFaultsOfAnEndedWorker() throws {
        let bench = try bench()
        let worker = bench.pipeline.makeWorker(ListenerContext(name: "udp"))
        accept(worker, ["<999>Nov  4 14:02:09 gw1 app: a priority that there is not"])
        worker.close()
        #expect(bench.pipeline.listeners.values.map(\.headerFaults).reduce(0, +) == 1)
    }

    @Test("A plug-in's events are counted under its name")
    func plugin() throws {
        let bench = try bench([
            {
                var route = RouteDefinition(name: "json")
                route.programs = ["app"]
                route.parser = .named("json")
                return route
            }()
        ])
        let worker = bench.pipeline.makeWorker(ListenerContext(name: "udp"))
        accept(worker, [#"<13>Nov  4 14:02:09 gw1 app: {"level":"info","msg":"started"}"#])
        #expect(bench.pipeline.labels.matches == [MatchName(parser: "json", rule: ""): 1])
    }

    @Test("Every reason of a rejection has its counter, by listener")
    func reasons() throws {
        let bench = try bench()
        let worker = bench.pipeline.makeWorker(ListenerContext(name: "udp"))
        worker.beginBatch()
        for (index, reason) in Rejection.allCases.enumerated() {
            for _ in 0...index { worker.reject(reason) }
        }
        worker.endBatch()
        let expected = Dictionary(
            uniqueKeysWithValues: Rejection.allCases.enumerated().map { ($0.element, UInt64($0.offset + 1)) })
        #expect(bench.pipeline.listeners["udp"]?.rejected == expected)
        let ledger = bench.pipeline.ledger
        #expect(ledger.rejected == expected && ledger.isBalanced && ledger.received == ledger.rejectedTotal)
    }

    @Test("Senders that make up programs make no counters without end")
    func manyPrograms() throws {
        let bench = try bench()
        let worker = bench.pipeline.makeWorker(ListenerContext(name: "udp"))
        accept(worker, (0..<2000).map { "<13>Nov  4 14:02:09 gw1 made\($0): hello" })
        accept(worker, ["<13>Nov  4 14:02:09 gw1 \(String(repeating: "x", count: 65)): a name too long to be counted"])
        let programs = bench.pipeline.labels.programs
        #expect(programs.count <= ProgramNames().capacity)
        #expect(programs["other"]!.committed > 1000)
        #expect(programs.values.reduce(0) { $0 + $1.committed } == 2001)
    }

    @Test("A reload of the plan keeps what was counted")
    func reload() throws {
        let bench = try bench()
        let worker = bench.pipeline.makeWorker(ListenerContext(name: "udp"))
        accept(worker, [Self.lease])
        var route = RouteDefinition(name: "all")
        route.topic = "everything"
        bench.pipeline.replace(try Bench.plan([route], bench.topics))
        accept(worker, [Self.lease])
        let labels = bench.pipeline.labels
        #expect(labels.topics == ["dhcp_lease": 1, "everything": 1])
        #expect(labels.types == ["DHCP_LEASE": 2])
        #expect(labels.programs["dhcpd"] == ProgramCounts(committed: 2, unmatched: 0))
    }

    @Test("Regression: a listener goes on counting under another name, and files that wait are counted")
    func renamed() throws {
        let bench = try Bench(spool: SpoolSettings(maximumSize: 128 << 10, segmentSize: 64 << 10))
        let worker = bench.pipeline.makeFileWorker(ListenerContext(name: "old", identity: "file 1"))
        let origin = worker.open(OriginIdentity(high: 1, low: 1), at: 0)
        let line = Array(String(repeating: "x", count: 4000).utf8)
        var taken: UInt64 = 0
        let isFull = line.withUnsafeBytes { bytes in
            while worker.receive(line: bytes, isTruncated: false, origin: origin, position: taken + 1) { taken += 1 }
            return !worker.receive(line: bytes, isTruncated: false, origin: origin, position: taken + 1)
        }
        #expect(isFull && taken > 0)
        worker.endBatch()
        bench.pipeline.replace(
            Plan(
                routing: try Bench.plan([], bench.topics).routing, rate: nil, sourceRate: nil,
                listeners: [ListenerContext(name: "new", identity: "file 1")]))
        _ = line.withUnsafeBytes { worker.receive(line: $0, isTruncated: false, origin: origin, position: taken + 1) }
        worker.endBatch()
        let sums = bench.pipeline.listenerSums
        #expect(sums.keys.sorted() == ["file 1"])
        #expect(sums["file 1"]?.name == "new" && sums["file 1"]?.counts.committed == taken)
        #expect(sums["file 1"]?.counts.roomWaits == 3)
        #expect(bench.pipeline.listeners["new"]?.committed == taken)
        worker.close()
        #expect(bench.pipeline.listenerSums["file 1"]?.counts.committed == taken)
    }

    @Test("A listener that has ended leaves its sums and nothing else")
    func ended() throws {
        let bench = try bench()
        let drops = Atomic<Int>(3)
        for _ in 0..<20 {
            let worker = bench.pipeline.makeWorker(ListenerContext(name: "udp"))
            let watch = bench.pipeline.watch("udp") {
                var readings = SocketReadings()
                readings.kernelDrops = UInt64(drops.load(ordering: .relaxed))
                readings.openConnections = 1
                return readings
            }
            accept(worker, [Self.lease])
            #expect(bench.pipeline.listeners["udp"]!.sockets.openConnections == 1)
            worker.close()
            worker.close()
            watch.end()
            watch.end()
        }
        #expect(bench.pipeline.liveCount == 0)
        let counts = bench.pipeline.listeners["udp"]!
        #expect(counts.committed == 20 && counts.received == 80 && counts.sockets.kernelDrops == 60)
        #expect(counts.sockets.openConnections == 0)
        #expect(bench.pipeline.labels.types == ["DHCP_LEASE": 20])
        let ledger = bench.pipeline.ledger
        #expect(ledger.received == 80 && ledger.rejected == [.kernelDrop: 60] && ledger.pending == 20)
    }
}
