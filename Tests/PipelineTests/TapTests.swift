import Inputs
import Testing

@testable import Pipeline

@Suite("Tap")
struct TapTests {
    private func matches(_ conditions: [(String, String)], _ event: String) -> Bool {
        var filter = TapFilter()
        for (field, value) in conditions { filter.require(field, value) }
        return Array(event.utf8).withUnsafeBytes { filter.matches($0) }
    }

    private static let event =
        #"{"type":"DNS_QUERY","port":534,"ok":true,"message":"\"type\":\"OTHER\",\"port\":53","syslog":{"host":"gw1"}}"#

    @Test(
        "events are chosen by whole values of members, and text that looks like one is none",
        arguments: [
            ([], true), ([("type", "DNS_QUERY")], true), ([("type", "OTHER")], false), ([("port", "534")], true),
            ([("port", "53")], false), ([("ok", "true")], true), ([("syslog.host", "gw1")], true),
            ([("host", "gw")], false), ([("type", "DNS_QUERY"), ("host", "gw2")], false), ([("nothing", "")], false),
        ] as [([(String, String)], Bool)])
    func filters(_ conditions: [(String, String)], _ expected: Bool) {
        #expect(matches(conditions, Self.event) == expected)
    }

    @Test("a watcher that does not keep up is told how many it missed, and gets what comes later")
    func lossy() throws {
        let tap = Tap()
        #expect(!tap.isWatched)
        let watch = try #require(tap.watch(TapFilter()))
        #expect(tap.isWatched)
        Array(Self.event.utf8).withUnsafeBytes { event in
            for _ in 0..<(Tap.Watch.mostEvents + 5) { tap.offer(event) }
        }
        let (events, lost) = watch.take()
        #expect(events.count == Tap.Watch.mostEvents && lost == 5)
        Array(Self.event.utf8).withUnsafeBytes { tap.offer($0) }
        #expect(watch.take().events.count == 1 && watch.take().events.isEmpty)
        tap.end(watch)
        #expect(!tap.isWatched)
    }

    @Test("there are only so many watchers")
    func bounded() {
        let tap = Tap()
        let watches = (0..<Tap.mostWatches).compactMap { _ in tap.watch(TapFilter()) }
        #expect(watches.count == Tap.mostWatches && tap.watch(TapFilter()) == nil)
        tap.end(watches[0])
        #expect(tap.watch(TapFilter()) != nil)
    }

    @Test("workers show what they commit, and a line of each program that no rule knew")
    func worker() throws {
        let bench = try Bench()
        let watch = try #require(bench.pipeline.tap.watch(TapFilter()))
        let feed = Feed(bench.pipeline.makeWorker(ListenerContext(name: "tcp")))
        let lines = [
            "<13>Nov  4 14:02:09 gw1 app: first", "<13>Nov  4 14:02:09 gw1 app: second",
            "<13>Nov  4 14:02:09 gw1 other: \(String(repeating: "x", count: 500))", "<13>1 - - - - - - no program",
            "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.0.2.101 to 00:11:22:33:44:55 (x) via eth0",
        ]
        _ = feed.offer(Array(lines.map { $0 + "\n" }.joined().utf8)[...])
        let events = watch.take().events.map { String(decoding: $0, as: UTF8.self) }
        #expect(events.count == 5 && events.allSatisfy { $0.hasPrefix("{\"type\":\"") && $0.hasSuffix("}") })
        #expect(
            bench.pipeline.unmatchedSamples == [
                "app": "first", "other": String(repeating: "x", count: UnmatchedSamples.longest), "": "no program",
            ])
    }
}
