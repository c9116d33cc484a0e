import Foundation
import Inputs
import Synchronization
import TestSupport
import Testing

@Suite("Following files", .serialized)
struct FileFollowerTests {
    @Test("Lines that are there, that are added, and a file that comes later are read; an unended line waits")
    func follows() async throws {
        let scratch = try Scratch()
        try scratch.append("one\ntwo\n", to: "a")
        let running = try RunningFollower(scratch.settings("a", "later"))
        try await running.eventually(["one", "two"])
        try scratch.append("thr", to: "a")
        try scratch.append("later\n", to: "later")
        try await running.eventually(["one", "two", "later"])
        try scratch.append("ee\n", to: "a")
        try await running.eventually(["one", "two", "later", "three"])
        running.stop()
        let lines = running.sink.state.withLock { $0.lines }
        #expect(lines.map(\.position) == [4, 8, 6, 14])
        #expect(lines[0].origin == lines[3].origin && lines[0].origin != lines[2].origin)
    }

    @Test("A renamed file is read to its end before the new one of its name")
    func renamed() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        let running = try RunningFollower(scratch.settings("a"))
        try await running.eventually(["1"])
        running.sink.setRoom(0)
        try scratch.append("2\n3\nlast without end", to: "a")
        try scratch.rename("a", "a.1")
        try scratch.append("new\n", to: "a")
        try await eventually("refused") { running.sink.refusals > 0 }
        running.sink.setRoom(.max)
        try await running.eventually(["1", "2", "3", "new"])
        running.stop()
    }

    @Test("Regression: what is written to a renamed file after the new one has come is read too")
    func writtenAfterRename() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        let running = try RunningFollower(scratch.settings("a"))
        try await running.eventually(["1"])
        try scratch.rename("a", "a.1")
        try scratch.append("new\n", to: "a")
        try await running.eventually(["1", "new"])
        // The daemon has not reopened its log yet.
        try scratch.append("late\n", to: "a.1")
        try await running.eventually(["1", "new", "late"])
        running.stop()
    }

    @Test("A renamed file that is quiet is closed, and its last line needs no end")
    func closesRenamed() async throws {
        let scratch = try Scratch()
        try scratch.append("1\nunended", to: "a")
        var settings = scratch.settings("a")
        settings.rotatedSeconds = 0
        let running = try RunningFollower(settings)
        try await running.eventually(["1"])
        try scratch.rename("a", "a.1")
        try scratch.append("new\n", to: "a")
        try await running.eventually(["1", "unended", "new"])
        try await eventually("closed") { try !isOpen(scratch.file("a.1")) }
        running.stop()
    }

    @Test("Regression: a deleted file is read to its end and closed")
    func deleted() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        var settings = scratch.settings("a")
        settings.rotatedSeconds = 0
        let running = try RunningFollower(settings)
        try await running.eventually(["1"])
        try scratch.append("2\nunended", to: "a")
        try #require(unlink(scratch.file("a")) == 0)
        try await running.eventually(["1", "2", "unended"])
        try await eventually("closed") { try !isOpen(scratch.file("a") + " (deleted)") }
        try scratch.append("again\n", to: "a")
        try await running.eventually(["1", "2", "unended", "again"])
        running.stop()
    }

    @Test("A file cut and written anew is read from its start, whether it is shorter, as long or longer than before")
    func truncated() async throws {
        let scratch = try Scratch()
        try scratch.append("first line\n", to: "a")
        let running = try RunningFollower(scratch.settings("a"))
        try await running.eventually(["first line"])
        try scratch.overwrite("2\n", "a")
        try await running.eventually(["first line", "2"])
        try scratch.append("33\n", to: "a")
        try await running.eventually(["first line", "2", "33"])
        // As long as what was read, then longer: only the bytes tell.
        try scratch.overwrite("4\n55\n", "a")
        try await running.eventually(["first line", "2", "33", "4", "55"])
        try scratch.overwrite("a longer first line\nand one more\n", "a")
        try await running.eventually(["first line", "2", "33", "4", "55", "a longer first line", "and one more"])
        running.stop()
    }

    @Test("Regression: lines that were read and refused, and an unended one, survive a truncation")
    func truncatedWhileBlocked() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n3\nunended", to: "a")
        let running = try RunningFollower(scratch.settings("a")) { $0.setRoom(1) }
        try await eventually("refused") { running.sink.refusals > 0 }
        try scratch.overwrite("new\n", "a")
        let refusals = running.sink.refusals
        try await eventually("it has looked again") { running.sink.refusals > refusals + 2 }
        running.sink.setRoom(.max)
        try await running.eventually(["1", "2", "3", "unended", "new"])
        running.stop()
    }

    @Test("A glob takes files as they come, and leaves out what is excluded")
    func globs() async throws {
        let scratch = try Scratch()
        try scratch.append("a\n", to: "a.log")
        try scratch.append("no\n", to: "a.txt")
        try scratch.append("no\n", to: "debug.log")
        var settings = scratch.settings("*.log")
        settings.exclude = [scratch.file("debug*")]
        let running = try RunningFollower(settings)
        try await running.eventually(["a"])
        try scratch.append("b\n", to: "b.log")
        try await running.eventually(["a", "b"])
        try #require(link(scratch.file("b.log"), scratch.file("same.log")) == 0)
        try scratch.append("c\n", to: "c.log")
        try await running.eventually(["a", "b", "c"])
        running.stop()
    }

    @Test("Regression: a file that a glob finds again under its rotated name is not read twice")
    func rotatedInsideGlob() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n", to: "a.log")
        var settings = scratch.settings("a.log*")
        settings.rotatedSeconds = 0
        let running = try RunningFollower(settings)
        try await running.eventually(["1", "2"])
        try scratch.rename("a.log", "a.log.1")
        try scratch.append("3\n", to: "a.log")
        try await running.eventually(["1", "2", "3"])
        try scratch.append("4\n", to: "a.log.1")
        try await running.eventually(["1", "2", "3", "4"])
        running.stop()
    }

    @Test("A file without a checkpoint is read from its end when asked")
    func startAtEnd() async throws {
        let scratch = try Scratch()
        try scratch.append("old\n", to: "a")
        var settings = scratch.settings("a", state: true)
        settings.fromBeginning = false
        let running = try RunningFollower(settings)
        try await eventually("open") { try isOpen(scratch.file("a")) }
        try scratch.append("new\n", to: "a")
        try await running.eventually(["new"])
        running.stop()
        // Now there is a checkpoint: what came meanwhile is read.
        try scratch.append("meanwhile\n", to: "a")
        let again = try RunningFollower(settings)
        try await again.eventually(["meanwhile"])
        again.stop()
    }

    @Test("A checkpoint moves only to what is settled, and a restart goes on there")
    func checkpoint() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n", to: "a")
        var settings = scratch.settings("a", state: true)
        let running = try RunningFollower(settings) { $0.settle(0) }
        try await running.eventually(["1", "2"])
        try scratch.append("3\n", to: "a")
        try await running.eventually(["1", "2", "3"])
        running.stop()
        running.follower.finish(running.sink)
        // Nothing settled: all comes again.
        settings = try scratch.restarted(settings)
        #expect(try readOnce(settings).texts == ["1", "2", "3"])
        try scratch.append("4\n", to: "a")
        let second = try RunningFollower(settings) { $0.settle(0) }
        try await second.eventually(["4"])
        second.stop()
        settings = try scratch.restarted(settings)
        #expect(try readOnce(settings).texts == ["4"])
        #expect(try readOnce(settings).texts == [])
    }

    @Test("finish moves the checkpoint to what was settled after the stop")
    func finish() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n", to: "a")
        let settings = scratch.settings("a", state: true)
        let running = try RunningFollower(settings) { $0.settle(1) }
        try await running.eventually(["1", "2"])
        running.stop()
        // Both lines are one mark, which one settled record does not reach.
        running.sink.settle(2)
        running.follower.finish(running.sink)
        #expect(try readOnce(settings).texts == [])
    }

    @Test("Regression: the place of a file read to its end after its rotation is saved")
    func checkpointOfRotated() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a.log")
        var settings = scratch.settings("a.log", state: true)
        settings.rotatedSeconds = 0
        let running = try RunningFollower(settings)
        try await running.eventually(["1"])
        try scratch.append("2\n", to: "a.log")
        try scratch.rename("a.log", "b.log")
        try scratch.append("3\n", to: "a.log")
        try await running.eventually(["1", "2", "3"])
        try await eventually("closed") { try !isOpen(scratch.file("b.log")) }
        running.stop()
        settings.paths = [scratch.file("*.log")]
        #expect(try readOnce(settings).texts == [])
    }

    @Test("A file shorter than its checkpoint is read from its start")
    func shorterThanCheckpoint() async throws {
        let scratch = try Scratch()
        try scratch.append("a long first line\n", to: "a")
        let settings = scratch.settings("a", state: true)
        #expect(try readOnce(settings).texts.count == 1)
        try scratch.overwrite("short\n", "a")
        #expect(try readOnce(settings).texts == ["short"])
    }

    @Test("A damaged checkpoint file stops the start with an error that names it")
    func damagedCheckpoint() throws {
        let scratch = try Scratch()
        let settings = scratch.settings("a", state: true)
        try #require(mkdir(settings.stateDirectory!, 0o755) == 0)
        try scratch.append("{]", to: "state/checkpoints-f.json")
        let error = #expect(throws: InputError.self) {
            _ = try FileFollower(settings, recovered: [:], logger: quiet)
        }
        #expect("\(error!)".contains("checkpoints-f.json"))
    }

    @Test("Without following, every file is read once, its unended last line too, and the run ends")
    func once() throws {
        let scratch = try Scratch()
        try scratch.append("1\n2", to: "a")
        try scratch.append("", to: "empty")
        try scratch.append(String(repeating: "x", count: 600_000) + "\n3", to: "b")
        var settings = scratch.settings("a", "empty", "b")
        settings.maximumLine = 10
        let lines = try readOnce(settings).state.withLock { $0.lines }
        #expect(Set(lines.map(\.text)) == ["1", "2", "3", "xxxxxxxxxx"])
        #expect(lines.filter(\.isCut).map(\.position) == [600_001])
    }

    @Test("A single pass tells what it could not read, and reads the rest")
    func absent() throws {
        let scratch = try Scratch()
        try scratch.append("fine\n", to: "a")
        var settings = scratch.settings("absent", "none-*", ".", "a")
        settings.follow = false
        let sink = FollowedLines()
        let follower = try FileFollower(settings, recovered: [:], logger: quiet)
        follower.run(into: sink)
        #expect(sink.texts == ["fine"])
        let failed = Set(follower.failures.map(\.place))
        #expect(failed == Set(["absent", "none-*", "."].map { scratch.file($0) }))
    }

    @Test("A file that cannot be read hinders no other, and the run ends")
    func unreadable() throws {
        let scratch = try Scratch()
        try scratch.append("fine\n", to: "a")
        // A regular file whose first byte cannot be read, whoever asks.
        var settings = scratch.settings("a")
        settings.paths.insert("/proc/self/mem", at: 0)
        #expect(try readOnce(settings).texts == ["fine"])
    }

    @Test("Standard input is read to its end, and the run ends there even when it follows")
    func standardInput() async throws {
        let ends = try makePipe()
        let saved = dup(STDIN_FILENO)
        try #require(dup2(ends.read, STDIN_FILENO) == STDIN_FILENO)
        close(ends.read)
        defer {
            dup2(saved, STDIN_FILENO)
            close(saved)
        }
        let writer = ends.write
        func send(_ text: String) {
            let bytes = Array(text.utf8)
            _ = write(writer, bytes, bytes.count)
        }
        var settings = FileFollowerSettings(listener: "f", paths: ["-"])
        settings.pollMilliseconds = 2
        let running = try RunningFollower(settings)
        send("one\ntw")
        try await running.eventually(["one"])
        send("o\nlast")
        try await running.eventually(["one", "two"])
        close(writer)
        try await running.eventually(["one", "two", "last"])
        try await eventually("the run ends") { running.hasEnded.value.load(ordering: .acquiring) }
        running.stop()
    }

    @Test("Refused lines are offered again, each once, whenever room comes", arguments: [1, 2] as [UInt64])
    func backPressure(_ seed: UInt64) async throws {
        let scratch = try Scratch()
        var random = SeededGenerator(seed: seed)
        let lines = (0..<3000).map { "line \($0) " + String(repeating: "x", count: random.int(0...300)) }
        try scratch.append(lines.map { $0 + "\n" }.joined(), to: "a")
        let running = try RunningFollower(scratch.settings("a")) { $0.setRoom(0) }
        // Asked once a turn: room given before is still being used, and the last line may come between two questions.
        var taken = 0
        while taken < lines.count {
            running.sink.setRoom(random.int(1...700))
            try await eventually("more") { running.sink.texts.count > taken }
            taken = running.sink.texts.count
        }
        try await running.eventually(lines)
        running.stop()
    }
}
