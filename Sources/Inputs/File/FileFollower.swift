import Base
import Glibc
import Logging
import Spool
import Synchronization

/// Follows files through rotation: a renamed file is read to its end before the new one of its name, a truncated one
/// from its start. Its checkpoints follow what has been delivered, not what has been read.
///
/// This file holds its life: the loop, what is settled, what is saved. `FileFollower+Names` finds files and sees them
/// renamed, `FileFollower+Turn` reads one for a while, `FileFollower+Copies` knows the copies that `copytruncate` makes.
///
/// Threads: `run` and, after it, `finish` own everything but the stop flag, the settings that `use` leaves for them, and
/// what is published for others to read.
public final class FileFollower: @unchecked Sendable {
    /// A name that the patterns give, and the file that it led to when it was last looked at.
    final class Watched {
        let path: FilePath
        var file: FollowedFile?
        /// The one that had the name before.
        var lost: FollowedFile?
        init(_ path: FilePath) { self.path = path }
    }

    /// What others may ask for while `run` goes on.
    struct Published: Sendable {
        var failures: [InputError] = []
        var lags: [FileLag] = []
        var skippedNULs: UInt64 = 0
        var unsettled: UInt64 = 0
    }

    var settings: FileFollowerSettings
    let logger: Logger
    var complaints: Complaints
    var news: Complaints
    let recovered: [OriginIdentity: UInt64]
    let published = Mutex(Published())

    /// nil without a state directory.
    var places: Places?
    var names: FileNames
    var watched: [Watched] = []
    var files: [FileIdentity: FollowedFile] = [:]
    /// Those that have lost their names and are not over.
    var rotated: [FollowedFile] = []
    /// Those that have a turn now; the one whose lines are blocked is the first.
    var active: [FollowedFile] = []
    var open: [FollowedFile] = []
    var unsettled: [FollowedFile] = []
    var input: FollowedFile?
    /// Lives of files that a truncation has ended, for the copies that were made before it.
    var past: [PastReading] = []

    var reader: LineReader
    /// What the sink kept for files that are gone.
    var released: [any FileOrigin] = []
    /// The file whose bytes are in the reader: one whose lines are blocked.
    var loaded: FollowedFile?
    var turns: UInt64 = 0
    var isFirstLook = true
    var isFirstLookSinceUse = false
    /// The patterns before `use`.
    var formerPaths: Set<String> = []
    var now = SystemClock.monotonic

    var isDirty = false
    /// Something is to be saved before the next line is read.
    var isUrgent = false
    private var nextLook: Int64 = 0
    private var nextSave: Int64 = 0
    private var nextSettle: Int64 = 0
    private var nextRound: Int64 = 0
    private var nextTidy: Int64 = 0
    private var hasEnded = false
    private var earliestSave: Int64 = 0

    private let isStopping = Atomic<Bool>(false)
    private let wake: WakeDescriptor
    private let nextSettings = Mutex<FileFollowerSettings?>(nil)

    static let second: Int64 = 1_000_000_000
    /// Work that is done again and again takes one part in so many of the time.
    static let share: Int64 = 20

    /// A follower.
    /// - Parameter recovered: by origin, how far files are in the spool that an earlier process left.
    /// - Throws: when the state directory cannot be used, or what is kept in it not be understood.
    public init(_ settings: FileFollowerSettings, recovered: [OriginIdentity: UInt64], logger: Logger)
        throws(InputError)
    {
        self.settings = settings
        self.logger = logger
        self.recovered = recovered
        complaints = Complaints(logger)
        news = Complaints(logger)
        names = FileNames(paths: settings.paths, exclude: settings.exclude)
        reader = LineReader(maximumLine: settings.maximumLine, position: 0)
        if let directory = settings.stateDirectory {
            places = try Places(
                directory: directory, listener: settings.listener, paths: settings.paths, logger: logger)
        } else if settings.follow, settings.paths.contains(where: { $0 != "-" }) {
            logger.notice(
                "places in files are not kept, for want of a state directory: the next start reads them from the beginning",
                metadata: ["listener": "\(settings.listener)"])
        }
        wake = try WakeDescriptor(for: "files")
    }

    // MARK: From any thread

    /// Makes `run` end: after the lines at hand, not at the files' ends.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        wake.wake()
    }

    /// Goes over to other settings between two turns. The state directory, the listener's name, the longest line and the
    /// way of a single pass stay those of the start. A file that is no longer meant is read no further.
    public func use(_ settings: FileFollowerSettings) {
        nextSettings.withLock { $0 = settings }
        wake.wake()
    }

    /// What could not be read in a single pass (`follow` off), complete once `run` has ended: named files that were not
    /// there, globs that named none, files that could not be opened or read to their end.
    public var failures: [InputError] { published.withLock { $0.failures } }

    /// How far each file is read, as of the last second.
    public var lags: [FileLag] { published.withLock { $0.lags } }

    /// NUL bytes that were skipped: what a file system has left of lines that a crash took.
    public var skippedNULs: UInt64 { published.withLock { $0.skippedNULs } }

    /// Records of files with a kept place that were read and are not delivered: they are read again. As of the last
    /// second, or of `finish`.
    public var unsettledCount: UInt64 { published.withLock { $0.unsettled } }

    // MARK: The loop

    /// Reads until `stop`, or until every file is read when it does not follow.
    public func run(into sink: some FileSink) {
        claimPlaces()
        openStandardInput()
        while !isStopping.load(ordering: .acquiring) {
            takeSettings()
            now = SystemClock.monotonic
            if now >= nextLook { lookForFiles() }
            if isUrgent, now >= earliestSave { save() }
            let outcome = takeTurns(sink)
            sink.endBatch()
            settle(sink)
            if outcome == .blocked {
                sink.waitForRoom()
            } else if outcome == .end {
                if isComplete { break }
                wait()
            }
        }
        finish(sink)
        released += files.values.compactMap(\.reading.handle) + past.compactMap(\.reading.handle)
        for handle in released { end(handle, sink) }
        released = []
        hasEnded = true
        places?.release()
    }

    /// The checkpoint file is this one's from now on, as a listener that has just ended has left it.
    private func claimPlaces() {
        do throws(InputError) {
            try places?.claim()
        } catch {
            logger.error(
                "\(error): places are those of its last reading", metadata: ["listener": "\(settings.listener)"])
        }
    }

    /// After the sender has delivered what it could: moves the checkpoints once more. May be called again for as long as
    /// records are pending; whoever reads these files next goes on behind them.
    public func finish(_ sink: some FileSink) {
        nextSettle = 0
        nextRound = 0
        settle(sink)
        for file in files.values { places?.leave(file.reading) }
        save()
    }

    /// Standard input alone has an end, followed or not.
    private var isComplete: Bool {
        if let input, !input.isOver { return false }
        if !settings.follow { return active.isEmpty && rotated.isEmpty }
        return settings.paths.allSatisfy { $0 == "-" }
    }

    private func lookForFiles() {
        let begun = SystemClock.monotonic
        // A single pass looks once: what comes later is not its business.
        if settings.follow || isFirstLook { look() }
        if now >= nextTidy {
            nextTidy = now + Self.second
            tidy()
        }
        let end = SystemClock.monotonic
        nextLook = max(begun + Int64(settings.pollMilliseconds) * 1_000_000, end + Self.rest(after: end - begun))
    }

    /// How long work that took so long is left alone: it takes its share of the time, but nobody waits for more than a
    /// second, or as long as it takes, for a line.
    static func rest(after cost: Int64) -> Int64 { min(cost * share, max(second, cost)) }

    private func takeTurns(_ sink: some FileSink) -> LineReader.Outcome {
        var result = LineReader.Outcome.end
        let round = active
        var blocked: FollowedFile?
        for file in round {
            switch turn(file, sink) {
            case .progress: result = .progress
            case .blocked: blocked = file
            case .end, .failed: break
            }
            if blocked != nil { break }
        }
        active.removeAll { file in
            file.isActive = file.hasNews
            return !file.hasNews
        }
        guard let blocked else { return result }
        active.removeAll { $0 === blocked }
        active.insert(blocked, at: 0)
        return .blocked
    }

    private func wait() {
        let isReading = input.map { !$0.isOver } ?? false
        let milliseconds = max(1, (nextLook - SystemClock.monotonic) / 1_000_000)
        wake.wait(for: isReading ? STDIN_FILENO : -1, milliseconds: Int32(clamping: milliseconds))
    }

    private func takeSettings() {
        let given = nextSettings.withLock { next in
            defer { next = nil }
            return next
        }
        guard var new = given else { return }
        new.stateDirectory = settings.stateDirectory
        new.listener = settings.listener
        new.maximumLine = settings.maximumLine
        new.follow = settings.follow
        formerPaths = Set(settings.paths)
        isFirstLookSinceUse = true
        isDirty = true
        places?.use(new.paths)
        settings = new
        names = FileNames(paths: new.paths, exclude: new.exclude)
        complaints = Complaints(logger)
        nextLook = 0
    }

    // MARK: What is settled and saved

    /// Moves checkpoints to what is settled.
    private func settle(_ sink: some FileSink) {
        now = SystemClock.monotonic
        guard now >= nextSettle else { return }
        if !unsettled.isEmpty {
            let begun = now
            unsettled.removeAll { settle($0) }
            now = SystemClock.monotonic
            nextSettle = now + Self.rest(after: now - begun)
        }
        if isDirty, now >= nextSave { save() }
        if now >= nextRound {
            nextRound = now + Self.second
            release(sink)
            publish()
            news.flush(now: now)
            complaints.flush(now: now)
        }
    }

    /// Moves the place of one file.
    /// - Returns: whether all that was read of it is settled.
    private func settle(_ file: FollowedFile) -> Bool {
        if file.reading.settle() { isDirty = true }
        return file.reading.isSettled
    }

    /// The sink need not know files that rest, and those that are gone.
    private func release(_ sink: some FileSink) {
        guard !hasEnded else { return }
        for handle in released { end(handle, sink) }
        released = []
        for file in files.values where file.descriptor < 0 && file.reading.isSettled {
            guard let handle = file.reading.handle else { continue }
            end(handle, sink)
            file.reading.handle = nil
        }
    }

    private func end<Sink: FileSink>(_ handle: any FileOrigin, _ sink: Sink) { sink.close(handle as! Sink.Origin) }

    private func save() {
        isUrgent = false
        guard isDirty, let path = places.map({ FilePath($0.path) }) else { return }
        let begun = SystemClock.monotonic
        do throws(InputError) {
            try places?.save(files.values.filter { !$0.isDeleted }.map(\.place))
            isDirty = false
            if complaints.settle(path) != nil {
                logger.notice("places of files are kept again", metadata: ["path": "\(path)"])
            }
        } catch {
            complaints.say(path, "\(error)", level: .error, now: now)
        }
        let end = SystemClock.monotonic
        earliestSave = end + Self.rest(after: end - begun)
        nextSave = max(earliestSave, end + Self.second)
    }

    private func publish() {
        let lags = files.values.map { file in
            FileLag(
                path: file.path, size: file.size, position: file.reading.line.offset, settled: file.reading.settled,
                lastProgress: file.lastRead)
        }
        let unsettled = files.values.compactMap(\.reading.handle).reduce(UInt64(0)) {
            $0 + ($1.committedCount - min($1.committedCount, $1.settledCount))
        }
        published.withLock { published in
            published.lags = lags
            published.unsettled = places == nil ? 0 : unsettled
        }
    }

    /// Says that something of a single pass cannot be read.
    func fail(_ error: InputError) {
        guard !settings.follow else { return }
        published.withLock { $0.failures.append(error) }
    }
}
