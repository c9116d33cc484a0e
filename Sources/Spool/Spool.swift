import Base
import Glibc
import Synchronization

/// The pool of segments that all writers share, and the lock on its directory.
///
/// Threads: `acquire` is called by workers, `release` by senders, the rest while starting and stopping. Each happens
/// once per segment, behind one lock.
public final class Spool: Sendable {
    private struct Pool {
        /// Empty segments; the last one freed is taken first, while its pages are still in the caches.
        var free: [Segment] = []
        var total = 0
        var nextSequence: UInt64 = 1
        var waiters: [@Sendable () -> Void] = []
        var nextChain: UInt32 = Spool.chainsOfOneLife
        var uses: UInt64 = 0
        /// Segments with something that may not be on the disk yet, each with the use that was begun.
        var unsynced: [ObjectIdentifier: (segment: Segment, use: UInt64)] = [:]
        /// Whether the directory has names that may not be on the disk yet.
        var hasNewNames = false
        var refusal: SpoolError?
        /// After a refusal: when a new segment may be asked for again, on the monotonic clock, ns.
        var nextAttempt: Int64 = .min
        /// When it last came.
        var refusedAt = ContinuousClock.now
        var writeFailure: SpoolError?
    }

    /// How it was set up.
    public let settings: SpoolSettings
    /// Whether records carry a checksum: on disk only, where a power loss may tear one.
    public let isChecked: Bool
    private let pool = Mutex(Pool())
    /// Held while the directory's names are written.
    private let naming = Mutex(())
    private let lockDescriptor: Int32
    let disk: any SpoolDisk
    private let clock: @Sendable () -> Int64
    private let syncs = Syncs()
    /// Every origin that is open or has records that are not settled.
    private let origins = Mutex<[ObjectIdentifier: Origin]>([:])
    /// Whether an origin of kept records waits for the next `synchronise`.
    let keepsOnInterval: Bool

    /// Segments kept back from workers and backlogs, so that dead letters find room when messages find none.
    static let reserve = 1
    /// The part of all segments that is kept back from workers for backlogs. Without it, what came in before a topic
    /// was known to be stuck could fill the spool, and records of other topics behind it would wait for that topic.
    static let backlogPart = 4
    /// Nanoseconds between two attempts to make a segment while the system refuses: every datagram that comes asks for
    /// one, and each attempt makes, fills and removes a file.
    static let attemptInterval: Int64 = 100_000_000
    /// Empty segments kept for the next use; more are given back to the system.
    static let keptFree = 8

    /// Opens the spool: in memory, or in its directory, which is made and locked. What an earlier process left there
    /// is found with `recover()`, before the first writer is made.
    public convenience init(_ settings: SpoolSettings) throws(SpoolError) {
        try self.init(settings, disk: SystemDisk())
    }

    /// - Parameter clock: nanoseconds that only grow.
    package init(
        _ settings: SpoolSettings, disk: any SpoolDisk,
        clock: @escaping @Sendable () -> Int64 = { SystemClock.monotonic }
    ) throws(SpoolError) {
        self.settings = settings
        self.disk = disk
        self.clock = clock
        isChecked = settings.directory != nil
        if case .interval = settings.sync {
            keepsOnInterval = settings.directory != nil
        } else {
            keepsOnInterval = false
        }
        let size = settings.segmentSize
        guard size >= 65536, size % 4096 == 0, size <= 1 << 30, settings.maximumSize >= 2 * size else {
            throw SpoolError(
                path: settings.directory,
                operation: "use segments of \(size) bytes in \(settings.maximumSize) bytes (a multiple of 4096 of "
                    + "at least 65536, and room for two)", errno: 0)
        }
        guard let directory = settings.directory else {
            lockDescriptor = -1
            return
        }
        try Self.makeDirectory(directory, settings.sync == .process ? nil : disk)
        let path = directory + "/lock"
        lockDescriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard lockDescriptor >= 0 else { throw SpoolError(path: path, operation: "open", errno: errno) }
        guard flock(lockDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(lockDescriptor)
            let operation = code == EWOULDBLOCK ? "share with another running process the directory" : "lock"
            throw SpoolError(path: directory, operation: operation, errno: code == EWOULDBLOCK ? 0 : code)
        }
    }

    deinit {
        if lockDescriptor >= 0 { close(lockDescriptor) }
    }

    private static func makeDirectory(_ path: String, _ disk: (any SpoolDisk)?) throws(SpoolError) {
        var partial = path.hasPrefix("/") ? "/" : "."
        for part in path.split(separator: "/") {
            let parent = partial
            partial += (partial.hasSuffix("/") ? "" : "/") + part
            if mkdir(partial, 0o750) == 0 {
                try disk?.synchroniseDirectory(parent)
            } else if errno != EEXIST {
                throw SpoolError(path: partial, operation: "create directory", errno: errno)
            }
        }
    }

    /// The longest value that fits an empty segment, bytes.
    public var maximumValueCount: Int {
        settings.segmentSize - SegmentLayout.header - RecordLayout.overhead - 2 * RecordLayout.alignment
    }

    var maximumSegments: Int { settings.maximumSize / settings.segmentSize }

    /// Segments that writers of a purpose leave alone.
    private func kept(from purpose: SpoolWriter.Purpose) -> Int {
        switch purpose {
        case .messages: Self.reserve + maximumSegments / Self.backlogPart
        case .backlog: Self.reserve
        case .deadLetters: 0
        }
    }

    /// A writer of its own for one thread.
    public func makeWriter(for purpose: SpoolWriter.Purpose = .messages) -> SpoolWriter {
        SpoolWriter(spool: self, purpose: purpose)
    }

    // MARK: Origins

    /// Makes an origin known, whose records a writer's `commit` may name from now on. Their numbers begin anew.
    /// - Parameters:
    ///   - identity: which it is; not `none`.
    ///   - position: where reading begins: what `settled` says before the first record is settled.
    ///   - release: when its records count as settled.
    ///   - onProgress: told of progress, a few times a turn at most, from a sender's thread, the disk's or the committing
    ///     one; it must be quick and call nothing of the spool.
    public func openOrigin(
        _ identity: OriginIdentity, at position: UInt64, until release: Origin.Release,
        onProgress: @escaping @Sendable (OriginProgress) -> Void = { _ in }
    ) -> Origin {
        let origin = Origin(
            identity, position: position, followsDelivery: release == .delivered || settings.directory == nil,
            onProgress: onProgress)
        origins.withLock { $0[ObjectIdentifier(origin)] = origin }
        return origin
    }

    /// No more records will be committed for it; those that were are still waited for, and told. Called by the thread
    /// that commits for it, after its last batch has ended.
    public func closeOrigin(_ origin: Origin) {
        if origin.close() { forget(origin) }
    }

    /// Lets an origin go that nothing points to any more.
    func forget(_ origin: Origin) {
        _ = origins.withLock { $0.removeValue(forKey: ObjectIdentifier(origin)) }
    }

    /// Origins that are open or not settled to their end.
    public var originCount: Int { origins.withLock { $0.count } }

    /// For one sender's thread: settles records, and tells their origins.
    public func makeReceipts() -> Receipts { Receipts(self) }

    // MARK: Chains

    /// Chains of one process before its numbers run into those that the next one would take: with more of them (reloads
    /// make new workers) only the order between two processes is lost.
    static let chainsOfOneLife: UInt32 = 4096

    func takeChainNumber() -> UInt32 {
        pool.withLock { pool in
            defer { if pool.nextChain < .max { pool.nextChain += 1 } }
            return pool.nextChain
        }
    }

    /// The first chain of this process, once `recover` has looked for those of earlier ones.
    var firstChain: UInt32 { pool.withLock { $0.nextChain } }

    /// Chains that are made from now on come after one that was found.
    func skip(chain: UInt32) {
        pool.withLock { pool in
            let life = chain / Self.chainsOfOneLife + 1
            guard life <= UInt32.max / Self.chainsOfOneLife else { return }
            pool.nextChain = max(pool.nextChain, life * Self.chainsOfOneLife)
        }
    }

    // MARK: Segments

    /// An empty segment, or nil when there is no room for one.
    /// - Parameters:
    ///   - chain: the number of the writer's chain.
    ///   - firstNumber: the number that the first record will have in it.
    func acquire(_ purpose: SpoolWriter.Purpose, chain: UInt32, firstNumber: UInt64) -> Segment? {
        let (free, isRoom, sequence): (Segment?, Bool, UInt64) = pool.withLock { pool in
            let sequence = pool.nextSequence
            guard pool.free.count + (maximumSegments - pool.total) > kept(from: purpose) else { return (nil, false, 0) }
            if let segment = pool.free.popLast() {
                pool.nextSequence += 1
                return (segment, true, sequence)
            }
            guard isAttemptDue(&pool) else { return (nil, false, 0) }
            pool.nextSequence += 1
            pool.total += 1
            return (nil, true, sequence)
        }
        guard isRoom, let segment = free ?? make(sequence) else { return nil }
        segment.begin(sequence: sequence, chain: chain, firstNumber: firstNumber)
        if settings.directory != nil, settings.sync != .process { noteUse(segment, isNew: free == nil) }
        return segment
    }

    /// Whether a new segment may be asked for: at once, but after a refusal only every so often, all writers together.
    private func isAttemptDue(_ pool: inout Pool) -> Bool {
        guard pool.refusal != nil else { return true }
        let now = clock()
        guard now >= pool.nextAttempt else { return false }
        pool.nextAttempt = now + Self.attemptInterval
        return true
    }

    private func make(_ sequence: UInt64) -> Segment? {
        do throws(SpoolError) {
            let size = settings.segmentSize
            let made =
                if let directory = settings.directory {
                    Segment(try disk.create("\(directory)/segment-\(sequence).spool", size: size), disk: disk)
                } else {
                    try Segment.anonymous(size: size, disk: disk)
                }
            pool.withLock { $0.refusal = nil }
            return made
        } catch {
            pool.withLock { pool in
                pool.total -= 1
                pool.refusal = error
                pool.nextAttempt = clock() + Self.attemptInterval
                pool.refusedAt = .now
            }
            return nil
        }
    }

    private func noteUse(_ segment: Segment, isNew: Bool) {
        if !isNew {
            // New pages must not come to the disk under the old header: a power loss in between would leave a segment in
            // which records of the old use seem to be missing.
            do throws(SpoolError) {
                try segment.synchronise(from: 0, to: SegmentLayout.header)
            } catch {
                note(error)
            }
        }
        pool.withLock { pool in
            pool.uses += 1
            if isNew { pool.hasNewNames = true }
            if keepsOnInterval { pool.unsynced[ObjectIdentifier(segment)] = (segment, pool.uses) }
        }
    }

    /// Why the last new segment could not be made (a full disk), nil when it could or when the limit was the reason.
    public var refusal: SpoolError? { pool.withLock { $0.refusal } }

    /// Forgets a refusal that nobody has met for a while though there was room: the segments that have come free do, nobody
    /// waits, and whether the disk is still full is learnt when the next one is to be made.
    /// - Parameter now: the time; what is younger than ten seconds stays.
    public func forgetRefusal(_ now: ContinuousClock.Instant = .now) {
        pool.withLock { pool in
            guard !pool.free.isEmpty, now - pool.refusedAt > .seconds(10) else { return }
            pool.refusal = nil
        }
    }

    /// Keeps a failure to write to the disk until somebody says it.
    public func note(_ failure: SpoolError) { pool.withLock { $0.writeFailure = failure } }

    /// The last failure to write to the disk since it was last asked.
    public func takeWriteFailure() -> SpoolError? {
        pool.withLock { pool in
            defer { pool.writeFailure = nil }
            return pool.writeFailure
        }
    }

    /// Takes back the spent segments of a chain and wakes who waits for room. Called by the chain's sender.
    /// - Returns: whether there were any.
    @discardableResult
    public func reclaim(_ chain: SegmentChain) -> Bool {
        let spent = chain.takeSpent()
        guard !spent.isEmpty else { return false }
        let (discarded, colder, waiters): ([Segment], [Segment], [@Sendable () -> Void]) = pool.withLock { pool in
            var discarded: [Segment] = []
            var colder: [Segment] = []
            for segment in spent {
                if pool.free.count < Self.keptFree, segment.size == settings.segmentSize {
                    // The one on top is used next and stays in memory.
                    if let below = pool.free.last { colder.append(below) }
                    pool.free.append(segment)
                } else {
                    pool.total -= 1
                    discarded.append(segment)
                }
            }
            defer { pool.waiters = [] }
            return (discarded, colder, pool.waiters)
        }
        // Its bytes are safe even when a writer has taken one meanwhile.
        for segment in colder { segment.rest() }
        for segment in discarded { segment.removeFile() }
        for wake in waiters { wake() }
        return true
    }

    /// Gives back the memory of chains that are neither written nor read in earnest (Kafka is away, or all is delivered),
    /// and of empty segments.
    public func rest(_ chains: [SegmentChain]) {
        guard settings.directory != nil else { return }
        for chain in chains { chain.rest() }
        for segment in pool.withLock({ $0.free }) { segment.rest() }
    }

    /// Calls `wake` once, from any thread, when segments have come free; at once when there is room now.
    public func whenRoom(_ wake: @escaping @Sendable () -> Void) {
        let now = pool.withLock { pool in
            // After a refusal only a segment that exists counts: the disk may still be full.
            if pool.free.count + (maximumSegments - pool.total) > kept(from: .messages),
                pool.refusal == nil || !pool.free.isEmpty
            {
                return true
            }
            pool.waiters.append(wake)
            return false
        }
        if now { wake() }
    }

    /// Wakes everyone who waits for room, for a stop.
    public func wakeAll() {
        let waiters = pool.withLock { pool in
            defer { pool.waiters = [] }
            return pool.waiters
        }
        for wake in waiters { wake() }
    }

    /// How full it is.
    public var readings: SpoolReadings {
        pool.withLock { pool in
            SpoolReadings(
                segmentSize: settings.segmentSize, allocated: pool.total, free: pool.free.count,
                maximum: maximumSegments,
                hasRoom: pool.free.count + (maximumSegments - pool.total) > kept(from: .messages)
                    // A refusal that nobody has met for a while says nothing of now: who is sent nothing tries nothing.
                    && (pool.refusal == nil || !pool.free.isEmpty
                        || ContinuousClock.now - pool.refusedAt > .seconds(10))
            )
        }
    }

    /// Bytes of all segments, free ones included.
    public var allocatedBytes: Int { pool.withLock { $0.total } * settings.segmentSize }

    // MARK: Durability

    /// Counts the times that everything was written to the disk, for what waits for that.
    private final class Syncs: Sendable {
        /// Held while one runs.
        let turn = Mutex<Void>(())
        let begun = Atomic<UInt64>(0)
        let done = Atomic<UInt64>(0)
    }

    /// Writes everything that is not on the disk yet, whoever wrote it: current and sealed segments of workers, backlogs
    /// and dead letters, and the names of new files. For `sync: interval`. Origins whose records need only be kept are
    /// told.
    public func synchronise() throws(SpoolError) {
        guard keepsOnInterval else { return }
        // A Mutex's body cannot throw a typed error out.
        let failure: SpoolError? = syncs.turn.withLock { _ in
            do throws(SpoolError) {
                try writeAll()
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private func writeAll() throws(SpoolError) {
        let number = syncs.begun.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        let covered = origins.withLock { $0.values.map { ($0, $0.batched) } }
        for (key, entry) in pool.withLock({ $0.unsynced }) {
            // What is sealed before it is written is on the disk for good; the state of its records may be lost.
            let isSealed = entry.segment.sealedCount != nil
            try entry.segment.synchronise(from: 0, to: entry.segment.size)
            guard isSealed else { continue }
            pool.withLock { pool in
                if pool.unsynced[key]?.use == entry.use { pool.unsynced[key] = nil }
            }
        }
        try writeNames()
        syncs.done.store(number, ordering: .sequentiallyConsistent)
        for (origin, progress) in covered where !origin.followsDelivery && origin.keep(progress) { forget(origin) }
    }

    /// Makes the names of new files durable.
    func writeNames() throws(SpoolError) {
        guard let directory = settings.directory else { return }
        // Whoever comes while another writes waits for it: that the names are being written is not that they are.
        let failure: SpoolError? = naming.withLock { _ in
            let isNeeded = pool.withLock { pool in
                defer { pool.hasNewNames = false }
                return pool.hasNewNames
            }
            guard isNeeded else { return nil }
            do throws(SpoolError) {
                try disk.synchroniseDirectory(directory)
                return nil
            } catch {
                pool.withLock { $0.hasNewNames = true }
                return error
            }
        }
        if let failure { throw failure }
    }

    /// What was committed before this question is on the disk once so many syncs are done.
    var nextSync: UInt64 { syncs.begun.load(ordering: .sequentiallyConsistent) + 1 }

    /// Whether that many syncs are done.
    func isDone(sync number: UInt64) -> Bool { syncs.done.load(ordering: .sequentiallyConsistent) >= number }

    // MARK: What an earlier process left

    /// Keeps the number of a file that exists from being given to a new one.
    func skip(sequence: UInt64) {
        pool.withLock { $0.nextSequence = max($0.nextSequence, Self.following(sequence)) }
    }

    /// The number after `sequence`; 0 for one so large that only damage can have written it.
    private static func following(_ sequence: UInt64) -> UInt64 { sequence < 1 << 62 ? sequence + 1 : 0 }

    /// Takes a segment that was found: one with records counts, an empty one waits for a writer.
    func adopt(_ segment: Segment, sequence: UInt64, spent: Bool) {
        let isKept = pool.withLock { pool in
            pool.nextSequence = max(pool.nextSequence, Self.following(sequence))
            if spent, pool.free.count >= Self.keptFree { return false }
            pool.total += 1
            if spent { pool.free.append(segment) }
            return true
        }
        if !isKept { segment.removeFile() }
    }
}
