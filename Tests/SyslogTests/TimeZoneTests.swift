import Testing

@testable import Syslog

@Suite struct TimeZoneTests {
    @Test func transitionsAreThoseOfTheZone() throws {
        let berlin = try #require(TimeZoneTable.transitions(for: "Europe/Berlin", around: 2026...2026))
        #expect(berlin.initialOffset == 3600)
        #expect(berlin.transitions.map(\.0) == [1_774_746_000, 1_792_890_000])
        #expect(berlin.transitions.map(\.1) == [7200, 3600])
        // A change of the standard time that is no daylight saving: Moscow, 26 October 2014.
        let moscow = try #require(TimeZoneTable.transitions(for: "Europe/Moscow", around: 2013...2016))
        #expect(moscow.transitions.map(\.0) == [1_414_274_400])
        #expect(moscow.initialOffset == 14400 && moscow.transitions.map(\.1) == [10800])
        let kolkata = try #require(TimeZoneTable.transitions(for: "Asia/Kolkata"))
        #expect(kolkata.initialOffset == 19800 && kolkata.transitions.isEmpty)
    }

    @Test(arguments: ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Tehran"])
    func transitionsAscendAndChangeTheOffset(_ name: String) throws {
        let table = try #require(TimeZoneTable.transitions(for: name))
        var offset = table.initialOffset
        var last = Int64.min
        for (at, next) in table.transitions {
            #expect(at > last && next != offset && abs(next) <= 14 * 3600)
            (last, offset) = (at, next)
        }
        #expect(table.transitions.count > 20)
    }

    @Test(
        arguments: [("UTC", 0), ("Z", 0), ("+02:00", 7200), ("-0530", -19800), ("+14:00", 50400)] as [(String, Int32)])
    func fixedOffsetsHaveNoTransition(_ name: String, _ offset: Int32) throws {
        let table = try #require(TimeZoneTable.transitions(for: name))
        #expect(table.initialOffset == offset && table.transitions.isEmpty)
    }

    @Test func theMachinesZoneIsKnown() { #expect(TimeZoneTable.isKnown("local")) }

    @Test(arguments: [
        "", "BST", "CEST", "Berlin", "europe/berlin", "+2", "+15:00", "+02:60", "+2:000", "GMT+2", "Europe/Berlin\0",
        "../UTC", "Foo/Bar",
    ])
    func namesOfNoZone(_ name: String) {
        #expect(!TimeZoneTable.isKnown(name))
        #expect(TimeZoneTable.transitions(for: name) == nil)
    }
}
