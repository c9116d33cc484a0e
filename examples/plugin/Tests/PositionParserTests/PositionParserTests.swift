import Foundation
import Parsers
import PluginConformance
import PositionParser
import Testing

private let sample = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"

@Suite struct PositionParserTests {
    @Test func `it keeps what every parser promises`() throws {
        let set = try ParserSet([], plugins: [PositionParser.self])
        try checkConformance(of: PositionParser.name, in: set, samples: [sample, "$GPGGA,,,,,,,x"])
    }

    @Test(arguments: [
        (sample, ["type": "POSITION", "latitude": "4807.038", "longitude": "01131.000", "satellites": "8"]),
        ("$GPRMC,123519", ["type": "SYSLOG"]),
    ])
    func `the command reads its program's lines with it`(message: String, expected: [String: String]) throws {
        let event = try parse("<30>Nov  4 14:02:09 ship1 gpsd-log[7]: \(message)")
        for (field, value) in expected { #expect(event[field].map { "\($0)" } == value, "\(field)") }
        #expect(event["message"] as? String == message)
    }

    /// What the built command makes of a line on standard input.
    private func parse(_ line: String) throws -> [String: Any] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("position-streamer")
        process.arguments = ["parse"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        try input.fileHandleForWriting.close()
        let event = try #require(try output.fileHandleForReading.readToEnd())
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return try #require(try JSONSerialization.jsonObject(with: event) as? [String: Any])
    }
}
