import ArgumentParser
import Events
import Parsers

/// `kafkastreamer rules list|test|document`.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "What the parsers know, and whether their examples hold.",
        subcommands: [List.self, Test.self, Document.self])

    struct Files: ParsableArguments {
        @Argument(help: "Rules files besides those built in; one replaces the built-in parser of the same name.")
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
                return try ParserSet(all)
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
            for parser in RulesReport(try files.load()).parsers {
                Output.write("\(parser.name)  programs: \(parser.programs.joined(separator: " "))  (\(parser.file))\n")
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
            commandName: "test", abstract: "Run every example of every rules file; what differs is printed by field.")
        @OptionGroup var files: Files

        func run() throws {
            let results = RulesReport(try files.load()).test()
            let failed = results.filter { !$0.differences.isEmpty }
            for result in failed {
                Output.write("\(result.file):\(result.line): rule \(result.rule): \(result.text)\n")
                for difference in result.differences { Output.write("    \(difference)\n") }
            }
            Output.write("\(results.count) examples, \(failed.count) differ\n")
            if !failed.isEmpty { throw Failure(Failure.input, "") }
        }
    }

    struct Document: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "document", abstract: "Print docs/events.md: every event type with its fields.")
        @OptionGroup var files: Files

        func run() throws { Output.write(RulesReport(try files.load()).eventsDocument) }
    }
}
