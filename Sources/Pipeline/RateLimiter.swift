import Inputs
import Synchronization

/// Lets so many messages a second through, shared by all threads without a lock.
///
/// The generic cell rate algorithm: one number says when the next message would be due at an even pace; a message may
/// come early by as much as the burst allows. ITU-T I.371 describes it.
public final class RateLimiter: Sendable {
    private let interval: UInt64
    private let tolerance: UInt64
    private let due = Atomic<UInt64>(0)

    /// A limiter.
    /// - Parameters:
    ///   - perSecond: messages a second, at least 1.
    ///   - burst: messages that may come at once after a pause; 0 = one second's worth.
    public init(perSecond: Int, burst: Int) {
        (interval, tolerance) = Self.pace(perSecond: perSecond, burst: burst)
    }

    /// Nanoseconds between messages, rounded up so that there are never more than were asked for, and how far ahead of
    /// that pace they may come. Kept below 2^60, so that no sum with a clock's reading can overflow.
    static func pace(perSecond: Int, burst: Int) -> (interval: UInt64, tolerance: UInt64) {
        let perSecond = UInt64(max(1, perSecond))
        let interval = 1_000_000_000 / perSecond + (1_000_000_000 % perSecond == 0 ? 0 : 1)
        let (product, overflow) = interval.multipliedReportingOverflow(by: burst > 0 ? UInt64(burst) : perSecond)
        return (interval, overflow ? 1 << 60 : min(product, 1 << 60))
    }

    /// Gives a turn back that was taken and not used, because another limit held the message up.
    func giveBack() { due.wrappingSubtract(interval, ordering: .relaxed) }

    /// Takes one message's turn at `now` (monotonic ns). 0 when it was there, else nanoseconds until one will be.
    public func take(_ now: UInt64) -> UInt64 { Self.take(due, now, interval, tolerance) }

    static func take(_ due: borrowing Atomic<UInt64>, _ now: UInt64, _ interval: UInt64, _ tolerance: UInt64) -> UInt64
    {
        var seen = due.load(ordering: .relaxed)
        while true {
            let start = max(seen, now)
            let next = start + interval
            if next > now + tolerance { return next - now - tolerance }
            let (done, current) = due.compareExchange(expected: seen, desired: next, ordering: .relaxed)
            if done { return 0 }
            seen = current
        }
    }
}

/// A rate for each source address: a fixed table, so that made-up addresses cost no memory. Two addresses that meet in
/// one slot share its rate; with 65,536 slots that is rare, and errs on the strict side.
public final class SourceRateLimiter: Sendable {
    private static let slots = 65_536
    private let interval: UInt64
    private let tolerance: UInt64
    private nonisolated(unsafe) let due: UnsafeMutablePointer<Atomic<UInt64>>

    /// A limiter; the parameters are those of `RateLimiter`, for each address.
    public init(perSecond: Int, burst: Int) {
        (interval, tolerance) = RateLimiter.pace(perSecond: perSecond, burst: burst)
        due = .allocate(capacity: Self.slots)
        for index in 0..<Self.slots { (due + index).initialize(to: Atomic(0)) }
    }

    deinit {
        due.deinitialize(count: Self.slots)
        due.deallocate()
    }

    /// Takes one message's turn of an address. 0 when it was there, else nanoseconds until one will be.
    public func take(_ source: PeerAddress, _ now: UInt64) -> UInt64 {
        RateLimiter.take(due[slot(of: source)], now, interval, tolerance)
    }

    /// Gives a turn back that was taken and not used.
    func giveBack(_ source: PeerAddress) { due[slot(of: source)].wrappingSubtract(interval, ordering: .relaxed) }

    private func slot(of source: PeerAddress) -> Int {
        source.withBytes { bytes in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            return Int(truncatingIfNeeded: (hash ^ hash >> 32) & UInt64(Self.slots - 1))
        }
    }
}
