import ArgumentParser
import Configuration
import Documents
import Events
import Kafka
import Parsers
import Routing

/// `kafkastreamer check FILE`: everything that is wrong with a configuration, at once.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validate a configuration: every error with line and column.")

    @Argument(
        help: "The configuration file. Default: configs/kafka.yaml, else the one in /etc/kafkastreamer, as for run.")
    var file: String?

    @Flag(help: "Print the configuration in force: defaults and environment included, secrets masked.")
    var print = false

    @Option(
        help: ArgumentHelp(
            "Print for each line of a log file, or of - for standard input, the route, parser, type, topic and key it gets.",
            valueName: "file"))
    var sample: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --sample: as if the lines came by this listener. Default: the first one.", valueName: "name"))
    var listener: String?

    func validate() throws {
        if listener != nil && sample.isEmpty { throw ValidationError("--listener needs --sample.") }
    }

    func run() throws {
        guard let file = file ?? ConfigurationFile.byDefault else {
            let places = ConfigurationFile.defaults.joined(separator: " nor ")
            throw Failure(Failure.usage, "no file is named, and there is neither \(places)")
        }
        do {
            let loaded = try ConfigurationFile.load(file)
            let blueprint = try Blueprint(loaded, topics: TopicTable(), needsListeners: true)
            let refusals = PropertyCheck.trial(blueprint.client.properties)
            guard refusals.isEmpty else {
                let errors = refusals.map { loaded.issue(property: $0.name, $0.reason) }
                throw ConfigurationErrors(errors: errors, warnings: blueprint.warnings)
            }
            for warning in blueprint.warnings { Output.error(warning.description) }
            if !sample.isEmpty {
                try printSample(blueprint)
            } else if print {
                Output.write(loaded.configuration.description)
            } else {
                let parsers = blueprint.parsers.parserNames.count
                let listeners = loaded.configuration.listeners.count
                let routes = loaded.configuration.routes.count
                Output.write("\(file): valid (\(listeners) listeners, \(routes) routes, \(parsers) parsers)\n")
            }
        } catch let error as ConfigurationErrors {
            throw Failure(Failure.input, Blueprint.completing(error, needsListeners: true).description)
        }
    }

    /// What becomes of each line, as `FILE:LINE: route=… parser=… type=… topic=… key=…`.
    private func printSample(_ blueprint: Blueprint) throws {
        let way = try LineTrial.Way(blueprint, listener: listener, program: nil)
        let set = blueprint.parsers
        var trial = LineTrial(way)
        for path in sample {
            var number = 0
            try LineTrial.readLines(of: path) { line in
                number += 1
                let text = trial.take(line) { outcome, _ in
                    var parts = ["route=" + (outcome.route.map { blueprint.configuration.routes[$0].name } ?? "-")]
                    if outcome.isDropped { return parts[0] + " dropped" }
                    parts.append(
                        "parser=" + (outcome.parser == .none ? "-" : set.parserNames[Int(outcome.parser.rawValue)]))
                    parts.append("type=" + set.vocabulary.eventTypes[Int(outcome.type.rawValue)])
                    parts.append("topic=" + outcome.topic)
                    if let key = outcome.key { parts.append(key.isEmpty ? "key=-" : "key=\"\(key)\"") }
                    return parts.joined(separator: " ")
                }
                Output.write("\(path):\(number): \(text)\n")
            }
        }
    }
}
