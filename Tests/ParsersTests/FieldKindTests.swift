import Events
import Parsers
import RuleTools
import TestRules
import Testing

/// A field is of one kind in the events of one type; what a user's rules call their fields is theirs to choose.
@Suite struct FieldKindTests {
    private static func file(_ rule: String, head: String = "parser: gateway\nprograms: [gateway]") throws -> RulesFile
    {
        try RulesFile(yaml: "\(head)\nrules:\n  - name: request\n\(rule)\n", name: "gateway.yaml")
    }

    /// cron's rules and those that they include, in which `status` is a text.
    private static func cron() throws -> [RulesFile] {
        RulesFile.builtIn.filter { ["cron.yaml", "pam.yaml"].contains($0.name) }
    }

    private static func errors(_ files: [RulesFile]) -> [String] {
        do throws(RulesErrors) {
            _ = try ParserSet(files)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    private static let request = """
            type: GATEWAY_REQUEST
            pattern: 'request {path} gave {status:int}'
            examples: [{message: request /a gave 503, event: {path: /a, status: 503}}]
        """

    @Test func aFieldOfAUsersRuleMayBeOfAnotherKindThanThatOfABuiltInOne() throws {
        let set = try ParserSet(Self.cron() + [Self.file(Self.request)])
        #expect(set.warnings == [])
        var gateway = try Harness(set, parser: "gateway")
        #expect(try gateway.object("request /a gave 503")["status"] as? Int == 503)
        var cron = try Harness(set, parser: "cron_log_parser")
        let mail = "(bob) MAIL (mailed 17 bytes of output but got status 0x0001)"
        #expect(try cron.object(mail)["status"] as? String == "0x0001")
        #expect(RulesReport(set).test().allSatisfy { $0.holds })
        #expect(RulesReport(set).fieldsDocument(.builtIn).contains("| `status` | text, number |"))
    }

    @Test func aFieldOfAnotherKindInABuiltInTypeIsSaidAndNotRefused() throws {
        let rule = Self.request.replacing("GATEWAY_REQUEST", with: "CRON_JOB")
        let set = try ParserSet(Self.cron() + [Self.file(rule)])
        try #require(set.warnings.count == 1, "\(set.warnings)")
        let warning = set.warnings[0].description
        #expect(
            warning.hasPrefix(
                "gateway.yaml:4:5: in rule 'request' field 'status' of CRON_JOB is a number, and in the built-in rule "
                    + "'job-mail' of cron.yaml it is a text"), "\(warning)")
        var gateway = try Harness(set, parser: "gateway")
        #expect(try gateway.object("request /a gave 503")["status"] as? Int == 503)
    }

    @Test(
        arguments: [
            (["{x}", "{x:int}"], ["T", "T"], ["field 'x' of T is a number, but in rule 'r0' of f.yaml it is a text"]),
            (["{x:kv}", "{x}"], ["T", "T"], ["field 'x' of T is a text, but in rule 'r0' of f.yaml it is an object"]),
            (["{x}", "{x:int}"], ["T", "U"], []), (["{x}", "{x:hex}"], ["T", "T"], []),
            (
                ["{x}", "{x:int}", "{x:kv}"], ["T", "T", "T"],
                ["rule 'r1' field 'x' of T is a number", "rule 'r2' field 'x' of T is an object"]
            ),
        ] as [([String], [String], [String])])
    func aFieldIsOfOneKindInTheEventsOfOneType(captures: [String], types: [String], expected: [String]) throws {
        let patterns = captures.enumerated().map { "\($0) \($1)" }
        let file = try RulesFile(yaml: rulesText(patterns, types: types), name: "f.yaml")
        let found = Self.errors([file])
        #expect(found.count == expected.count, "\(found)")
        for (message, part) in zip(found, expected) { #expect(message.contains(part)) }
    }

    @Test func aRuleThatWritesAFieldAsTwoKindsIsAFault() throws {
        let rule = """
                type: T
                pattern: 'took {time:int}{| ms|}'
                map: {time: {'0': none}}
                examples: [{message: took 0 ms, event: {time: none}}]
            """
        let found = Self.errors([try Self.file(rule)])
        #expect(found.count == 1 && found[0].contains("field 'time' of T is a text"), "\(found)")
    }

    @Test func aRuleThatTakesTheNameOfABuiltInOneIsNamed() throws {
        let rule = """
                type: MAILED
                pattern: 'mailed {user}'
                examples: [{message: mailed ann, event: {user: ann}}]
            """
        let head = "extends: cron_log_parser"
        let set = try ParserSet(
            Self.cron() + [Self.file(rule.replacing("request", with: "x"), head: head), Self.replacing(head, rule)])
        #expect(set.warnings.count == 1, "\(set.warnings)")
        #expect(
            set.warnings.first?.description.hasPrefix(
                "mine.yaml:3:5: rule 'job-mail' takes the place of the built-in rule of that name (cron.yaml:") == true,
            "\(set.warnings)")
    }

    private static func replacing(_ head: String, _ rule: String) throws -> RulesFile {
        let own = rule.replacing("mailed {user}", with: "sent to {user}").replacing("mailed ann", with: "sent to ann")
        return try RulesFile(yaml: "\(head)\nrules:\n  - name: job-mail\n\(own)\n", name: "mine.yaml")
    }

    /// What docs/fields.md promises: a field means the same in every event.
    @Test func aBuiltInFieldIsOfOneKindInEveryEvent() throws {
        let report = RulesReport(try BuiltIn.set())
        var kinds: [String: Set<String>] = [:]
        for rule in (report.parsers + report.plugins).flatMap(\.rules) {
            for field in rule.fields { kinds[field.name, default: []].insert(field.kind.rawValue) }
        }
        #expect(kinds.count > 100)
        #expect(kinds.filter { $0.value.count > 1 } == [:])
    }
}
