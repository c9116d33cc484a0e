import Events
import Glibc
import Parsers
import Routing
import RuleTools
import Syslog

/// The lines that no rule knows, and what could be written for them.
struct UnmatchedSurvey: ~Copyable {
    private var trial: LineTrial
    private var shapes: UnmatchedShapes
    private var lineCount = 0
    private var matchedCount = 0

    init(_ way: LineTrial.Way) {
        trial = LineTrial(way)
        shapes = UnmatchedShapes(way.routing.parsers)
    }

    /// Takes one line. What a route drops is of no interest.
    mutating func add(_ line: UnsafeRawBufferPointer) {
        let outcome = trial.take(line) { outcome, _ in outcome }
        if outcome.isDropped { return }
        lineCount += 1
        if outcome.type != .syslog {
            matchedCount += 1
        } else {
            shapes.add(
                trial.bytes(of: outcome.header.body), program: trial.bytes(of: outcome.header.program),
                parser: outcome.parser)
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
