import Base
import TestSupport
import Testing

@Suite("Episodes")
struct EpisodeTests {
    /// What is said, second by second, of so many events in each.
    private func said(_ events: [UInt64], from start: Int = 1000) -> [Int: Episode.Report] {
        var episode = Episode()
        var total: UInt64 = 0
        var said: [Int: Episode.Report] = [:]
        for (second, count) in events.enumerated() {
            total += count
            said[second] = episode.observe(total, now: start + second)
        }
        return said
    }

    @Test("Nothing happens: nothing is said")
    func silence() { #expect(said([UInt64](repeating: 0, count: 100)).isEmpty) }

    @Test("Two thousand in a second are two lines: the beginning, and the end with the count")
    func burst() {
        let events = [0, 1, 1999] + [UInt64](repeating: 0, count: 30)
        #expect(said(events) == [1: .began(count: 1), 12: .ended(count: 2000, seconds: 1)])
    }

    @Test("What lasts is said again every minute, and its end tells everything")
    func lasting() {
        let events = [UInt64](repeating: 5, count: 130) + [UInt64](repeating: 0, count: 30)
        #expect(
            said(events) == [
                0: .began(count: 5), 60: .goesOn(count: 305, seconds: 60), 120: .goesOn(count: 605, seconds: 120),
                139: .ended(count: 650, seconds: 129),
            ])
    }

    @Test("What begins again at once is said later, with all that happened since")
    func again() {
        var events = [UInt64](repeating: 0, count: 60)
        events[0] = 1
        events[11] = 1
        events[15] = 1
        #expect(
            said(events) == [
                0: .began(count: 1), 10: .ended(count: 1, seconds: 0), 20: .began(count: 2),
                30: .ended(count: 2, seconds: 4),
            ])
    }

    @Test("Never two reports within ten seconds, and every event is in one that ends", arguments: 0..<200)
    func always(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let odds = random.int(1...40)
        let events = (0..<400).map { _ in random.int(0...odds) == 0 ? UInt64(random.int(1...9)) : 0 }
        let reports = said(events + [UInt64](repeating: 0, count: 40)).sorted { $0.key < $1.key }
        for (one, two) in zip(reports, reports.dropFirst()) { #expect(two.key - one.key >= Episode.quiet) }
        var total: UInt64 = 0
        for (_, report) in reports {
            if case .ended(let count, _) = report { total += count }
        }
        #expect(total == events.reduce(0, +), "seed \(seed)")
    }
}
