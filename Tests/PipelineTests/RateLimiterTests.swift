import Foundation
import Inputs
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

    @Test("Regression: turns given back that were never taken are no credit, and never end the process")
    func givenBackUntaken() {
        let limiter = RateLimiter(perSecond: 1, burst: 1)
        let sources = SourceRateLimiter(perSecond: 1, burst: 1)
        let one = address(192, 0, 2, 1)
        for _ in 0..<50 {
            limiter.giveBack()
            sources.giveBack(one)
            sources.giveBack(.none)
        }
        #expect((0..<10).count { _ in limiter.take(1_000_000_000) == 0 } == 1)
        #expect((0..<10).count { _ in sources.take(one, 1_000_000_000) == 0 } == 1)
    }

    @Test("Regression: a message without an address neither takes nor gives back a source's turn")
    func noSource() {
        let rates = Rates(
            source: SourceRateLimiter(perSecond: 1, burst: 1), listener: nil,
            service: RateLimiter(perSecond: 1, burst: 1))
        let now: UInt64 = 1_000_000_000
        #expect(rates.take(.none, now) == 0)
        for _ in 0..<50 { #expect(rates.take(.none, now) > 0) }
        #expect(rates.source?.take(address(192, 0, 2, 1), now) == 0)
    }

    @Test("A message that one limit holds up takes no turn of the others")
    func pairs() {
        let source = SourceRateLimiter(perSecond: 1, burst: 100)
        let listener = RateLimiter(perSecond: 1, burst: 50)
        let rates = Rates(source: source, listener: listener, service: RateLimiter(perSecond: 1, burst: 3))
        let one = address(192, 0, 2, 1)
        let now: UInt64 = 1_000_000_000
        #expect((0..<200).count { _ in rates.take(one, now) == 0 } == 3)
        #expect((0..<200).count { _ in listener.take(now) == 0 } == 47)
        #expect((0..<200).count { _ in source.take(one, now) == 0 } == 97)
    }

    @Test("Regression: which addresses share a slot is another matter in every process and limiter")
    func keyed() {
        let now: UInt64 = 1_000_000_000
        func sharing() -> Set<Int> {
            let limiter = SourceRateLimiter(perSecond: 1, burst: 1)
            _ = limiter.take(address(192, 0, 2, 1), now)
            return Set(
                (0..<200_000).filter {
                    limiter.take(address(10, UInt8($0 >> 16), UInt8($0 >> 8 & 255), UInt8($0 & 255)), now) > 0
                })
        }
        // Of 200,000 addresses about two thirds meet one before them; the same ones only if the hash had no key.
        let (one, two) = (sharing(), sharing())
        #expect(one != two)
    }

    @Test("An IPv6 host has one rate for all the addresses of its network")
    func networks() {
        let limiter = SourceRateLimiter(perSecond: 1, burst: 5)
        let now: UInt64 = 1_000_000_000
        func host(_ network: UInt8, _ host: UInt8) -> PeerAddress {
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &raw.sin6_addr) {
                $0[0] = 0x20
                $0[7] = network
                $0[15] = host
            }
            return withUnsafeBytes(of: raw) { PeerAddress($0.baseAddress!, length: $0.count) }
        }
        #expect((0..<50).count { limiter.take(host(1, UInt8($0)), now) == 0 } == 5)
        #expect(limiter.take(host(2, 0), now) == 0)
    }

    @Test("A reload that leaves a rate as it is leaves the turns that were taken")
    func unchanged() {
        let before = RateLimiter(perSecond: 10, burst: 5)
        #expect(RateLimiter.limiting(10, burst: 5, before: before) === before)
        #expect(RateLimiter.limiting(10, burst: 6, before: before) !== before)
        #expect(RateLimiter.limiting(0, burst: 5, before: before) == nil)
        let source = SourceRateLimiter(perSecond: 10, burst: 5)
        #expect(SourceRateLimiter.limiting(10, burst: 5, before: source) === source)
        #expect(SourceRateLimiter.limiting(10, burst: 5, prefix: 56, before: source) !== source)
    }
}
