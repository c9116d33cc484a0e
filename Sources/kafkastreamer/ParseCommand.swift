import ArgumentParser
import Base
import Configuration
import Events
import Kafka
import Parsers
import Routing
import Syslog

/// `kafkastreamer parse [FILE…]`: lines in, exactly one event per line out, in order, no Kafka; with `--config` as
/// its routes have it, less what they drop. With `--unmatched` drafts of rules for the lines that no rule knows.
struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse", abstract: "Lines in, one event per line out; no Kafka.")

    @Argument(help: "Files, or - for standard input (the default).")
    var files: [String] = []

    @Option(help: ArgumentHelp("Rules file to use besides those built in. May be repeated.", valueName: "file"))
    var rules: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take rules files, routes and listeners of this configuration: what a route drops makes no event.",
            valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "With --config: as if the lines came by this listener. Default: the first one.", valueName: "name"))
    var listener: String?

    @Option(
        help: ArgumentHelp("Program tag of lines without a syslog header. Default: the listener's.", valueName: "tag"))
    var program: String?

    @Option(help: ArgumentHelp("Read every line by this parser, whatever its program and route.", valueName: "name"))
    var parser: String?

    @Option(
        help: ArgumentHelp(
            "How events are written: \(FormatName.allCases.map(\.rawValue).joined(separator: ", ")). Default: as the route says, else json.",
            valueName: "format"))
    var format: String?

    @Option(
        help: ArgumentHelp(
            "Zone of times that do not say theirs: UTC, +02:00, Europe/Berlin. Default: the listener's, or UTC.",
            valueName: "zone"))
    var timeZone: String?

    @Flag(
        help: ArgumentHelp(
            "Print no events, but drafts of rules for the lines that no rule knows, grouped by shape.",
            discussion: "The most frequent shape first; totals on standard error."))
    var unmatched = false

    @Flag(help: "With --unmatched: one JSON object for each shape.")
    var json = false

    func validate() throws {
        if json && !unmatched { throw ValidationError("--json needs --unmatched: events are JSON already.") }
        if listener != nil && config == nil { throw ValidationError("--listener needs --config.") }
        if unmatched && format != nil { throw ValidationError("--format is for events; --unmatched prints none.") }
        if let format, FormatName(rawValue: format) == nil {
            let known = FormatName.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--format: '\(format)' is not one of \(known)")
        }
    }

    func run() throws {
        var way = try way()
        if let timeZone {
            guard let zone = LocalZone(named: timeZone) else {
                throw Failure(Failure.usage, "--time-zone: no time zone '\(timeZone)'")
            }
            way.zone = zone
        }
        if let parser {
            let set = way.routing.parsers
            guard let found = set.parser(named: parser) else {
                let known = set.parserNames.sorted().joined(separator: ", ")
                throw Failure(Failure.usage, "--parser: no parser is called '\(parser)'; expected one of: \(known)")
            }
            way.parser = found
        }
        if unmatched {
            var survey = UnmatchedSurvey(way)
            try readLines { survey.add($0) }
            survey.print(json: json)
        } else {
            way.format = format.flatMap { FormatName(rawValue: $0) }
            var trial = LineTrial(way)
            var dropped = 0
            try readLines { line in
                trial.take(line) { outcome, event in
                    if outcome.isDropped { dropped += 1 } else { Output.line(event) }
                }
            }
            if dropped > 0 { Output.error("dropped by their routes: \(dropped) lines") }
        }
    }

    /// How lines are taken, by the arguments.
    private func way() throws -> LineTrial.Way {
        if let config {
            do {
                var loaded = try ConfigurationFile.load(config)
                loaded.configuration.rulesFiles += rules
                return try LineTrial.Way(
                    Blueprint(loaded, topics: TopicTable()), listener: listener, program: program)
            } catch let error as ConfigurationErrors {
                throw Failure(Failure.input, Blueprint.completing(error).description)
            }
        }
        do throws(RulesErrors) {
            var all = RulesFile.builtInWithoutExamples
            for path in rules { all.append(try Blueprint.readRules(path)) }
            let set = try ParserSet(all, plugins: Plugins.all)
            let kafka = Configuration.Kafka()
            let topics = TopicTable()
            do throws(RouteErrors) {
                let routing = try RoutingTable(
                    [], parsers: set, defaultTopic: { kafka.defaultTopic(forType: $0) },
                    topicIndex: { topics.index(of: $0) }, isValidTopic: { TopicTable.isValid($0) })
                return LineTrial.Way(routing: routing, program: program ?? "")
            } catch {
                throw RulesErrors(
                    errors: error.errors.map { RulesError(file: "", line: 0, column: 0, message: $0.message) })
            }
        } catch {
            throw Failure(Failure.input, error.description)
        }
    }

    private func readLines(_ body: (UnsafeRawBufferPointer) -> Void) throws {
        for path in files.isEmpty ? ["-"] : files { try LineTrial.readLines(of: path, body) }
    }
}
