import Syslog
import Testing

/// The times of the older header: forms, the missing year, zones.
@Suite struct HeaderTimeTests {
    private static let forms: [(String, String)] = [
        ("Nov  4 14:02:09", "2025-11-04T14:02:09Z"),
        ("Nov 04 14:02:09", "2025-11-04T14:02:09Z"),
        ("Nov 4 14:02:09", "2025-11-04T14:02:09Z"),
        ("NOV  4 14:02:09", "2025-11-04T14:02:09Z"),
        ("Nov  4 9:02:09", "2025-11-04T09:02:09Z"),
        ("Nov 14 14:02:09", "2025-11-14T14:02:09Z"),
        ("Nov  4 2025 14:02:09", "2025-11-04T14:02:09Z"),
        ("Nov 04 1999 14:02:09", "1999-11-04T14:02:09Z"),
        ("2024 Nov  4 14:02:09", "2024-11-04T14:02:09Z"),
        ("Nov  4 14:02:09 2024", "2024-11-04T14:02:09Z"),
        ("Feb 29 14:02:09 2024", "2024-02-29T14:02:09Z"),
        ("Nov  4 14:02:09.1", "2025-11-04T14:02:09.1Z"),
        ("Nov  4 14:02:09.123456", "2025-11-04T14:02:09.123456Z"),
        ("Nov  4 14:02:09,123", "2025-11-04T14:02:09.123Z"),
        ("Nov  4 14:02:09 UTC", "2025-11-04T14:02:09Z"),
        ("Nov  4 14:02:09 CET", "2025-11-04T13:02:09Z"),
        ("Nov  4 14:02:09 CEST", "2025-11-04T12:02:09Z"),
        ("Nov  4 14:02:09 EST", "2025-11-04T19:02:09Z"),
        ("Nov  4 14:02:09 IST", "2025-11-04T08:32:09Z"),
        ("Nov  4 14:02:09.5 PST 2024", "2024-11-04T22:02:09.5Z"),
        ("Nov  4 14:02:09 2024 PST", "2024-11-04T22:02:09Z"),
        ("Nov  4 14:02:09Z", "2025-11-04T14:02:09Z"),
        ("Nov  4 14:02:09 +0100", "2025-11-04T13:02:09Z"),
        ("Nov  4 14:02:09 -05:30", "2025-11-04T19:32:09Z"),
        ("Nov  4 14:02:09+01:00", "2025-11-04T13:02:09Z"),
        ("Nov  4 14:02:09+02", "2025-11-04T12:02:09Z"),
        ("Dec 31 23:59:60", "2026-01-01T00:00:00Z"),
        ("2025-11-04T14:02:09.123456+01:00", "2025-11-04T13:02:09.123456Z"),
        ("2025-11-04T14:02:09+0100", "2025-11-04T13:02:09Z"),
        ("2025-11-04T14:02:09Z", "2025-11-04T14:02:09Z"),
        ("2025-11-04t14:02:09z", "2025-11-04T14:02:09Z"),
        ("2025-11-04T14:02:09", "2025-11-04T14:02:09Z"),
        ("2025-11-04 14:02:09.25", "2025-11-04T14:02:09.25Z"),
        ("2025-11-04 14:02:09 CET", "2025-11-04T13:02:09Z"),
        ("2025-11-04 14:02:09 +01:00", "2025-11-04T13:02:09Z"),
    ]

    @Test(arguments: forms)
    func `Every form of a time is read, with and without a priority`(_ received: String, _ expected: String) {
        for priority in ["<30>", ""] {
            HeaderCase(
                priority + received, "\(priority)\(received) gw1 app[1]: x",
                priority: priority.isEmpty ? nil : "daemon.info", time: expected, host: "gw1", program: "app",
                pid: "1", content: "x"
            ).check()
        }
    }

    private static let notZones: [(String, String)] = [
        ("GW", "GW"), ("EXAMPLE", "EXAMPLE"), ("XYZ", "XYZ"), ("UTC1", "UTC1"), ("2150a", "2150a"),
    ]

    @Test(arguments: notZones)
    func `A word that only looks like a zone or a year is the host`(_ word: String, _ host: String) {
        HeaderCase(
            word, "<30>Nov  4 14:02:09 \(word) app: x", priority: "daemon.info", time: "2025-11-04T14:02:09Z",
            host: host, program: "app", content: "x"
        ).check()
    }

    @Test func `An unknown name in capitals with a colon is a tag`() {
        HeaderCase(
            "CRON", "<78>Nov  4 14:02:09 CRON: x", priority: "cron.info", time: "2025-11-04T14:02:09Z",
            program: "CRON", content: "x"
        ).check()
    }

    private static let years: [(String, String, String)] = [
        ("Dec 31 23:59:59", "2026-01-01T00:00:05Z", "2025-12-31T23:59:59Z"),
        ("Jan  1 00:00:01", "2025-12-31T23:59:58Z", "2026-01-01T00:00:01Z"),
        ("Jul  1 12:00:00", "2025-12-30T12:00:00Z", "2025-07-01T12:00:00Z"),
        ("Jun 30 12:00:00", "2025-12-31T12:00:00Z", "2026-06-30T12:00:00Z"),
        ("Feb 29 12:00:00", "2025-03-01T00:00:00Z", "2024-02-29T12:00:00Z"),
        ("Feb 29 12:00:00", "2027-03-01T00:00:00Z", "2028-02-29T12:00:00Z"),
        ("Feb 29 12:00:00", "2024-02-29T12:00:01Z", "2024-02-29T12:00:00Z"),
        ("Feb 29 12:00:00", "2099-06-01T00:00:00Z", "2096-02-29T12:00:00Z"),
        ("Feb 29 12:00:00", "2101-01-01T00:00:00Z", "2104-02-29T12:00:00Z"),
        ("Nov  4 14:02:09", "1970-01-01T00:00:00Z", "1969-11-04T14:02:09Z"),
    ]

    @Test(arguments: years)
    func `A missing year is the one that is closest to reception`(
        _ received: String, _ now: String, _ expected: String
    ) {
        HeaderCase(
            received, "\(received) gw1 app: x", time: expected, host: "gw1", program: "app", content: "x"
        ).check(received: instant(now))
    }

    @Test func `A remembered second is resolved anew when reception has moved to another year`() {
        let frame = Array("<30>Nov  4 14:02:09 gw1 app: x".utf8)
        var parser = HeaderParser()
        for year in [2020, 2021, 2025, 2024, 2000] {
            let message = parser.parse(
                frame.span, receivedSeconds: instant("\(year)-11-04T15:00:00Z"), zone: .utc)
            #expect(timeText(message.timestamp) == "\(year)-11-04T14:02:09Z")
        }
    }

    @Test func `Seconds that differ are never mistaken for the remembered one`() {
        var parser = HeaderParser()
        let classic = ["Nov  4 14:02:09", "Nov  4 14:02:08", "Nov  5 14:02:08", "Dec  5 14:02:08", "Nov  4 14:02:09"]
        for time in classic {
            let message = parser.parse(
                Array("<30>\(time) gw1 app: x".utf8).span, receivedSeconds: instant("2025-11-04T14:02:09Z"),
                zone: .utc)
            var fresh = HeaderParser()
            let expected = fresh.parse(
                Array("<30>\(time) gw1 app: x".utf8).span, receivedSeconds: instant("2025-11-04T14:02:09Z"),
                zone: .utc)
            #expect(message == expected)
        }
        for time in ["2025-11-04T14:02:09", "2025-11-04T14:02:08", "2024-11-04T14:02:09", "2025-11-04T14:02:09"] {
            let message = parser.parse(
                Array("<30>1 \(time)Z gw1 app - - - x".utf8).span, receivedSeconds: 0, zone: .utc)
            #expect(timeText(message.timestamp) == time + "Z")
        }
    }

    @Test func `A lenient time that was remembered is still refused by RFC 5424`() {
        var parser = HeaderParser()
        for _ in 0..<2 {
            let old = parser.parse(
                Array("<30>2025-11-04 14:02:09 gw1 app: x".utf8).span, receivedSeconds: 0, zone: .utc)
            #expect(old.fault == nil)
            let new = parser.parse(
                Array("<30>1 2025-11-04 14:02:09 gw1 app - - - x".utf8).span, receivedSeconds: 0, zone: .utc)
            #expect(new.fault == HeaderFault(.timestamp, column: 17))
            #expect(timeText(new.timestamp) == "2025-11-04T14:02:09Z")
        }
    }

    @Test(arguments: [Int64.min, -1, 0, Int64.max, 253_402_300_799, -62_135_596_800])
    func `Any time of reception is survived`(_ received: Int64) {
        for time in ["Nov  4 14:02:09", "Feb 29 23:59:60", "Jan  1 00:00:00 EST"] {
            var parser = HeaderParser()
            let frame = Array("<30>\(time) gw1 app: x".utf8)
            for zone in [LocalZone.utc, berlin] {
                let message = parser.parse(frame.span, receivedSeconds: received, zone: zone)
                #expect(message.timestamp.isPresent)
            }
        }
    }

    // MARK: zones

    private static let local: [(String, String, String)] = [
        ("Jul  1 12:00:00", "2025-07-01T10:00:00Z", "2025-07-01T10:00:00Z"),
        ("Dec  1 12:00:00", "2025-12-01T11:00:00Z", "2025-12-01T11:00:00Z"),
        // Put forward on 2025-03-30 at 02:00: 02:30 was never shown.
        ("Mar 30 01:59:59", "2025-03-30T00:59:59Z", "2025-03-30T00:59:59Z"),
        ("Mar 30 02:30:00", "2025-03-30T01:30:00Z", "2025-03-30T01:30:00Z"),
        ("Mar 30 03:00:00", "2025-03-30T01:00:00Z", "2025-03-30T01:00:00Z"),
        // Put back on 2025-10-26 at 03:00: 02:30 was shown twice; the closer to reception is meant.
        ("Oct 26 02:30:00", "2025-10-26T00:30:01Z", "2025-10-26T00:30:00Z"),
        ("Oct 26 02:30:00", "2025-10-26T01:30:01Z", "2025-10-26T01:30:00Z"),
        ("Oct 26 02:30:00", "2025-10-26T01:00:00Z", "2025-10-26T00:30:00Z"),
        ("Oct 26 03:00:00", "2025-10-26T02:00:00Z", "2025-10-26T02:00:00Z"),
        // The new year of the zone is not the new year of UTC.
        ("Jan  1 00:30:00", "2025-12-31T23:30:00Z", "2025-12-31T23:30:00Z"),
        // A zone in the message wins.
        ("Jul  1 12:00:00 UTC", "2025-07-01T10:00:00Z", "2025-07-01T12:00:00Z"),
        ("2025-07-01T12:00:00", "2025-07-01T10:00:00Z", "2025-07-01T10:00:00Z"),
        ("2025-07-01T12:00:00Z", "2025-07-01T10:00:00Z", "2025-07-01T12:00:00Z"),
        ("2025 Jul  1 12:00:00", "2030-07-01T10:00:00Z", "2025-07-01T10:00:00Z"),
    ]

    @Test(arguments: local)
    func `A time without a zone is on the clock of the configured zone`(
        _ received: String, _ now: String, _ expected: String
    ) {
        HeaderCase(
            received, "<30>\(received) gw1 app: x", priority: "daemon.info", time: expected, host: "gw1",
            program: "app", content: "x"
        ).check(received: instant(now), zone: berlin)
    }

    @Test func `One parser serves senders in different zones`() {
        let frame = Array("<30>Jul  1 12:00:00 gw1 app: x".utf8)
        let received = instant("2025-07-01T12:00:00Z")
        let east = LocalZone(transitions: [], initialOffset: 5 * 3_600)
        var parser = HeaderParser()
        for _ in 0..<2 {
            for (zone, expected) in [(LocalZone.utc, "12:00:00"), (berlin, "10:00:00"), (east, "07:00:00")] {
                let message = parser.parse(frame.span, receivedSeconds: received, zone: zone)
                #expect(timeText(message.timestamp) == "2025-07-01T\(expected)Z")
            }
        }
    }

    @Test func `A remembered time that the clocks showed twice follows reception`() {
        let frame = Array("<30>Oct 26 02:30:00 gw1 app: x".utf8)
        var parser = HeaderParser()
        for now in ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-10-26T00:30:00Z"] {
            let message = parser.parse(frame.span, receivedSeconds: instant(now), zone: berlin)
            #expect(timeText(message.timestamp) == now)
        }
    }

    @Test func `The offset in force is found before, between and after the transitions`() {
        #expect(berlin.offset(atUTC: instant("2020-01-01T00:00:00Z")) == 3_600)
        #expect(berlin.offset(atUTC: instant("2025-03-30T00:59:59Z")) == 3_600)
        #expect(berlin.offset(atUTC: instant("2025-03-30T01:00:00Z")) == 7_200)
        #expect(berlin.offset(atUTC: instant("2025-10-26T00:59:59Z")) == 7_200)
        #expect(berlin.offset(atUTC: instant("2025-10-26T01:00:00Z")) == 3_600)
        #expect(LocalZone.utc.offset(atUTC: 0) == 0)
    }

    @Test func `Every hour of a zone leads from UTC to local time and back`() {
        var hour = instant("2024-12-31T00:00:00Z")
        let end = instant("2026-01-02T00:00:00Z")
        while hour < end {
            #expect(berlin.utcSeconds(local: hour + Int64(berlin.offset(atUTC: hour)), near: hour) == hour)
            hour += 1_800
        }
    }

    @Test func `A time in the second gap of one day has the offset between the two`() {
        let hour: Int64 = 3_600
        let zone = LocalZone(transitions: [(20 * hour, 10_800), (10 * hour, 3_600)], initialOffset: 0)
        #expect(zone.utcSeconds(local: 21 * hour + 1_800, near: 0) == 20 * hour + 1_800)
        #expect(zone.utcSeconds(local: 10 * hour + 1_800, near: 0) == 10 * hour + 1_800)
        #expect(zone.utcSeconds(local: 20 * hour, near: 0) == 19 * hour)
    }

    @Test func `A zone from absurd transitions does not trap`() {
        let zone = LocalZone(
            transitions: [(.max, .max), (.min, .min), (0, 0), (0, 3_600)], initialOffset: .min)
        for local in [Int64.min, -1, 0, 1, .max] {
            for near in [Int64.min, 0, .max] {
                let seconds = zone.utcSeconds(local: local, near: near)
                #expect(abs(seconds) < 300_000_000_000)
            }
        }
    }
}

/// Central European time around 2025.
let berlin = LocalZone(
    transitions: [
        (instant("2024-03-31T01:00:00Z"), 7_200), (instant("2024-10-27T01:00:00Z"), 3_600),
        (instant("2025-03-30T01:00:00Z"), 7_200), (instant("2025-10-26T01:00:00Z"), 3_600),
        (instant("2026-03-29T01:00:00Z"), 7_200), (instant("2026-10-25T01:00:00Z"), 3_600),
    ], initialOffset: 3_600)
