import Events
import Glibc
import Parsers
import RuleTools
import Syslog

/// The lines that no rule knows, and what could be written for them.
struct UnmatchedSurvey: ~Copyable {
    private let set: ParserSet
    private let zone: LocalZone
    private let parser: ParserID?
    private var reader: MessageReader
    private var shapes: UnmatchedShapes
    private var lineCount = 0
    private var matchedCount = 0

    init(set: ParserSet, zone: LocalZone, program: String? = nil, parser: ParserID? = nil) {
        self.parser = parser
        self.set = set
        self.zone = zone
        reader = MessageReader(set, program: program)
        shapes = UnmatchedShapes(set)
    }

    /// Takes one line.
    mutating func add(_ frame: UnsafeRawBufferPointer) {
        let message = reader.event(
            of: Array(frame), receivedNanoseconds: Int64(time(nil)) * 1_000_000_000, zone: zone, parser: parser)
        lineCount += 1
        if message.type != .syslog {
            matchedCount += 1
        } else {
            shapes.add(
                Array(message.bytes[message.header.body.offsets]),
                program: Array(message.bytes[message.header.program.offsets]), parser: message.parser)
        }
    }

    /// Prints a draft for each shape to standard output and the totals to standard error.
    func print(json: Bool) {
        let drafts = shapes.drafts
        for draft in drafts { Output.write(json ? Self.json(draft) : Self.text(draft)) }
        Output.flush()
        var totals = "\(lineCount) lines: \(matchedCount) matched, \(lineCount - matchedCount) unmatched"
        totals += " in \(drafts.count) shapes"
        if shapes.others > 0 {
            totals += ", and \(shapes.others) of them in further shapes that are not shown"
        }
        Output.error(totals)
    }

    /// A comment and a rule, as it can stand in a rules file.
    private static func text(_ draft: UnmatchedShapes.Draft) -> String {
        let program = draft.program.isEmpty ? "no program" : draft.program
        let parser = draft.parser.map { "unknown to \($0)" } ?? "which has no parser"
        let lines = draft.count == 1 ? "1 line" : "\(draft.count) lines"
        return "  # \(lines) of \(readable(program)), \(parser)\n\(draft.rule)\n"
    }

    private static func readable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : Character($0) })
    }

    private static func json(_ draft: UnmatchedShapes.Draft) -> String {
        func text(_ value: String) -> String { JSONText.literal(value) }
        var members = [#""count":\#(draft.count)"#, #""program":\#(text(draft.program))"#]
        if let parser = draft.parser { members.append(#""parser":\#(text(parser))"#) }
        members.append(#""pattern":\#(text(draft.pattern)),"sample":\#(text(draft.sample))"#)
        members.append(#""rule":\#(text(draft.rule))"#)
        return "{\(members.joined(separator: ","))}\n"
    }
}
