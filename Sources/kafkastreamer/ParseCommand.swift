import ArgumentParser
import Configuration
import Events
import Foundation
import Glibc
import Kafka
import Parsers
import Routing
import Syslog

/// `kafkastreamer parse [FILE…]`: lines in, exactly one event per line out, in order, no Kafka. With `--unmatched` drafts
/// of rules for the lines that no rule knows.
struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse", abstract: "Lines in, one JSON event per line out; no Kafka.")

    @Argument(help: "Files, or - for standard input (the default).")
    var files: [String] = []

    @Option(help: ArgumentHelp("Rules file to use besides those built in. May be repeated.", valueName: "file"))
    var rules: [String] = []

    @Option(
        help: ArgumentHelp(
            "Configuration whose rules and routes decide: which parser reads a line, and in which format its event is written.",
            discussion: "Lines that a route drops are counted on standard error.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The program tag of lines without a syslog header.", valueName: "name"))
    var program: String?

    @Option(help: ArgumentHelp("This parser reads every line, whatever its program tag.", valueName: "name"))
    var parser: String?

    @Option(
        help: ArgumentHelp(
            "How events are written: \(FormatName.allCases.map(\.rawValue).joined(separator: ", ")). Default: as the route says, else json.",
            valueName: "format"))
    var format: String?

    @Option(help: ArgumentHelp("Zone of times that do not say theirs: UTC, +02:00, Europe/Berlin.", valueName: "zone"))
    var timeZone = "UTC"

    @Flag(
        help: ArgumentHelp(
            "Print no events, but drafts of rules for the lines that no rule knows, grouped by shape.",
            discussion: "The most frequent shape first; totals on standard error."))
    var unmatched = false

    @Flag(help: "With --unmatched: one JSON object for each shape.")
    var json = false

    func validate() throws {
        if json && !unmatched { throw ValidationError("--json needs --unmatched: events are JSON already.") }
        if unmatched && format != nil { throw ValidationError("--format is for events; --unmatched prints none.") }
        if let format, FormatName(rawValue: format) == nil {
            let known = FormatName.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--format: '\(format)' is not one of \(known)")
        }
    }

    func run() throws {
        guard let table = TimeZoneTable.transitions(for: timeZone) else {
            throw Failure(Failure.usage, "--time-zone: no time zone '\(timeZone)'")
        }
        let zone = LocalZone(
            transitions: table.transitions.map { (at: $0.0, offset: $0.1) }, initialOffset: table.initialOffset)
        let (set, routing) = try load()
        let chosen = try parser.map { name in
            guard let found = set.parser(named: name) else {
                let known = set.parserNames.sorted().joined(separator: ", ")
                throw Failure(Failure.usage, "--parser: no parser is called '\(name)'; expected one of: \(known)")
            }
            return found
        }
        if unmatched {
            var survey = UnmatchedSurvey(set: set, zone: zone, program: program, parser: chosen)
            try readLines { survey.add($0) }
            survey.print(json: json)
        } else {
            var printer = EventPrinter(
                set: set, routing: routing, zone: zone, program: program, parser: chosen,
                format: format.flatMap { FormatName(rawValue: $0) })
            try readLines { printer.printEvent($0) }
            if printer.droppedCount > 0 { Output.error("\(printer.droppedCount) lines dropped by routes") }
        }
    }

    /// The rules, and the routes when there is a configuration.
    private func load() throws -> (ParserSet, RoutingTable?) {
        do {
            let own = try rules.map { try Blueprint.readRules($0) }
            guard let config else { return (try ParserSet(RulesFile.builtInWithoutExamples + own), nil) }
            let loaded = try Configuration.load(path: config, environment: ProcessInfo.processInfo.environment)
            let blueprint = try Blueprint(loaded, topics: TopicTable(), rules: own)
            return (blueprint.parsers, blueprint.routing)
        } catch let error as RulesErrors {
            throw Failure(Failure.input, error.description)
        } catch let error as ConfigurationErrors {
            throw Failure(Failure.input, Blueprint.completing(error).description)
        }
    }

    /// Hands over every line of every file, without its line feed.
    private func readLines(_ body: (UnsafeRawBufferPointer) -> Void) throws {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        for path in files.isEmpty ? ["-"] : files {
            guard let file = path == "-" ? fdopen(0, "r") : fopen(path, "re") else {
                throw Failure(Failure.input, "cannot read \(path): \(String(cString: strerror(errno)))")
            }
            defer { if path != "-" { fclose(file) } }
            while true {
                let count = getline(&line, &capacity, file)
                if count < 0 { break }
                let hasLineFeed = count > 0 && line![count - 1] == 10
                body(UnsafeRawBufferPointer(start: line, count: hasLineFeed ? count - 1 : count))
            }
            // A directory opens, and fails only here.
            guard ferror(file) == 0 else {
                throw Failure(Failure.input, "cannot read \(path): \(String(cString: strerror(errno)))")
            }
        }
    }
}

/// Turns lines into events and prints them.
struct EventPrinter: ~Copyable {
    /// Lines that a route dropped.
    private(set) var droppedCount = 0

    private let zone: LocalZone
    private let parser: ParserID?
    private let format: FormatName?
    private var reader: MessageReader
    private var router: Router?

    /// - Parameters:
    ///   - routing: the routes that decide on parser and format; nil for none.
    ///   - program: the program of lines without a header.
    ///   - parser: the parser of all lines; nil = by routes or programs.
    ///   - format: the format of all events; nil = by routes, else JSON.
    init(
        set: ParserSet, routing: RoutingTable?, zone: LocalZone, program: String?, parser: ParserID?,
        format: FormatName?
    ) {
        self.zone = zone
        self.parser = parser
        self.format = format
        reader = MessageReader(set, program: program)
        router = routing.map { Router($0, listeners: [""]) }
    }

    /// Prints the event of one line.
    mutating func printEvent(_ line: UnsafeRawBufferPointer) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let received = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        guard router != nil else {
            let event = reader.event(
                of: Array(line), receivedNanoseconds: received, zone: zone, parser: parser, as: format ?? .json
            ).event
            event.withUnsafeBytes { Output.line($0) }
            return
        }
        let (parser, format) = (parser, format)
        let event = reader.read(Span<UInt8>(_unsafeBytes: line), receivedSeconds: received / 1_000_000_000, zone: zone)
        {
            encoder, bytes, header -> [UInt8]? in
            // Files and standard input have no address.
            let source = MessageSource(address: UnsafeRawBufferPointer(start: nil, count: 0), listener: 0)
            guard let decision = router?.decide(bytes, header, source), !decision.route.isDropped else { return nil }
            _ = encoder.match(bytes, header, parser: parser ?? decision.parser)
            return encoder.encoded(
                bytes, header, as: format ?? decision.route.format,
                envelope: Envelope(receivedNanoseconds: received))
        }
        if let event { event.withUnsafeBytes { Output.line($0) } } else { droppedCount += 1 }
    }
}
