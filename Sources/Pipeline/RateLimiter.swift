import Inputs
import Synchronization

/// How many messages a limit lets through.
struct RatePace: Sendable, Equatable {
    /// Nanoseconds between messages, rounded up so that there are never more than were asked for.
    let interval: UInt64
    /// Nanoseconds that they may come ahead of an even pace. Kept below 2^60, so that no sum with a clock's reading can
    /// overflow.
    let tolerance: UInt64

    /// - Parameters:
    ///   - perSecond: messages a second, at least 1.
    ///   - burst: messages that may come at once after a pause; 0 = one second's worth.
    init(perSecond: Int, burst: Int) {
        let perSecond = UInt64(max(1, perSecond))
        interval = 1_000_000_000 / perSecond + (1_000_000_000 % perSecond == 0 ? 0 : 1)
        let (product, overflow) = interval.multipliedReportingOverflow(by: burst > 0 ? UInt64(burst) : perSecond)
        tolerance = overflow ? 1 << 60 : min(product, 1 << 60)
    }

    /// Takes one message's turn at `now` (monotonic ns). 0 when it was there, else nanoseconds until one will be.
    ///
    /// The generic cell rate algorithm (ITU-T I.371): one number says when the next message would be due at an even pace.
    func take(_ due: borrowing Atomic<UInt64>, _ now: UInt64) -> UInt64 {
        let latest = now + tolerance
        var seen = due.load(ordering: .relaxed)
        while true {
            let next = min(max(seen, now), latest) + interval
            if next > latest { return next - latest }
            let (done, current) = due.compareExchange(expected: seen, desired: next, ordering: .relaxed)
            if done { return 0 }
            seen = current
        }
    }

    /// Gives a turn back that was taken and not used. One too many is no credit: it goes no further than the beginning.
    func giveBack(_ due: borrowing Atomic<UInt64>) {
        var seen = due.load(ordering: .relaxed)
        while true {
            let earlier = seen > interval ? seen - interval : 0
            let (done, current) = due.compareExchange(expected: seen, desired: earlier, ordering: .relaxed)
            if done { return }
            seen = current
        }
    }
}

/// Lets so many messages a second through, shared by all threads without a lock.
public final class RateLimiter: Sendable {
    private let pace: RatePace
    private let due = Atomic<UInt64>(0)

    /// A limiter.
    /// - Parameters:
    ///   - perSecond: messages a second, at least 1.
    ///   - burst: messages that may come at once after a pause; 0 = one second's worth.
    public init(perSecond: Int, burst: Int) { pace = RatePace(perSecond: perSecond, burst: burst) }

    /// The limiter of a setting, nil for none (0).
    /// - Parameter before: the one until now; when it lets as many through it goes on, with the turns that were taken.
    public static func limiting(_ perSecond: Int, burst: Int, before: RateLimiter?) -> RateLimiter? {
        guard perSecond > 0 else { return nil }
        if let before, before.pace == RatePace(perSecond: perSecond, burst: burst) { return before }
        return RateLimiter(perSecond: perSecond, burst: burst)
    }

    /// Takes one message's turn at `now` (monotonic ns). 0 when it was there, else nanoseconds until one will be.
    public func take(_ now: UInt64) -> UInt64 { pace.take(due, now) }

    /// Gives a turn back that was taken and not used, because another limit held the message up.
    func giveBack() { pace.giveBack(due) }
}

/// A rate for each source: a fixed table, so that made-up addresses cost no memory. Two sources that meet in one slot share
/// its rate; with 65,536 slots that is rare and errs on the strict side, and which ones meet cannot be known from outside:
/// the hash has a key of the process's own.
///
/// A source is an IPv4 address, or the network that an IPv6 host has for itself. A message without an address, of a unix
/// socket or a file, has no source, and no limit here.
public final class SourceRateLimiter: Sendable {
    private static let slots = 65_536
    private let pace: RatePace
    private let prefix: Int
    private let key: (UInt64, UInt64, UInt64, UInt64)
    /// Set once and freed with the limiter; what it points to is atomic.
    private nonisolated(unsafe) let due: UnsafeMutablePointer<Atomic<UInt64>>

    /// A limiter; the parameters are those of `RateLimiter`, for each source.
    /// - Parameter prefix: bits of an IPv6 address that make a source, 1 to 128.
    public init(perSecond: Int, burst: Int, prefix: Int = 64) {
        pace = RatePace(perSecond: perSecond, burst: burst)
        self.prefix = prefix
        var random = SystemRandomNumberGenerator()
        key = (random.next(), random.next(), random.next(), random.next())
        due = .allocate(capacity: Self.slots)
        for index in 0..<Self.slots { (due + index).initialize(to: Atomic(0)) }
    }

    deinit {
        due.deinitialize(count: Self.slots)
        due.deallocate()
    }

    /// The limiter of a setting, nil for none (0).
    /// - Parameter before: the one until now; when it lets as many through it goes on, with the turns that were taken.
    public static func limiting(
        _ perSecond: Int, burst: Int, prefix: Int = 64, before: SourceRateLimiter?
    ) -> SourceRateLimiter? {
        guard perSecond > 0 else { return nil }
        let isSame = before?.pace == RatePace(perSecond: perSecond, burst: burst) && before?.prefix == prefix
        return isSame ? before : SourceRateLimiter(perSecond: perSecond, burst: burst, prefix: prefix)
    }

    /// Takes one message's turn of a source. 0 when it was there, else nanoseconds until one will be.
    public func take(_ address: PeerAddress, _ now: UInt64) -> UInt64 {
        address.count == 0 ? 0 : pace.take(due[slot(of: address)], now)
    }

    /// Gives a turn back that was taken and not used.
    func giveBack(_ address: PeerAddress) {
        if address.count > 0 { pace.giveBack(due[slot(of: address)]) }
    }

    /// Two multiplications of 64 by 64 bits, each with two words of the key.
    private func slot(of address: PeerAddress) -> Int {
        let (high, low) = address.source(prefix: prefix).bytes.words
        let first = (high ^ key.0).multipliedFullWidth(by: low ^ key.1)
        let second = (first.high ^ key.2).multipliedFullWidth(by: first.low ^ key.3 ^ UInt64(address.count))
        return Int(truncatingIfNeeded: (second.high ^ second.low) & UInt64(Self.slots - 1))
    }
}

/// The limits that a message has to pass, its source's first. A message takes a turn of every one or of none.
struct Rates {
    let source: SourceRateLimiter?
    let listener: RateLimiter?
    let service: RateLimiter?

    var areNone: Bool { source == nil && listener == nil && service == nil }

    /// 0 when the message may pass now, else nanoseconds until it may.
    func take(_ address: PeerAddress, _ now: UInt64) -> UInt64 {
        let ofSource = source?.take(address, now) ?? 0
        if ofSource > 0 { return ofSource }
        let ofListener = listener?.take(now) ?? 0
        if ofListener > 0 {
            source?.giveBack(address)
            return ofListener
        }
        let ofService = service?.take(now) ?? 0
        if ofService > 0 {
            listener?.giveBack()
            source?.giveBack(address)
        }
        return ofService
    }
}
