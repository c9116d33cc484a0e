import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    /// `make soak`: steady load while connections come and go, the configuration is read again and Kafka goes away now and
    /// then. `SOAK_SECONDS` says how long (10 without it), `SOAK_RATE` how many messages a second (4,000 without it). There
    /// are a reload a minute, or ten of them in all, and an outage with every fifth reload.
    @Suite("Soak")
    struct SoakTests {
        @Test("hours of connections, reloads and outages: memory and descriptors stay flat, and the ledger is exact")
        func soak() throws {
            let environment = ProcessInfo.processInfo.environment
            let seconds = environment["SOAK_SECONDS"].flatMap { Double($0) } ?? 10
            let rate = environment["SOAK_RATE"].flatMap { Int($0) } ?? 4_000
            let soak = try Soak(rate: rate)
            defer { soak.end() }
            try soak.run(seconds: seconds)
        }
    }
}

private final class Soak {
    /// What the process takes at a moment without an outage and with the same number of connections as at any other.
    struct Reading: CustomStringConvertible {
        var kilobytes: Int
        var descriptors: Int
        var description: String { "\(kilobytes / 1024) MB, \(descriptors) descriptors" }
    }

    let directory: TemporaryDirectory
    let broker: EmbeddedBroker
    let consumer: ChildProcess
    let streamer: Streamer
    let seen = Monitor(KeyOrder())
    let lasting: [NumberedSource]
    let pause: UInt32
    var passing: NumberedSource
    var readings: [Reading] = []
    var reloads = 0
    var outages = 0
    var connections = 0

    init(rate: Int) throws {
        directory = try TemporaryDirectory()
        broker = try EmbeddedBroker()
        try broker.createTopic("endurance", partitions: 4)
        lasting = [
            NumberedSource(host: "lasting", .tcp), NumberedSource(host: "file", .file(directory.file("app.log"))),
        ]
        passing = NumberedSource(host: "passing", .tcp)
        // Three senders of 20 messages a batch.
        pause = UInt32(max(1, 60_000_000 / max(1, rate)))
        let seen = seen
        consumer = try ChildProcess(
            "kcat", ["-b", broker.bootstrapServers, "-C", "-t", "endurance", "-o", "beginning", "-q", "-u", "-E"],
            onOutput: { line in
                guard let (host, number) = NumberedSource.identity(in: line) else { return }
                seen.update { $0.note(host, number) }
            })
        try Self.configure(directory, broker, revision: 0)
        streamer = try Streamer.ready(["--config", directory.file("kafka.yaml")], in: directory)
    }

    private static func configure(_ directory: TemporaryDirectory, _ broker: EmbeddedBroker, revision: Int) throws {
        try directory.write(
            """
            listeners:
              - type: tcp
                address: 127.0.0.1:0
              - type: file
                paths: ["\(directory.file("app.log"))"]
            kafka:
              brokers: ["\(broker.bootstrapServers)"]
              topic: endurance
            spool:
              directory: "\(directory.file("spool"))"
            state-directory: "\(directory.file("state"))"
            routes:
              - name: revision-\(revision)
                key: host

            """, to: "kafka.yaml")
    }

    func end() {
        streamer.end()
        consumer.end()
        directory.remove()
    }

    func run(seconds: Double) throws {
        try lasting[0].run(to: streamer.address("tcp"), pause: pause)
        try lasting[1].run(to: nil, pause: pause)
        // The steps are counted and not timed: a slow machine does the same in a longer time.
        let steps = max(10, Int(seconds / 60))
        for step in 1...steps {
            try connect()
            usleep(UInt32(seconds / Double(steps) * 1_000_000))
            if step % 5 == 0 { try outage(seconds: seconds / Double(steps) / 4) }
            try reload(step)
            try disconnect()
            try read()
        }
        for source in lasting { try source.halt() }
        try check()
    }

    private func connect() throws {
        try passing.run(to: streamer.address("tcp"), pause: pause)
        connections += 1
    }

    private func disconnect() throws { try passing.halt() }

    private func outage(seconds: Double) throws {
        broker.stopBroker(1)
        usleep(UInt32(seconds * 1_000_000))
        broker.startBroker(1)
        outages += 1
    }

    private func reload(_ revision: Int) throws {
        try Self.configure(directory, broker, revision: revision)
        let seen = streamer.logCount
        streamer.process.signal(SIGHUP)
        try streamer.entry("configuration reloaded", after: seen)
        reloads += 1
    }

    /// Takes a reading once what waited is delivered.
    private func read() throws {
        try streamer.ledger(when: "the backlog is worked off") { $0.pending < 10_000 }
        let process = "/proc/\(streamer.process.processID)"
        let status = try String(contentsOfFile: process + "/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        let kilobytes = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: process + "/fd").count
        readings.append(Reading(kilobytes: kilobytes, descriptors: descriptors))
    }

    private func check() throws {
        let sent = (lasting + [passing]).reduce(0) { $0 + $1.count }
        let ledger = try streamer.ledger(when: "everything delivered") {
            $0.received == UInt64(sent) && $0.pending == 0
        }
        #expect(ledger.delivered == UInt64(sent) && ledger.rejected == 0, "\(ledger)")
        let (exit, last) = try streamer.stop()
        #expect(exit == .code(0) && last == ledger, "\(streamer.process.transcript)")
        #expect(seen.wait { $0.count == sent ? true : nil } == true, "\(seen.read { $0.count }) of \(sent) arrived")
        let order = seen.read { $0 }
        #expect(order.late == 0 && order.duplicates == 0, "\(order.late) out of order, \(order.duplicates) twice")

        // The first fifth warms up. After that nothing grows: the later half takes what the earlier half took.
        let steady = readings.dropFirst(readings.count / 5)
        let (earlier, later) = (steady.prefix(steady.count / 2), steady.suffix(steady.count / 2))
        let allowed = earlier.map(\.kilobytes).max()! * 5 / 4 + 8 * 1024
        #expect(later.map(\.kilobytes).max()! <= allowed, "\(readings)")
        #expect(later.map(\.descriptors).max()! <= earlier.map(\.descriptors).max()! + 2, "\(readings)")
        print(
            "soak: messages=\(sent) connections=\(connections) reloads=\(reloads) outages=\(outages) "
                + "rss-first=\(readings.first!.kilobytes / 1024)MB rss-last=\(readings.last!.kilobytes / 1024)MB "
                + "rss-most=\(readings.map(\.kilobytes).max()! / 1024)MB descriptors=\(readings.map(\.descriptors))")
    }
}
