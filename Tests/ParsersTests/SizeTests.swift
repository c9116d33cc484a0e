import Parsers
import TestSupport
import Testing

@Suite struct SizeTests {
    @Test(
        arguments: [
            ("{x:size}", "12.4M", "T0 x=13002342"), ("{x:size}", "0B", "T0 x=0"),
            ("{x:size}", "1.5G", "T0 x=1610612736"),
            ("{x:size}", "512K", "T0 x=524288"), ("{x:size}", "3.2GiB", "T0 x=3435973836"),
            ("{x:size}", "100 kB", "T0 x=100000"), ("{x:size}", "4 KiB", "T0 x=4096"),
            ("{x:size}", "1MB", "T0 x=1000000"),
            ("{x:size}", "15E", "T0 x=17293822569102704640"), ("{x:size}", "16E", nil),
            ("{x:size}", "0.9999B", "T0 x=0"), ("{x:size}", "007K", "T0 x=7168"),
            ("{x:size}.", "1.5G.", "T0 x=1610612736"), ("{x:size}, z", "1K, z", "T0 x=1024"),
            // A number alone is an int; a space needs the B; one word; KB is used for both.
            ("{x:size}", "100", nil), ("{x:size}", "4 K", nil), ("{x:size}", "4KB", nil), ("{x:size}", "4kiB", nil),
            ("{x:size}", "4k", nil), ("{x:size}", "4Mb", nil), ("{x:size}", "4Mx", nil), ("{x:size}", "4MBs", nil),
            ("{x:size}", "-4M", nil), ("{x:size}", "M", nil), ("{x:size}", "", nil), ("{x:size}", "4  kB", nil),
            ("{x:size}", "4Bi", nil), ("{x:size}", "4BB", nil), ("{x:size}", "5m", nil),
            ("used {x:size} of {y:int}", "used 1K of 7", "T0 x=1024 y=7"),
        ] as [(String, String, String?)])
    func aSizeIsWrittenInBytes(pattern: String, message: String, expected: String?) throws {
        var harness = try Harness(parserSet([pattern]))
        #expect(try harness.fields(message) == expected)
    }

    @Test func aSizeIsTriedBeforeANumber() throws {
        var harness = try Harness(parserSet(["took {x:int}{y:word}", "took {z:size}", "took {w:duration}"]))
        #expect(try harness.fields("took 5M") == "T1 z=5242880")
        #expect(try harness.fields("took 5m") == "T2 w=300")
        #expect(try harness.fields("took 5x") == "T0 x=5 y=x")
    }

    @Test func aSizeIsItsNumberTimesItsUnit() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        var harness = try Harness(parserSet(["{x:size}"]))
        let units = ["B", "K", "M", "G", "T", "KiB", "MiB", "GiB", "TiB"]
        for _ in 0..<500 {
            let unit = Int.random(in: 0..<units.count, using: &random)
            let power = unit < 5 ? unit : unit - 4
            // Quarters are exact in binary, so a double is an exact reference.
            let quarters = Int.random(in: 0...4000, using: &random)
            let fraction = ["", ".25", ".5", ".750"][quarters % 4]
            var bytes = Double(quarters) / 4
            for _ in 0..<power { bytes *= 1024 }
            let text = "\(quarters / 4)\(fraction)\(units[unit])"
            let fields = try harness.fields(text)
            #expect(fields == "T0 x=\(UInt64(bytes))", "seed \(seed), \(text)")
        }
    }
}
