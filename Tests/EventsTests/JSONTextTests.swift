import Events
import Foundation
import TestSupport
import Testing

@Suite("The text of a JSON string")
struct JSONTextTests {
    private static let odd: [Character] = ["\"", "\\", "/", "\n", "\u{1F600}", "é", "\u{2028}", "a"]

    private func unescape(_ text: String, room: Int? = nil) -> [UInt8] {
        let bytes = Array(text.utf8)
        var out = [UInt8](repeating: 0, count: room ?? bytes.count)
        let count = bytes.withUnsafeBytes { bytes in out.withUnsafeMutableBytes { JSONText.unescape(bytes, into: $0) } }
        return Array(out.prefix(count))
    }

    @Test("Equals Foundation on what it escapes", arguments: 1...4)
    func property(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<500 {
            let scalars = (0..<random.int(0...30)).map { _ in
                random.int(0...2) == 0
                    ? Character(Unicode.Scalar(UInt8(random.int(0...0x7F))))
                    : random.pick(Self.odd)
            }
            let text = String(scalars)
            let json = try JSONEncoder().encode([text])
            let inside = String(decoding: json.dropFirst(2).dropLast(2), as: UTF8.self)
            #expect(unescape(inside) == Array(text.utf8), "seed \(seed)")
        }
    }

    @Test(
        "Escapes that our own encoder does not write are undone as well",
        arguments: [
            (#"\u00e9"#, "é"), (#"\u20AC"#, "€"), (#"\ud83d\ude00"#, "😀"), (#"a\/b"#, "a/b"), (#"\ud83d"#, "\u{FFFD}"),
            (#"\ud83dx"#, "\u{FFFD}x"), (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\ude00"#, "\u{FFFD}"),
        ])
    func foreign(_ inside: String, _ text: String) {
        #expect(unescape(inside) == Array(text.utf8))
        #expect(JSONText.text(inside.utf8) == text)
    }

    @Test("Any bytes are taken, and no more is written than there is room for")
    func anyBytes() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<2000 {
            let text = (0..<random.int(0...12)).map { _ in random.pick(["\\", "u", "0", "g", "\"", "x", "1f"]) }
                .joined()
            let whole = unescape(text)
            #expect(whole.count <= text.utf8.count)
            let room = random.int(0...6)
            #expect(unescape(text, room: room) == Array(whole.prefix(room)))
        }
    }
}
