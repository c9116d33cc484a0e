import Admin
import ArgumentParser

/// `kafkastreamer metrics`: for `make docs`, prints docs/metrics.md.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Print what docs/metrics.md says.", shouldDisplay: false)

    func run() throws { Output.write(MetricsDocument.text) }
}
