import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    /// `make crash-test`: senders at full speed over TCP, UDP and a file; `kill -9` at random moments, Kafka going away in
    /// between. `CRASH_ROUNDS` says how often (6 without it), `CRASH_SEED` repeats a run as far as a kill can be repeated.
    @Suite("Killed again and again")
    struct CrashRunTests {
        @Test(
            "what was committed is with Kafka, in order for each key, and twice only what was under way",
            arguments: [1, 3])
        func crashRun(producers: Int) throws {
            let environment = ProcessInfo.processInfo.environment
            let rounds = environment["CRASH_ROUNDS"].flatMap { Int($0) } ?? 6
            let seed = environment["CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: .min ... .max)
            var run = try CrashRun(producers: producers, seed: seed)
            defer { run.end() }
            for round in 0..<rounds { try run.killOnce(round) }
            try run.finish()
        }
    }
}

/// One run: a spool, a broker, senders that go on through all rounds, and a consumer that reads all along.
private struct CrashRun {
    let directory: TemporaryDirectory
    let broker: EmbeddedBroker
    let consumer: ChildProcess
    let seen = Monitor(KeyOrder())
    let configuration: String
    let sources: [NumberedSource]
    var random: EndToEnd.CrashTests.SeededGenerator
    /// What is known to be committed, by host.
    var committed: [String: NumberSet] = [:]
    let producers: Int
    let seed: UInt64
    var kills = 0
    var outages = 0

    init(producers: Int, seed: UInt64) throws {
        self.producers = producers
        self.seed = seed
        random = EndToEnd.CrashTests.SeededGenerator(state: seed)
        directory = try TemporaryDirectory()
        broker = try EmbeddedBroker()
        try broker.createTopic("endurance", partitions: 8)
        sources =
            [NumberedSource(host: "udp", .udp), NumberedSource(host: "file", .file(directory.file("app.log")))]
            + (0..<3).map { NumberedSource(host: "tcp\($0)", .tcp) }
        configuration = try directory.write(
            """
            listeners:
              - type: tcp
                address: 127.0.0.1:0
              - type: udp
                address: 127.0.0.1:0
              - type: file
                paths: ["\(directory.file("app.log"))"]
            kafka:
              brokers: ["\(broker.bootstrapServers)"]
              topic: endurance
              producers: \(producers)
            spool:
              directory: "\(directory.file("spool"))"
              max-size: 64MiB
            state-directory: "\(directory.file("state"))"
            routes:
              - name: all
                key: host

            """, to: "kafka.yaml")
        // It reads all along, because the embedded broker keeps only so much.
        let seen = seen
        consumer = try ChildProcess(
            "kcat",
            ["-b", broker.bootstrapServers, "-C", "-t", "endurance", "-o", "beginning", "-q", "-u", "-E"],
            onOutput: { line in
                guard let (host, number) = NumberedSource.identity(in: line) else { return }
                seen.update { $0.note(host, number) }
            })
    }

    func end() {
        consumer.end()
        directory.remove()
    }

    /// One life of the process: load, perhaps an outage, `kill -9` at a random moment.
    mutating func killOnce(_ round: Int) throws {
        let isAway = Int.random(in: 0..<3, using: &random) == 0
        let streamer = try Streamer.ready(["--config", configuration], in: directory)
        defer { streamer.end() }
        try start(streamer)
        usleep(UInt32.random(in: 1_000...200_000, using: &random))
        if isAway {
            broker.stopBroker(1)
            outages += 1
            usleep(UInt32.random(in: 1_000...1_500_000, using: &random))
        }
        usleep(UInt32.random(in: 1_000...100_000, using: &random))
        streamer.process.signal(SIGKILL)
        #expect(try streamer.process.waitForExit() == .signal(SIGKILL))
        kills += 1
        for source in sources { try source.halt() }
        for value in try SpoolFiles.committedValues(in: directory.file("spool")) {
            guard let (host, number) = NumberedSource.identity(in: Substring(value).utf8) else {
                throw HarnessError("a record that was not sent: \(value)")
            }
            committed[host, default: NumberSet()].insert(number)
        }
        // Sometimes Kafka stays away over the kill, and the next process finds what this one could not send.
        if isAway, Bool.random(using: &random) { return }
        broker.startBroker(1)
    }

    private func start(_ streamer: Streamer) throws {
        for source in sources {
            switch source.transport {
            case .tcp: try source.run(to: streamer.address("tcp"))
            case .udp: try source.run(to: streamer.address("udp"), pause: 500)
            // A file is read to its end sooner or later, so it grows at a pace that leaves the other senders room.
            case .file: try source.run(to: nil, pause: 500)
            }
        }
    }

    /// A last start without load: everything that is left goes out.
    mutating func finish() throws {
        broker.startBroker(1)
        let last = try Streamer.ready(["--config", configuration], in: directory)
        defer { last.end() }
        // A file is never lost: all its lines arrive, whenever the process was killed.
        let file = sources.first { $0.host == "file" }!
        var whole = NumberSet()
        for number in 0..<file.count { whole.insert(number) }
        committed["file"] = whole
        let expected = committed
        let isComplete = seen.wait { $0.holds(expected) ? true : nil }
        try last.ledger(when: "everything delivered that was left") { $0.pending == 0 }
        let (exit, ledger) = try last.stop()
        #expect(exit == .code(0), "\(last.process.transcript)")
        #expect(ledger.isBalanced, "\(ledger)")

        let order = seen.read { $0 }
        let missing = isComplete == nil ? order.missing(of: expected) : []
        #expect(
            isComplete != nil,
            "\(missing.count) are missing, seed \(seed): \(missing.prefix(5))\n\(consumer.transcript)")
        for (key, seen) in order.keys.sorted(by: { $0.key < $1.key }) {
            #expect(
                seen.late.count == 0, "\(key): \(seen.late.count) out of order, seed \(seed): \(seen.late.prefix(5))")
        }
        // What is handed to the producers and not reported is at most their windows; a file is read again from its place.
        #expect(order.duplicates <= kills * (producers * 20_000 + 20_000), "\(order.duplicates) came twice")
        #expect(order.count > 0, "the test sent nothing")
        print(
            "crash run: producers=\(producers) seed=\(seed) kills=\(kills) outages=\(outages) "
                + "known-committed=\(expected.values.reduce(0) { $0 + $1.count }) arrived=\(order.count) "
                + "missing=\(missing.count) out-of-order=\(order.late) duplicates=\(order.duplicates)")
    }
}
