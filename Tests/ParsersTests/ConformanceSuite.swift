import Events
import Foundation
import Parsers
import Testing

/// What every parser promises, be it a rules file or a plug-in: any bytes in, one well-formed event out that keeps the
/// message's own bytes.
func checkConformance(of parser: String, in set: ParserSet, samples: [String], seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var harness = try Harness(set, parser: parser)
    var messages: [[UInt8]] = [
        [], [0], [0xFF], Array(repeating: 0x20, count: 5000), Array(repeating: 0x22, count: 3000),
    ]
    for sample in samples {
        let bytes = Array(sample.utf8)
        messages.append(bytes)
        for cut in 0..<bytes.count { messages.append(Array(bytes[..<cut])) }
        for _ in 0..<60 { messages.append(random.mutation(of: bytes)) }
    }
    for _ in 0..<2000 { messages.append(random.bytes(upTo: 120)) }
    for message in messages {
        let event = harness.event(message: message)
        let json = try #require(event, "seed \(seed), \(message)")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any], "seed \(seed), \(message)")
        #expect(object["type"] is String && object["source"] is String && object["timestamp"] is String)
        let kept: [UInt8]? =
            if let raw = object["raw"] as? String {
                Data(base64Encoded: raw).map { Array($0) }
            } else {
                (object["message"] as? String).map { Array($0.utf8) }
            }
        #expect(kept == message, "seed \(seed)")
    }
}

@Suite struct ConformanceTests {
    @Test(arguments: ["dhcp_log_parser", "dns_log_parser", "systemd_log_parser"])
    func builtInRulesConform(parser: String) throws {
        let set = try ParserSet(RulesFile.builtIn)
        let samples = RulesReport(set).test().filter { $0.parser == parser }.map(\.text)
        try checkConformance(of: parser, in: set, samples: samples, seed: UInt64.random(in: 0...UInt64.max))
    }

    @Test func aPluginConforms() throws {
        let set = try ParserSet(RulesFile.builtIn, plugins: [ColonParser.self])
        let samples = ["count: 12", "ip: 10.0.0.1", "name: a \"b\"", "mac: 00:11:22:33:44:55"]
        try checkConformance(of: "colon", in: set, samples: samples, seed: UInt64.random(in: 0...UInt64.max))
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
}

@Suite struct PluginTests {
    @Test(arguments: [
        ("count: 0012", "COLON count=12"), ("name: x", "COLON name=x"), ("count: x", "COLON"), ("other: x", nil),
        ("mac: 00:11:22:33:44:5F", "COLON mac=00:11:22:33:44:5f"), ("name: ", "COLON"),
    ])
    func aPluginsFieldsAreWritten(message: String, expected: String?) throws {
        var harness = try Harness(ParserSet(RulesFile.builtIn, plugins: [ColonParser.self]), parser: "colon")
        #expect(try harness.fields(message) == expected)
    }

    @Test func aPluginIsFoundByItsTagsAndLeadsWithItsAddress() throws {
        let set = try ParserSet(RulesFile.builtIn, plugins: [ColonParser.self])
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
            #expect(error.errors.count == 3, "\(error)")
        }
    }
}
