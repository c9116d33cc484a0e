import ArgumentParser
import Events
import Glibc
import Parsers
import RuleTools

extension RulesCommand {
    /// `kafkastreamer rules explain LINE`: which pattern matches a line, or how far the closest ones get.
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "Show which pattern a line matches, or how far the closest patterns get and where they stop.")

        @Argument(help: "A log line with its header, in quotes; - reads lines from standard input.")
        var line: String

        @OptionGroup var files: Files

        @Option(help: ArgumentHelp("Try this parser, whatever the line's program tag.", valueName: "name"))
        var parser: String?

        @Flag(help: "The line has no syslog header: all of it is the message. Needs --parser.")
        var message = false

        @Option(help: ArgumentHelp("How many of the closest patterns to show when none matches.", valueName: "n"))
        var closest = 3

        @Flag(help: "Print one JSON object for each line.")
        var json = false

        func validate() throws {
            if message && parser == nil {
                throw ValidationError("--message needs --parser: a message without a header has no program tag.")
            }
            if closest < 1 { throw ValidationError("--closest: \(closest) is not 1 or more") }
        }

        func run() throws {
            let set = try files.load()
            var chosen: ParserID?
            if let parser {
                guard let found = set.parser(named: parser) else {
                    let known = set.parserNames.sorted().joined(separator: ", ")
                    throw Failure(Failure.usage, "--parser: no parser is called '\(parser)'; expected one of: \(known)")
                }
                chosen = found
            }
            if line != "-" {
                explain(Array(line.utf8), set, chosen)
                return
            }
            var isFirst = true
            while let text = readLine() {
                if !isFirst && !json { Output.write("\n") }
                isFirst = false
                explain(Array(text.utf8), set, chosen)
            }
        }

        private func explain(_ line: [UInt8], _ set: ParserSet, _ chosen: ParserID?) {
            let explanation = Explanation(
                line, by: set, parser: chosen, isMessage: message, receivedSeconds: Int64(time(nil)),
                attempts: closest)
            Output.write(json ? explanation.json + "\n" : explanation.text)
        }
    }
}

extension Explanation {
    /// For people: one line for each thing, a caret under the byte at which a pattern stops.
    fileprivate var text: String {
        var lines: [(name: String, text: String)] = []
        let parts = [("host", host), ("program", program), ("process", processID)].filter { !$1.isEmpty }
        let header = format == "none" ? ["no header"] : [format] + parts.map { "\($0) \($1)" }
        lines.append(("header", header.joined(separator: ", ")))
        lines.append(("message", readable(message[...])))
        if let parser {
            lines.append(("parser", parser + (tag.map { ", for the program tag '\($0)'" } ?? ", as told")))
        } else {
            let reason = program.isEmpty ? "the line has no program tag" : "no rules file is for program '\(program)'"
            lines.append(("parser", "none: \(reason)"))
        }
        switch verdict {
        case .noParser:
            break
        case .gaveUp:
            lines.append(("result", "given up: the message costs more byte steps than are allowed"))
        case .matchedByPlugin(let type):
            lines.append(("matched", "\(type), by the parser in Swift"))
        case .matched(let pattern, let values):
            lines.append(("matched", "\(Self.named(pattern)): \(pattern.eventType)"))
            lines.append(("pattern", pattern.text))
            let width = values.map { ($0.field ?? "_").count }.max() ?? 0
            for value in values {
                let name = (value.field ?? "_").padded(to: width)
                lines.append(("value", "\(name)  \(value.type.padded(to: 9))  \(readable(value.bytes[...]))"))
            }
        case .unmatched(let closest):
            lines.append(("result", "no pattern matches" + (closest.isEmpty ? "" : "; the closest:")))
            for attempt in closest {
                lines.append(("", ""))
                lines.append(("closest", Self.named(attempt.pattern)))
                lines += attempt.lines(in: message).map { ("", $0) }
            }
        }
        lines.append(("event", event))
        return lines.map { $0.text.isEmpty ? "\n" : "\($0.name.padded(to: 9)) \($0.text)\n" }.joined()
    }

    private static func named(_ pattern: Pattern) -> String {
        "rule '\(pattern.rule)' of \(pattern.parser), \(pattern.place)"
    }

    /// For machines: one object.
    fileprivate var json: String {
        func text(_ value: String) -> String { JSONText.literal(value) }
        func text(_ bytes: [UInt8]) -> String { text(String(decoding: bytes, as: UTF8.self)) }
        func object(_ pattern: Pattern) -> String {
            #""parser":\#(text(pattern.parser)),"rule":\#(text(pattern.rule)),"type":\#(text(pattern.eventType)),"#
                + #""place":\#(text(pattern.place)),"pattern":\#(text(pattern.text))"#
        }
        var members = [
            #""format":\#(text(format))"#, #""host":\#(text(host))"#, #""program":\#(text(program))"#,
            #""pid":\#(text(processID))"#, #""message":\#(text(message))"#,
        ]
        if let parser { members.append(#""parser":\#(text(parser))"#) }
        if let tag { members.append(#""tag":\#(text(tag))"#) }
        switch verdict {
        case .noParser: members.append(#""verdict":"no_parser""#)
        case .gaveUp: members.append(#""verdict":"gave_up""#)
        case .matchedByPlugin(let type):
            members.append(#""verdict":"matched","matched":{"type":\#(text(type))}"#)
        case .matched(let pattern, let values):
            let list = values.map { value in
                (value.field.map { #"{"field":\#(text($0)),"# } ?? "{")
                    + #""type":\#(text(value.type)),"value":\#(text(value.bytes)),"start":\#(value.range.lowerBound),"#
                    + #""end":\#(value.range.upperBound)}"#
            }
            members.append(
                #""verdict":"matched","matched":{\#(object(pattern)),"values":[\#(list.joined(separator: ","))]}"#)
        case .unmatched(let closest):
            let list = closest.map { attempt in
                "{\(object(attempt.pattern))" + #","reached":\#(attempt.reached),"expected":["#
                    + attempt.expected.map { text($0) }.joined(separator: ",") + #"],"found":\#(text(attempt.found))}"#
            }
            members.append(#""verdict":"unmatched","closest":[\#(list.joined(separator: ","))]"#)
        }
        members.append(#""event":\#(event)"#)
        return "{\(members.joined(separator: ","))}"
    }
}

extension Explanation.Attempt {
    /// The pattern, the message with a caret under the byte at which they part, what was expected there and what was
    /// found.
    func lines(in message: [UInt8]) -> [String] {
        // A long message is shown around the byte; the caret counts characters, of which one may have several bytes.
        let start = reached > 90 ? reached - 60 : 0
        let before = (start > 0 ? "…" : "") + readable(message[start..<reached])
        let after = readable(message[reached..<min(message.count, reached + 60)])
        let place =
            reached < message.count
            ? "stops at byte \(reached + 1) of \(message.count)" : "reached the end of the message, \(reached) bytes"
        return [
            "pattern   \(pattern.text)",
            "message   \(before)\(after)\(reached + 60 < message.count ? "…" : "")",
            "          \(String(repeating: " ", count: before.unicodeScalars.count))^",
            place,
            "expected  \(expected.joined(separator: ", or "))",
            "found     \(found.isEmpty ? "the end of the message" : "'\(readable(found[...]))'")",
        ]
    }
}

/// The bytes as text in which no character moves the cursor but forward.
private func readable(_ bytes: ArraySlice<UInt8>) -> String {
    var text = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
        text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "\u{FFFD}" : scalar)
    }
    return text
}

extension String {
    /// The text with spaces behind it up to a number of characters.
    fileprivate func padded(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }
}
