import Foundation
import Spool
import Synchronization
import TestSupport
import Testing

@testable import Inputs

@Suite("Places in files", .serialized)
struct FilePlaceTests {
    private static let old = (0..<50).map { "old \($0)" }
    private static let new = (0..<90).map { "new and longer \($0)" }
    private static func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    @Test("Regression: a new file with the inode of a deleted one is read from its beginning, and that is said")
    func inodeReuseWhileDown() throws {
        let scratch = try Scratch()
        try scratch.append(Self.text(Self.old), to: "a")
        let settings = scratch.settings("a", state: true)
        #expect(try readOnce(settings).texts == Self.old)
        guard try scratch.recreate("a", Self.text(Self.new)) else { return }
        let said = Said()
        #expect(try readOnce(settings, logger: said.logger).texts == Self.new)
        #expect(said.count("read from its beginning") == 1)
    }

    @Test("Regression: a file that was truncated and has grown beyond its place meanwhile is read from its beginning")
    func truncatedWhileDown() throws {
        let scratch = try Scratch()
        try scratch.append(Self.text(Self.old), to: "a")
        let settings = scratch.settings("a", state: true)
        #expect(try readOnce(settings).texts == Self.old)
        try scratch.overwrite(Self.text(Self.new), "a")
        #expect(try readOnce(settings).texts == Self.new)
        #expect(try readOnce(settings).texts == [])
    }

    @Test("What the spool has of a file is not read again")
    func recovered() async throws {
        let scratch = try Scratch()
        let settings = scratch.settings("a", state: true)
        try scratch.append("1\n", to: "a")
        let running = try RunningFollower(settings) { $0.settle(1) }
        try await running.eventually(["1"])
        try scratch.append("2\n3\n", to: "a")
        try await running.eventually(["1", "2", "3"])
        running.stop()
        let origin = running.sink.state.withLock { $0.lines[0].origin }
        #expect(try readOnce(scratch.restarted(settings), recovered: [origin: 4]).texts == ["3"])
    }

    @Test("Regression: what the spool has of a file says nothing of another content under its name")
    func recoveredOfOtherContent() throws {
        let scratch = try Scratch()
        try scratch.append(Self.text(Self.old), to: "a")
        let settings = scratch.settings("a", state: true)
        let first = try readOnce(settings).state.withLock { $0.lines }
        try scratch.overwrite(Self.text(Self.new), "a")
        let end = first.last!.position
        #expect(try readOnce(settings, recovered: [first[0].origin: end]).texts == Self.new)
    }

    @Test(
        "Regression: after a truncation lines have another origin, so that old settlements do not count for new lines")
    func originOfTruncated() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n", to: "a")
        let running = try RunningFollower(scratch.settings("a", state: true))
        try await running.eventually(["1", "2"])
        try scratch.overwrite("3\n", "a")
        try await running.eventually(["1", "2", "3"])
        running.stop()
        let origins = running.sink.state.withLock { $0.lines.map(\.origin) }
        #expect(origins[0] == origins[1] && origins[1] != origins[2])
    }

    @Test("Regression: a closed file that is deleted and made anew with its inode is read from its beginning")
    func inodeReuseWhileRunning() async throws {
        let scratch = try Scratch()
        try scratch.append("a first line\n", to: "a")
        var settings = scratch.settings("a", state: true)
        settings.quietSeconds = 0
        let running = try RunningFollower(settings)
        try await running.eventually(["a first line"])
        try await eventually("closed") { try !isOpen(scratch.file("a")) }
        guard try scratch.recreate("a", "another file's line\nand one more\n") else { return }
        try await running.eventually(["a first line", "another file's line", "and one more"])
        running.stop()
    }

    @Test("Regression: one file's place does not wait for another's records")
    func stuckNeighbour() async throws {
        let scratch = try Scratch()
        let settings = scratch.settings("a", "b", state: true)
        try scratch.append("1\n", to: "a")
        let running = try RunningFollower(settings)
        try await running.eventually(["1"])
        running.sink.state.withLock { $0.stuck = $0.lines[0].origin }
        try scratch.append("2\n", to: "a")
        try await running.eventually(["1", "2"])
        try scratch.append("3\n", to: "b")
        try await running.eventually(["1", "2", "3"])
        running.stop()
        #expect(running.follower.unsettledCount == 2)
        let again = try readOnce(scratch.restarted(settings)).texts
        #expect(again.contains("2") && !again.contains("3"))
    }

    @Test("Regression: the checkpoint file does not grow with files that are gone")
    func goneFilesAreForgotten() async throws {
        let scratch = try Scratch()
        var settings = scratch.settings("*.log", state: true)
        settings.rotatedSeconds = 0
        let running = try RunningFollower(settings)
        for number in 0..<20 {
            try scratch.append("\(number)\n", to: "\(number).log")
            try await eventually("\(number)") { running.sink.texts.count == number + 1 }
            unlink(scratch.file("\(number).log"))
        }
        try scratch.append("kept\n", to: "kept.log")
        try scratch.append("gone later\n", to: "later.log")
        try await eventually("all") { running.sink.texts.count == 22 }
        running.stop()
        #expect(scratch.checkpoints().components(separatedBy: "\"inode\"").count <= 4)
        unlink(scratch.file("later.log"))
        let again = try RunningFollower(settings)
        try await eventually("forgotten") { !scratch.checkpoints().contains("later.log") }
        again.stop()
        #expect(scratch.checkpoints().contains("kept.log"))
    }

    @Test("A long outage does not make a file's marks grow without bound, and the place still ends at its end")
    func marks() {
        var reading = Reading(origin: .random(), line: LineState())
        final class Handle: FileOrigin {
            let committed = Atomic<UInt64>(0)
            let settled = Atomic<UInt64>(0)
            var committedCount: UInt64 { committed.load(ordering: .relaxed) }
            var settledCount: UInt64 { settled.load(ordering: .relaxed) }
        }
        let handle = Handle()
        reading.handle = handle
        for number in 1...1000 as ClosedRange<UInt64> {
            handle.committed.store(number, ordering: .relaxed)
            reading.mark(handle, offset: number * 10, proof: .nothing)
        }
        let hasMoved = reading.settle()
        #expect(reading.markCount <= 32 && !hasMoved)
        handle.settled.store(500, ordering: .relaxed)
        let hasMovedHalf = reading.settle()
        #expect(hasMovedHalf && (1...5000).contains(reading.settled))
        handle.settled.store(1000, ordering: .relaxed)
        let hasMovedAll = reading.settle()
        #expect(hasMovedAll && reading.settled == 10_000 && reading.isSettled)
    }

    // MARK: Where a file is begun

    @Test("Regression: start-at end is for what was there at the first start; a new and a rotated file are read whole")
    func startAtEnd() async throws {
        let scratch = try Scratch()
        try scratch.append("old\n", to: "a.log")
        var settings = scratch.settings("*.log", state: true)
        settings.fromBeginning = false
        let running = try RunningFollower(settings)
        // Saved before anything is read: a start that is cut short does not make old lines new ones.
        try await eventually("saved at once") { scratch.checkpoints().contains("\"offset\" : 4") }
        try scratch.append("new 1\n", to: "b.log")
        try await running.eventually(["new 1"])
        try scratch.rename("a.log", "a.log.1")
        try scratch.append("new 2\n", to: "a.log")
        try await running.eventually(["new 1", "new 2"])
        running.stop()
        try scratch.append("new 3\n", to: "c.log")
        #expect(try readOnce(settings).texts == ["new 3"])
    }

    @Test("Reading from the end begins at a line")
    func startAtEndOfUnendedLine() async throws {
        let scratch = try Scratch()
        try scratch.append("old\nhalf", to: "a")
        var settings = scratch.settings("a", state: true)
        settings.fromBeginning = false
        let running = try RunningFollower(settings)
        try await eventually("saved") { scratch.checkpoints().contains("\"offset\" : 4") }
        try scratch.append(" a line\n", to: "a")
        try await running.eventually(["half a line"])
        running.stop()
    }

    // MARK: Names of listeners

    @Test("Regression: an unnamed listener that gets another before it, or another path, keeps its places")
    func insertedListener() throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        try scratch.append("b\n", to: "b")
        var settings = scratch.settings("a", state: true)
        settings.listener = "file"
        #expect(try readOnce(settings).texts == ["1"])
        settings.listener = "file-2"
        #expect(try readOnce(settings).texts == [])
        settings.paths.append(scratch.file("b"))
        #expect(try readOnce(settings).texts == ["b"])
        settings.listener = "named"
        #expect(try readOnce(settings).texts == [])
    }

    @Test("Regression: the places that version 1 kept by position are found after an upgrade")
    func version1() throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n", to: "a")
        try scratch.append("b\n", to: "b")
        try #require(mkdir(scratch.file("state"), 0o755) == 0)
        var status = stat()
        try #require(stat(scratch.file("a"), &status) == 0)
        let file = #"{"device":\#(status.st_dev),"inode":\#(status.st_ino)}"#
        try scratch.append(
            #"{"files":[{"file":\#(file),"offset":2,"path":"\#(scratch.file("a"))"}],"version":1}"#,
            to: "state/checkpoints-file.json")
        var inserted = scratch.settings("b", state: true)
        inserted.listener = "file"
        var settings = scratch.settings("a", state: true)
        settings.listener = "file-2"
        // As one process would have them: both open, both read.
        let followers = try [inserted, settings].map { settings in
            var settings = settings
            settings.follow = false
            return try FileFollower(settings, recovered: [:], logger: quiet)
        }
        let texts = followers.map { follower in
            let sink = FollowedLines()
            follower.run(into: sink)
            return sink.texts
        }
        #expect(texts == [["b"], ["2"]])
    }

    @Test(
        "Regression: a file that is excluded, or whose path is removed, is not read after a restart",
        arguments: [true, false])
    func leftOutByTheConfiguration(_ isExcluded: Bool) async throws {
        let scratch = try Scratch()
        try scratch.append("a1\n", to: "a.log")
        try scratch.append("d1\n", to: "debug.log")
        let before =
            isExcluded ? scratch.settings("*.log", state: true) : scratch.settings("a.log", "debug.log", state: true)
        var after = isExcluded ? before : scratch.settings("a.log", state: true)
        if isExcluded { after.exclude = [scratch.file("debug.log")] }
        let first = try RunningFollower(before)
        try await eventually("both") { first.sink.texts.sorted() == ["a1", "d1"] }
        first.stop()
        // The second restart knows no other patterns than the third.
        for number in [2, 3] {
            try scratch.append("a\(number)\n", to: "a.log")
            try scratch.append("d\(number)\n", to: "debug.log")
            let said = Said()
            let next = try RunningFollower(after, logger: said.logger)
            try await next.eventually(["a\(number)"])
            next.stop()
            #expect(!said.contains("reading file offset=3 path=\(scratch.file("debug.log"))"))
            #expect(said.count("is not meant by the paths") == (number == 2 ? 1 : 0))
        }
        // Its place was kept: it is read on there once it is meant again.
        let last = try RunningFollower(before)
        try await last.eventually(["d2", "d3"])
        last.stop()
    }

    @Test("A rotated file whose new name is excluded is read to its end after a restart, wherever it was renamed")
    func rotatedIntoExcludedName() async throws {
        let scratch = try Scratch()
        var settings = scratch.settings("a.log*", state: true)
        settings.exclude = [scratch.file("*.1")]
        try scratch.append("1\n", to: "a.log")
        let first = try RunningFollower(settings)
        try await first.eventually(["1"])
        try scratch.rename("a.log", "a.log.1")
        try scratch.append("new 1\n", to: "a.log")
        try await first.eventually(["1", "new 1"])
        first.stop()
        try scratch.append("late\n", to: "a.log.1")
        let second = try RunningFollower(settings)
        try await second.eventually(["late"])
        second.stop()
        try scratch.rename("a.log.1", "a.log.2.1")
        try scratch.append("later\n", to: "a.log.2.1")
        try scratch.append("new 2\n", to: "a.log")
        try scratch.rename("a.log", "a.log.1")
        let third = try RunningFollower(settings)
        try await eventually("both") { third.sink.texts.sorted() == ["later", "new 2"] }
        third.stop()
    }

    @Test("Regression: an unnamed listener whose paths go back to an earlier list reads no line twice")
    func pathsGoBack() throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        try scratch.append("b\n", to: "b")
        var one = scratch.settings("a", state: true)
        one.listener = "file"
        var two = scratch.settings("a", "b", state: true)
        two.listener = "file"
        #expect(try readOnce(one).texts == ["1"])
        try scratch.append("2\n", to: "a")
        #expect(try readOnce(two).texts.sorted() == ["2", "b"])
        try scratch.append("3\n", to: "a")
        #expect(try readOnce(one).texts == ["3"])
        #expect(try readOnce(one).texts == [])
    }

    @Test("Regression: an unnamed listener whose paths lose one and get it back while it runs reads no line twice")
    func pathsGoAndComeWhileRunning() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        try scratch.append("b\n", to: "b")
        var one = scratch.settings("a", state: true)
        one.listener = "file"
        var two = scratch.settings("a", "b", state: true)
        two.listener = "file"
        // Started with both, left with one.
        let first = try RunningFollower(two)
        try await eventually("both") { first.sink.texts.sorted() == ["1", "b"] }
        first.follower.use(one)
        try await eventually("one path") { scratch.checkpoints().contains("\"paths\" : [\"\(scratch.file("a"))\"]") }
        first.stop()
        // Started with one, left with both.
        let second = try RunningFollower(one)
        second.follower.use(two)
        try scratch.append("2\n", to: "a")
        try await eventually("\(second.sink.texts)") { second.sink.texts == ["2"] }
        try await eventually("both paths") { scratch.checkpoints().contains("\(scratch.file("b"))\"]") }
        second.stop()
        try scratch.append("3\n", to: "a")
        #expect(try readOnce(two).texts == ["3"])
    }

    @Test("Regression: a listener that gets its old name back reads no line twice")
    func nameGoesBack() throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        var settings = scratch.settings("a", state: true)
        for (name, line) in [("web", ""), ("www", "2"), ("web", "3"), ("www", "4")] {
            settings.listener = name
            if !line.isEmpty { try scratch.append(line + "\n", to: "a") }
            #expect(try readOnce(settings).texts == [line.isEmpty ? "1" : line], "\(name)")
        }
    }

    // MARK: Listeners that a reload takes out

    private func offset(_ scratch: Scratch) -> UInt64? {
        let text = scratch.checkpoints()
        guard let start = text.firstRange(of: "\"offset\" : ")?.upperBound else { return nil }
        return UInt64(text[start...].prefix { $0.isNumber })
    }

    @Test("Regression: the place of a listener that was taken out moves on as its lines are delivered")
    func placeMovesOnAfterTheEnd() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n3\n", to: "a")
        let running = try RunningFollower(scratch.settings("a", state: true)) { $0.settle(0) }
        try await running.eventually(["1", "2", "3"])
        running.stop()
        #expect(offset(scratch) == 0 && running.follower.unsettledCount == 3)
        running.sink.settle(nil)
        running.follower.finish(running.sink)
        #expect(offset(scratch) == 6 && running.follower.unsettledCount == 0)
    }

    @Test(
        "Regression: lines that are pending when a reload takes their listener out are not read again when it is back",
        arguments: ["f", "renamed"])
    func pendingAtTheEnd(_ name: String) async throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n", to: "a")
        var settings = scratch.settings("a", state: true)
        let first = try RunningFollower(settings) { $0.settle(0) }
        try await first.eventually(["1", "2"])
        first.stop()
        settings.listener = name
        let second = try RunningFollower(settings) { $0.settle(0) }
        try scratch.append("3\n", to: "a")
        try await second.eventually(["3"])
        // What the first still has is in front of it.
        second.sink.settle(nil)
        second.stop()
        #expect(second.follower.unsettledCount == 0)
        #expect(!scratch.checkpoints().contains("\"offset\" : 6"))
        first.sink.settle(nil)
        for running in [first, second] { running.follower.finish(running.sink) }
        let third = try RunningFollower(settings)
        try scratch.append("4\n", to: "a")
        try await third.eventually(["4"])
        third.stop()
        #expect(scratch.checkpoints().contains("\"offset\" : 8"))
        #expect(!scratch.checkpoints().contains("\"offset\" : 4"), "the first one's file has not the place as well")
    }

    @Test("A listener that shares a path with a new one keeps its own places")
    func sharedPath() throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        var one = scratch.settings("a", state: true)
        one.listener = "file"
        one.follow = false
        var two = scratch.settings("a", "b", state: true)
        two.listener = "file-2"
        #expect(try readOnce(one).texts == ["1"])
        func keptFiles() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: scratch.file("state")).count { $0.hasSuffix(".json") }
        }
        let running = try FileFollower(one, recovered: [:], logger: quiet)
        #expect(try readOnce(two).texts == [])
        #expect(try keptFiles() == 2)
        running.run(into: FollowedLines())
        #expect(try keptFiles() == 2)
    }

    @Test("Regression: an empty checkpoint file, as a loss of power leaves it, is said and costs no line")
    func emptyCheckpointFile() throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        var settings = scratch.settings("a", state: true)
        settings.fromBeginning = false
        try #require(mkdir(settings.stateDirectory!, 0o755) == 0)
        try scratch.append("", to: "state/checkpoints-f.json")
        let said = Said()
        #expect(try readOnce(settings, logger: said.logger).texts == ["1"])
        #expect(said.count("checkpoint file is empty") == 1)
    }
}
