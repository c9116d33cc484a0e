import Parsers
import RuleTools
import TestRules
import TestSupport
import Testing

@Suite struct UnmatchedShapesTests {
    private func drafts(_ messages: [String], program: String = "app") throws -> [UnmatchedShapes.Draft] {
        var shapes = UnmatchedShapes(try BuiltIn.set())
        for message in messages { shapes.add(Array(message.utf8), program: Array(program.utf8), parser: .none) }
        return shapes.drafts
    }

    @Test(
        arguments: [
            ("connection from 10.0.0.1 port 22", "connection from {ip:ip} port {number:int}"),
            ("peer 2001:db8::1#53: lost", "peer {ip:ip}#{number:int}: lost"),
            ("new device 00:11:22:33:44:55 (up)", "new device {mac:mac} (up)"),
            ("took 1min 30.5s and 250ms.", "took {seconds:duration} and {seconds_2:duration}."),
            ("disk 80% full", "disk {number:int}% full"), ("load 1.25", "load {number:decimal}"),
            ("id 0x7fab and deadbeef01", "id {hex:hex} and {hex_2:hex}"),
            ("said \"hello world\" twice", "said {text:quoted} twice"),
            ("don't panic", "don't panic"), ("nginx.service failed", "{unit:unit} failed"),
            ("at 2026-11-22T10:00:00Z it was", "at {time:timestamp} it was"),
            ("user=alice uid=1000 host=x1", "user=alice uid={uid:int} host={word}"),
            ("brace {x} or a|b \\ c", #"brace \{x\} or a\|b \\ c"#), ("eth0: link up", "{word}: link up"),
            ("12:30:45", "{number:int}:{number_2:int}:{number_3:int}"),
        ] as [(String, String)])
    func aLineBecomesAPattern(message: String, expected: String) throws {
        let drafts = try drafts([message])
        #expect(drafts.map(\.pattern) == [expected])
        #expect(drafts[0].count == 1 && drafts[0].sample == message)
        #expect(!drafts[0].rule.contains("#") || message.contains("#"), "\(drafts[0].rule)")
    }

    @Test func wordsThatVaryAreMerged() throws {
        let lines = ["alice", "bob", "carol"].map { "user \($0) logged in from 10.0.0.\($0.count)" }
        let drafts = try drafts(lines + ["service stopped by hand at last today"] + lines)
        #expect(drafts.map(\.count) == [6, 1])
        #expect(drafts[0].pattern == "user {word} logged in from {ip:ip}")
        #expect(drafts[0].sample == lines[0])
    }

    @Test func aNumberThatIsSometimesAFractionIsADecimal() throws {
        #expect(try drafts(["load 1", "load 1.5", "load 2"]).map(\.pattern) == ["load {number:decimal}"])
    }

    @Test func aConstantNameWithADigitStaysText() throws {
        #expect(try drafts(["eth0: up 1", "eth0: up 2"]).map(\.pattern) == ["eth0: up {number:int}"])
    }

    @Test func programsAreKeptApart() throws {
        let set = try BuiltIn.set()
        var shapes = UnmatchedShapes(set)
        shapes.add(Array("same text".utf8), program: Array("one".utf8), parser: .none)
        shapes.add(Array("same text".utf8), program: Array("dhcpd".utf8), parser: set.parser(named: "dhcp_log_parser")!)
        #expect(shapes.drafts.map(\.program) == ["one", "dhcpd"])
        #expect(shapes.drafts.map(\.parser) == [nil, "dhcp_log_parser"])
    }

    @Test func shapesBeyondTheLimitAreCounted() throws {
        var shapes = UnmatchedShapes(try BuiltIn.set(), limit: 30)
        for number in 0..<80 {
            let name = String(number).map { String(UnicodeScalar(UInt8(ascii: "a") + UInt8(String($0))!)) }.joined()
            shapes.add(Array("\(name)".utf8), program: [], parser: .none)
        }
        shapes.add(Array("a".utf8), program: [], parser: .none)
        #expect(shapes.others == 50)
        let drafts = shapes.drafts
        #expect(drafts.count == 30 && drafts[0].count == 2 && drafts[0].pattern == "a")
    }

    @Test func aDraftIsARuleWhoseExampleHolds() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        let set = try BuiltIn.set()
        var shapes = UnmatchedShapes(set, limit: 200)
        var mutated = UnmatchedShapes(set, limit: 200)
        for result in try BuiltIn.results().shuffled(using: &random).prefix(150) {
            shapes.add(result.message, program: Array("0 odd/näme".utf8), parser: .none)
            mutated.add(Self.body(random.mutation(of: result.message)), program: [], parser: .none)
        }
        for _ in 0..<20 {
            let noise = random.bytes(upTo: 5000).filter { $0 != UInt8(ascii: "\n") }
            mutated.add(Self.body(noise), program: Array("x".utf8), parser: .none)
        }
        let drafts = shapes.drafts
        for draft in drafts + mutated.drafts where !draft.rule.contains("# This draft") {
            let text = "parser: test\nprograms: [test]\nrules:\n" + draft.rule
            let result = try #require(
                RulesReport(ParserSet([try RulesFile(yaml: text, name: "t.yaml")])).test().first, "seed \(seed)")
            #expect(result.holds, "seed \(seed): \(draft.rule) \(result.differences)")
        }
        // What a daemon prints can be drafted; noise at times only with the remark.
        let failed = drafts.filter { $0.rule.contains("# This draft") }
        #expect(failed.allSatisfy { $0.sample.isEmpty || $0.sample.utf8.count > 1000 }, "\(failed.map(\.rule))")
    }

    /// A text as `parse` reads it: one line without spaces around it.
    private static func body(_ text: [UInt8]) -> [UInt8] {
        var body = Array(text.drop { $0 == UInt8(ascii: " ") })
        while let last = body.last, last <= UInt8(ascii: " ") { body.removeLast() }
        return body
    }

    @Test("Regression: a draft with characters that YAML takes only as escapes takes its own sample")
    func draftOfControlCharacters() throws {
        for scalar in ["\u{1}", "\u{7F}", "\u{85}", "\u{9F}", "\u{FEFF}", "\u{FFFE}", "\u{1F600}", "'", "\"", "\\"] {
            var shapes = UnmatchedShapes(try BuiltIn.set(), limit: 1)
            // Once as text of the pattern, once in a value.
            shapes.add(Array("odd \(scalar) text \"a \(scalar) b\"".utf8), program: [], parser: .none)
            let rule = try #require(shapes.drafts.first?.rule)
            #expect(!rule.contains("# This draft"))
            let text = "parser: test\nprograms: [test]\nrules:\n" + rule
            #expect(throws: Never.self) { try ParserSet([try RulesFile(yaml: text, name: "t.yaml")]) }
        }
    }

    @Test func anyBytesAreTaken() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        var shapes = UnmatchedShapes(try BuiltIn.set(), limit: 50)
        for _ in 0..<500 {
            shapes.add(random.bytes(upTo: 200), program: random.bytes(upTo: 10), parser: .none)
        }
        #expect(shapes.drafts.map(\.count).reduce(0, +) + shapes.others == 500, "seed \(seed)")
    }
}
