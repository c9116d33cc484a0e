import ArgumentParser
import Events
import Parsers
import RuleTools

/// `kafkastreamer rules list|test|explain|document`.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "What the parsers know, and whether their examples hold.",
        subcommands: [List.self, Test.self, Explain.self, Document.self])

    struct Files: ParsableArguments {
        @Argument(
            help: "Rules files besides those built in: each extends a parser, replaces one of its name, or adds one.")
        var files: [String] = []

        func load() throws -> ParserSet {
            do throws(RulesErrors) {
                var all = RulesFile.builtIn
                var errors: [RulesError] = []
                for path in files {
                    do throws(RulesErrors) { all.append(try Blueprint.readRules(path)) } catch {
                        errors += error.errors
                    }
                }
                guard errors.isEmpty else { throw RulesErrors(errors: errors) }
                let set = try ParserSet(all, plugins: Plugins.all)
                for warning in set.warnings { Output.error("\(warning.place): warning: \(warning.message)") }
                return set
            } catch {
                throw Failure(Failure.input, error.description)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Parsers with their programs, rules, event types and fields.")
        @OptionGroup var files: Files

        func run() throws {
            let report = RulesReport(try files.load())
            for parser in report.parsers + report.plugins {
                let files = ([parser.file] + parser.extensions).joined(separator: ", ")
                Output.write("\(parser.name)  programs: \(parser.programs.joined(separator: " "))  (\(files))\n")
                if !parser.includes.isEmpty {
                    Output.write("  includes the rules of \(parser.includes.joined(separator: ", "))\n")
                }
                for rule in parser.rules {
                    let fields = rule.fields.map(\.name).joined(separator: " ")
                    Output.write(
                        "  \(rule.name)  \(rule.eventType)  examples: \(rule.exampleCount)  fields: \(fields)\n")
                }
            }
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test",
            abstract: "Run every example of every rules file; print what differs, field by field.")
        @OptionGroup var files: Files

        func run() throws {
            let results = RulesReport(try files.load()).test()
            let failed = results.filter { !$0.holds }
            for result in failed {
                Output.write("\(result.file):\(result.line): rule \(result.rule): \(result.text)\n")
                if let stop = result.stop {
                    Output.write("    no pattern of the rule matches\n")
                    for line in stop.lines(in: result.message) { Output.write("    \(line)\n") }
                    continue
                }
                if result.isTakenByAnother, let other = result.matchedRule {
                    Output.write("    taken by another rule: \(other)\n")
                }
                for difference in result.differences { Output.write("    \(difference)\n") }
            }
            Output.write("\(results.count) examples, \(failed.count) differ\n")
            if !failed.isEmpty { throw Failure(Failure.input, "") }
        }
    }

    struct Document: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "document",
            abstract: "Print docs/events.md: every event type with its fields; with --fields docs/fields.md.")
        @OptionGroup var files: Files

        @Flag(help: "Print docs/fields.md: every field with its kind and meaning.")
        var fields = false

        func run() throws {
            let report = RulesReport(try files.load())
            Output.write(fields ? report.fieldsDocument(.builtIn) : report.eventsDocument)
        }
    }
}
