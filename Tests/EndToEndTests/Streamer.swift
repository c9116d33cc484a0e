import Foundation
import Glibc
import Testing

/// A running `kafkastreamer`, watched through its log.
struct Streamer {
    /// Where a listener can be reached.
    struct Address: Sendable, CustomStringConvertible {
        var host: String
        var port: UInt16
        var description: String { "\(host):\(port)" }
    }

    let process: ChildProcess

    /// The binary: `KAFKASTREAMER_BIN`, else the one that was built beside the tests.
    static let binary: String =
        ProcessInfo.processInfo.environment["KAFKASTREAMER_BIN"]
        ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/kafkastreamer"

    /// Starts the command.
    /// - Parameters:
    ///   - arguments: what follows its name, a subcommand included.
    ///   - openFiles: the limit of its descriptors, which it cannot raise; nil = that of the tests.
    init(
        _ arguments: [String], in directory: TemporaryDirectory, workingDirectory: String? = nil,
        environment: [String: String] = [:], input: ChildProcess.Input = .nothing, openFiles: Int? = nil
    ) throws {
        let limited = openFiles.map { ["sh", "-c", "ulimit -n \($0); exec \"$0\" \"$@\""] } ?? []
        let command = limited + [Self.binary] + arguments
        // Many run at once: only a test of the admin server has one.
        let quiet = ["KAFKASTREAMER_ADMIN_LISTEN": "off"].merging(environment) { $1 }
        process = try ChildProcess(
            command[0], Array(command.dropFirst()), environment: quiet, directory: directory,
            workingDirectory: workingDirectory, input: input)
    }

    /// Starts the command and waits until everything listens.
    static func ready(
        _ arguments: [String], in directory: TemporaryDirectory, environment: [String: String] = [:],
        openFiles: Int? = nil
    ) throws -> Streamer {
        let streamer = try Streamer(arguments, in: directory, environment: environment, openFiles: openFiles)
        do {
            _ = try streamer.entry("ready")
        } catch {
            streamer.end()
            throw error
        }
        return streamer
    }

    /// Kills it if it still runs.
    func end() { process.end() }

    /// Waits for the first log entry with this message and these values.
    @discardableResult
    func entry(_ message: String, _ values: [String: String] = [:], after count: Int = 0) throws -> LogEntry {
        try process.find("the log entry “\(message)” \(values)") { lines in
            for line in lines.dropFirst(count) {
                guard let entry = LogEntry(line), entry.message == message else { continue }
                if values.allSatisfy({ entry.values[$0.key] == $0.value }) { return entry }
            }
            return nil
        }
    }

    /// Waits for a line of the log that holds `text`.
    @discardableResult
    func line(containing text: String, after count: Int = 0) throws -> String {
        try process.find("a log line with “\(text)”") { $0.dropFirst(count).first { $0.contains(text) } }
    }

    /// How many lines it has logged: to wait for what comes after them.
    var logCount: Int { process.lines(.errors).count }

    /// Where it listens, for a transport with a network address.
    func address(_ transport: String) throws -> Address {
        let entry = try entry("listening", ["transport": transport])
        let text = entry.values["address"] ?? ""
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port != 0
        else { throw HarnessError("“\(text)” is no address with a port") }
        return Address(host: String(text[..<colon]), port: port)
    }

    /// The brokers of `--embedded-kafka`.
    func embeddedBrokers() throws -> String {
        try entry("embedded Kafka broker ready").values["brokers"] ?? ""
    }

    /// The ledger as it is now.
    func ledger() throws -> Ledger {
        let before = logCount
        process.signal(SIGUSR1)
        return try Ledger(entry("ledger", after: before).values)
    }

    /// Asks for the ledger until `condition` holds of it, and asserts its sum each time.
    @discardableResult
    func ledger(
        when what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: (Ledger) -> Bool
    ) throws -> Ledger {
        var last: Ledger?
        do {
            return try eventually(what) {
                let ledger = try ledger()
                last = ledger
                guard ledger.isBalanced else { throw HarnessError("the ledger's sum is wrong: \(ledger)") }
                return condition(ledger) ? ledger : nil
            }
        } catch {
            Issue.record("\(last.map(String.init(describing:)) ?? "no ledger")", sourceLocation: sourceLocation)
            throw HarnessError("\(error)\n\(process.transcript)")
        }
    }

    /// Waits until Kafka has acknowledged `count` messages, that many were received and nothing else happened.
    func waitForDelivery(of count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try ledger(when: "\(count) messages received and delivered", sourceLocation: sourceLocation) {
            $0.received == UInt64(count) && $0.delivered == UInt64(count)
        }
    }

    /// Stops it gracefully; gives its exit and the ledger it left with.
    func stop() throws -> (exit: ChildProcess.Exit, ledger: Ledger) {
        process.signal(SIGTERM)
        return try finish()
    }

    /// Waits until it ends by itself; gives its exit and the ledger it left with.
    func finish() throws -> (exit: ChildProcess.Exit, ledger: Ledger) {
        let exit = try process.waitForExit()
        guard let entry = process.lines(.errors).compactMap(LogEntry.init).last(where: { $0.message == "ledger" })
        else { throw HarnessError("no ledger at the end\n\(process.transcript)") }
        return (exit, try Ledger(entry.values))
    }

    /// Stops it and expects that everything it received was delivered and that it says so.
    func stopExpectingDelivery(of count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (exit, ledger) = try stop()
        #expect(exit == .code(0), sourceLocation: sourceLocation)
        #expect(ledger.isBalanced, "\(ledger)", sourceLocation: sourceLocation)
        #expect(ledger.received == UInt64(count), "\(ledger)", sourceLocation: sourceLocation)
        #expect(ledger.delivered == UInt64(count), "\(ledger)", sourceLocation: sourceLocation)
        #expect(ledger.pending == 0 && ledger.rejected == 0, "\(ledger)", sourceLocation: sourceLocation)
    }
}
