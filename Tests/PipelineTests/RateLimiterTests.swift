import TestSupport
import Testing

@testable import Pipeline

@Suite("Rate limits")
struct RateLimiterTests {
    @Test("Never more than the burst and the rate allow, in any stretch of time", arguments: 1...8)
    func neverMore(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let rate = random.pick([1, 3, 7, 999, 1000, 300_000, 750_001])
        let burst = random.pick([0, 1, 2, 10, 1000])
        let limiter = RateLimiter(perSecond: rate, burst: burst)
        var now: UInt64 = 1_000_000_000_000
        var passed: [UInt64] = []
        for _ in 0..<3000 {
            now += UInt64(random.int(0...(3_000_000_000 / rate)))
            if limiter.take(now) == 0 { passed.append(now) }
        }
        let allowed = Double(burst == 0 ? rate : burst)
        for first in stride(from: 0, to: passed.count, by: 17) {
            for last in stride(from: first, to: passed.count, by: 13) {
                let seconds = Double(passed[last] - passed[first]) / 1e9
                #expect(Double(last - first + 1) <= allowed + seconds * Double(rate) + 1e-6, "seed \(seed)")
            }
        }
    }

    @Test("What is asked to wait passes after that time and not a nanosecond before", arguments: [1, 3, 1000, 999_983])
    func waits(_ rate: Int) {
        let limiter = RateLimiter(perSecond: rate, burst: 2)
        var now: UInt64 = 5_000_000_000
        #expect(limiter.take(now) == 0 && limiter.take(now) == 0)
        for _ in 0..<100 {
            let wait = limiter.take(now)
            #expect(wait > 0)
            #expect(limiter.take(now + wait - 1) == 1)
            #expect(limiter.take(now + wait) == 0)
            now += wait
        }
    }

    @Test("After a pause the whole burst is there, and a burst of 0 is one second's worth")
    func burst() {
        let limiter = RateLimiter(perSecond: 50, burst: 0)
        for now in [1_000_000_000, 100_000_000_000] as [UInt64] {
            #expect((0..<200).count { _ in limiter.take(now) == 0 } == 50)
        }
    }

    @Test("Regression: no rate and no burst, however large, overflows")
    func extremes() {
        for rate in [Int.min, 0, 1, 1_000_000_000, Int.max] {
            for burst in [Int.min, 0, 1, Int.max] {
                let limiter = RateLimiter(perSecond: rate, burst: burst)
                #expect(limiter.take(1 << 62) == 0)
                _ = SourceRateLimiter(perSecond: rate, burst: burst).take(address(10, 0, 0, 1), 1 << 62)
            }
        }
    }

    @Test("A source's rate is its own")
    func sources() {
        let limiter = SourceRateLimiter(perSecond: 1, burst: 3)
        let now: UInt64 = 1_000_000_000
        #expect((0..<10).count { _ in limiter.take(address(192, 0, 2, 1), now) == 0 } == 3)
        #expect((0..<10).count { _ in limiter.take(address(192, 0, 2, 2), now) == 0 } == 3)
    }

    @Test("A turn given back can be taken again")
    func givenBack() {
        let limiter = RateLimiter(perSecond: 1, burst: 1)
        let sources = SourceRateLimiter(perSecond: 1, burst: 1)
        let one = address(192, 0, 2, 1)
        for _ in 0..<5 {
            #expect(limiter.take(1_000_000_000) == 0 && sources.take(one, 1_000_000_000) == 0)
            #expect(limiter.take(1_000_000_000) > 0 && sources.take(one, 1_000_000_000) > 0)
            limiter.giveBack()
            sources.giveBack(one)
        }
    }
}
