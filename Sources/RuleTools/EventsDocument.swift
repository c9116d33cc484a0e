import Events
import Parsers

extension RulesReport {
    /// `docs/events.md`: every event type with its fields, in Markdown.
    public var eventsDocument: String {
        let parsers = self.parsers + plugins
        var lines = [
            "# Events",
            "",
            "Generated from the rules: do not edit. `Tests/ParsersTests` compares it with them.",
            "",
            "Every event is one JSON object. Its keys stand in this order: `type`; `ip`, `mac` and `hostname`, those",
            "that it has; `timestamp`; `source`, the name of the parser; its other fields; `message`; `raw`; `syslog`.",
            "A field that a message does not have is absent.",
            "",
            "| key | value |",
            "|---|---|",
            "| `type` | the event type; `SYSLOG` when no rule matches |",
            "| `timestamp` | the sender's time, RFC 3339 in UTC with the fraction digits received; the time of "
                + "reception in milliseconds when the header has none |",
            "| `source` | the parser's name; `syslog` when no rule matches |",
            "| `message` | the text behind the header; the whole frame when no header could be read |",
            "| `raw` | only when `message` is not UTF-8: its original bytes, base64; `message` then has U+FFFD for "
                + "each bad byte |",
            "| `syslog` | the envelope, below |",
            "",
            "| key in `syslog` | value |",
            "|---|---|",
            "| `facility`, `severity` | keywords; absent without a priority |",
            "| `host`, `program`, `pid`, `msgid` | text |",
            "| `structured_data` | id → name → value; a repeated name has an array of its values |",
            "| `received` | time of reception, in milliseconds |",
            "| `peer` | the address that the message came from |",
            "| `truncated` | `true` when the message was cut at the largest size |",
            "| `repeated` | N of \"last message repeated N times\" |",
            "| `fault` | what was wrong with the header, and at which byte |",
            "| `raw` | only when a value of the envelope is not UTF-8: the header's original bytes, base64 |",
        ]
        lines += ["", "## By program", "", "| program | parser | types |", "|---|---|---|"]
        for parser in parsers {
            var types: [String] = []
            for rule in parser.rules + parser.included where !types.contains(rule.eventType) {
                types.append(rule.eventType)
            }
            let programs =
                parser.programs.isEmpty
                ? "those that a route names" : parser.programs.map { "`\($0)`" }.joined(separator: " ")
            let list = types.map { "[\($0)](#\($0.lowercased()))" }.joined(separator: " ")
            lines.append("| \(programs) | `\(parser.name)` | \(list) |")
        }
        var types: [String] = []
        for parser in parsers {
            for rule in parser.rules + parser.included where !types.contains(rule.eventType) {
                types.append(rule.eventType)
            }
        }
        for type in types {
            var sources: [String] = []
            var fields: [Vocabulary.Field] = []
            for parser in parsers {
                for rule in parser.rules + parser.included where rule.eventType == type {
                    if !sources.contains(parser.name) { sources.append(parser.name) }
                    for field in rule.fields where !fields.contains(field) { fields.append(field) }
                }
            }
            let rank = { (name: String) in OutputCompiler.leadFields.firstIndex(of: name) ?? Int.max }
            let lead = fields.filter { rank($0.name) < Int.max }.sorted { rank($0.name) < rank($1.name) }
            lines += [
                "", "## \(type)", "", "From \(sources.map { "`\($0)`" }.joined(separator: ", ")).", "",
                "| field | kind |", "|---|---|",
            ]
            for field in lead + fields.filter({ rank($0.name) == Int.max }) {
                lines.append("| `\(field.name)` | \(field.kind.rawValue) |")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
