import ArgumentParser
import Glibc
import Spool

/// `kafkastreamer spool ls|cat DIR`: what waits in a spool's directory.
struct SpoolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool", abstract: "Look at what waits in a spool's directory, without touching it.",
        discussion: """
            Nothing is written or locked: a running instance may work in the directory meanwhile, and what it does \
            while this command reads is seen or not.
            """, subcommands: [List.self, Print.self])

    /// `ls`: the segments and what waits in them.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List the segments with what waits in them, by topic.")

        @Argument(help: "The directory (spool.directory).")
        var directory: String

        func run() throws {
            let segments = try SpoolCommand.read(directory) { _ in true }
            var topics: [String: Int] = [:]
            for segment in segments {
                var line = "\(segment.name)\t\(segment.size) bytes\t\(segment.pending) of \(segment.records) wait"
                if segment.oldest > 0 { line += "\tsince \(SpoolCommand.time(segment.oldest))" }
                if let fault = segment.fault { line += "\t\(fault)" }
                Output.write(line + "\n")
                topics.merge(segment.topics, uniquingKeysWith: +)
            }
            for (topic, count) in topics.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                Output.write("topic\t\(TerminalText.line(topic[...]))\t\(count) wait\n")
            }
            let pending = topics.values.reduce(0, +)
            Output.write("total\t\(segments.count) segments\t\(pending) wait\n")
        }
    }

    /// `cat`: the events that wait.
    struct Print: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cat", abstract: "Print the events that wait, one a line, oldest segment first.")

        @Argument(help: "The directory (spool.directory).")
        var directory: String

        @Option(help: "Only events for this topic.")
        var topic: String?

        @Option(help: ArgumentHelp("Stop after so many events.", valueName: "n"))
        var count: Int?

        @Flag(help: "Print the topic and a tab before each event.")
        var printTopic = false

        func run() throws {
            if let count, count < 1 { throw Failure(Failure.usage, "--count: \(count) is not 1 or more") }
            var left = count ?? .max
            let isTerminal = isatty(1) == 1
            _ = try SpoolCommand.read(directory) { entry in
                if let topic, entry.topic != topic { return true }
                if printTopic { Output.write(TerminalText.line(entry.topic[...]) + "\t") }
                if isTerminal, !PrintableText.isPlain(entry.value) {
                    Output.write(PrintableText.escaped(entry.value, .value) + "\n")
                } else {
                    Output.line(entry.value)
                }
                left -= 1
                return left > 0
            }
        }
    }

    private static func read(
        _ directory: String, _ pending: (SpoolInspection.Entry) -> Bool
    ) throws -> [SpoolInspection.Segment] {
        do throws(SpoolError) {
            return try SpoolInspection(directory).read(pending: pending)
        } catch {
            throw Failure(Failure.input, error.description)
        }
    }

    /// RFC 3339, to the second.
    private static func time(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }
}
