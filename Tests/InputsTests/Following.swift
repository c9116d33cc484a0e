import Base
import Foundation
import Inputs
import Logging
import Spool
import Synchronization
import TestSupport
import Testing

/// A line as a sink got it.
struct FollowedLine: Equatable {
    var text: String
    var isCut: Bool
    var origin: OriginIdentity
    var position: UInt64
}

/// Takes lines while it has room; what it took is settled when the test says so.
final class FollowedLines: FileSink, Sendable {
    final class Origin: FileOrigin, Sendable {
        let identity: OriginIdentity
        private let committed = Atomic<UInt64>(0)
        private let owner: FollowedLines
        init(_ identity: OriginIdentity, _ owner: FollowedLines) {
            self.identity = identity
            self.owner = owner
        }
        func commit() { committed.add(1, ordering: .relaxed) }
        var committedCount: UInt64 { committed.load(ordering: .relaxed) }
        var settledCount: UInt64 { min(committedCount, owner.settledLimit(of: identity)) }
    }

    struct State {
        var lines: [FollowedLine] = []
        var room = Int.max
        var refusals = 0
        var settled: UInt64?
        /// Nothing of this origin is settled.
        var stuck: OriginIdentity?
        var open = 0
        var closed = 0
    }
    let state = Mutex(State())
    private let woken = DispatchSemaphore(value: 0)

    func open(_ origin: OriginIdentity, at position: UInt64) -> Origin {
        state.withLock { $0.open += 1 }
        return Origin(origin, self)
    }

    func close(_ origin: Origin) {
        state.withLock { $0.closed += 1 }
    }

    func receive(line: UnsafeRawBufferPointer, isTruncated: Bool, origin: Origin, position: UInt64) -> Bool {
        state.withLock { state in
            guard state.room > 0 else {
                state.refusals += 1
                return false
            }
            if state.room != .max { state.room -= 1 }
            let text = String(decoding: line, as: UTF8.self)
            state.lines.append(
                FollowedLine(text: text, isCut: isTruncated, origin: origin.identity, position: position))
            origin.commit()
            return true
        }
    }

    func endBatch() {}
    func close() {}
    func waitForRoom() { _ = woken.wait(timeout: .now() + .milliseconds(20)) }
    var texts: [String] { state.withLock { $0.lines.map(\.text) } }
    var refusals: Int { state.withLock { $0.refusals } }
    func setRoom(_ room: Int) {
        state.withLock { $0.room = room }
        woken.signal()
    }
    /// So many records of each origin may count as settled.
    func settle(_ count: UInt64?) { state.withLock { $0.settled = count } }
    func settledLimit(of origin: OriginIdentity) -> UInt64 {
        state.withLock { $0.stuck == origin ? 0 : $0.settled ?? .max }
    }
}

/// A follower on its thread.
final class RunningFollower: Sendable {
    let follower: FileFollower
    let sink = FollowedLines()
    private let thread: SystemThread
    let hasEnded: Ended

    final class Ended: Sendable { let value = Atomic<Bool>(false) }

    init(
        _ settings: FileFollowerSettings, recovered: [OriginIdentity: UInt64] = [:], logger: Logger = quiet,
        prepare: (FollowedLines) -> Void = { _ in }
    ) throws {
        follower = try FileFollower(settings, recovered: recovered, logger: logger)
        prepare(sink)
        let ended = Ended()
        hasEnded = ended
        thread = try SystemThread(name: "follower") { [follower, sink] in
            follower.run(into: sink)
            ended.value.store(true, ordering: .releasing)
        }
    }

    func stop() {
        follower.stop()
        thread.join()
    }

    func eventually(_ texts: [String]) async throws {
        try await TestSupport.eventually("\(texts.suffix(3)) of \(sink.texts.suffix(3))") { sink.texts == texts }
    }
}

/// What a follower says.
final class Said: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func contains(_ part: String) -> Bool { all.contains { $0.contains(part) } }
    func count(_ part: String) -> Int { all.filter { $0.contains(part) }.count }
    func add(_ line: String) { lines.withLock { $0.append(line) } }

    private struct Handler: LogHandler {
        let said: Said
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let rest = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
            said.add("\(event.level) \(event.message) \(rest)")
        }
    }

    /// A logger that leads here.
    var logger: Logger { Logger(label: "said") { _ in Handler(said: self) } }
}

extension RunningFollower {
    /// The same of one that looks only when it is given settings.
    func eventually(_ texts: [String], looking settings: FileFollowerSettings) async throws {
        try await TestSupport.eventually("\(texts.suffix(3)) of \(sink.texts.suffix(3))") {
            follower.use(settings)
            return sink.texts == texts
        }
    }
}

extension Scratch {
    /// Settings as the next process has them: with the places that were kept, and nothing of what listeners of this one
    /// have left in memory.
    func restarted(_ settings: FileFollowerSettings) throws -> FileFollowerSettings {
        var settings = settings
        let copy = settings.stateDirectory! + "+"
        try FileManager.default.copyItem(atPath: settings.stateDirectory!, toPath: copy)
        settings.stateDirectory = copy
        return settings
    }

    /// Settings for files in it, looked at all the time.
    func settings(_ names: String..., state: Bool = false) -> FileFollowerSettings {
        var settings = FileFollowerSettings(listener: "f", paths: names.map { file($0) })
        settings.pollMilliseconds = 2
        settings.rotatedSeconds = 600
        if state { settings.stateDirectory = file("state") }
        return settings
    }

    /// Appends bytes.
    func append(bytes: [UInt8], to name: String) throws {
        let descriptor = open(file(name), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    }

    /// Removes a file and makes it anew with the same inode; false when the file system gives another.
    func recreate(_ name: String, _ text: String) throws -> Bool {
        let inode = try #require(self.inode(name) as UInt64?)
        unlink(file(name))
        for attempt in 0..<100 {
            try append(text, to: name)
            if self.inode(name) == inode { return true }
            try rename(name, "kept-\(attempt)")
        }
        return false
    }

    func inode(_ name: String) -> UInt64? {
        var status = stat()
        return stat(file(name), &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// What stands in the checkpoint files; nothing before there are any.
    func checkpoints() -> String {
        let state = file("state")
        let names = (FileManager.default.subpaths(atPath: state) ?? []).filter { $0.hasSuffix(".json") }
        return names.compactMap { FileManager.default.contents(atPath: state + "/" + $0) }
            .map { String(decoding: $0, as: UTF8.self) }.joined()
    }
}

/// Runs a follower that does not follow, to its end.
func readOnce(
    _ settings: FileFollowerSettings, recovered: [OriginIdentity: UInt64] = [:], logger: Logger = quiet
) throws -> FollowedLines {
    var settings = settings
    settings.follow = false
    let sink = FollowedLines()
    try FileFollower(settings, recovered: recovered, logger: logger).run(into: sink)
    return sink
}

/// Whether this process has a file open.
func isOpen(_ path: String) throws -> Bool {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains { name in
        var text = [UInt8](repeating: 0, count: 4096)
        let count = text.withUnsafeMutableBytes { buffer in
            readlink("/proc/self/fd/\(name)", buffer.bindMemory(to: CChar.self).baseAddress!, buffer.count)
        }
        return count > 0 && String(decoding: text.prefix(count), as: UTF8.self) == path
    }
}
