import Events
import Foundation
import Parsers
import PluginConformance
import RuleTools
import TestRules
import TestSupport
import Testing

@Suite struct ConformanceTests {
    @Test(arguments: RulesFile.builtIn.map(\.parser))
    func builtInRulesConform(parser: String) throws {
        let set = try BuiltIn.set()
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        let all = try BuiltIn.results().filter { $0.parser == parser }.map(\.text)
        #expect(!all.isEmpty)
        try checkConformance(
            of: parser, in: set, samples: Array(all.shuffled(using: &random).prefix(16)), seed: seed)
    }

    @Test(
        arguments: [
            (
                "json",
                [
                    #"{"level":"info","msg":"a \"b\" \u00e9","n":[1,{"x":null}],"type":"FAKE","message":"x"}"#,
                    #"@cee: { "a" : 1.5e3 , "logger" : "x.y" } "#,
                ]
            ),
            (
                "logfmt",
                [
                    #"time=2026-01-01T00:00:00Z level=warn msg="it is \"done\"\n" took=3ms ok type=FAKE"#,
                    #"at=info method=GET path="/a\x" host= fwd="1.2.3.4" é=1 x"y"#,
                ]
            ),
            (
                "cef",
                [
                    #"CEF:0|Vendor|Pro\|duct|1.0|100|worm \\ stopped|10|src=10.0.0.1 dst=::1 spt=1232 msg=a \= b c"#,
                    #"1|V|P|1|2|N|High|cs1Label=Policy name cs1=x y act=blocked in=7 type=FAKE request=http://a/?b=c"#,
                ]
            ),
        ] as [(String, [String])])
    func shippedPluginsConform(parser: String, samples: [String]) throws {
        let set = try BuiltIn.set()
        var harness = try Harness(set, parser: parser)
        for sample in samples {
            let event = try harness.fields(sample)
            #expect(event != nil, "\(sample)")
        }
        try checkConformance(of: parser, in: set, samples: samples, seed: SeededGenerator.runSeed)
    }

    @Test func listsAndJSONInRulesConform() throws {
        let patterns = [
            "{x:kv}", "k {x:kv} [{y:kv}] {z:rest}", "j {x:json} {y:json}", "{p:text}({x:kv}){q:text}", "{y:json}",
        ]
        let samples = [
            "IN=eth0 OUT= SRC=192.0.2.1 DF PROTO=TCP [SRC=1 DST=2] SYN OPT (0204)",
            #"k a="b \"c\"" d='e' [f=g, h=i] j"#,
            #"j {"a":[1,2]} [true]"#, "some (a=1 b=(2)) c",
        ]
        try checkConformance(
            of: "test", in: parserSet(patterns), samples: samples, seed: SeededGenerator.runSeed)
    }

    @Test func aPluginConforms() throws {
        let set = try ColonParser.set()
        let samples = ["count: 12", "ip: 10.0.0.1", "name: a \"b\"", "mac: 00:11:22:33:44:55"]
        try checkConformance(of: "colon", in: set, samples: samples, seed: SeededGenerator.runSeed)
    }
}

/// `key: value` lines.
struct ColonParser: ParserPlugin {
    static let name = "colon"
    static let programs = ["colon*"]
    static let eventTypes = ["COLON"]
    static let fields = [
        Vocabulary.Field(name: "count", kind: .number), Vocabulary.Field(name: "name", kind: .text),
        Vocabulary.Field(name: "ip", kind: .text), Vocabulary.Field(name: "mac", kind: .text),
    ]

    func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int? {
        for (index, field) in Self.fields.enumerated() {
            let key = Array((field.name + ": ").utf8)
            guard message.count >= key.count, key.indices.allSatisfy({ message[$0] == key[$0] }) else { continue }
            fields.add(index, key.count..<message.count, as: [.number, .text, .text, .mac][index])
            return 0
        }
        return nil
    }

    private static let compiled = Result { try ParserSet(RulesFile.builtIn, plugins: [ColonParser.self]) }

    /// The built-in rules with this plug-in alone, compiled once.
    static func set() throws -> ParserSet { try compiled.get() }
}

@Suite struct PluginTests {
    @Test(arguments: [
        ("count: 0012", "COLON count=12"), ("name: x", "COLON name=x"), ("count: x", "COLON"), ("other: x", nil),
        ("mac: 00:11:22:33:44:5F", "COLON mac=00:11:22:33:44:5f"), ("name: ", "COLON"),
    ])
    func aPluginsFieldsAreWritten(message: String, expected: String?) throws {
        var harness = try Harness(ColonParser.set(), parser: "colon")
        #expect(try harness.fields(message) == expected)
    }

    @Test func aPluginIsFoundByItsTagsAndLeadsWithItsAddress() throws {
        let set = try ColonParser.set()
        #expect(set.parser(forProgram: Array("colon-1".utf8).span) == set.parser(named: "colon"))
        var harness = try Harness(set, parser: "colon")
        let event = harness.event(message: Array("ip: ::1".utf8))
        let json = String(decoding: try #require(event), as: UTF8.self)
        #expect(
            json.hasPrefix(
                #"{"type":"COLON","ip":"::1","timestamp":"2025-11-04T14:02:09.120Z","source":"colon","message":"#))
    }

    @Test func aPluginThatContradictsTheRulesIsRefused() throws {
        struct Twice: ParserPlugin {
            static let name = "dhcp_log_parser"
            static let programs: [String] = []
            static let eventTypes = ["T"]
            static let fields = [
                Vocabulary.Field(name: "ip", kind: .number), Vocabulary.Field(name: "raw", kind: .text),
            ]
            func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int? { nil }
        }
        do {
            _ = try ParserSet(RulesFile.builtIn, plugins: [Twice.self])
            Issue.record("accepted")
        } catch {
            // The name that is taken, and the field that every event has; a kind of its own is for its own types.
            #expect(error.errors.count == 2, "\(error)")
        }
    }
}
