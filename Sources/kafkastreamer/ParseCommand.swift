import ArgumentParser
import Configuration
import Events
import Foundation
import Glibc
import Parsers
import Syslog

/// `kafkastreamer parse [FILE…]`: lines in, exactly one JSON event per line out, in order, no Kafka. With `--unmatched`
/// drafts of rules for the lines that no rule knows.
struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse", abstract: "Lines in, one JSON event per line out; no Kafka.")

    @Argument(help: "Files, or - for standard input (the default).")
    var files: [String] = []

    @Option(help: ArgumentHelp("Rules file to use besides those built in. May be repeated.", valueName: "file"))
    var rules: [String] = []

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
    }

    func run() throws {
        guard let table = TimeZoneTable.transitions(for: timeZone) else {
            throw Failure(Failure.usage, "--time-zone: no time zone '\(timeZone)'")
        }
        let zone = LocalZone(
            transitions: table.transitions.map { (at: $0.0, offset: $0.1) }, initialOffset: table.initialOffset)
        let set: ParserSet
        do throws(RulesErrors) {
            var all = RulesFile.builtInWithoutExamples
            for path in rules { all.append(try Blueprint.readRules(path)) }
            set = try ParserSet(all, plugins: Plugins.all)
        } catch {
            throw Failure(Failure.input, error.description)
        }
        if unmatched {
            var survey = UnmatchedSurvey(set: set, zone: zone)
            try readLines { survey.add($0) }
            survey.print(json: json)
        } else {
            var printer = EventPrinter(set: set, zone: zone)
            try readLines { printer.printEvent($0) }
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
    private let set: ParserSet
    private let zone: LocalZone
    private var header = HeaderParser()
    private var encoder: EventEncoder
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

    init(set: ParserSet, zone: LocalZone) {
        self.set = set
        self.zone = zone
        encoder = EventEncoder(set)
    }

    deinit { buffer.deallocate() }

    /// Prints the event of one line.
    mutating func printEvent(_ frame: UnsafeRawBufferPointer) {
        let span = Span<UInt8>(_unsafeBytes: frame)
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let message = header.parse(span, receivedSeconds: Int64(time.tv_sec), zone: zone)
        let program = UnsafeRawBufferPointer(rebasing: frame[message.program.offsets])
        let parser = set.parser(forProgram: Span<UInt8>(_unsafeBytes: program)) ?? .none
        _ = encoder.match(span, message, parser: parser)
        let envelope = Envelope(receivedNanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
        while true {
            if let event = encoder.encode(span, message, envelope: envelope, key: nil, into: buffer) {
                Output.line(UnsafeRawBufferPointer(rebasing: buffer.prefix(event.byteCount)))
                return
            }
            // A long line of bytes that need escapes: more room, and the same again.
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            buffer.deallocate()
            buffer = larger
        }
    }
}
