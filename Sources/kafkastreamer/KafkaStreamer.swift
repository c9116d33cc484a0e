import ArgumentParser
import CLinux
import Glibc
import Synchronization

/// The command. Exit codes: 0 done, 1 configuration or input error, 2 usage, 75 not all delivered at a stop.
struct KafkaStreamer: AsyncParsableCommand {
    /// The program's version.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "kafkastreamer",
        abstract: "Syslog and log files in, typed events out on Kafka topics.",
        version: version,
        subcommands: [
            RunCommand.self, CheckCommand.self, ParseCommand.self, ConsumeCommand.self, RulesCommand.self,
            SettingsCommand.self, MetricsCommand.self, TopicsCommand.self, StatusCommand.self, HealthCommand.self,
            TapCommand.self, TopCommand.self, SpoolCommand.self,
        ],
        defaultSubcommand: RunCommand.self)

    static func main() async {
        // A reader of our output that goes away ends us with an error from write, not with a signal.
        signal(SIGPIPE, SIG_IGN)
        // librdkafka allocates a buffer of up to a megabyte per batch and frees it when it is acknowledged.
        clinux_keep_freed_memory(32 << 20)
        do {
            var command = try parseAsRoot()
            // The service takes its signals itself; every other command ends by them.
            if !(command is RunCommand) { clinux_release_signals() }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Output.end(0)
        } catch let failure as Failure {
            Output.flush()
            if !failure.text.isEmpty { StandardErrorLog.fatal(failure.text) }
            Output.end(failure.code)
        } catch {
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if code == .success {
                Output.write(text + "\n")
                Output.end(0)
            }
            if !text.isEmpty { Output.error(text) }
            Output.end(code == .validationFailure ? 2 : 1)
        }
    }
}

/// An end of the command with a text for standard error and an exit code.
struct Failure: Error {
    /// The configuration or an input is wrong.
    static let input: Int32 = 1
    /// The command was called wrongly.
    static let usage: Int32 = 2
    /// Not everything could be delivered before the deadline (EX_TEMPFAIL of sysexits.h).
    static let undelivered: Int32 = 75

    var code: Int32
    var text: String

    init(_ code: Int32, _ text: String) {
        self.code = code
        self.text = text
    }
}

/// Standard output and standard error, without buffering surprises.
enum Output {
    /// Standard output. Only the command's one thread writes to it.
    private nonisolated(unsafe) static let stream = fdopen(1, "w")!
    /// Writes the log of a running service; nil for commands that have none.
    private static let log = Mutex<LogWriter?>(nil)

    /// From now on what is written to standard error goes the way of the log: in its order, and without waiting for
    /// whoever reads.
    static func use(_ writer: LogWriter) { log.withLock { $0 = writer } }

    /// Ends the process once what was written is out. A reader of standard error that has stopped is waited for a second.
    static func end(_ code: Int32) -> Never {
        flush()
        log.withLock { $0 }?.flush(milliseconds: 1000)
        Glibc.exit(code)
    }

    /// The same without waiting for anything that the process still does.
    static func endAtOnce(_ code: Int32) -> Never {
        log.withLock { $0 }?.flush(milliseconds: 500)
        Glibc._exit(code)
    }

    /// Writes text to standard output. A closed pipe ends the command: there is nobody left to write for.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            if fwrite(bytes.baseAddress, 1, bytes.count, stream) != bytes.count { exit(errno == EPIPE ? 0 : 1) }
        }
    }

    /// Writes bytes and a line feed to standard output.
    static func line(_ bytes: UnsafeRawBufferPointer) {
        let written = fwrite(bytes.baseAddress, 1, bytes.count, stream)
        if written != bytes.count || putc(10, stream) == EOF { exit(errno == EPIPE ? 0 : 1) }
    }

    /// Hands what is buffered to whoever reads.
    static func flush() {
        if fflush(stream) != 0 { exit(errno == EPIPE ? 0 : 1) }
    }

    /// Writes a line to standard error.
    static func error(_ text: String) {
        if let log = log.withLock({ $0 }) { return log.write(text) }
        var text = text + "\n"
        text.withUTF8 { bytes in _ = Glibc.write(2, bytes.baseAddress, bytes.count) }
    }
}
