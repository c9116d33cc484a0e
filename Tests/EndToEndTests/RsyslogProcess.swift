import Foundation
import Glibc

/// An rsyslogd of the test's own: it takes messages on a unix socket and does with them what `actions` say.
struct RsyslogProcess {
    let process: ChildProcess
    /// What `logger -u` sends to.
    let socket: String

    /// Starts it in the foreground and waits until its socket takes messages.
    /// - Parameter actions: configuration text, as in `examples/rsyslog`.
    init(actions: String, in directory: TemporaryDirectory) throws {
        socket = directory.file("rsyslog.sock")
        let spool = directory.file("rsyslog")
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        let configuration = try directory.write(
            """
            global(workDirectory="\(spool)")
            module(load="imuxsock" SysSock.Use="off")
            input(type="imuxsock" Socket="\(socket)" RateLimit.Interval="0")
            \(actions)

            """, to: "rsyslog.conf")
        let check = try ChildProcess("rsyslogd", ["-N1", "-f", configuration])
        defer { check.end() }
        guard try check.waitForExit() == .code(0) else { throw HarnessError(check.transcript) }

        process = try ChildProcess(
            "rsyslogd", ["-n", "-f", configuration, "-i", directory.file("rsyslogd.pid")], directory: directory)
        do {
            let (path, process) = (socket, process)
            try eventually("rsyslogd's socket") {
                guard process.exit == nil else { throw HarnessError(process.transcript) }
                return access(path, F_OK) == 0
            }
        } catch {
            process.end()
            throw error
        }
    }

    /// Ends it as an administrator would: it sends on what it holds.
    func stop() throws {
        process.signal(SIGTERM)
        guard try process.waitForExit() == .code(0) else { throw HarnessError(process.transcript) }
    }

    func end() { process.end() }

    /// A file of `examples/rsyslog`, pointed at `port`.
    static func example(_ name: String, port: UInt16) throws -> String {
        let text = try Checkout.text("examples/rsyslog/\(name)")
        guard text.contains("port=\"5514\"") else { throw HarnessError("\(name) does not send to port 5514") }
        return text.replacingOccurrences(of: "port=\"5514\"", with: "port=\"\(port)\"")
    }
}
