import Crdkafka

/// A lane that a topic's error holds: since when, why, and when the next attempt is due. Times are monotonic ns.
///
/// One record at a time is tried, so that a topic which nobody repairs costs next to nothing, for as long as it takes.
struct Hold {
    /// When the first record came back.
    let since: UInt64
    /// What came back last.
    private(set) var error: rd_kafka_resp_err_t
    /// The next attempt, not before this time.
    private(set) var retryAt: UInt64
    /// When an attempt got through, nil while none has.
    private(set) var liftedAt: UInt64?
    /// Whether the record that is under way is an attempt.
    var isTrying = false
    private var pause = Self.firstPause

    /// The pause before the first attempt; it doubles with each that fails.
    static let firstPause: UInt64 = 250_000_000
    /// The longest pause between two attempts: how late a repaired topic is noticed.
    static let longestPause: UInt64 = 4_000_000_000

    init(_ error: rd_kafka_resp_err_t, _ now: UInt64) {
        since = now
        self.error = error
        retryAt = now + pause
    }

    /// Whether nothing but attempts may be handed over.
    var isOn: Bool { liftedAt == nil }

    /// A record came back. Those that were under way together count once.
    mutating func refuse(_ error: rd_kafka_resp_err_t, _ now: UInt64) {
        self.error = error
        guard now >= retryAt || !isOn else { return }
        liftedAt = nil
        isTrying = false
        pause = min(pause * 2, Self.longestPause)
        retryAt = now + pause
    }

    /// A record was delivered.
    mutating func noteDelivered(_ now: UInt64) {
        guard isTrying, isOn else { return }
        isTrying = false
        liftedAt = now
    }

    /// How long it was held, or is so far.
    func duration(_ now: UInt64) -> UInt64 { (liftedAt ?? now) &- since }
}
