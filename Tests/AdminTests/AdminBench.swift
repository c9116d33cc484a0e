import Foundation
import Inputs
import Kafka
import Logging
import Parsers
import Pipeline
import Routing
import Spool
import TestSupport

@testable import Admin

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A pipeline with a broker of its own, and what looks at it. Nothing is delivered before `start`.
final class AdminBench {
    static let parsers: ParserSet = {
        do { return try ParserSet(RulesFile.builtInWithoutExamples) } catch { fatalError("\(error)") }
    }()

    let broker: EmbeddedBroker
    let producers: ProducerPool
    let pipeline: Pipeline
    let observer: Observer
    let answers: AdminAnswers
    let warnings = RecentWarnings()

    init() throws {
        broker = try EmbeddedBroker()
        let topics = TopicTable()
        let spool = try Spool(SpoolSettings(maximumSize: 16 << 20, segmentSize: 1 << 20))
        var client = ClientConfiguration()
        client.set("bootstrap.servers", broker.bootstrapServers)
        client.set("linger.ms", "1")
        client.set("statistics.interval.ms", "50")
        producers = try ProducerPool(
            count: 1, configuration: client, limits: ProducerPool.Limits(), spool: spool, topics: topics, replay: nil,
            logger: quiet)
        let recovered = try spool.recover(topicIndex: { topics.index(of: $0) })
        var noise = RouteDefinition(name: "noise")
        noise.programs = ["noise"]
        noise.drop = true
        let routing = try RoutingTable(
            [noise], parsers: Self.parsers, defaultTopic: { $0.lowercased() }, topicIndex: { topics.index(of: $0) },
            isValidTopic: { TopicTable.isValid($0) })
        pipeline = Pipeline(
            spool: spool, producers: producers, plan: Plan(routing: routing), recovered: recovered)
        observer = Observer(pipeline, version: "1.2.3", hasFailed: { false }, files: { [:] })
        observer.use(transports: ["tcp": "tcp"])
        answers = AdminAnswers(observer, version: "1.2.3", warnings: warnings) { "kafka:\n  brokers: []\n" }
    }

    deinit { producers.stop() }

    /// Commits lines as one batch of a connection.
    func send(_ lines: [String], by worker: Worker? = nil) {
        let worker = worker ?? pipeline.makeWorker(ListenerContext(name: "tcp"))
        var connection = worker.open(peer: .none)
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        bytes.withUnsafeBytes { _ = worker.receive($0, on: &connection, resume: {}) }
    }

    /// The metrics of one scrape, by name with labels.
    func scrape() -> [String: Double] { Self.samples(Exposition.write(observer.observe(), .prometheus)) }

    static func samples(_ text: [UInt8]) -> [String: Double] {
        var samples: [String: Double] = [:]
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            let space = line.lastIndex(of: " ")!
            samples[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        return samples
    }
}

/// Runs a program of the system with a text on its standard input; gives its exit code and all that it printed.
func run(_ arguments: [String], input: [UInt8]) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stdout
    try process.run()
    let writing = stdin.fileHandleForWriting
    let thread = Thread {
        try? writing.write(contentsOf: Data(input))
        try? writing.close()
    }
    thread.start()
    let output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
}

let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
