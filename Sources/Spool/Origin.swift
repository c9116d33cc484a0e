import Synchronization

/// What an input reads from, known again after a restart: 128 bits, so that two origins never share one by chance.
public struct OriginIdentity: Hashable, Sendable {
    /// The upper half.
    public var high: UInt64
    /// The lower half.
    public var low: UInt64

    /// An identity; both halves 0 mean none.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Of a record that came from nothing that can be read again.
    public static let none = OriginIdentity(high: 0, low: 0)
}

/// How far an origin's records are settled, without a gap.
public struct OriginProgress: Equatable, Sendable {
    /// Records settled, counted from the first one committed for this `Origin`.
    public var count: UInt64
    /// The position behind the last of them; where it was opened, while there is none.
    public var position: UInt64

    /// So many records, and so far.
    public init(count: UInt64, position: UInt64) {
        self.count = count
        self.position = position
    }
}

/// One file, journal or connection that an input reads: its records are numbered as they are committed, and `settled`
/// tells how far they are done with, whatever topics they went to and in which order Kafka took them.
///
/// Threads: the input's thread commits for it, opens and closes it. The settling side (`mark`) is called by the one
/// sender of the writer that commits for it; a dead letter and a copy in a backlog stay with that sender. `settled` may
/// be asked from anywhere. An open origin, and one whose records are not all settled, is kept by its spool: records
/// point to it.
public final class Origin: @unchecked Sendable {
    /// When a record of the origin counts as settled.
    public enum Release: Sendable {
        /// When Kafka has it, by its delivery report, or its dead letter; or when it was given up and counted.
        case delivered
        /// In a directory, as soon as it survives what `sync` promises to survive: with `process` when its batch ends,
        /// with `interval` and `always` when it is on the disk. In memory: as `delivered`.
        case kept
    }

    /// Which origin it is.
    public let identity: OriginIdentity
    /// Whether records tell it of their delivery.
    let followsDelivery: Bool
    private let onProgress: @Sendable (OriginProgress) -> Void

    // The committing thread's.
    private var committed: OriginProgress
    /// Whether its writer knows that this batch has records of it.
    var isInBatch = false

    // The settling thread's.
    private var reached: OriginProgress
    private var ahead = SettledAhead()
    /// Whether its settlement knows that there is news.
    var isNoted = false

    private struct Shared {
        var settled: OriginProgress
        /// What was committed when a batch last ended, for a sync that begins after it.
        var batched: OriginProgress
        /// How many it has in all, once closed.
        var total: UInt64?
        var isDone: Bool { total.map { $0 == settled.count } ?? false }
    }
    private let shared: Mutex<Shared>

    init(
        _ identity: OriginIdentity, position: UInt64, followsDelivery: Bool,
        onProgress: @escaping @Sendable (OriginProgress) -> Void
    ) {
        self.identity = identity
        self.followsDelivery = followsDelivery
        self.onProgress = onProgress
        let start = OriginProgress(count: 0, position: position)
        committed = start
        reached = start
        shared = Mutex(Shared(settled: start, batched: start))
    }

    /// How far its records are settled without a gap. With `Release.kept` it follows the end of a batch (and the disk),
    /// not the commit.
    public var settled: OriginProgress { shared.withLock { $0.settled } }

    /// Records committed for it so far. The committing thread's to ask.
    public var committedCount: UInt64 { committed.count }

    // MARK: The committing thread

    /// Numbers the next record.
    @inline(__always)
    func take(position: UInt64) -> UInt64 {
        precondition(position < .max, "a position lies below the greatest number, which stands for none")
        let number = committed.count
        committed = OriginProgress(count: number + 1, position: position)
        return number
    }

    /// Its batch has ended: what was committed may be made durable, or is.
    /// - Returns: whether nothing is left to wait for.
    func endBatch(isKept: Bool) -> Bool {
        isInBatch = false
        let isDone = shared.withLock { shared in
            shared.batched = committed
            if isKept { shared.settled = committed }
            return shared.isDone
        }
        if isKept { onProgress(committed) }
        return isDone
    }

    /// No more records will be committed for it.
    /// - Returns: whether nothing is left to wait for.
    func close() -> Bool {
        shared.withLock { shared in
            shared.total = committed.count
            shared.batched = committed
            return shared.isDone
        }
    }

    // MARK: The disk's thread

    /// What a sync that begins now covers.
    var batched: OriginProgress { shared.withLock { $0.batched } }

    /// Everything up to `progress` is on the disk.
    /// - Returns: whether nothing is left to wait for.
    func keep(_ progress: OriginProgress) -> Bool {
        let (isNews, isDone) = shared.withLock { shared in
            let isNews = progress.count > shared.settled.count
            if isNews { shared.settled = progress }
            return (isNews, shared.isDone)
        }
        if isNews { onProgress(progress) }
        return isDone
    }

    // MARK: The settling thread

    /// A record of it is settled. Any order; each number once.
    @inline(__always)
    func mark(_ number: UInt64, position: UInt64) {
        guard number == reached.count else {
            ahead.insert(number, position, head: reached.count)
            return
        }
        reached = OriginProgress(count: number + 1, position: position)
        while let next = ahead.remove(reached.count) {
            reached = OriginProgress(count: reached.count + 1, position: next)
        }
    }

    /// Tells the input what the marks have come to.
    /// - Returns: whether nothing is left to wait for.
    func publish() -> Bool {
        isNoted = false
        let (isNews, isDone) = shared.withLock { shared in
            let isNews = reached.count > shared.settled.count
            shared.settled = reached
            return (isNews, shared.isDone)
        }
        if isNews { onProgress(reached) }
        return isDone
    }
}

/// The records of an origin that are settled while an older one is not: a ring of positions by number.
struct SettledAhead {
    /// Positions with one added, so that 0 means not settled.
    private var ring: [UInt64] = []
    private var count = 0
    private static let smallest = 64

    /// - Parameter head: the oldest number that is not settled.
    mutating func insert(_ number: UInt64, _ position: UInt64, head: UInt64) {
        let distance = Int(number - head)
        if distance >= ring.count { grow(beyond: distance, head: head) }
        ring[Int(truncatingIfNeeded: number) & (ring.count - 1)] = position &+ 1
        count += 1
    }

    /// The position of a number that is in the ring; it leaves it.
    mutating func remove(_ number: UInt64) -> UInt64? {
        guard count > 0 else { return nil }
        let index = Int(truncatingIfNeeded: number) & (ring.count - 1)
        let stored = ring[index]
        guard stored != 0 else { return nil }
        ring[index] = 0
        count -= 1
        // A ring that an outage has made large is not kept for ever.
        if count == 0, ring.count > 64 * Self.smallest { ring = [] }
        return stored &- 1
    }

    private mutating func grow(beyond distance: Int, head: UInt64) {
        var size = max(Self.smallest, ring.count)
        while size <= distance { size *= 2 }
        var larger = [UInt64](repeating: 0, count: size)
        for offset in 0..<UInt64(ring.count) {
            let number = Int(truncatingIfNeeded: head + offset)
            larger[number & (size - 1)] = ring[number & (ring.count - 1)]
        }
        ring = larger
    }
}
