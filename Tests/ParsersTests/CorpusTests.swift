import Events
import Foundation
import Parsers
import Syslog
import Testing
import TestRules

/// Lines of the daemons themselves (Tests/Corpus; docs/parsers.md says how they were collected): `shown` to those who
/// wrote the rules, and a third, `held` back.
@Suite struct CorpusTests {
    struct Count {
        var lines = 0
        var typed = 0
        var types: Set<UInt16> = []

        var share: Double { lines == 0 ? 0 : Double(typed) / Double(lines) }
    }

    private static let folder = (#filePath as NSString).deletingLastPathComponent + "/../Corpus/"

    private static func count(_ part: String, _ program: String) throws -> Count {
        let set = try BuiltIn.set()
        var encoder = EventEncoder(set)
        var headers = HeaderParser()
        var count = Count()
        let text = try Data(contentsOf: URL(fileURLWithPath: folder + "\(part)/\(program).log"))
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let frame = Array(line)
            let header = headers.parse(frame.span, receivedSeconds: 1_763_884_800, zone: .utc)
            let tag = Array(frame[header.program.lowerBound..<header.program.upperBound])
            count.lines += 1
            guard let parser = set.parser(forProgram: tag.span) else { continue }
            let type = encoder.match(frame.span, header, parser: parser)
            guard type != .syslog else { continue }
            count.typed += 1
            count.types.insert(type.rawValue)
        }
        return count
    }

    private static func programs() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "held").filter { $0.hasSuffix(".log") }
            .map { String($0.dropLast(4)) }.sorted()
    }

    @Test("of the lines that were held back at least 99 in 100 are typed, all programs together")
    func heldBack() throws {
        let counts = try Self.programs().map { try Self.count("held", $0) }
        let lines = counts.reduce(0) { $0 + $1.lines }
        let typed = counts.reduce(0) { $0 + $1.typed }
        #expect(lines > 3000)
        #expect(Double(typed) >= 0.99 * Double(lines), "\(typed) of \(lines)")
    }

    @Test("the coverage that docs/parsers.md states is what the rules reach")
    func document() throws {
        var table =
            "| program | lines shown | typed | lines held back | typed | event types |\n|---|---|---|---|---|---|\n"
        var all = (shown: Count(), held: Count())
        for program in try Self.programs() {
            let shown = try Self.count("shown", program)
            let held = try Self.count("held", program)
            table += Self.row(program, shown, held)
            all.shown.lines += shown.lines
            all.shown.typed += shown.typed
            all.shown.types.formUnion(shown.types)
            all.held.lines += held.lines
            all.held.typed += held.typed
            all.held.types.formUnion(held.types)
        }
        table += Self.row("**all**", all.shown, all.held)

        let path = (#filePath as NSString).deletingLastPathComponent + "/../../docs/parsers.md"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let parts = text.components(separatedBy: "<!-- coverage -->\n")
        try #require(parts.count == 3, "docs/parsers.md has the table between two lines <!-- coverage -->")
        let current = parts[0] + "<!-- coverage -->\n" + table + "<!-- coverage -->\n" + parts[2]
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try current.write(toFile: path, atomically: false, encoding: .utf8)
        } else {
            #expect(text == current, "docs/parsers.md is stale: run make docs")
        }
    }

    private static func row(_ name: String, _ shown: Count, _ held: Count) -> String {
        func percent(_ count: Count) -> String {
            "\(count.typed) (\(String(format: "%.1f", 100 * count.share)) %)"
        }
        let types = shown.types.union(held.types).count
        return "| \(name) | \(shown.lines) | \(percent(shown)) | \(held.lines) | \(percent(held)) | \(types) |\n"
    }
}
