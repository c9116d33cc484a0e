import CLinux

/// The records of one chain in one segment that an earlier process left to be sent; in the order of their numbers.
final class ReplayRun {
    private let segment: Segment
    let chain: UInt32
    /// The number of its first record.
    let first: UInt64
    /// Records not passed yet. When there are none, the segment may be another's: it is not looked at again.
    var count = 1
    private(set) var head: Record
    private(set) var number: UInt64

    init(_ segment: Segment, chain: UInt32, first record: Record) {
        self.segment = segment
        self.chain = chain
        head = record
        first = record.place.number
        number = first
    }

    /// Passes its head. False when it was the last.
    func advance() -> Bool {
        count -= 1
        guard count > 0 else { return false }
        repeat {
            head = Record(base: head.base + head.size)
        } while head.state != .pending || head.place.chain != chain
        number = head.place.number
        return true
    }
}

/// The records that earlier processes left, oldest first: lives of the process in their order, and in a life each
/// worker's records in the order in which it committed them, whether they stand where they were committed or in a
/// backlog. Between workers the time of reception decides. Owned by one sender's thread.
public final class Replay {
    /// The segments, for taking back what is spent.
    public let chain: SegmentChain
    /// How many there are, by the index of their topic.
    public let countByTopic: [UInt32: UInt64]
    /// Chains from this one on are of this process.
    private let firstNewChain: UInt32
    private var lives: [[Worker]] = []
    /// The worker whose head is next.
    private var next: Worker?

    /// What one worker left.
    private final class Worker {
        let chain: UInt32
        /// Not begun yet, the one with the lowest first number last.
        private var waiting: [ReplayRun]
        private var begun: [ReplayRun] = []
        private var current = 0

        init(chain: UInt32, _ runs: [ReplayRun]) {
            self.chain = chain
            waiting = runs.sorted { $0.first > $1.first }
            choose()
        }

        var head: Record? { begun.isEmpty ? nil : begun[current].head }

        func advance() {
            if !begun[current].advance() { begun.remove(at: current) }
            choose()
        }

        private func choose() {
            current = begun.indices.min { begun[$0].number < begun[$1].number } ?? 0
            // A backlog begins with older numbers than the segments that were written while it grew, and reaches beyond.
            while let following = waiting.last, begun.isEmpty || following.first < begun[current].number {
                begun.append(following)
                waiting.removeLast()
                current = begun.count - 1
            }
        }
    }

    init(_ chain: SegmentChain, runs: [ReplayRun], countByTopic: [UInt32: UInt64], firstNewChain: UInt32) {
        self.chain = chain
        self.countByTopic = countByTopic
        self.firstNewChain = firstNewChain
        let workers = Dictionary(grouping: runs, by: \.chain).map { Worker(chain: $0.key, $0.value) }
        let byLife = Dictionary(grouping: workers) { $0.chain / Spool.chainsOfOneLife }
        // The oldest life last.
        lives = byLife.sorted { $0.key > $1.key }.map { $0.value.sorted { $0.chain < $1.chain } }
        choose()
    }

    /// Whether a record is one of them, or a copy of one.
    public func includes(_ record: Record) -> Bool { record.place.chain < firstNewChain }

    /// The oldest record that waits to be handed over; nil when there is none left.
    public func peek() -> Record? { next?.head }

    /// Moves past the record that `peek` gave.
    public func advance() {
        next?.advance()
        choose()
    }

    private func choose() {
        while var workers = lives.popLast() {
            workers.removeAll { $0.head == nil }
            guard !workers.isEmpty else { continue }
            lives.append(workers)
            break
        }
        var least = Int64.max
        next = nil
        for worker in lives.last ?? [] {
            guard let head = worker.head, next == nil || head.timestamp < least else { continue }
            next = worker
            least = head.timestamp
        }
    }
}
