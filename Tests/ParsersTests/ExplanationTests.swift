import Events
import Foundation
import Parsers
import RuleTools
import Syslog
import TestRules
import TestSupport
import Testing

@Suite struct ExplanationTests {
    private func explain(_ patterns: [String], _ message: String, closest: Int = 3) throws -> Explanation {
        let set = try parserSet(patterns)
        return Explanation(
            Array(message.utf8), by: set, parser: set.parser(named: "test"), isMessage: true, receivedSeconds: 0,
            attempts: closest)
    }

    private func closest(_ explanation: Explanation) -> [Explanation.Attempt] {
        guard case .unmatched(let closest) = explanation.verdict else { return [] }
        return closest
    }

    @Test(
        arguments: [
            ("abc def", "abc xyz", 4, ["the text 'def'"], "xyz"), ("abc def", "abc", 3, ["the text ' def'"], ""),
            ("abc", "abc def", 3, ["the end of the message"], " def"),
            ("a {x:int} b", "a x b", 2, ["a value of type int"], "x b"),
            ("a {x:ip}#{y:int}", "a 10.0.0.1:1", 10, ["the text '#'"], ":1"),
            ("a {x} b", "a ", 2, ["a value of type word"], ""),
            ("a {x:text} via {y}", "a b c", 2, ["a value and the text ' via ' behind it"], "b c"),
            ("a {x:text}.", "a b c", 2, ["a value and '.' at the end of the message"], "b c"),
            ("{x:word}: y", "abc y", 3, ["the value of type word to end with ':'"], " y"),
            (
                "a{? b}{? c} d", "a x", 2,
                ["the text 'b c d'", "the text 'c d'", "the text 'b d'", "the text 'd'"], "x"
            ),
            ("a {x}{? b}", "a 1 c", 4, ["the text 'b'"], "c"),
            (
                "a {x}{?, b}", "a 1 c", 3, ["the value of type word to end with ','", "the end of the message"], " c"
            ),
            ("({x:text}) via {y}", "(a) b", 4, ["the text 'via '"], "b"),
            ("é {x:int}", "é x", 3, ["a value of type int"], "x"),
        ] as [(String, String, Int, [String], String)])
    func itSaysWhereAPatternStopsAndWhy(
        pattern: String, message: String, reached: Int, expected: [String], found: String
    ) throws {
        let attempts = closest(try explain([pattern], message))
        let attempt = try #require(attempts.first)
        #expect(attempt.reached == reached)
        #expect(attempt.expected == expected)
        #expect(String(decoding: attempt.found, as: UTF8.self) == found)
    }

    @Test func thePatternThatGetsFurthestIsFirst() throws {
        let attempts = closest(
            try explain(["job {x} failed", "job {x} finished in {t:duration}", "other"], "job 1 finished in space"))
        #expect(attempts.map(\.pattern.rule) == ["r1", "r0", "r2"])
        #expect(attempts.map(\.reached) == [18, 7, 0])
        #expect(attempts[0].pattern.place == "test.yaml:10:14")
        #expect(closest(try explain(["a", "b", "c"], "d", closest: 2)).count == 2)
    }

    @Test func aMatchIsShownWithItsPatternAndValues() throws {
        let set = try BuiltIn.set()
        let line = "<30>Nov 23 08:00:00 gw1 dhcpd[812]: DHCPACK on 192.168.0.101 to 00:11:22:33:44:55 (laptop) via eth0"
        let explanation = Explanation(Array(line.utf8), by: set, receivedSeconds: 1_762_264_929)
        #expect(explanation.program == "dhcpd" && explanation.tag == "dhcpd" && explanation.processID == "812")
        #expect(explanation.parser == "dhcp_log_parser")
        guard case .matched(let pattern, let values) = explanation.verdict else {
            Issue.record("\(explanation.verdict)")
            return
        }
        #expect(pattern.eventType == "DHCP_LEASE" && pattern.place.hasPrefix("dhcpd.yaml:"))
        let shown = values.map { "\($0.field ?? "_")=\(String(decoding: $0.bytes, as: UTF8.self))" }
        #expect(shown == ["ip=192.168.0.101", "mac=00:11:22:33:44:55", "hostname=laptop", "interface=eth0"])
        for value in values { #expect(Array(explanation.message[value.range]) == value.bytes) }
        #expect(explanation.event.hasPrefix(#"{"type":"DHCP_LEASE","ip":"192.168.0.101""#))
    }

    @Test func aLineOfAnUnknownProgramHasNoParser() throws {
        let explanation = Explanation(
            Array("<30>Nov 23 08:00:00 gw1 nosuch[1]: text".utf8), by: try BuiltIn.set(),
            receivedSeconds: 0)
        guard case .noParser = explanation.verdict else {
            Issue.record("\(explanation.verdict)")
            return
        }
        #expect(explanation.parser == nil && explanation.tag == nil && explanation.program == "nosuch")
    }

    @Test func aPluginIsNamed() throws {
        let set = try ColonParser.set()
        let explanation = Explanation(
            Array("count: 5".utf8), by: set, parser: set.parser(named: "colon"), isMessage: true, receivedSeconds: 0)
        guard case .matchedByPlugin("COLON") = explanation.verdict else {
            Issue.record("\(explanation.verdict)")
            return
        }
    }

    /// The walk over single patterns knows nothing of the prefix structure: each checks the other.
    private func compare(_ message: [UInt8], _ set: ParserSet, _ encoder: inout EventEncoder, _ parser: ParserID) {
        var header = SyslogMessage()
        header.content = ByteRange(start: 0, count: UInt32(message.count))
        header.body = header.content
        let given = encoder.abandonedMatches
        let type = encoder.match(message.span, header, parser: parser)
        let explanation = Explanation(
            message, by: set, parser: parser, isMessage: true, receivedSeconds: 0, attempts: .max)
        let text = String(decoding: message, as: UTF8.self)
        switch explanation.verdict {
        case .matched(let pattern, let values):
            #expect(encoder.matchedRule == "\(pattern.parser)/\(pattern.rule)", "\(text)")
            #expect(values.allSatisfy { Array(message[$0.range]) == $0.bytes }, "\(text)")
        case .unmatched(let closest):
            #expect(type == .syslog, "\(text)")
            for attempt in closest {
                #expect(!attempt.expected.isEmpty, "\(text): \(attempt.pattern.text) matches by itself")
            }
        case .gaveUp: #expect(encoder.abandonedMatches > given, "\(text)")
        case .noParser, .matchedByPlugin: Issue.record("\(text): \(explanation.verdict)")
        }
    }

    @Test func itAgreesWithTheMatcherOnEveryExampleAndItsMutations() throws {
        let set = try BuiltIn.set()
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        var encoder = EventEncoder(set)
        let results = try BuiltIn.results()
        for result in results {
            let parser = try #require(set.parser(named: result.parser))
            compare(result.message, set, &encoder, parser)
        }
        // What matches nothing is compared with every pattern, which takes its time: some of them in each run.
        for _ in 0..<60 {
            let result = try #require(results.randomElement(using: &random))
            let parser = try #require(set.parser(named: result.parser))
            compare(random.mutation(of: result.message), set, &encoder, parser)
            let cut = Int.random(in: 0...result.message.count, using: &random)
            compare(Array(result.message.prefix(cut)), set, &encoder, parser)
        }
    }

    @Test func itAgreesWithTheMatcherOnRandomPatterns() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        let captures = [
            "{N:int}", "{N:ip}", "{N}", "{N:host}", "{N:text}", "{N:quoted}", "{N:hex}", "{N:long}", "{N:long}",
            "{N:size}", "{N:duration}", "{N:(a|ab|b)}",
        ]
        let literals = [" ", ": ", " a ", "b", "ab", ".", "=", " via ", "1"]
        for _ in 0..<60 {
            var patterns: [String] = []
            for index in 0..<Int.random(in: 1...6, using: &random) {
                var pattern = literals.randomElement(using: &random)!
                for part in 0..<Int.random(in: 1...3, using: &random) {
                    let capture = captures.randomElement(using: &random)!
                    pattern += capture.replacing("N", with: "f\(index)_\(part)")
                    pattern += literals.randomElement(using: &random)!
                }
                patterns.append(pattern)
            }
            // Two that end in the same place are refused; that is another test's.
            guard let set = try? parserSet(patterns), let parser = set.parser(named: "test") else { continue }
            var encoder = EventEncoder(set)
            for _ in 0..<60 {
                var message: [UInt8] = []
                for _ in 0..<Int.random(in: 0...8, using: &random) {
                    let pieces = literals + ["1.2.3.4", "x", "12", "\"q\"", "a=b", "beef"]
                    message += Array(pieces.randomElement(using: &random)!.utf8)
                }
                compare(message, set, &encoder, parser)
            }
        }
    }
}
