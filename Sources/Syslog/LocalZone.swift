import Synchronization

/// The clock that a sender without a zone in its timestamps runs on: turns local time into UTC, without Foundation.
///
/// Immutable, so it can be read from any thread. Build it once per listener or source network and lend it to
/// `HeaderParser`.
public struct LocalZone: Sendable {
    /// UTC: no offset, ever.
    public static let utc = LocalZone()

    /// Offsets are kept within this many seconds, more than any zone ever had.
    static let widestOffset: Int32 = 26 * 3_600

    /// Tells zones apart in `HeaderParser`'s cache. 0 is UTC.
    let token: UInt64
    private let instants: [Int64]
    private let offsets: [Int32]
    private let initialOffset: Int32

    private init() {
        token = 0
        instants = []
        offsets = []
        initialOffset = 0
    }

    /// A zone from its history.
    ///
    /// - Parameters:
    ///   - transitions: the instants (UTC seconds since 1970) from which on an offset (seconds east of UTC) is in force,
    ///     in any order. Instants are kept within the years 1 to 9999 and offsets within 26 hours.
    ///   - initialOffset: the offset before the first transition; with no transitions, a fixed offset.
    public init(transitions: [(at: Int64, offset: Int32)], initialOffset: Int32) {
        let sorted = transitions.sorted { $0.at < $1.at }
        instants = sorted.map { LocalZone.clamped($0.at) }
        offsets = sorted.map { max(-LocalZone.widestOffset, min(LocalZone.widestOffset, $0.offset)) }
        self.initialOffset = max(-LocalZone.widestOffset, min(LocalZone.widestOffset, initialOffset))
        token = nextToken.add(1, ordering: .relaxed).newValue
    }

    /// The offset in force at an instant, in seconds east of UTC.
    public func offset(atUTC seconds: Int64) -> Int32 {
        let index = lastTransition(notAfter: seconds)
        return index < 0 ? initialOffset : offsets[index]
    }

    /// The instant at which clocks of the zone show a local time.
    ///
    /// A time that the clocks showed twice (they were put back) is the one of the two that is closer to `near`, the
    /// earlier when both are equally close. A time that they never showed (they were put forward) is taken as if they
    /// had not been touched yet: 02:30 in the gap is what the clocks then called 03:30.
    ///
    /// - Parameters:
    ///   - local: the local date and time as seconds since 1970-01-01T00:00:00 of the same clock.
    ///   - near: the time of reception, UTC seconds.
    public func utcSeconds(local: Int64, near: Int64) -> Int64 {
        resolve(local: local, near: near).seconds
    }

    /// As `utcSeconds`, and whether the clocks showed the time more than once.
    func resolve(local: Int64, near: Int64) -> (seconds: Int64, isAmbiguous: Bool) {
        let local = LocalZone.clamped(local)
        let near = LocalZone.clamped(near)
        if instants.isEmpty { return (local &- Int64(initialOffset), false) }
        let reach = Int64(LocalZone.widestOffset)
        var index = lastTransition(notAfter: local &- reach)
        var best: Int64?
        var matches = 0
        var fallback = local &- Int64(index < 0 ? initialOffset : offsets[index])
        while true {
            let offset = Int64(index < 0 ? initialOffset : offsets[index])
            let candidate = local &- offset
            let begins = index < 0 ? Int64.min : instants[index]
            let ends = index &+ 1 < instants.count ? instants[index &+ 1] : Int64.max
            if candidate >= begins, candidate < ends {
                matches += 1
                if let previous = best {
                    if (candidate &- near).magnitude < (previous &- near).magnitude { best = candidate }
                } else {
                    best = candidate
                }
            } else if candidate >= ends {
                // The last offset under which the time is already over is the one in force before the gap.
                fallback = candidate
            }
            index &+= 1
            if index >= instants.count || instants[index] > local &+ reach { break }
        }
        return (best ?? fallback, matches > 1)
    }

    /// Index of the last transition at or before an instant, -1 when there is none.
    private func lastTransition(notAfter seconds: Int64) -> Int {
        var low = 0
        var high = instants.count
        while low < high {
            let middle = (low &+ high) / 2
            if instants[middle] <= seconds { low = middle &+ 1 } else { high = middle }
        }
        return low &- 1
    }

    /// Within the years 1 to 9999, so that sums of a few of them cannot overflow.
    static func clamped(_ seconds: Int64) -> Int64 {
        max(-62_135_596_800, min(253_402_300_799, seconds))
    }
}

private let nextToken = Atomic<UInt64>(0)
