import Foundation
import Parsers
import TestSupport
import Testing

/// Random lists and JSON texts, of which it is known what they hold, and mutations of them.
@Suite struct KeyValuePropertyTests {
    private static let values = [
        "", "x", "192.0.2.1", "a b", "a\"b", "it's", "\\", "é", "{", "1,2", "k=v", "[x", ")", "~",
    ]

    /// A list as a program could print it.
    private func list(_ random: inout SeededGenerator) -> (text: String, object: [String: Any]) {
        var text = ""
        var object: [String: Any] = [:]
        for index in 0..<Int.random(in: 1...12, using: &random) {
            if index > 0 { text += ["", ",", ";", " ;"].randomElement(using: &random)! + " " }
            let key = "k\(Int.random(in: 0...15, using: &random))"
            let value = Self.values.randomElement(using: &random)!
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where index > 0:
                text += key
                if object[key] == nil { object[key] = true }
                continue
            case 1 where !value.contains(where: { " \"'\\".contains($0) }):
                text += "\(key)=\(value)"
            default:
                let escaped = value.replacingOccurrences(of: "\\", with: "\\\\")
                    .replacingOccurrences(of: "\"", with: "\\\"").replacingOccurrences(of: "'", with: "\\'")
                let quote = Bool.random(using: &random) ? "\"" : "'"
                text += "\(key)=\(quote)\(escaped)\(quote)"
            }
            if object[key] == nil { object[key] = value }
        }
        return (text + (Bool.random(using: &random) ? " " : ""), object)
    }

    private func json(_ random: inout SeededGenerator, depth: Int = 0) -> Any {
        switch Int.random(in: depth == 0 ? 5...6 : 0...(depth < 5 ? 6 : 4), using: &random) {
        case 0: return NSNull()
        case 1: return Bool.random(using: &random)
        case 2: return Int.random(in: -1000...1000, using: &random)
        case 3: return Double(Int.random(in: -1000...1000, using: &random)) / 8
        case 4: return Self.values.randomElement(using: &random)! + "\u{1F600}\n\u{1}"
        case 5: return (0..<Int.random(in: 0...4, using: &random)).map { _ in json(&random, depth: depth + 1) }
        default:
            let keys = (0..<Int.random(in: 0...4, using: &random)).map { "k\($0)\(Self.values[$0])" }
            return Dictionary(uniqueKeysWithValues: keys.map { ($0, json(&random, depth: depth + 1)) })
        }
    }

    private func check(_ harness: inout Harness, _ text: String, _ expected: Any, seed: UInt64) throws {
        let object = try harness.object(text)
        let value = object["x"] as? NSObject
        #expect(value == expected as? NSObject, "seed \(seed), \(text)")
    }

    @Test func aListIsWhatWasPrinted() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        var alone = try Harness(parserSet(["{x:kv}"]))
        var inside = try Harness(parserSet(["some (text [{x:kv}]) {y:rest}"]))
        for _ in 0..<400 {
            let (text, expected) = list(&random)
            try check(&alone, text, expected, seed: seed)
            // Inside brackets the same list ends at them, but for values that close them or open their own.
            if !text.contains("=)"), !text.contains("=[x") {
                try check(&inside, "some (text [\(text)]) and more", expected, seed: seed)
            }
            // Whatever comes of a change is a well-formed event.
            _ = try alone.object(String(decoding: random.mutation(of: Array(text.utf8)), as: UTF8.self))
        }
    }

    @Test func jsonIsWhatWasPrinted() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        var harness = try Harness(parserSet(["{x:json}"]))
        for _ in 0..<300 {
            let value = json(&random)
            let options: JSONSerialization.WritingOptions = Bool.random(using: &random) ? [.prettyPrinted] : []
            let text = String(
                decoding: try JSONSerialization.data(withJSONObject: value, options: options), as: UTF8.self)
            try check(&harness, text, value, seed: seed)
            // What is taken after a change is what Foundation reads in it.
            let mutated = String(decoding: random.mutation(of: Array(text.utf8)), as: UTF8.self)
            let object = try harness.object(mutated)
            guard object["type"] as? String != "SYSLOG" else { continue }
            let read = try JSONSerialization.jsonObject(with: Data(mutated.utf8)) as? NSObject
            #expect(object["x"] as? NSObject == read, "seed \(seed), \(mutated)")
        }
    }
}
