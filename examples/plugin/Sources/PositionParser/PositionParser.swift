import Events
import Parsers

/// `NMEA` position lines: `$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,…`.
package struct PositionParser: ParserPlugin {
    package static let name = "position_log_parser"
    package static let programs = ["gpsd-log"]
    package static let eventTypes = ["POSITION"]
    package static let fields = [
        Vocabulary.Field(name: "latitude", kind: .text), Vocabulary.Field(name: "longitude", kind: .text),
        Vocabulary.Field(name: "satellites", kind: .number),
    ]

    package init() {}

    package func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int? {
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
