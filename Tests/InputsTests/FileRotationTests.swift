import Foundation
import TestSupport
import Testing

@testable import Inputs

@Suite("Files that are rotated", .serialized)
struct FileRotationTests {
    @Test("Regression: a renamed file that was closed is read again when a late writer writes to it")
    func lateWriter() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        var settings = scratch.settings("a", state: true)
        settings.rotatedSeconds = 0
        let running = try RunningFollower(settings)
        try await running.eventually(["1"])
        try scratch.rename("a", "a.1")
        try scratch.append("2\n", to: "a")
        try await running.eventually(["1", "2"])
        try await eventually("closed") { try !isOpen(scratch.file("a.1")) }
        try scratch.append("late\n", to: "a.1")
        try await running.eventually(["1", "2", "late"])
        // Rotated once more: it is known by its identity.
        try await eventually("closed") { try !isOpen(scratch.file("a.1")) }
        try scratch.rename("a.1", "a.2")
        try scratch.append("later\n", to: "a.2")
        try await running.eventually(["1", "2", "late", "later"])
        running.stop()
    }

    @Test("Regression: a file renamed while nobody looked is found in its directory and read before the new one")
    func renamedWhileDown() async throws {
        let scratch = try Scratch()
        let lines = (0..<30_000).map { "line \($0)" }
        try scratch.append("0\n", to: "a")
        let settings = scratch.settings("a", state: true)
        let first = try RunningFollower(settings)
        try await first.eventually(["0"])
        first.stop()
        try scratch.append(lines.map { $0 + "\n" }.joined(), to: "a")
        try scratch.rename("a", "a.1")
        try scratch.append("new\n", to: "a")
        let second = try RunningFollower(settings)
        try await second.eventually(lines + ["new"])
        second.stop()
    }

    @Test("Regression: a file that is gone with what nobody read of it is said")
    func goneWhileDown() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        let settings = scratch.settings("a", state: true)
        #expect(try readOnce(settings).texts == ["1"])
        try scratch.rename("a", "b")
        try scratch.append("2\n", to: "a")
        unlink(scratch.file("b"))
        let said = Said()
        let running = try RunningFollower(settings, logger: said.logger)
        try await running.eventually(["2"])
        running.stop()
        #expect(said.count("warning file is gone") == 1)
    }

    @Test("Regression: lines of a closed file that is renamed and compressed while another is blocked are not lost")
    func compressedWhileAnotherIsBlocked() async throws {
        let scratch = try Scratch()
        var settings = scratch.settings("a.log", "b.log", state: true)
        settings.quietSeconds = 0
        try scratch.append("b0\n", to: "b.log")
        let running = try RunningFollower(settings)
        try await running.eventually(["b0"])
        try await eventually("closed") { try !isOpen(scratch.file("b.log")) }
        running.sink.setRoom(0)
        try scratch.append("a1\n", to: "a.log")
        try await eventually("blocked") { running.sink.refusals > 0 }
        try scratch.append("b1\nb2\n", to: "b.log")
        try await eventually("held") { try isOpen(scratch.file("b.log")) }
        try scratch.rename("b.log", "b.log.1")
        try scratch.append("compressed", to: "b.log.1.gz")
        unlink(scratch.file("b.log.1"))
        running.sink.setRoom(.max)
        try await eventually("both lines") { running.sink.texts.sorted() == ["a1", "b0", "b1", "b2"] }
        running.stop()
    }

    @Test("Regression: lines of a closed file that could not be held and is gone are said")
    func goneBeforeItsTurn() async throws {
        let scratch = try Scratch()
        var settings = scratch.settings("a.log", "b.log", state: true)
        settings.quietSeconds = 0
        settings.maximumOpenFiles = 1
        try scratch.append("b0\n", to: "b.log")
        let said = Said()
        let running = try RunningFollower(settings, logger: said.logger)
        try await running.eventually(["b0"])
        try await eventually("closed") { try !isOpen(scratch.file("b.log")) }
        running.sink.setRoom(0)
        try scratch.append("a1\n", to: "a.log")
        try await eventually("blocked") { running.sink.refusals > 0 }
        try scratch.append("b1\nb2\n", to: "b.log")
        // Seen to have grown, as the lags of the next round say.
        try await eventually("seen") { running.follower.lags.contains { $0.unread == 6 } }
        unlink(scratch.file("b.log"))
        try await eventually("said") { said.count("warning file is gone") == 1 }
        #expect(said.contains("bytes=6"))
        running.sink.setRoom(.max)
        try await running.eventually(["b0", "a1"])
        running.stop()
    }

    @Test("Regression: a left-out file that is deleted soon after it came is not held open for ever")
    func deletedLeftOut() async throws {
        let scratch = try Scratch()
        try scratch.append(
            bytes: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 7, count: 100), to: "a.log")
        let said = Said()
        let running = try RunningFollower(scratch.settings("*.log", state: true), logger: said.logger)
        try await eventually("left out") { said.contains("compressed") }
        #expect(try isOpen(scratch.file("a.log")))
        unlink(scratch.file("a.log"))
        try await eventually("closed") { try !isOpen(scratch.file("a.log") + " (deleted)") }
        try await eventually("forgotten") { running.follower.lags.isEmpty }
        // Its name is read once it has lines.
        try scratch.append("text\n", to: "a.log")
        try await running.eventually(["text"])
        running.stop()
    }

    private func copy(_ scratch: Scratch, _ old: String, _ new: String) throws {
        try FileManager.default.copyItem(atPath: scratch.file(old), toPath: scratch.file(new))
    }

    @Test("Regression: the copy that copytruncate makes is not read twice, wherever the truncation comes")
    func copyInGlob() async throws {
        let scratch = try Scratch()
        let lines = (0..<300).map { "line \($0)" }
        try scratch.append(lines.map { $0 + "\n" }.joined(), to: "app.log")
        let running = try RunningFollower(scratch.settings("app.log*", state: true))
        try await running.eventually(lines)
        try copy(scratch, "app.log", "app.log.1")
        // Time to be taken for a file of its own: it may be looked at before the truncation, which comes after a while.
        let looked = running.follower.lags
        try await eventually("looked at") { running.follower.lags != looked || running.follower.lags.count > 1 }
        try scratch.overwrite("after\n", "app.log")
        try await running.eventually(lines + ["after"])
        try scratch.append("in the copy\n", to: "app.log.1")
        try await running.eventually(lines + ["after", "in the copy"])
        running.stop()
        #expect(try readOnce(scratch.settings("app.log*", state: true)).texts == [])
    }

    @Test(
        "Regression: what nobody read of a file that was truncated is read from its copy, or said",
        arguments: [true, false])
    func truncatedBeforeItsTurn(_ hasCopy: Bool) async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "app.log")
        let said = Said()
        let running = try RunningFollower(scratch.settings("app.log", "b.log", state: true), logger: said.logger)
        try await running.eventually(["1"])
        running.sink.setRoom(0)
        try scratch.append("b\n", to: "b.log")
        try await eventually("blocked") { running.sink.refusals > 0 }
        try scratch.append("2\n3\n", to: "app.log")
        try await eventually("seen") { running.follower.lags.contains { $0.unread == 4 } }
        if hasCopy { try copy(scratch, "app.log", "app.log-1") }
        try scratch.overwrite("new\n", "app.log")
        running.sink.setRoom(.max)
        let lines = hasCopy ? ["1", "2", "3", "b", "new"] : ["1", "b", "new"]
        try await eventually("all") { running.sink.texts.sorted() == lines }
        running.stop()
        #expect(said.count("file truncated") == 1)
        #expect(said.count("warning file truncated") == (hasCopy ? 0 : 1))
        #expect(hasCopy || said.contains("bytes=4"))
    }

    @Test(
        "Regression: a copy made while nobody looked gives what was not read of it, and nothing twice",
        arguments: [
            "app.log*", "app.log",
        ])
    func copyWhileDown(_ pattern: String) async throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n", to: "app.log")
        let settings = scratch.settings(pattern, state: true)
        let first = try RunningFollower(settings)
        try await first.eventually(["1", "2"])
        first.stop()
        try scratch.append("3\n", to: "app.log")
        try copy(scratch, "app.log", "app.log.1")
        try scratch.overwrite("4, longer than what was there\n", "app.log")
        let second = try RunningFollower(settings)
        try await eventually("both") { second.sink.texts.count == 2 }
        second.stop()
        #expect(Set(second.sink.texts) == ["3", "4, longer than what was there"])
    }

    @Test(
        "Regression: lines that came between the last look and a copytruncate are read from the copy",
        .timeLimit(.minutes(1)))
    func linesSinceTheLastLook() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n2\n", to: "app.log")
        var settings = scratch.settings("app.log", state: true)
        // Nobody looks until other settings come.
        settings.pollMilliseconds = 3_600_000
        let running = try RunningFollower(settings)
        defer { running.stop() }
        try await running.eventually(["1", "2"], looking: settings)
        try scratch.append("3\n4\n", to: "app.log")
        try scratch.append("1\n2\n3\n4\n", to: "app.log.1")
        try #require(truncate(scratch.file("app.log"), 0) == 0)
        try scratch.append("5\n", to: "app.log")
        try await eventually("\(running.sink.texts)") {
            running.follower.use(settings)
            return running.sink.texts.sorted() == ["1", "2", "3", "4", "5"]
        }
    }

    @Test("Regression: a copy that was compressed before it could be read is said with what to change")
    func compressedCopy() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "app.log")
        let said = Said()
        let running = try RunningFollower(scratch.settings("app.log"), logger: said.logger)
        defer { running.stop() }
        try await eventually("the first line") { running.sink.texts == ["1"] }
        try scratch.append("\u{1F}", to: "app.log.1.gz")
        try #require(truncate(scratch.file("app.log"), 0) == 0)
        try scratch.append("2\n", to: "app.log")
        try await eventually("the second line") { running.sink.texts == ["1", "2"] }
        #expect(said.count("its copy is compressed already") == 1 && said.contains("delaycompress"), "\(said.all)")
    }

    @Test(
        "Regression: a file that was made and renamed between two looks, or while nobody looked, is read",
        arguments: [true, false])
    func missedFile(_ isRunning: Bool) async throws {
        let scratch = try Scratch()
        var settings = scratch.settings("app.log", state: true)
        settings.pollMilliseconds = 3_600_000
        try scratch.append("1\n", to: "app.log")
        let first = try RunningFollower(settings)
        try await first.eventually(["1"], looking: settings)
        if !isRunning { first.stop() }
        // Made before: no rotation of it.
        try scratch.append("2\n", to: "app.log")
        try scratch.rename("app.log", "app.log.2")
        try scratch.append("3\n", to: "app.log")
        try scratch.rename("app.log", "app-1.log")
        try scratch.append("4\n", to: "app.log")
        try scratch.rename("app.log", "app.log.1")
        try scratch.append("5\n", to: "app.log")
        try scratch.append("no log of it\n", to: "application.log")
        let running = isRunning ? first : try RunningFollower(settings)
        defer { running.stop() }
        try await running.eventually(isRunning ? ["1", "2", "3", "4", "5"] : ["2", "3", "4", "5"], looking: settings)
    }

    @Test("A copy of the file that was rotated is no file that was missed")
    func copyBeforeRotation() async throws {
        let scratch = try Scratch()
        var settings = scratch.settings("app.log", state: true)
        settings.pollMilliseconds = 3_600_000
        let first = String(repeating: "1", count: 80)
        try scratch.append(first + "\n2\n", to: "app.log")
        let running = try RunningFollower(settings)
        defer { running.stop() }
        try await running.eventually([first, "2"], looking: settings)
        try scratch.append(first + "\n2\n", to: "app.log.bak")
        try scratch.rename("app.log", "app.log.1")
        try scratch.append("3\n", to: "app.log")
        try await running.eventually([first, "2", "3"], looking: settings)
    }

    @Test("Names of rotated files")
    func rotatedNames() {
        func isRotated(_ name: String) -> Bool {
            FileFollower.isRotated(FilePath("/d/" + name), of: FilePath("/d/app.log"))
        }
        for name in [
            "app.log.1", "app.log-20261127", "app.log_old", "app.log.bak", "app.log~", "app-1.log",
            "app.2026-11-27.log",
        ] {
            #expect(isRotated(name), "\(name)")
        }
        for name in ["app.log.err", "app.log.lock", "app.log-ng"] { #expect(!isRotated(name), "\(name)") }
        for name in ["app.log", "application.log", "app-errors.log", "app.logs", "app1.log", "x.log.1", "app-1.txt"] {
            #expect(!isRotated(name), "\(name)")
        }
    }

    @Test("Regression: a closed file that is moved into a directory beside it is found there when it is written again")
    func movedAside() async throws {
        let scratch = try Scratch()
        var settings = scratch.settings("app.log")
        settings.quietSeconds = 0
        try scratch.append("1\n", to: "app.log")
        let running = try RunningFollower(settings)
        defer { running.stop() }
        try await running.eventually(["1"])
        try await eventually("it is closed") { try !isOpen(scratch.file("app.log")) }
        try #require(mkdir(scratch.file("old"), 0o755) == 0)
        try scratch.rename("app.log", "old/app.log.1")
        try scratch.append("2\n", to: "app.log")
        try await running.eventually(["1", "2"])
        try scratch.append("late\n", to: "old/app.log.1")
        try await running.eventually(["1", "2", "late"])
    }

    @Test("Two files of one content are two files")
    func twins() async throws {
        let scratch = try Scratch()
        var settings = scratch.settings("*.log")
        settings.rotatedSeconds = 0
        let running = try RunningFollower(settings)
        try scratch.append("same\n", to: "a.log")
        try await running.eventually(["same"])
        try scratch.append("same\n", to: "b.log")
        try await running.eventually(["same", "same"])
        // Like a copy by its name as well: it waits to be one, and then is read.
        try scratch.append("same\n", to: "a.2.log")
        try await running.eventually(["same", "same", "same"])
        running.stop()
    }

    @Test(
        "Names of copies",
        arguments: [
            ("app.log.1", "app.log", true), ("app.1.log", "app.log", true), ("app-20261127.log", "app.log", true),
            ("b.log", "app.log", false), ("app.log", "app.log", false), (".app.log.1", ".app.log", true),
        ])
    func related(_ copy: String, _ original: String, _ isRelated: Bool) {
        #expect(FileFollower.isRelated(FilePath("/d/" + copy), to: FilePath("/d/" + original)) == isRelated)
        #expect(!FileFollower.isRelated(FilePath("/e/" + copy), to: FilePath("/d/" + original)))
    }

    @Test("Regression: the lines behind a block of NULs and behind a hole are read whole, and the NULs are counted")
    func nuls() async throws {
        let scratch = try Scratch()
        try scratch.append(bytes: Array("before\n".utf8) + [UInt8](repeating: 0, count: 200_000), to: "a")
        let said = Said()
        let running = try RunningFollower(scratch.settings("a", state: true), logger: said.logger)
        try await running.eventually(["before"])
        try scratch.append("behind\n", to: "a")
        try await running.eventually(["before", "behind"])
        #expect(running.follower.skippedNULs == 200_000)
        #expect(said.contains("a block of NUL bytes was skipped"))
        // A program that writes on at its old place after a truncation.
        let descriptor = open(scratch.file("a"), O_WRONLY | O_TRUNC)
        #expect(pwrite(descriptor, "far\n", 4, 3 << 30) == 4)
        close(descriptor)
        try await running.eventually(["before", "behind", "far"])
        try scratch.append("end\n", to: "a")
        try await running.eventually(["before", "behind", "far", "end"])
        running.stop()
        #expect(try readOnce(scratch.settings("a", state: true)).texts == [])
    }

    @Test("Other settings are taken between two turns: what is no longer meant is read no further")
    func use() async throws {
        let scratch = try Scratch()
        try scratch.append("a\n", to: "a")
        try scratch.append("b\n", to: "b")
        var settings = scratch.settings("a", state: true)
        let running = try RunningFollower(settings)
        try await running.eventually(["a"])
        settings.paths = [scratch.file("b")]
        running.follower.use(settings)
        try await running.eventually(["a", "b"])
        try scratch.append("no\n", to: "a")
        try scratch.append("b2\n", to: "b")
        try await running.eventually(["a", "b", "b2"])
        settings.paths = [scratch.file("*")]
        running.follower.use(settings)
        try await running.eventually(["a", "b", "b2", "no"])
        running.stop()
    }

    @Test("A pattern that a reload adds begins at the end where the settings say so, and its places are found again")
    func useNewPattern() async throws {
        let scratch = try Scratch()
        try scratch.append("a\n", to: "a")
        try scratch.append("old\n", to: "b")
        var settings = scratch.settings("a", state: true)
        settings.listener = "file"
        let running = try RunningFollower(settings)
        try await running.eventually(["a"])
        settings.fromBeginning = false
        settings.paths = [scratch.file("b")]
        running.follower.use(settings)
        try await eventually("begun") { running.follower.lags.contains { $0.path == FilePath(scratch.file("b")) } }
        try scratch.append("new\n", to: "b")
        try await running.eventually(["a", "new"])
        running.stop()
        settings.fromBeginning = true
        #expect(try readOnce(settings).texts == [])
    }

    @Test("A file whose name was away for a moment is no rotated one: its unended line waits")
    func awayForAMoment() async throws {
        let scratch = try Scratch()
        try scratch.append("1\nhalf", to: "a")
        let said = Said()
        let running = try RunningFollower(scratch.settings("a", state: true), logger: said.logger)
        try await running.eventually(["1"])
        try scratch.rename("a", "b")
        try await eventually("seen") { said.contains("file rotated") }
        try scratch.rename("b", "a")
        try scratch.append(" a line\n", to: "a")
        try await running.eventually(["1", "half a line"])
        // Read by a later look, which has seen the name.
        try scratch.append("2\n", to: "a")
        try await running.eventually(["1", "half a line", "2"])
        running.stop()
        let follower = running.follower
        #expect(follower.rotated.isEmpty && follower.files.values.allSatisfy { !$0.isRotatedAway })
    }
}
