import Events
import Parsers
import TestSupport
import Testing

/// The plug-in of docs/writing-a-parser.md, as it stands there.
///
/// `NMEA` position lines: `$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,…`.
struct PositionParser: ParserPlugin {
    static let name = "position_log_parser"
    static let programs = ["gpsd-log"]
    static let eventTypes = ["POSITION"]
    static let fields = [
        Vocabulary.Field(name: "latitude", kind: .text), Vocabulary.Field(name: "longitude", kind: .text),
        Vocabulary.Field(name: "satellites", kind: .number),
    ]

    func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int? {
        let start: StaticString = "$GPGGA,"
        guard message.count > start.utf8CodeUnitCount else { return nil }
        for index in 0..<start.utf8CodeUnitCount where message[index] != start.utf8Start[index] { return nil }
        // Column 2 is the latitude, 4 the longitude, 7 the number of satellites; 0 is `$GPGGA`.
        var column = 0
        var begin = 0
        for index in 0...message.count where index == message.count || message[index] == UInt8(ascii: ",") {
            switch column {
            case 2: fields.add(0, begin..<index, as: .text)
            case 4: fields.add(1, begin..<index, as: .text)
            case 7: fields.add(2, begin..<index, as: .number)
            default: break
            }
            column += 1
            begin = index + 1
        }
        return column > 7 ? 0 : nil
    }
}

@Suite struct DocumentedPluginTests {
    private let sample = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"

    @Test func itReadsAPosition() throws {
        var harness = try Harness(ParserSet([], plugins: [PositionParser.self]), parser: PositionParser.name)
        #expect(try harness.fields(sample) == "POSITION latitude=4807.038 longitude=01131.000 satellites=8")
        #expect(try harness.fields("$GPRMC,123519") == nil)
    }

    @Test func itConforms() throws {
        let set = try ParserSet([], plugins: [PositionParser.self])
        try checkConformance(
            of: PositionParser.name, in: set, samples: [sample, "$GPGGA,,,,,,,x"],
            seed: SeededGenerator.runSeed)
    }
}
