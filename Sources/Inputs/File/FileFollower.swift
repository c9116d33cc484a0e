import CLinux
import Foundation
import Glibc
import Logging
import Synchronization

/// Where the lines of files go. All calls come on the follower's thread.
public protocol FileSink: InputSink {
    /// Takes a line. False when there is no room; it is offered again.
    func receive(line: UnsafeRawBufferPointer, isTruncated: Bool, origin: UInt32, position: UInt64) -> Bool

    /// Called after each batch of lines.
    func endBatch()

    /// Waits until there is room, or `stopping` may have become true.
    func waitForRoom()

    /// Records committed so far by this sink.
    var committedCount: UInt64 { get }

    /// Of those, how many from the start are safe: delivered, or kept by a durable spool.
    var settledCount: UInt64 { get }
}

/// How files are followed.
public struct FileFollowerSettings: Sendable, Equatable {
    /// Paths and globs; `-` is standard input.
    public var paths: [String]
    /// Globs of files to leave out.
    public var exclude: [String] = []
    /// Whether a file without a checkpoint is read from its beginning.
    public var fromBeginning = true
    /// Whether to go on at the end of a file, as `tail -F`.
    public var follow = true
    /// Milliseconds between looks at files that had nothing new.
    public var pollMilliseconds: Int32 = 200
    /// Seconds that a file which has lost its name is still read after its last bytes came: the program that writes it
    /// goes on doing so until it is told to open the new one.
    public var rotatedSeconds = 5
    /// Longest line, bytes.
    public var maximumLine = 64 * 1024
    /// Where checkpoints are kept; nil = none.
    public var stateDirectory: String?

    /// The listener's name, part of the checkpoint file's.
    public var listener: String

    /// Settings for these paths.
    public init(listener: String, paths: [String]) {
        self.listener = listener
        self.paths = paths
    }
}

/// Follows files through rotation: a renamed file is read to its end before the new one of its name, a truncated one
/// from its start. Its checkpoints follow what has been delivered, not what has been read.
///
/// Threads: `run` owns everything but the stop flag and the settings that `use` leaves for it.
public final class FileFollower: @unchecked Sendable {
    private final class Followed {
        let path: String
        let identity: FileIdentity
        let descriptor: Int32
        var reader: LineReader
        let isStandardInput: Bool
        /// Another file has taken its name, or it has none any more: it is read to its end and, once it has been quiet
        /// for a while, closed.
        var isRotatedAway = false
        /// When the last bytes came, or it lost its name; seconds of the monotonic clock.
        var lastProgress = 0
        var isDone = false
        /// The file's time of change when its end was last looked at.
        var lastChange = timespec()
        /// How far it may be checkpointed once so many records are settled.
        var marks: [(records: UInt64, position: UInt64)] = []
        var checkpoint: UInt64

        init(
            path: String, identity: FileIdentity, descriptor: Int32, reader: consuming LineReader, isStandardInput: Bool
        ) {
            self.path = path
            self.identity = identity
            self.descriptor = descriptor
            checkpoint = reader.position
            self.reader = reader
            self.isStandardInput = isStandardInput
        }

        deinit { if !isStandardInput { close(descriptor) } }

        var isFinished: Bool { isDone && isRotatedAway && marks.isEmpty }
    }

    private var settings: FileFollowerSettings
    /// What `use` gave and `run` has not taken yet.
    private let nextSettings = Mutex<FileFollowerSettings?>(nil)
    private let logger: Logger
    private let checkpoints: CheckpointFile?
    private let isStopping = Atomic<Bool>(false)
    private let wakeDescriptor: Int32
    private var files: [Followed] = []
    private var known: [FileIdentity: CheckpointFile.Entry] = [:]
    private var recovered: [UInt32: UInt64]
    private var complained: [String: String] = [:]
    private var nextSave = 0
    private var isDirty = false

    /// A follower.
    /// - Parameter recovered: by fingerprint, how far files are in the spool that an earlier process left.
    public init(_ settings: FileFollowerSettings, recovered: [UInt32: UInt64], logger: Logger) throws(InputError) {
        self.settings = settings
        self.logger = logger
        self.recovered = recovered
        checkpoints = settings.stateDirectory.map { CheckpointFile(directory: $0, listener: settings.listener) }
        wakeDescriptor = clinux_eventfd()
        guard wakeDescriptor >= 0 else {
            throw InputError(place: "files", operation: "wait for", errno: -wakeDescriptor)
        }
        for entry in try checkpoints?.load() ?? [] { known[entry.file] = entry }
        if !settings.follow {
            for path in settings.paths where !path.contains(where: { "*?[".contains($0) }) && path != "-" {
                guard access(path, R_OK) == 0 else { throw InputError(place: path, operation: "read", errno: errno) }
                var status = stat()
                guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                    throw InputError(place: path, operation: "read what is no regular file (use - for a pipe):")
                }
            }
        }
    }

    deinit { close(wakeDescriptor) }

    /// Makes `run` end: after the lines at hand, not at the files' ends.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        wake()
    }

    /// Goes over to other settings between two turns, from any thread. The state directory and the listener's name stay
    /// those of the start. A file that is open keeps its place and its longest line; one that is no longer meant is read
    /// no further and closed once what was read of it is settled.
    public func use(_ settings: FileFollowerSettings) {
        nextSettings.withLock { $0 = settings }
        wake()
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, 8)
    }

    private func takeSettings() {
        let given = nextSettings.withLock { next in
            defer { next = nil }
            return next
        }
        guard var new = given else { return }
        // The wake has been noticed: left readable, it would keep `wait` from waiting.
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
        new.stateDirectory = settings.stateDirectory
        new.listener = settings.listener
        settings = new
        complained = [:]
        let wanted = Set(settings.paths.flatMap { Self.expand($0) }.filter { !isExcluded($0) })
        for file in files where !file.isStandardInput && !file.isRotatedAway && !wanted.contains(file.path) {
            file.isRotatedAway = true
            file.isDone = true
        }
    }

    private func isExcluded(_ path: String) -> Bool { settings.exclude.contains { fnmatch($0, path, 0) == 0 } }

    /// Reads until `stop`, or until every file is read when it does not follow.
    public func run(into sink: some FileSink) {
        var blocked = false
        while !isStopping.load(ordering: .acquiring) {
            takeSettings()
            discover()
            var progress = false
            blocked = false
            for file in files where !file.isDone && !blocked {
                switch turn(file, sink) {
                case .progress: progress = true
                case .blocked: blocked = true
                case .end, .failed: break
                }
            }
            sink.endBatch()
            settle(sink)
            forgetFinished()
            if blocked {
                sink.waitForRoom()
            } else if !progress {
                // Standard input alone has an end, followed or not.
                let hasEnd = !settings.follow || settings.paths.allSatisfy { $0 == "-" }
                if hasEnd, files.allSatisfy({ $0.isDone }) { break }
                wait()
            }
        }
        settle(sink)
        save()
    }

    /// After the sender has delivered what it could: moves the checkpoints once more.
    public func finish(_ sink: some FileSink) {
        settle(sink)
        save()
    }

    private func wait() {
        let hasInput = files.contains { $0.isStandardInput && !$0.isDone }
        var descriptors = [
            pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: hasInput ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
        ]
        poll(&descriptors, 2, settings.pollMilliseconds)
    }

    /// Reads one file for a while.
    private func turn(_ file: Followed, _ sink: some FileSink) -> LineReader.Outcome {
        if file.isStandardInput {
            var ready = pollfd(fd: file.descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&ready, 1, 0) == 0 { return .end }
        } else if !noticeTruncation(file, sink) {
            return .blocked
        }
        let origin = file.identity.fingerprint
        let outcome = file.reader.read(from: file.descriptor) { line, isTruncated, position in
            sink.receive(line: line, isTruncated: isTruncated, origin: origin, position: position)
        }
        switch outcome {
        case .failed(let code):
            complain(file.path, "cannot read: " + String(cString: strerror(code)))
            // A followed file is tried again: a network file system may come back.
            file.isDone = !settings.follow
        case .end where isOver(file):
            guard finish(file, sink) else { return .blocked }
            file.isDone = true
        case .progress:
            file.lastProgress = Self.seconds()
        default: break
        }
        mark(file, sink)
        return outcome
    }

    /// Whether a file that has no more bytes now will have none later.
    private func isOver(_ file: Followed) -> Bool {
        if file.isStandardInput || !settings.follow { return true }
        if !file.isRotatedAway {
            var status = stat()
            guard fstat(file.descriptor, &status) == 0, status.st_nlink == 0 else { return false }
            // Deleted. Kept open, it would hold its disk space for ever.
            logger.info("file deleted", metadata: ["path": "\(file.path)"])
            file.isRotatedAway = true
            file.lastProgress = Self.seconds()
        }
        return Self.seconds() - file.lastProgress >= settings.rotatedSeconds
    }

    /// Offers the last line of a file, which has no end. False when there is no room for it.
    private func finish(_ file: Followed, _ sink: some FileSink) -> Bool {
        let origin = file.identity.fingerprint
        return file.reader.finish { line, isTruncated, position in
            sink.receive(line: line, isTruncated: isTruncated, origin: origin, position: position)
        }
    }

    private func mark(_ file: Followed, _ sink: some FileSink) {
        if file.marks.last?.position ?? file.checkpoint != file.reader.position {
            file.marks.append((sink.committedCount, file.reader.position))
        }
    }

    private static func seconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }

    /// Goes back to the start of a file that was cut. One that was cut and has grown beyond the old place since is known
    /// by other bytes before that place. False when there is no room for what was read of the old content.
    private func noticeTruncation(_ file: Followed, _ sink: some FileSink) -> Bool {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0, status.st_size >= 0 else { return true }
        let offset = lseek(file.descriptor, 0, SEEK_CUR)
        let isSame =
            offset == status.st_size && status.st_mtim.tv_sec == file.lastChange.tv_sec
            && status.st_mtim.tv_nsec == file.lastChange.tv_nsec
        if isSame { return true }
        guard offset > status.st_size || !file.reader.recognises(file.descriptor, offset: offset) else {
            file.lastChange = status.st_mtim
            return true
        }
        guard finish(file, sink) else { return false }
        logger.info("file truncated: reading from its start", metadata: ["path": "\(file.path)"])
        lseek(file.descriptor, 0, SEEK_SET)
        file.reader.restart(at: 0)
        file.marks = []
        file.checkpoint = 0
        recovered[file.identity.fingerprint] = nil
        isDirty = true
        return true
    }

    /// Moves checkpoints to what is settled.
    private func settle(_ sink: some FileSink) {
        let settled = sink.settledCount
        for file in files {
            while let mark = file.marks.first, mark.records <= settled {
                file.checkpoint = mark.position
                file.marks.removeFirst()
                isDirty = true
            }
        }
        let now = Self.seconds()
        if isDirty, now >= nextSave {
            save()
            nextSave = now + 1
        }
    }

    private func remember(_ file: Followed) {
        known[file.identity] = CheckpointFile.Entry(file: file.identity, path: file.path, offset: file.checkpoint)
    }

    /// Closes what has been read to its end and settled. Its place is remembered: under another name it may match a
    /// glob. Of a deleted file it is not: its inode's number will be another file's.
    private func forgetFinished() {
        for file in files where file.isFinished {
            var status = stat()
            if fstat(file.descriptor, &status) == 0, status.st_nlink == 0 {
                known[file.identity] = nil
                recovered[file.identity.fingerprint] = nil
                isDirty = true
            } else {
                remember(file)
            }
        }
        files.removeAll { $0.isFinished }
    }

    private func save() {
        guard let checkpoints, isDirty else { return }
        for file in files where !file.isStandardInput { remember(file) }
        do throws(InputError) {
            try checkpoints.save(Array(known.values))
            isDirty = false
        } catch {
            complain(checkpoints.path, "\(error)")
        }
    }

    // MARK: Which files

    private func discover() {
        for pattern in settings.paths {
            if pattern == "-" {
                openStandardInput()
                continue
            }
            let paths = Self.expand(pattern)
            if paths.isEmpty { complain(pattern, "no such file yet: waiting for it") }
            for path in paths where !isExcluded(path) { look(at: path) }
        }
    }

    private static func expand(_ pattern: String) -> [String] {
        guard pattern.contains(where: { "*?[".contains($0) }) else {
            return access(pattern, F_OK) == 0 ? [pattern] : []
        }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }

    private func openStandardInput() {
        guard !files.contains(where: { $0.isStandardInput }) else { return }
        files.append(
            Followed(
                path: "-", identity: FileIdentity(device: 0, inode: 0), descriptor: STDIN_FILENO,
                reader: LineReader(maximumLine: settings.maximumLine, position: 0), isStandardInput: true))
    }

    private func look(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFREG else {
            complain(path, "not a regular file: left out")
            return
        }
        let identity = FileIdentity(status)
        if files.contains(where: { $0.identity == identity }) { return }
        for file in files where file.path == path && !file.isRotatedAway {
            logger.info("file rotated", metadata: ["path": "\(path)"])
            file.isRotatedAway = true
            file.lastProgress = Self.seconds()
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            complain(path, "cannot open: " + String(cString: strerror(errno)))
            return
        }
        complained[path] = nil
        // Between stat and open the name may have passed to another file: the open one counts.
        let opened = fstat(descriptor, &status) == 0 ? FileIdentity(status) : nil
        guard let opened, !files.contains(where: { $0.identity == opened }) else {
            close(descriptor)
            return
        }
        let size = UInt64(max(0, status.st_size))
        var position = settings.fromBeginning ? 0 : size
        if let entry = known[opened] { position = entry.offset }
        if let spooled = recovered[opened.fingerprint], checkpoints != nil { position = max(position, spooled) }
        // Shorter than what was delivered: truncated while nobody looked, or another file with a used inode.
        if position > size { position = 0 }
        lseek(descriptor, off_t(position), SEEK_SET)
        logger.info("reading file", metadata: ["path": "\(path)", "offset": "\(position)", "size": "\(size)"])
        files.append(
            Followed(
                path: path, identity: opened, descriptor: descriptor,
                reader: LineReader(maximumLine: settings.maximumLine, position: position), isStandardInput: false))
    }

    private func complain(_ path: String, _ reason: String) {
        guard complained.updateValue(reason, forKey: path) != reason else { return }
        logger.warning("file: \(reason)", metadata: ["path": "\(path)"])
    }
}
