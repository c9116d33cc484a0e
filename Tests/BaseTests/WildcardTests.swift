import Base
import TestSupport
import Testing

@Suite("Wildcards")
struct WildcardTests {
    @Test(
        "A pattern matches what it says",
        arguments: [
            ("*", "", true), ("*", "named", true), ("", "", true), ("", "a", false), ("?", "", false), ("?", "a", true),
            ("dhcpd", "dhcpd", true), ("dhcpd", "dhcpd4", false), ("dhcpd*", "dhcpd", true),
            ("dhcpd*", "dhcpd-x", true),
            ("*d", "named", true), ("*d", "name", false), ("a*b*c", "aXbXbc", true), ("a*b*c", "acb", false),
            ("*a*a*", "aa", true), ("*a*a*", "a", false), ("**", "", true), ("?*?", "a", false), ("?*?", "ab", true),
            ("système*", "systèmes", true),
        ] as [(String, String, Bool)])
    func table(_ pattern: String, _ text: String, _ expected: Bool) {
        #expect(matches(pattern, Array(text.utf8)) == expected)
    }

    @Test("Equals a recursive model on small alphabets", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func model(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<4000 {
            let pattern = (0..<random.int(0...8)).map { _ in random.pick(Array("ab*?".utf8)) }
            let text = (0..<random.int(0...10)).map { _ in random.pick(Array("abc".utf8)) }
            let text1 = String(decoding: pattern, as: UTF8.self)
            #expect(
                matches(text1, text) == Self.model(pattern[...], text[...]),
                "seed \(seed): \(text1) against \(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test("Many stars over a long text end")
    func manyStars() {
        // A backtracking matcher needs 2^32 steps here.
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 2000)
        #expect(!matches(String(repeating: "*a", count: 32) + "b", text))
    }

    @Test("Where a question mark is a character, it stands for nothing else")
    func literalQuestionMark() {
        #expect(!Wildcard("a?c", hasSingle: false).matches("abc"))
        #expect(Wildcard("a?*", hasSingle: false).matches("a?c"))
    }

    @Test("A topic's name is matched as a whole")
    func topics() {
        let name = "dhcp-lease-events"
        for pattern in ["dhcp-*", "*-events", "dhcp-*-events", "*lease*", name] {
            #expect(Wildcard(pattern, hasSingle: false).matches(name), "\(pattern)")
        }
        for pattern in ["dns-*", "dhcp", "*-event"] {
            #expect(!Wildcard(pattern, hasSingle: false).matches(name), "\(pattern)")
        }
        #expect(!Wildcard("ab*ba", hasSingle: false).matches("aba"))
    }

    private func matches(_ pattern: String, _ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { Wildcard(pattern).matches($0) }
    }

    private static func model(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == UInt8(ascii: "*") {
            return model(pattern.dropFirst(), text) || (!text.isEmpty && model(pattern, text.dropFirst()))
        }
        guard let byte = text.first, first == UInt8(ascii: "?") || first == byte else { return false }
        return model(pattern.dropFirst(), text.dropFirst())
    }
}
