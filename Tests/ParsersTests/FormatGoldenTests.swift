import Events
import Foundation
import Parsers
import RuleTools
import Syslog
import Testing

/// What each format makes of every kind of value, byte for byte. The rules, the lines and the events stand in
/// Tests/Golden/formats; a new format gets a file of its own there.
///
/// These bytes are what consumers read. When they are meant to change, `UPDATE_GOLDEN=1 swift test --filter
/// FormatGoldenTests` writes the files anew: read what `git diff` then shows, and say it in the changelog.
@Suite struct FormatGoldenTests {
    private static let folder = (#filePath as NSString).deletingLastPathComponent + "/../Golden/formats/"

    /// 2026-01-01T00:00:01.5Z.
    static let received: Int64 = 1_767_225_601_500_000_000

    static func set() throws -> ParserSet {
        let text = try String(contentsOfFile: folder + "rules.yaml", encoding: .utf8)
        return try ParserSet([RulesFile(yaml: text, name: "rules.yaml")])
    }

    /// The lines as bytes: `\xHH` stands for a byte.
    static func lines() throws -> [[UInt8]] {
        let text = try String(contentsOfFile: folder + "lines.txt", encoding: .utf8)
        return text.split(separator: "\n").map { line in
            var bytes: [UInt8] = []
            var rest = Substring(line)
            while let mark = rest.range(of: #"\x"#) {
                bytes += Array(rest[..<mark.lowerBound].utf8)
                let digits = rest[mark.upperBound...].prefix(2)
                bytes.append(UInt8(digits, radix: 16)!)
                rest = rest[digits.endIndex...]
            }
            return bytes + Array(rest.utf8)
        }
    }

    @Test(arguments: FormatName.allCases.filter { $0 != .raw })
    func everyKindOfValueIsWrittenAsItAlwaysWas(format: FormatName) throws {
        var reader = MessageReader(try Self.set())
        let events = try Self.lines().map { line in
            let message = reader.event(of: line, receivedNanoseconds: Self.received, as: format)
            return String(decoding: message.event, as: UTF8.self)
        }
        let path = Self.folder + "\(format.rawValue).txt"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try (events.joined(separator: "\n") + "\n").write(toFile: path, atomically: false, encoding: .utf8)
        }
        let expected = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { String($0) }
        try #require(events.count == expected.count)
        for (event, expected) in zip(events, expected) { #expect(event == expected) }
    }

    @Test func theRulesOfTheGoldenEventsHold() throws {
        let results = RulesReport(try Self.set()).test()
        for result in results { #expect(result.holds, "\(result.rule): \(result.differences)") }
    }
}
