import ArgumentParser
import Configuration
import Foundation
import Kafka
import Parsers

/// `kafkastreamer check FILE`: everything that is wrong with a configuration, at once.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validate a configuration: every error with line and column.")

    @Argument(help: "The configuration file.")
    var file: String

    @Flag(help: "Print the configuration in force: defaults and environment included, secrets masked.")
    var print = false

    func run() throws {
        do throws(ConfigurationErrors) {
            let loaded = try Configuration.load(path: file, environment: ProcessInfo.processInfo.environment)
            for warning in loaded.warnings { Output.error(warning.description) }
            let blueprint = try Blueprint(loaded, topics: TopicTable())
            if print {
                Output.write(loaded.configuration.description)
            } else {
                let parsers = blueprint.parsers.parserNames.count
                let listeners = loaded.configuration.listeners.count
                let routes = loaded.configuration.routes.count
                Output.write("\(file): valid (\(listeners) listeners, \(routes) routes, \(parsers) parsers)\n")
            }
        } catch {
            throw Failure(Failure.input, Blueprint.completing(error).description)
        }
    }
}
