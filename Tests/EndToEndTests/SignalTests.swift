import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    @Suite("Signals")
    struct SignalTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test("Regression: a SIGHUP before the service is ready is taken when it is, and ends nothing")
        func early() throws {
            defer { directory.remove() }
            let streamer = try Streamer(["--udp", "127.0.0.1:0", "--brokers", "127.0.0.1:1"], in: directory)
            defer { streamer.end() }
            // Long before it is ready: the rules are not even compiled.
            _ = try streamer.process.find("the first line of the log") { $0.first }
            streamer.process.signal(SIGHUP)
            try streamer.entry("ready")
            try streamer.entry("configuration reloaded")
            streamer.process.signal(SIGTERM)
            #expect(try streamer.finish().exit == .code(0))
        }

        @Test("Regression: a SIGTERM before the service is ready is an orderly stop")
        func earlyStop() throws {
            defer { directory.remove() }
            let streamer = try Streamer(["--udp", "127.0.0.1:0", "--brokers", "127.0.0.1:1"], in: directory)
            defer { streamer.end() }
            _ = try streamer.process.find("the first line of the log") { $0.first }
            streamer.process.signal(SIGTERM)
            #expect(try streamer.finish().exit == .code(0))
        }

        @Test(
            "Regression: standard descriptors that are closed are given to no file, in which the log would be written")
        func closedDescriptors() throws {
            defer { directory.remove() }
            let command =
                "exec \"$0\" run --tcp 127.0.0.1:0 --brokers 127.0.0.1:1 --spool \"$1\" <&- >&- 2>&-"
            let process = try ChildProcess(
                "sh", ["-c", command, Streamer.binary, directory.file("spool")], directory: directory)
            defer { process.end() }
            let descriptors = "/proc/\(process.processID)/fd/"
            let manager = FileManager.default
            try eventually("a segment") { manager.subpaths(atPath: directory.file("spool"))?.isEmpty == false }
            for number in 0...2 {
                #expect(try manager.destinationOfSymbolicLink(atPath: descriptors + "\(number)") == "/dev/null")
            }
        }

        @Test("Regression: a stop says what it waits for, and a second one ends it at once, with what is left")
        func second() throws {
            defer { directory.remove() }
            let streamer = try Streamer.ready(
                ["--tcp", "127.0.0.1:0", "--brokers", "127.0.0.1:1", "--shutdown-timeout", "10m"], in: directory)
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            try sender.send((0..<10).map(Traffic.fileLine))
            try streamer.ledger(when: "ten received") { $0.received == 10 }
            streamer.process.signal(SIGINT)
            let word = try streamer.entry("stopping: waiting for Kafka")
            #expect(word.values["pending"] == "10")
            // Two signals at once are one wish: this one comes later than that.
            Thread.sleep(forTimeInterval: 0.4)
            streamer.process.signal(SIGINT)
            let (exit, ledger) = try streamer.finish()
            #expect(exit == .code(75) && ledger.isBalanced && ledger.rejected(for: "abandoned") == 10, "\(ledger)")
            try streamer.line(containing: "ended at once by a second signal")
        }
    }
}
