import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    @Suite("Log files")
    struct FileTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        private var arguments: [String] {
            [
                "--brokers", broker.bootstrapServers, "--log", directory.file("app.log"), "--state",
                directory.file("state"),
            ]
        }

        private func append(_ numbers: Range<Int>, to name: String = "app.log") throws {
            try directory.append(numbers.map(Traffic.fileLine), to: name)
        }

        /// What stands in the checkpoint files; nothing before there are any.
        private func checkpoints() throws -> String {
            let state = directory.file("state")
            guard FileManager.default.fileExists(atPath: state) else { return "" }
            return try FileManager.default.contentsOfDirectory(atPath: state).filter { $0.hasPrefix("checkpoints-") }
                .map { try String(contentsOfFile: state + "/" + $0, encoding: .utf8) }.joined()
        }

        private func expectDelivered(_ numbers: Range<Int>, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let found = try Traffic.numbers(Kcat.events(broker.bootstrapServers))
            #expect(found == Array(numbers), sourceLocation: sourceLocation)
        }

        @Test("a file is followed through rotation by renaming, lines written after the rename included")
        func rename() throws {
            defer { directory.remove() }
            try append(0..<100)
            let streamer = try Streamer.ready(arguments, in: directory)
            defer { streamer.end() }
            try streamer.waitForDelivery(of: 100)
            try append(100..<150)
            try streamer.waitForDelivery(of: 150)

            // logrotate renames; the daemon writes on into the old file until it is told to open the new one.
            #expect(Glibc.rename(directory.file("app.log"), directory.file("app.log.1")) == 0)
            try append(150..<180, to: "app.log.1")
            try append(180..<230)
            try streamer.waitForDelivery(of: 230)
            try append(230..<240)
            try streamer.waitForDelivery(of: 240)

            try streamer.stopExpectingDelivery(of: 240)
            try expectDelivered(0..<240)
        }

        @Test("a file is followed through truncation")
        func truncate() throws {
            defer { directory.remove() }
            try append(0..<100)
            let streamer = try Streamer.ready(arguments, in: directory)
            defer { streamer.end() }
            try streamer.waitForDelivery(of: 100)

            #expect(Glibc.truncate(directory.file("app.log"), 0) == 0)
            try append(100..<110)
            try streamer.waitForDelivery(of: 110)
            try append(110..<120)
            try streamer.waitForDelivery(of: 120)

            try streamer.stopExpectingDelivery(of: 120)
            try expectDelivered(0..<120)
        }

        @Test("a line is one event even when it is written in pieces")
        func partialLine() throws {
            defer { directory.remove() }
            try append(0..<1, to: "one.log")
            try append(1..<2, to: "two.log")
            let streamer = try Streamer.ready(
                [
                    "--brokers", broker.bootstrapServers, "--log", directory.file("*.log"), "--state",
                    directory.file("state"),
                ], in: directory)
            defer { streamer.end() }
            try streamer.waitForDelivery(of: 2)

            let line = Traffic.fileLine(2)
            let middle = line.index(line.startIndex, offsetBy: line.count / 2)
            let handle = try #require(FileHandle(forWritingAtPath: directory.file("one.log")))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(line[..<middle].utf8))
            // Two rounds through the other file: between them lies one in which the half line was looked at.
            try append(3..<4, to: "two.log")
            try streamer.waitForDelivery(of: 3)
            try append(4..<5, to: "two.log")
            try streamer.waitForDelivery(of: 4)
            try handle.write(contentsOf: Data((line[middle...] + "\n").utf8))
            try handle.close()
            try streamer.waitForDelivery(of: 5)

            try streamer.stopExpectingDelivery(of: 5)
            try expectDelivered(0..<5)
        }

        @Test("after a restart reading goes on at the checkpoint, no line twice")
        func checkpoint() throws {
            defer { directory.remove() }
            try append(0..<100)
            let first = try Streamer.ready(arguments, in: directory)
            defer { first.end() }
            try first.waitForDelivery(of: 100)
            try first.stopExpectingDelivery(of: 100)

            try append(100..<150)
            let second = try Streamer.ready(arguments, in: directory)
            defer { second.end() }
            try second.waitForDelivery(of: 50)
            try second.stopExpectingDelivery(of: 50)

            // Rotated and written to while nobody read it.
            #expect(Glibc.rename(directory.file("app.log"), directory.file("old.log")) == 0)
            try append(150..<170)
            let third = try Streamer.ready(arguments, in: directory)
            defer { third.end() }
            try third.waitForDelivery(of: 20)
            try third.stopExpectingDelivery(of: 20)
            try expectDelivered(0..<170)
        }

        @Test("a checkpoint moves only with Kafka's acknowledgement: lines read but not delivered are read again")
        func checkpointWaitsForDelivery() throws {
            defer { directory.remove() }
            try append(0..<50)
            let first = try Streamer.ready(arguments, in: directory)
            defer { first.end() }
            try first.waitForDelivery(of: 50)
            // Delivered is not yet kept: the checkpoint is written a moment later, and a kill before that repeats.
            let size = try directory.size(of: "app.log")
            try eventually("a checkpoint at byte \(size)") { try checkpoints().contains("\"offset\" : \(size)") }
            broker.stopBroker(1)
            try append(50..<80)
            try first.ledger(when: "30 lines read and waiting") { $0.received == 80 && $0.pending == 30 }
            first.process.signal(SIGKILL)
            #expect(try first.process.waitForExit() == .signal(SIGKILL))

            broker.startBroker(1)
            let second = try Streamer.ready(arguments, in: directory)
            defer { second.end() }
            try second.waitForDelivery(of: 30)
            try second.stopExpectingDelivery(of: 30)
            try expectDelivered(0..<80)
        }

        @Test("globs find files that appear later, and several files at once")
        func globs() throws {
            defer { directory.remove() }
            try append(0..<10, to: "one.log")
            try append(10..<20, to: "two.log")
            let streamer = try Streamer.ready(
                [
                    "--brokers", broker.bootstrapServers, "--log", directory.file("*.log"), "--state",
                    directory.file("state"),
                ], in: directory)
            defer { streamer.end() }
            try streamer.waitForDelivery(of: 20)
            try append(20..<30, to: "three.log")
            try streamer.waitForDelivery(of: 30)
            try streamer.stopExpectingDelivery(of: 30)
            try expectDelivered(0..<30)
        }

        @Test("--no-follow reads what it can and exits 1 for a file that is not there and a glob that names none")
        func singlePassIncomplete() throws {
            defer { directory.remove() }
            try append(0..<20)
            let streamer = try Streamer(
                arguments + ["--log", directory.file("nothing-*.log"), "--log", directory.file("none"), "--no-follow"],
                in: directory)
            defer { streamer.end() }
            let (exit, ledger) = try streamer.finish()
            #expect(exit == .code(1), "\(streamer.process.transcript)")
            #expect(ledger.isBalanced && ledger.delivered == 20, "\(ledger)")
            for name in ["nothing-*.log", "none"] {
                #expect(streamer.process.lines(.errors).contains { $0.contains("error") && $0.contains(name) })
            }
            try expectDelivered(0..<20)
        }

        @Test("Regression: with a spool, a file truncated while the service was down is read from its beginning")
        func truncatedWithSpool() throws {
            defer { directory.remove() }
            let arguments = arguments + ["--spool", directory.file("spool")]
            try append(0..<50)
            let first = try Streamer.ready(arguments, in: directory)
            defer { first.end() }
            try first.waitForDelivery(of: 50)
            broker.stopBroker(1)
            try append(50..<60)
            try first.ledger(when: "10 lines are in the spool") { $0.received == 60 && $0.pending == 10 }
            first.process.signal(SIGKILL)
            #expect(try first.process.waitForExit() == .signal(SIGKILL))

            // As long as before and longer: only its bytes tell that it is not the same any more.
            #expect(Glibc.truncate(directory.file("app.log"), 0) == 0)
            try append(60..<200)
            broker.startBroker(1)
            let second = try Streamer.ready(arguments, in: directory)
            defer { second.end() }
            try second.ledger(when: "the spool's 10 and the file's 140") { $0.delivered >= 150 && $0.pending == 0 }
            try second.line(containing: "not the one whose place is known")
            #expect(try second.stop().exit == .code(0))
            try expectDelivered(0..<200)
        }

        @Test("Regression: a second process with the same state directory is refused")
        func sharedState() throws {
            defer { directory.remove() }
            try append(0..<10)
            let first = try Streamer.ready(arguments, in: directory)
            defer { first.end() }
            let second = try Streamer(arguments, in: directory)
            defer { second.end() }
            #expect(try second.process.waitForExit() == .code(1))
            #expect(second.process.lines(.errors).contains { $0.contains(directory.file("state")) })
            try first.waitForDelivery(of: 10)
            try first.stopExpectingDelivery(of: 10)
        }

        @Test("Regression: a state directory that was named and cannot be written stops the start")
        func unwritableState() throws {
            defer { directory.remove() }
            try append(0..<10)
            let streamer = try Streamer(
                [
                    "--brokers", broker.bootstrapServers, "--log", directory.file("app.log"), "--state",
                    "/dev/null/state",
                ],
                in: directory)
            defer { streamer.end() }
            #expect(try streamer.process.waitForExit() == .code(1))
            #expect(streamer.process.lines(.errors).contains { $0.contains("/dev/null/state") })
        }
    }
}
