import Testing

@testable import Syslog

@Suite struct TimeZoneFileTests {
    /// The rules of zones of today, each with the second from which summer and standard time hold in 2030.
    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", 3600, [1_901_149_200, 1_919_293_200]),
        ("EST5EDT,M3.2.0,M11.1.0", -18000, [1_899_356_400, 1_919_916_000]),
        // South of the equator the year begins in summer; half an hour of it on Lord Howe.
        ("NZST-12NZDT,M9.5.0,M4.1.0/3", 43200, [1_901_714_400, 1_916_834_400]),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37800, [1_901_718_000, 1_917_444_600]),
        // Changes on the day before, and Dublin's winter, which is its daylight saving time.
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, [1_901_149_200, 1_919_293_200]),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", 3600, [1_901_149_200, 1_919_293_200]),
        // Days by number, with and without the leap day.
        ("AAA0BBB,J60/0,300/0", 0, [1_898_553_600, 1_919_372_400]), ("<+0545>-5:45", 20700, []),
    ])
    func aRuleGivesTheChangesOfAYear(_ text: String, _ standard: Int32, _ instants: [Int64]) throws {
        let rule = try #require(TimeZoneRule(text))
        #expect(rule.standardOffset == standard)
        #expect(rule.transitions(in: 2030).map(\.at) == instants)
    }

    @Test(arguments: [
        "", "CE-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J366", "CET-1:60", "<+01-1", "CET-1CEST,M3.5.0,M10.5.0/168",
        "CET-1CEST,M3.5.0,M10.5.0,", "CET-99999999999999999999",
    ])
    func textsOfNoRule(_ text: String) { #expect(TimeZoneRule(text) == nil) }

    /// A file of version 2 with two types, one listed change and a rule behind it.
    private static func file(times: [UInt8] = [0, 0, 0, 0, 0x5E, 0x0B, 0xE1, 0x00], footer: String = "\nCET-1\n")
        -> [UInt8]
    {
        func header(_ times: UInt8, _ types: UInt8) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
                + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, times, 0, 0, 0, types, 0, 0, 0, 4]
        }
        let types: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0x0E, 0x10, 0, 0]
        return header(0, 1) + [UInt8](repeating: 0, count: 6 + 4) + header(1, 2) + times + [1] + types
            + Array("UTC\0".utf8) + Array(footer.utf8)
    }

    @Test func aFileGivesItsChangesAndItsRule() throws {
        let zone = try #require(TimeZoneFile(bytes: Self.file()))
        #expect(zone.initialOffset == 0 && zone.rule?.standardOffset == 3600)
        let changes = zone.changes(from: 0, through: 4_000_000_000)
        #expect(changes.initialOffset == 0)
        #expect(changes.transitions.map(\.0) == [1_577_836_800] && changes.transitions.map(\.1) == [3600])
        let later = zone.changes(from: 1_600_000_000, through: 4_000_000_000)
        #expect(later.initialOffset == 3600 && later.transitions.isEmpty)
    }

    @Test func aRuleHoldsBehindTheListedChanges() throws {
        let zone = try #require(TimeZoneFile(bytes: Self.file(footer: "\nCET-1CEST,M3.5.0,M10.5.0/3\n")))
        let changes = zone.changes(from: 1_893_456_000, through: 1_924_991_999)
        #expect(changes.initialOffset == 3600)
        #expect(changes.transitions.map(\.0) == [1_901_149_200, 1_919_293_200])
        #expect(changes.transitions.map(\.1) == [7200, 3600])
    }

    @Test func aDamagedFileIsNone() {
        let whole = Self.file()
        for count in 0..<(whole.count - 7) {
            #expect(TimeZoneFile(bytes: Array(whole.prefix(count))) == nil, "\(count)")
        }
        var typeless = whole
        typeless[44 + 10 + 44 + 8] = 2
        #expect(TimeZoneFile(bytes: typeless) == nil)
    }

    @Test(arguments: [
        "/etc/localtime", "../zoneinfo/UTC", "Europe/../UTC", "", "Europe/", "tzdata.zi", "Europe/Berlin\0",
    ])
    func namesThatAreNotLookedUp(_ name: String) { #expect(TimeZoneFile.named(name) == nil) }
}
