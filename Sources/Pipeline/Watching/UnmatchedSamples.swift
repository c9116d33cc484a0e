import Synchronization

/// A line of each program that no rule knew: what somebody who writes a rule wants to see. A new one about once a minute.
///
/// Threads: workers put lines here behind a lock, each once a minute and program; anybody reads.
final class UnmatchedSamples: Sendable {
    /// Bytes of a line that are kept.
    static let longest = 240
    private let lines = Mutex<[Int: [UInt8]]>([:])

    func note(_ program: Int, _ line: Span<UInt8>) {
        let kept = line.extracting(first: Self.longest).withUnsafeBufferPointer { Array($0) }
        lines.withLock { $0[program] = kept }
    }

    /// The lines by program, bytes that are no UTF-8 replaced.
    func named(_ names: [String]) -> [String: String] {
        var named: [String: String] = [:]
        for (number, line) in lines.withLock({ $0 }) where number < names.count {
            named[names[number]] = String(decoding: line, as: UTF8.self)
        }
        return named
    }
}

/// Of which programs a worker has taken a line lately. Of one worker's thread.
struct SampledPrograms {
    private var isTaken: [Bool]
    private var next: UInt64 = 0
    /// How long a line is good enough; ns.
    private static let interval: UInt64 = 60_000_000_000

    init(capacity: Int) { isTaken = [Bool](repeating: false, count: capacity) }

    /// Called once a batch: after a while every program is wanted again.
    @inline(__always)
    mutating func beginBatch(_ now: UInt64) {
        if now >= next { reset(now) }
    }

    @inline(never)
    private mutating func reset(_ now: UInt64) {
        next = now + Self.interval
        for index in isTaken.indices { isTaken[index] = false }
    }

    /// Whether a line of the program is wanted; asked once, it is no more.
    @inline(__always)
    mutating func wants(_ program: Int) -> Bool {
        guard !isTaken[program] else { return false }
        isTaken[program] = true
        return true
    }
}
