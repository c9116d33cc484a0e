import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// What becomes of the processes that a test starts.
    @Suite struct ChildProcessTests {
        private static let isKilled = "TESTS_THAT_ARE_KILLED"

        /// Not a test: the next one runs it in a process of its own, which it kills.
        @Test(.enabled(if: ProcessInfo.processInfo.environment[isKilled] != nil, "runs inside the next one"))
        func `a process is started and waited for`() throws {
            let child = try ChildProcess("sleep", ["3600"])
            defer { child.end() }
            print("started \(child.processID)")
            fflush(nil)
            _ = try child.waitForExit()
        }

        @Test func `what a test started ends when the tests are killed`() throws {
            let tests = try ChildProcess(
                CommandLine.arguments[0],
                ["--testing-library", "swift-testing", "--filter", "a process is started and waited for"],
                environment: [Self.isKilled: "1"])
            defer { tests.end() }
            let child = try tests.find("the process that it starts", in: .output) { lines in
                lines.first { $0.hasPrefix("started ") }.flatMap { $0.split(separator: " ").last }.flatMap { pid_t($0) }
            }
            #expect(kill(child, 0) == 0)
            tests.signal(SIGKILL)
            // Gone, or dead and nobody's: not every machine has an init that asks for the orphans' exit codes.
            try eventually("the end of the process") {
                guard let status = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8) else {
                    return true
                }
                return status.contains(") Z ")
            }
        }

        @Test func `a process outlives the thread that asked for it`() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let started = Started(directory)
            var thread = pthread_t()
            let created = pthread_create(
                &thread, nil,
                { argument in
                    let started = Unmanaged<Started>.fromOpaque(argument!).takeUnretainedValue()
                    started.process = Result {
                        let wait = "until [ -e told ]; do sleep 0.01; done"
                        return try ChildProcess("sh", ["-c", wait], directory: started.directory)
                    }
                    return nil
                }, Unmanaged.passUnretained(started).toOpaque())
            try #require(created == 0 && pthread_join(thread, nil) == 0)
            let child = try #require(started.process).get()
            defer { child.end() }
            try directory.write("", to: "told")
            // One that was killed would end by a signal.
            #expect(try child.waitForExit() == .code(0))
        }

        /// What a thread of the test hands over; the test reads it when the thread has ended.
        private final class Started {
            let directory: TemporaryDirectory
            var process: Result<ChildProcess, any Error>?

            init(_ directory: TemporaryDirectory) { self.directory = directory }
        }
    }
}
