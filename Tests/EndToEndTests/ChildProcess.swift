import Foundation
import Glibc

/// A program that a test started, its standard output and error split into lines.
///
/// Threads: one reads each pipe, one waits for the end; they hold the monitor, never this object. One more, for all
/// processes, starts them. The test's thread does the rest and calls ``end()`` when it is done, which kills by process id
/// whatever still runs. The kernel kills what is left when the tests' own process ends, however that comes.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum Exit: Equatable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    /// What the process gets on standard input.
    enum Input {
        case nothing
        case bytes([UInt8])
    }

    private struct State {
        var lines: [Stream: [String]] = [:]
        var open: Set<Stream> = [.output, .errors]
        var exit: Exit?
    }

    /// A stream of the process.
    enum Stream: Sendable {
        case output, errors
    }

    // A process may close its input before all is written; that must not end the tests.
    private static let ignoresBrokenPipes: Bool = Glibc.signal(SIGPIPE, SIG_IGN) != nil

    let name: String
    let processID: pid_t
    private let monitor = Monitor(State())

    /// Starts `executable` (a path, or a name that is looked up in `PATH`).
    /// - Parameters:
    ///   - environment: added to that of the test.
    ///   - onOutput: gets each line of standard output instead of it being kept; called on the reading thread.
    init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        directory: TemporaryDirectory? = nil, workingDirectory: String? = nil, input: Input = .nothing,
        onOutput: (@Sendable (Substring.UTF8View) -> Void)? = nil
    ) throws {
        _ = Self.ignoresBrokenPipes
        name = String(executable.split(separator: "/").last ?? "")
        let outputPipe = try Self.pipe()
        let errorPipe = try Self.pipe()
        let inputPipe = try Self.pipe()
        let place = workingDirectory ?? directory?.path
        processID = try Starter.run {
            try Self.spawn(
                executable, arguments, environment: environment, directory: place,
                streams: [inputPipe.reading, outputPipe.writing, errorPipe.writing])
        }
        for descriptor in [inputPipe.reading, outputPipe.writing, errorPipe.writing] { close(descriptor) }

        let monitor = self.monitor
        Self.thread { Self.readLines(outputPipe.reading, .output, into: monitor, onLine: onOutput) }
        Self.thread { Self.readLines(errorPipe.reading, .errors, into: monitor, onLine: nil) }
        switch input {
        case .nothing: close(inputPipe.writing)
        case .bytes(let bytes): Self.thread { Self.write(bytes, to: inputPipe.writing) }
        }
        let processID = self.processID
        Self.thread {
            var status: Int32 = 0
            while waitpid(processID, &status, 0) < 0 && errno == EINTR {}
            let exit: Exit = status & 0x7F == 0 ? .code((status >> 8) & 0xFF) : .signal(status & 0x7F)
            monitor.update { $0.exit = exit }
        }
    }

    /// Sends a signal; nothing happens when the process has ended.
    func signal(_ number: Int32) {
        // The identifier stays ours until the end is recorded, so it cannot name another process.
        monitor.read { if $0.exit == nil { kill(processID, number) } }
    }

    /// Kills the process if it still runs, and waits for its end.
    func end() {
        signal(SIGKILL)
        _ = monitor.wait { $0.exit }
    }

    /// Waits for the end and for the last byte of both streams.
    func waitForExit() throws -> Exit {
        guard let exit = monitor.wait({ $0.open.isEmpty ? $0.exit : nil }) else {
            throw HarnessError("\(name) did not end\n\(transcript)")
        }
        return exit
    }

    /// The exit once the process has ended.
    var exit: Exit? { monitor.read { $0.exit } }

    /// The lines so far.
    func lines(_ stream: Stream) -> [String] { monitor.read { $0.lines[stream] ?? [] } }

    /// Waits until `body` finds what it looks for among the lines of a stream. Fails when the process ends before.
    func find<Result>(_ what: String, in stream: Stream = .errors, _ body: ([String]) -> Result?) throws -> Result {
        let found: Result?? = monitor.wait { state in
            if let result = body(state.lines[stream] ?? []) { return .some(result) }
            return state.exit != nil && state.open.isEmpty ? .some(nil) : nil
        }
        switch found {
        case .some(.some(let result)): return result
        case .some(.none): throw HarnessError("\(name) ended before \(what)\n\(transcript)")
        case .none: throw HarnessError("\(name): gave up waiting for \(what)\n\(transcript)")
        }
    }

    /// The end of what the process wrote, for the report of a failure.
    var transcript: String {
        let (output, errors, exit) = monitor.read { ($0.lines[.output] ?? [], $0.lines[.errors] ?? [], $0.exit) }
        return """
            --- \(name) \(exit.map { "ended with \($0)" } ?? "runs"); its last output (\(output.count) lines):
            \(output.suffix(5).joined(separator: "\n"))
            --- and errors (\(errors.count) lines):
            \(errors.suffix(40).joined(separator: "\n"))
            """
    }

    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw HarnessError("pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.stackSize = 512 << 10
        thread.start()
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], environment: [String: String], directory: String?,
        streams: [Int32]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in streams.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        // The embedded broker's sockets live in this process: inherited, they would outlive a stopped broker.
        for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            if let descriptor = Int32(entry), descriptor > 2 {
                posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        // Settings in the environment of whoever runs the tests must not reach the streamer.
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("KAFKA") }
        let variables = inherited.merging(environment) { $1 }
        // Each of them does its part and then becomes the next, under the same process id: setpriv asks for a SIGKILL at
        // the end of the thread that started it, env changes the directory.
        let command =
            ["setpriv", "--pdeathsig", "KILL", "--"] + (directory.map { ["env", "-C", $0, "--"] } ?? []) + [executable]
            + arguments
        var argumentPointers: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variablePointers: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
        var processID: pid_t = 0
        let result = posix_spawnp(
            &processID, command[0], &actions, &attributes, &argumentPointers, &variablePointers)
        guard result == 0 else { throw HarnessError("\(executable): \(String(cString: strerror(result)))") }
        return processID
    }

    /// The thread that starts all processes, and lives as long as the tests: the kernel takes the end of the thread that
    /// started a process for the end of its parent, and those that tests run on come and go.
    private enum Starter {
        private static let tasks: Monitor<[@Sendable () -> Void]> = {
            let tasks = Monitor<[@Sendable () -> Void]>([])
            ChildProcess.thread {
                while true {
                    // In vain, and again, for as long as nothing is to be started.
                    guard tasks.wait({ $0.isEmpty ? nil : true }) != nil else { continue }
                    let task = tasks.update { $0.removeFirst() }
                    task()
                }
            }
            return tasks
        }()

        static func run(_ start: @escaping @Sendable () throws -> pid_t) throws -> pid_t {
            let started = Monitor<Result<pid_t, any Error>?>(nil)
            let task: @Sendable () -> Void = {
                let result = Result { try start() }
                started.update { $0 = result }
            }
            tasks.update { $0.append(task) }
            guard let result = started.wait({ $0 }) else { throw HarnessError("a process was not started") }
            return try result.get()
        }
    }

    private static func readLines(
        _ descriptor: Int32, _ stream: Stream, into monitor: Monitor<State>,
        onLine: (@Sendable (Substring.UTF8View) -> Void)?
    ) {
        var rest: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            rest += chunk[..<count]
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            let text = String(decoding: rest[..<end], as: UTF8.self)
            rest.removeSubrange(...end)
            deliver(text, stream, to: monitor, onLine: onLine)
        }
        if !rest.isEmpty { deliver(String(decoding: rest, as: UTF8.self), stream, to: monitor, onLine: onLine) }
        close(descriptor)
        _ = monitor.update { $0.open.remove(stream) }
    }

    private static func deliver(
        _ text: String, _ stream: Stream, to monitor: Monitor<State>,
        onLine: (@Sendable (Substring.UTF8View) -> Void)?
    ) {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if let onLine {
            for line in lines { onLine(line) }
        } else {
            monitor.update { $0.lines[stream, default: []] += lines.map { String(Substring($0)) } }
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            rest = rest.dropFirst(count)
        }
        close(descriptor)
    }
}
