import ArgumentParser
import Configuration
import Documents
import Foundation
import Kafka
import Parsers

/// `kafkastreamer check FILE`: everything that is wrong with a configuration, at once.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validate a configuration: every error with line and column.")

    @Argument(
        help: "The configuration file. Default: configs/kafka.yaml, else /etc/kafkastreamer/kafka.yaml, as for run.")
    var file: String?

    @Flag(help: "Print the configuration in force: defaults and environment included, secrets masked.")
    var print = false

    func run() throws {
        guard let file = file ?? ConfigurationFile.byDefault else {
            let places = ConfigurationFile.defaults.joined(separator: " nor ")
            throw Failure(Failure.usage, "no file is named, and there is neither \(places)")
        }
        do throws(ConfigurationErrors) {
            let loaded = try ConfigurationFile.load(file)
            let blueprint = try Blueprint(loaded, topics: TopicTable(), needsListeners: true)
            let refusals = PropertyCheck.trial(blueprint.client.properties)
            guard refusals.isEmpty else {
                let errors = refusals.map { loaded.issue(property: $0.name, $0.reason) }
                throw ConfigurationErrors(errors: errors, warnings: blueprint.warnings)
            }
            for warning in blueprint.warnings { Output.error(warning.description) }
            if print {
                Output.write(loaded.configuration.description)
            } else {
                let parsers = blueprint.parsers.parserNames.count
                let listeners = loaded.configuration.listeners.count
                let routes = loaded.configuration.routes.count
                Output.write("\(file): valid (\(listeners) listeners, \(routes) routes, \(parsers) parsers)\n")
            }
        } catch {
            throw Failure(Failure.input, Blueprint.completing(error, needsListeners: true).description)
        }
    }
}
