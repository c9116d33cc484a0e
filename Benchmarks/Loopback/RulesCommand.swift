import ArgumentParser
import Foundation

/// `rules`: what a message costs with few rules and with many.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Measure a message's cost with 10 rules and with 1,000, in turn.")

    @Option(help: "Rounds.") var runs = 5
    @Option(help: "Messages of a run.") var messages = 500_000

    func validate() throws {
        guard runs >= 1, messages >= 1 else { throw ValidationError("counts must be positive") }
    }

    func run() throws { emit(RuleReport(trials: try Self.measure(runs: runs, messages: messages)).table) }

    /// The numbers of rules that are compared.
    static let counts = [10, 100, 1000]

    static func measure(runs: Int, messages: Int) throws -> [RuleTrial] {
        let cost = RuleCost(messages: messages)
        var trials: [RuleTrial] = []
        for round in 1...runs { for count in counts { trials.append(try cost.run(rules: count, round: round)) } }
        return trials
    }
}

/// The trials as Markdown.
struct RuleReport {
    let trials: [RuleTrial]

    var table: String {
        var rows = [
            "| rules | ns of CPU per message | against \(RulesCommand.counts[0]) | to load |", "|---|---|---|---|",
        ]
        for count in RulesCommand.counts {
            let own = trials.filter { $0.rules == count }.sorted { $0.round < $1.round }
            let few = trials.filter { $0.rules == RulesCommand.counts[0] }.sorted { $0.round < $1.round }
            guard let cost = Spread(own.map(\.nanosecondsPerMessage)), let load = Spread(own.map(\.loadSeconds)),
                let ratio = Spread(zip(own, few).map { $0.nanosecondsPerMessage / $1.nanosecondsPerMessage })
            else { continue }
            rows.append(
                "| \(count) | \(Int(cost.median.rounded())) (\(Int(cost.least)) – \(Int(cost.greatest))) "
                    + "| \(decimal(ratio.median)) (\(decimal(ratio.least)) – \(decimal(ratio.greatest))) "
                    + "| \(Int((load.median * 1000).rounded())) ms |")
        }
        return rows.joined(separator: "\n") + "\n"
    }

    private func decimal(_ value: Double) -> String { String(format: "%.2f", value) }
}
