import Base
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Inputs

@Suite("Files that are found", .serialized)
struct FileNameTests {
    // MARK: Patterns

    @Test("Patterns find what they name, and no directory twice")
    func patterns() throws {
        let scratch = try Scratch()
        for directory in ["d", "d/x", "d/x/y", "d/.hidden"] { try #require(mkdir(scratch.file(directory), 0o755) == 0) }
        let files = ["d/a.log", "d/x/b.log", "d/x/y/c.log", "d/.hidden/no.log", "d/.no.log", "d/x/t.txt", "d/a[1].log"]
        for file in files { try scratch.append("", to: file) }
        try #require(symlink(scratch.file("d"), scratch.file("d/x/loop")) == 0)
        func found(_ pattern: String) -> Set<String> {
            Set(
                PathPattern(scratch.file(pattern)).expand().names.map {
                    "\($0)".replacing(scratch.path + "/", with: "")
                })
        }
        #expect(found("d/a.log") == ["d/a.log"])
        #expect(found("d/*.log") == ["d/a.log", "d/a[1].log"])
        #expect(found("d/**/*.log") == ["d/a.log", "d/a[1].log", "d/x/b.log", "d/x/y/c.log"])
        #expect(found("**/[bc].log") == ["d/x/b.log", "d/x/y/c.log"])
        #expect(found("d/x/**").isSuperset(of: ["d/x/b.log", "d/x/t.txt", "d/x/y/c.log"]))
        #expect(found("d/*/b.log") == ["d/x/b.log"])
        #expect(found("d/?.log") == ["d/a.log"])
        #expect(found("d/a[1].log") == ["d/a[1].log"])
        #expect(found("d/a\\[1\\].log") == ["d/a[1].log"])
        #expect(found("no/*.log") == [])
    }

    @Test(
        "Whether a name fits a pattern is told without the file",
        arguments: [
            ("/d/*.log", "/d/a.log", true), ("/d/*.log", "/d/x/a.log", false), ("/d/**/*.log", "/d/x/y/a.log", true),
            ("/d/a[1].log", "/d/a[1].log", true), ("/d/a.log", "/d/a.log.1", false),
        ])
    func matches(_ pattern: String, _ path: String, _ isMatch: Bool) {
        #expect(PathPattern(pattern).matches(FilePath(path)) == isMatch)
    }

    @Test("A directory is read again when a name in it has come or gone")
    func refresh() throws {
        let scratch = try Scratch()
        try scratch.append("", to: "a.log")
        var names = FileNames(paths: [scratch.file("*.log")], exclude: [scratch.file("x*")])
        let now = SystemClock.realTime
        var changes = [names.refresh(now: now)]
        #expect(names.names.count == 1)
        try scratch.append("", to: "b.log")
        try scratch.append("", to: "x.log")
        // Ticks later by the clock that it is given: what is read now is read for good.
        changes.append(names.refresh(now: now + 5_000_000_000))
        #expect(names.names.count == 2)
        changes.append(names.refresh(now: now + 8_000_000_000))
        unlink(scratch.file("a.log"))
        changes.append(names.refresh(now: now + 9_000_000_000))
        #expect(names.names == [FilePath(scratch.file("b.log"))] && changes == [true, true, false, true])
    }

    @Test("Regression: a name that is not UTF-8 and one with brackets are read as they stand")
    func oddNames() async throws {
        let scratch = try Scratch()
        try scratch.append("brackets\n", to: "app[1].log")
        let name = FilePath(scratch.path).appending([0x61, 0xFF, 0x2E, 0x6C, 0x6F, 0x67])
        let descriptor = name.withPointer { open($0, O_WRONLY | O_CREAT, 0o644) }
        #expect(write(descriptor, "bytes\n", 6) == 6)
        close(descriptor)
        let settings = scratch.settings("app[1].log", "a?.log", state: true)
        #expect(try Set(readOnce(settings).texts) == ["brackets", "bytes"])
        #expect(try readOnce(settings).texts == [])
    }

    @Test("Regression: ** finds files at every depth, also in directories that come later")
    func anyDepth() async throws {
        let scratch = try Scratch()
        let running = try RunningFollower(scratch.settings("**/*.log"))
        try #require(mkdir(scratch.file("x"), 0o755) == 0)
        try #require(mkdir(scratch.file("x/y"), 0o755) == 0)
        try scratch.append("deep\n", to: "x/y/a.log")
        try await running.eventually(["deep"])
        running.stop()
    }

    // MARK: What is left out

    @Test("Regression: compressed files are left out by name and by content, and that is said once")
    func compressed() async throws {
        let scratch = try Scratch()
        try scratch.append("a line\n", to: "app.log")
        for ending in ["gz", "xz", "zst", "bz2", "lz4"] { try scratch.append("no line\n", to: "app.log.\(ending)") }
        try scratch.append(bytes: [0x1F, 0x8B, 0x08, 0, 10, 10, 10, 10, 10, 10], to: "app.log.1")
        let said = Said()
        let running = try RunningFollower(scratch.settings("app.log*"), logger: said.logger)
        try await running.eventually(["a line"])
        try await eventually("said") { said.count("compressed") == 6 }
        try scratch.append("another\n", to: "app.log")
        try await running.eventually(["a line", "another"])
        running.stop()
        #expect(said.count("compressed") == 6)
    }

    @Test(
        "First bytes tell what a file is",
        arguments: [
            ([0x1F, 0x8B, 8], ContentKind.compressed("gzip")), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .compressed("xz")),
            ([0x28, 0xB5, 0x2F, 0xFD], .compressed("zstd")), ([4, 0x22, 0x4D, 0x18], .compressed("lz4")),
            (Array("BZh9".utf8) + [0x31, 0x41, 0x59, 0x26, 0x53, 0x59], .compressed("bzip2")),
            (Array("BZh is no magic".utf8), .text), (Array("PK".utf8), .text), ([], .text),
            ([0xFF, 0xFE, 0x61, 0], .utf16),
            ([0xFE, 0xFF, 0, 0x61], .utf16), ([0xEF, 0xBB, 0xBF, 0x61], .text), ([0xFF], .text),
        ] as [([UInt8], ContentKind)])
    func kinds(_ bytes: [UInt8], _ kind: ContentKind) {
        #expect(ContentKind(firstBytes: bytes) == kind)
    }

    @Test("Regression: a UTF-16 file is left out and said, and read once it is text")
    func utf16() async throws {
        let scratch = try Scratch()
        try scratch.append(bytes: [0xFF, 0xFE, 0x61, 0, 10, 0], to: "a")
        let said = Said()
        let running = try RunningFollower(scratch.settings("a"), logger: said.logger)
        try await eventually("said") { said.count("warning file: UTF-16") == 1 }
        try scratch.overwrite("text\n", "a")
        try await running.eventually(["text"])
        running.stop()
    }

    @Test("Regression: a FIFO in a file's place neither blocks nor is read")
    func fifo() throws {
        let scratch = try Scratch()
        try #require(mkfifo(scratch.file("a"), 0o644) == 0)
        #expect(throws: OpenedFile.Refusal.notRegular) { _ = try OpenedFile.open(FilePath(scratch.file("a"))) }
        #expect(throws: OpenedFile.Refusal.notRegular) { _ = try OpenedFile.open(FilePath(scratch.path)) }
        #expect(throws: OpenedFile.Refusal.notRegular) { _ = try OpenedFile.open(FilePath("/dev/zero")) }
        #expect(throws: OpenedFile.Refusal.system(ENOENT)) { _ = try OpenedFile.open(FilePath(scratch.file("b"))) }
    }

    @Test("A link is followed when it is root's, the service's, or leads to a file of its owner")
    func links() throws {
        let scratch = try Scratch()
        try scratch.append("line\n", to: "a")
        try #require(symlink(scratch.file("a"), scratch.file("link")) == 0)
        let opened = try OpenedFile.open(FilePath(scratch.file("link")))
        close(opened.descriptor)
        // Only root can make what belongs to somebody else.
        guard geteuid() == 0 else { return }
        try #require(lchown(scratch.file("link"), 65534, 65534) == 0)
        #expect(throws: OpenedFile.Refusal.foreignLink) { _ = try OpenedFile.open(FilePath(scratch.file("link"))) }
        try #require(chown(scratch.file("a"), 65534, 65534) == 0)
        close(try OpenedFile.open(FilePath(scratch.file("link"))).descriptor)
    }

    @Test("Regression: what cannot be opened is said once, and when it can be")
    func unreadable() async throws {
        let scratch = try Scratch()
        // A link to itself cannot be opened by anybody, root included.
        try #require(symlink(scratch.file("a"), scratch.file("a")) == 0)
        let said = Said()
        let running = try RunningFollower(scratch.settings("a", "b"), logger: said.logger)
        try scratch.append("1\n", to: "b")
        try await running.eventually(["1"])
        unlink(scratch.file("a"))
        try scratch.append("2\n", to: "a")
        try await running.eventually(["1", "2"])
        running.stop()
        #expect(said.count("cannot open: Too many levels") == 1 && said.count("can be opened now") == 1)
        #expect(!said.contains("lost"))
    }

    // MARK: Many files

    private func openFiles(in scratch: Scratch) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            return target?.hasPrefix(scratch.path + "/d/") ?? false
        }
    }

    @Test("Regression: more files than may be open are all read, and again when they grow")
    func moreFilesThanDescriptors() async throws {
        let scratch = try Scratch()
        try #require(mkdir(scratch.file("d"), 0o755) == 0)
        for number in 0..<60 { try scratch.append("a\(number)\n", to: "d/\(number).log") }
        var settings = scratch.settings("d/*.log", state: true)
        settings.maximumOpenFiles = 5
        let running = try RunningFollower(settings)
        try await eventually("all") { running.sink.texts.count == 60 }
        #expect(try openFiles(in: scratch) <= 5)
        for number in 0..<60 { try scratch.append("b\(number)\n", to: "d/\(number).log") }
        try await eventually("all again") { running.sink.texts.count == 120 }
        running.stop()
        #expect(Set(running.sink.texts).count == 120)
        #expect(try readOnce(settings).texts == [])
    }

    @Test("Regression: a quiet file gives its descriptor back and is still followed, through a rotation too")
    func quiet() async throws {
        let scratch = try Scratch()
        try #require(mkdir(scratch.file("d"), 0o755) == 0)
        try scratch.append("1\nhalf", to: "d/a")
        var settings = scratch.settings("d/a", state: true)
        settings.quietSeconds = 0
        let running = try RunningFollower(settings)
        try await running.eventually(["1"])
        try await eventually("closed") { try openFiles(in: scratch) == 0 }
        try scratch.append(" a line\n", to: "d/a")
        try await running.eventually(["1", "half a line"])
        try await eventually("closed") { try openFiles(in: scratch) == 0 }
        try await eventually("nothing is kept for it") { running.sink.state.withLock { $0.open == $0.closed } }
        try scratch.append("before\n", to: "d/a")
        try scratch.rename("d/a", "d/a.1")
        try scratch.append("after\n", to: "d/a")
        try await running.eventually(["1", "half a line", "before", "after"])
        running.stop()
    }

    @Test("How far files are read can be asked for while they are")
    func lag() async throws {
        let scratch = try Scratch()
        try scratch.append("1\n", to: "a")
        let running = try RunningFollower(scratch.settings("a", state: true)) { $0.settle(0) }
        try await eventually("published") { running.follower.lags.first?.position == 2 }
        let lag = try #require(running.follower.lags.first)
        #expect(lag.path == FilePath(scratch.file("a")) && lag.size == 2 && lag.settled == 0 && lag.unread == 0)
        #expect(lag.lastProgress > 0)
        running.stop()
    }
}
