import Glibc
import Synchronization

// The main thread starts and ends children. The signal thread only kills those whose ids are in `Children.running`,
// so a process is listed there from before it can be lost until after it has been waited for.

/// The ids of the processes that this one has started, for the signal thread.
enum Children {
    fileprivate static let running = Mutex<Set<pid_t>>([])
    private static let directory = Mutex<String?>(nil)

    /// Ends every child and removes the work directory, then the process, when SIGINT, SIGTERM or SIGHUP comes.
    /// Call it before any thread is started: the signals are blocked in all of them.
    static func endOnSignals() throws {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        let code = pthread_sigmask(SIG_BLOCK, &signals, nil)
        guard code == 0 else { throw Failure.system("pthread_sigmask", code) }
        let blocked = signals
        try startThread {
            var waiting = blocked
            var received = siginfo_t()
            while sigwaitinfo(&waiting, &received) < 0 {}
            // The lock is kept to the end, so that no further child is started.
            running.withLock { ids in
                for id in ids { kill(id, SIGKILL) }
                for id in ids { waitpid(id, nil, 0) }
                if let path = directory.withLock({ $0 }) { removeTree(path) }
                note("ended by signal \(received.si_signo) from process \(received._sifields._kill.si_pid)")
                exit(128 + received.si_signo)
            }
        }
    }

    /// The directory to remove when a signal ends the run.
    static func setWorkDirectory(_ path: String?) { directory.withLock { $0 = path } }
}

/// A process of the benchmark. The kernel ends it with this one, whatever ends this one.
final class Child {
    let name: String
    let pid: pid_t
    private var input: Int32
    private let output: Int32
    private var unread: [UInt8] = []
    private var status: Int32?

    /// Starts `arguments[0]` with its standard input and output on pipes.
    ///
    /// - Parameters:
    ///   - errors: the file that takes standard error; this process's own when nil.
    ///   - outputToErrors: standard output goes to the same file and `line()` is not used.
    init(
        _ name: String, _ arguments: [String], directory: String? = nil, errors: String? = nil,
        outputToErrors: Bool = false
    ) throws {
        self.name = name
        var toChild: [Int32] = [-1, -1]
        var fromChild: [Int32] = [-1, -1]
        guard pipe2Closed(&toChild), pipe2Closed(&fromChild) else { throw Failure.system("pipe") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            if outputToErrors { posix_spawn_file_actions_adddup2(&actions, 2, 1) }
        }
        // The child gets no blocked or ignored signal of ours, and a group of its own: Ctrl-C reaches us alone and we end it.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var plain = sigset_t()
        sigemptyset(&plain)
        sigaddset(&plain, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &plain)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let move = directory.map { ["--directory", $0] } ?? []
        let words = [try ownExecutable(), "exec"] + move + ["--"] + arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let code: Int32
        (code, pid) = Children.running.withLock { ids in
            var id: pid_t = 0
            let code = posix_spawn(&id, words[0], &actions, &attributes, &pointers, environ)
            if code == 0 { ids.insert(id) }
            return (code, id)
        }
        close(toChild[0])
        close(fromChild[1])
        input = toChild[1]
        output = fromChild[0]
        guard code == 0 else { throw Failure.system("start \(arguments[0])", code) }
    }

    deinit {
        end(SIGKILL, within: 10)
        closeInput()
        close(output)
    }

    /// Writes a line to the child's standard input.
    func tell(_ line: String) throws {
        let bytes = Array((line + "\n").utf8)
        guard write(input, bytes, bytes.count) == bytes.count else { throw Failure.system("write to \(name)") }
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// The next line of the child's standard output.
    func line(within seconds: Double) throws -> String {
        let deadline = monotonicSeconds() + seconds
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeSubrange(...end)
                return line
            }
            var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let rest = deadline - monotonicSeconds()
            guard rest > 0 else { throw Failure("\(name) said nothing for \(seconds) seconds") }
            guard poll(&waiting, 1, Int32(rest * 1000) + 1) > 0 else { continue }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(output, &chunk, chunk.count)
            guard count > 0 else { throw Failure("\(name) ended: \(describe(wait(within: 5)))") }
            unread.append(contentsOf: chunk[..<count])
        }
    }

    /// The value of `key=` in the next line.
    func value(_ key: String, within seconds: Double) throws -> String {
        let text = try line(within: seconds)
        guard let value = keyedValue(key, in: text) else { throw Failure("\(name): expected \(key)=…, got: \(text)") }
        return value
    }

    /// Whether the child still runs.
    var isRunning: Bool { wait(within: 0) == nil }

    /// Waits for the end of the child and returns its exit code, 128 + N when signal N ended it; nil when it still runs.
    @discardableResult
    func wait(within seconds: Double) -> Int32? {
        if let status { return status }
        let deadline = monotonicSeconds() + seconds
        while true {
            var raw: Int32 = 0
            let ended: Bool = Children.running.withLock { ids in
                guard waitpid(pid, &raw, WNOHANG) == pid else { return false }
                ids.remove(pid)
                return true
            }
            if ended {
                status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
                return status
            }
            if monotonicSeconds() >= deadline { return nil }
            sleepUntil(monotonicSeconds() + 0.01)
        }
    }

    /// Sends `signal`, and SIGKILL when that is not obeyed in time. Returns the exit code.
    @discardableResult
    func end(_ signal: Int32, within seconds: Double) -> Int32? {
        // 0 when it could not be started: kill would take that for our own group.
        if pid <= 0 { return nil }
        if let status { return status }
        kill(pid, signal)
        if let code = wait(within: seconds) { return code }
        kill(pid, SIGKILL)
        return wait(within: 10)
    }
}

private func describe(_ code: Int32?) -> String { code.map { "exit code \($0)" } ?? "it closed its output" }

private func pipe2Closed(_ ends: inout [Int32]) -> Bool {
    guard pipe(&ends) == 0 else { return false }
    return ends.allSatisfy { fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }
}

/// The value of `key=value` in a line of such pairs.
func keyedValue(_ key: String, in line: String) -> String? {
    for word in line.split(separator: " ") where word.hasPrefix(key + "=") {
        return String(word.dropFirst(key.utf8.count + 1))
    }
    return nil
}

/// The path of the running program.
func ownExecutable() throws -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { throw Failure.system("readlink /proc/self/exe") }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
