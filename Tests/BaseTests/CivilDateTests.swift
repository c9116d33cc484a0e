import Base
import Testing

@Suite struct CivilDateTests {
    @Test(
        arguments: [
            (0, 1970, 1, 1), (-1, 1969, 12, 31), (59, 1970, 3, 1), (11_016, 2000, 2, 29), (11_017, 2000, 3, 1),
            (47_540, 2100, 2, 28), (47_541, 2100, 3, 1), (-719_528, 0, 1, 1), (2_932_896, 9999, 12, 31),
        ] as [(Int64, Int64, Int64, Int64)]) func `a day is a date`(
            _ day: Int64, _ year: Int64, _ month: Int64, _ of: Int64
        )
    {
        #expect(CivilDate.date(ofDay: day) == (year, month, of))
        #expect(CivilDate.daysSinceEpoch(year: Int(year), month: Int(month), day: Int(of)) == day)
    }

    @Test func `days and dates of eight centuries are each other's inverse`() {
        var day = CivilDate.daysSinceEpoch(year: 1600, month: 1, day: 1)
        for year in 1600..<2400 {
            for month in 1...12 {
                for date in 1...CivilDate.days(inMonth: month, of: year) {
                    guard CivilDate.daysSinceEpoch(year: year, month: month, day: date) == day,
                        CivilDate.date(ofDay: day) == (Int64(year), Int64(month), Int64(date))
                    else {
                        Issue.record("\(year)-\(month)-\(date)")
                        return
                    }
                    day += 1
                }
            }
        }
    }

    @Test(
        arguments: [(-1, 1969), (0, 1970), (31_535_999, 1970), (31_536_000, 1971), (-31_536_001, 1968)]
            as [(Int64, Int)])
    func `a second falls in its year`(_ second: Int64, _ year: Int) {
        #expect(CivilDate.year(ofSeconds: second) == year)
    }
}
