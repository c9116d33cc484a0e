import Foundation

/// Writes the results as Markdown.
struct Report {
    let results: Results

    /// docs/benchmarks.md.
    var document: String {
        var text = """
            # Benchmarks

            <!-- Written by `make bench`. Do not edit: change Benchmarks/Loopback/Report.swift. -->

            Measured on \(results.date): \(results.environment.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")). \
            Absolute figures move from machine to machine: the ratios are the result.

            ## Ratios

            Each is the median of the ratios of the rounds (the runs of one round follow each other), with the least and
            the greatest in brackets.

            \(ratioTable)
            ## Figures

            Messages per second of the receiver's CPU time (user and system, all threads, until the last message is
            acknowledged): median of \(results.rounds.count) runs, least – greatest. Memory is the most that was resident
            (VmHWM). Loss is what was sent and never appended by the broker, all runs together.


            """
        for scenario in results.scenarios {
            text += "### \(scenario.title)\n\n"
            text += "\(scenario.messages) messages a run. \(pace(scenario))\n\n" + table(scenario) + "\n"
        }
        if !results.rules.isEmpty {
            text += """
                ### Rules

                Header, match and JSON of one message on one thread, with a parser of so many rules: nine messages in turn,
                eight that match rules of all shapes and one that matches none. "To load" is to read the rules files and
                compile them.

                \(RuleReport(trials: results.rules).table)

                """
        }
        return text + method
    }

    /// The ratios for the terminal and the document.
    var ratioTable: String {
        var rows = ["| scenario | ratio | measured |", "|---|---|---|"]
        for scenario in results.scenarios {
            for product in scenario.products where product.role == .streamer {
                for other in scenario.products where other != product && (other.role == .peer || other == .streamer) {
                    guard let ratio = results.ratio(scenario, product, over: other) else { continue }
                    rows.append("| \(scenario.title) | \(product.title) / \(other.title) | \(times(ratio)) |")
                }
                if let ratio = results.ratioToLimit(scenario, product) {
                    rows.append("| \(scenario.title) | \(product.title) / limit | \(times(ratio)) |")
                }
            }
        }
        return rows.joined(separator: "\n") + "\n"
    }

    /// The figures of one scenario.
    func table(_ scenario: Scenario) -> String {
        var rows = [
            "| | messages per CPU-second | µs of CPU each | messages per second | peak memory | loss |",
            "|---|---|---|---|---|---|",
        ]
        for product in scenario.products {
            let trials = results.trials(scenario, product)
            guard let rate = Spread(trials.map(\.perCPUSecond)),
                let cost = Spread(trials.map { 1e6 / $0.perCPUSecond }),
                let wall = Spread(trials.map { Double($0.delivered) / $0.wallSeconds }),
                let peak = Spread(trials.map { Double($0.peakKiB) / 1024 })
            else { continue }
            let lost = trials.reduce(0) { $0 + $1.lost }
            let sent = trials.reduce(0) { $0 + $1.sent }
            let twice = trials.reduce(0) { $0 + $1.duplicated }
            var loss = lost == 0 ? "0" : "\(lost) of \(sent)"
            if twice > 0 { loss += ", \(twice) twice" }
            let memory =
                product.role == .streamer || product.role == .peer ? String(format: "%.0f MiB", peak.median) : ""
            rows.append(
                "| \(product.title) | \(thousands(rate)) | \(String(format: "%.2f", cost.median)) "
                    + "| \(thousand(wall.median)) | \(memory) | \(loss) |")
        }
        if let limit = Spread(results.rounds.compactMap { results.limit(scenario, round: $0) }) {
            let cost = String(format: "%.2f", 1e6 / limit.median)
            rows.append("| **limit** (receive + produce) | \(thousands(limit)) | \(cost) | | | |")
        }
        return rows.joined(separator: "\n") + "\n"
    }

    private func pace(_ scenario: Scenario) -> String {
        if let rate = scenario.rate {
            let kept = Spread(results.trials.filter { $0.scenario == scenario.name }.compactMap(\.sentPerSecond))
            return
                "To be sent at \(Int(rate)) a second in small bursts, four a millisecond; the limits at the same pace. "
                + "What the sender kept to: \(kept.map(thousands) ?? "unknown") a second."
        }
        let connections = scenario.connections == 1 ? "one connection" : "\(scenario.connections) connections"
        let framing = results.settings["framing"] ?? ""
        return "Sent over \(connections), \(framing) framing, as fast as the receiver takes them."
    }

    private func thousand(_ value: Double) -> String {
        value >= 1e6 ? String(format: "%.2f M", value / 1e6) : String(format: "%.1f k", value / 1e3)
    }

    private func thousands(_ spread: Spread) -> String {
        "\(thousand(spread.median)) (\(thousand(spread.least)) – \(thousand(spread.greatest)))"
    }

    private func times(_ spread: Spread) -> String {
        String(format: "**%.2f** (%.2f – %.2f)", spread.median, spread.least, spread.greatest)
    }

    private var method: String {
        let size = results.settings["mean message bytes"] ?? ""
        let sizes = Product.allCases.compactMap { product -> String? in
            Spread(results.trials.filter { $0.product == product }.compactMap(\.meanEventBytes))
                .map { "\(product.title) \(Int($0.median.rounded()))" }
        }
        return """
            ## Method

            - Sender, receiver and broker are processes of their own on the loopback interface. The broker is librdkafka's
              mock cluster, a fresh one for each run, with \(results.settings["partitions"] ?? "") partitions for each topic.
            - The messages are lines of dhcpd, named and systemd in turn, \(size) bytes on average, each with a running
              number in a field. They become events of six types on six topics.
            - Every product parses the header and the text, writes JSON and publishes it without a key to the topic of its
              type with `\(ProducerProperties.common.map { "\($0.0)=\($0.1)" }.joined(separator: " "))`. Mean size of an event in
              bytes: \(sizes.joined(separator: ", ")).
            - Arrival: the first \(TrialRunner.warmUp) messages of each run are not measured; all of them are read back, each
              must be there exactly once, and every field of every event is compared with what was sent. For the measured
              messages the high watermark of every partition is read: each topic must hold exactly its number of records,
              and the last \(TrialRunner.tail) events of each partition are compared again. After the receiver has stopped,
              nothing may have been added, and the ledger of `kafkastreamer` must agree with the broker.
            - CPU time is the process's CPU clock before the first measured message and after the last is acknowledged,
              once the process is at rest. Idle time costs nothing, so it does not matter that sender, receiver and broker
              share the processors; wall-clock throughput depends on it and is given for information.
            - Limit: 1 / (1 / receive + 1 / produce). Receive alone is the better of the ways listed; produce alone is
              `rd_kafka_produce` from a ring of prepared JSON of the same size to the same topics, reports awaited.
              Both are measured in the same round and at the same pace.
            - rsyslog is Debian's, with imptcp or imudp, mmnormalize and omkafka, one worker, a queue of 200,000. "An action
              per type" is the fastest configuration found: constants and fields for each type, chosen by `if`. "One action"
              takes the topic from a field and has one template for all types, which is what most people write. "Disk queue"
              is the first with `queue.type="Disk"`, without check points. That the directory spool of `kafkastreamer`
              survives `kill -9` is tested; what rsyslog's queue keeps then is not.
            - The directory spool and the disk queue were on \(results.settings["work file system"] ?? "an unknown file system").

            Raw results: `Benchmarks/results/latest.json`.

            ## Not measured here

            Latency from send to acknowledgement (50, 99 and 99.9 %) and other peers come with a later version.

            """
    }
}
