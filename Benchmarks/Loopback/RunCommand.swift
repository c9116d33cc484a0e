import ArgumentParser
import Foundation

/// `run`: every product under every load, in turn, and the report.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the benchmark and write the report.",
        discussion: "A run that leaves out a scenario or a product prints its tables and writes no file.")

    @Option(help: "Rounds: runs of each product.") var runs = 5
    @Option(help: "Messages of a TCP run.") var messages = 1_000_000
    @Option(help: "Messages of a run with rsyslog's disk queue.") var diskMessages = 400_000
    @Option(help: "Messages per second over UDP, for both products.") var udpRate = 80000.0
    @Option(help: "Messages per second over UDP, for kafkastreamer alone.") var udpHighRate = 150000.0
    @Option(help: "Seconds of a UDP run.") var udpSeconds = 8.0
    @Option(help: "Messages of a run that compares numbers of rules.") var ruleMessages = 500_000
    @Option(help: "octet-counted or lf, over TCP.") var framing: Framing = .octetCounted
    @Option(help: "Bytes of text added to each message (1 KB messages: 911).") var padding = 0
    @Option(help: "Partitions of each topic.") var partitions: Int32 = 4
    @Option(help: "Only these scenarios: \(Self.scenarioNames.joined(separator: ", ")).", transform: Self.words)
    var scenarios: [String] = []
    @Option(
        help: "Only these products: \(Product.allCases.map(\.rawValue).joined(separator: ", ")).", transform: Self.words
    )
    var products: [String] = []
    @Option(help: "The kafkastreamer to measure; the one beside this program when not given.") var streamer: String?
    @Option(help: "The rsyslogd to measure.") var rsyslogd = "/usr/sbin/rsyslogd"
    @Option(help: "Where to put spools and queues; the system's temporary directory when not given.")
    var workDirectory: String?
    @Option(help: "The report to write.") var report = "docs/benchmarks.md"
    @Option(help: "The raw results to write.") var results = "Benchmarks/results/latest.json"

    private static let scenarioNames = ["tcp", "tcp-4", "udp", "udp-high", "spool"]

    private static func words(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }

    func validate() throws {
        guard runs >= 1, messages >= 1, diskMessages >= 1, ruleMessages >= 1, udpRate > 0, udpHighRate > 0,
            udpSeconds > 0
        else {
            throw ValidationError("counts, rates and seconds must be positive")
        }
        for name in scenarios where !Self.scenarioNames.contains(name) {
            throw ValidationError("no scenario is called \(name)")
        }
        for name in products where Product(rawValue: name) == nil {
            throw ValidationError("no product is called \(name)")
        }
    }

    func run() throws {
        try Children.endOnSignals()
        // A child that ends while it is written to must not end this process.
        signal(SIGPIPE, SIG_IGN)
        let chosen = self.chosen()
        let streamer = try streamer ?? beside("kafkastreamer")
        let needed = Set(chosen.flatMap(\.products).map(\.role))
        if needed.contains(.streamer) { try requireExecutable(streamer, "build it with: swift build -c release") }
        if needed.contains(.peer) { try requireExecutable(rsyslogd, "install rsyslog and rsyslog-kafka") }

        let base = workDirectory ?? NSTemporaryDirectory()
        let work = try makeTemporaryDirectory(in: base)
        Children.setWorkDirectory(work)
        defer { removeTree(work) }
        let runner = TrialRunner(
            streamer: absolute(streamer), rsyslogd: absolute(rsyslogd), workDirectory: work, partitions: partitions,
            framing: framing, padding: padding)

        var measured = Results(
            date: day(), environment: try Environment.describe(rsyslogd: needed.contains(.peer) ? rsyslogd : nil),
            settings: [
                "framing": framing.rawValue, "partitions": "\(partitions)", "warm-up messages": "\(TrialRunner.warmUp)",
                "mean message bytes": String(format: "%.0f", MessageMix(seconds: 0, padding: padding).meanSize),
                "work file system": Environment.fileSystem(of: work),
            ],
            scenarios: chosen, trials: [])
        // A whole round of everything, then the next: what disturbs the machine for a while disturbs every product.
        for round in 1...runs {
            for scenario in chosen {
                for product in scenario.products {
                    let trial = try runner.run(product, scenario, round: round)
                    measured.trials.append(trial)
                    note(line(trial))
                }
            }
        }
        if scenarios.isEmpty && products.isEmpty {
            measured.rules = try RulesCommand.measure(runs: runs, messages: ruleMessages)
            note(RuleReport(trials: measured.rules).table)
        }
        let report = Report(results: measured)
        for scenario in chosen { emit("\n\(scenario.title)\n\n\(report.table(scenario))") }
        emit(report.ratioTable)
        if scenarios.isEmpty && products.isEmpty { try write(report) } else { note("a part only: no report written") }
    }

    /// The scenarios and products that were asked for.
    private func chosen() -> [Scenario] {
        let tcpLimits: [Product] = [.receiveLoop, .receiveNIO, .produceLimit]
        let udpLimits: [Product] = [.receiveLoop, .receiveRest, .produceLimit]
        let all = [
            Scenario(
                name: "tcp", title: "TCP, one connection", transport: .tcp, messages: messages,
                products: [.streamer, .rsyslog, .rsyslogOneAction] + tcpLimits),
            Scenario(
                name: "tcp-4", title: "TCP, four connections", transport: .tcp, connections: 4, messages: messages,
                products: [.streamer, .rsyslog] + tcpLimits),
            Scenario(
                name: "udp", title: "UDP, \(Int(udpRate / 1000))k a second", transport: .udp, rate: udpRate,
                messages: Int(udpRate * udpSeconds), products: [.streamer, .rsyslog] + udpLimits),
            Scenario(
                name: "udp-high", title: "UDP, \(Int(udpHighRate / 1000))k a second", transport: .udp,
                rate: udpHighRate, messages: Int(udpHighRate * udpSeconds), products: [.streamer] + udpLimits),
            Scenario(
                name: "spool", title: "TCP, kept on disk", transport: .tcp, messages: diskMessages,
                products: [.streamerSpool, .streamer, .rsyslogDisk]),
        ]
        return all.compactMap { scenario in
            guard scenarios.isEmpty || scenarios.contains(scenario.name) else { return nil }
            var scenario = scenario
            if !products.isEmpty { scenario.products.removeAll { !products.contains($0.rawValue) } }
            return scenario.products.isEmpty ? nil : scenario
        }
    }

    private func line(_ trial: Trial) -> String {
        let rate = String(format: "%.0f", trial.perCPUSecond)
        let cost = String(format: "%.3f µs", 1e6 / trial.perCPUSecond)
        let cpu = String(format: "%.2f s CPU (%.2f + %.2f)", trial.cpuSeconds, trial.userSeconds, trial.systemSeconds)
        return
            "round \(trial.round) \(trial.scenario) \(trial.product.rawValue): \(rate) per CPU-second, \(cost), \(cpu), "
            + String(format: "%.2f s wall, %.0f MiB, ", trial.wallSeconds, Double(trial.peakKiB) / 1024)
            + "\(trial.delivered) of \(trial.sent)"
    }

    private func write(_ report: Report) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        for (path, data) in [
            (self.report, Data(report.document.utf8)), (results, try encoder.encode(report.results) + Data("\n".utf8)),
        ] {
            let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try data.write(to: URL(fileURLWithPath: path))
            note("written: \(path)")
        }
    }

    private func beside(_ name: String) throws -> String {
        URL(fileURLWithPath: try ownExecutable()).deletingLastPathComponent().appendingPathComponent(name).path
    }

    private func requireExecutable(_ path: String, _ advice: String) throws {
        guard FileManager.default.isExecutableFile(atPath: path) else { throw Failure("no \(path): \(advice)") }
    }

    private func absolute(_ path: String) -> String { URL(fileURLWithPath: path).path }

    private func makeTemporaryDirectory(in base: String) throws -> String {
        var template = Array((absolute(base) + "/kafkastreamer-bench.XXXXXX").utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure.system("mkdtemp in \(base)") }
        return String(cString: made)
    }

    private func day() -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyy-MM-dd"
        return formatter.string(from: Date())
    }
}
