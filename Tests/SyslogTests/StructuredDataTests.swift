import Syslog
import Testing

@Suite struct StructuredDataTests {
    /// The walk as text: `id` of an element, ` name=value`, and `!` where there are escapes.
    private func walk(_ text: String, _ range: Range<Int>? = nil) -> [String] {
        let bytes = Array(text.utf8)
        let range = range ?? 0..<bytes.count
        var reader = StructuredDataReader(ByteRange(start: UInt32(range.lowerBound), count: UInt32(range.count)))
        var items: [String] = []
        while let item = reader.next(in: bytes.span) {
            switch item {
            case .element(let id):
                items.append(String(decoding: bytes[id.offsets], as: UTF8.self))
            case .parameter(let name, let value, let hasEscapes):
                items.append(
                    " " + String(decoding: bytes[name.offsets], as: UTF8.self) + "="
                        + String(decoding: bytes[value.offsets], as: UTF8.self) + (hasEscapes ? "!" : ""))
            }
        }
        return items
    }

    private static let rows: [(String, [String])] = [
        ("", []),
        ("[a]", ["a"]),
        ("[a b=\"c\"]", ["a", " b=c"]),
        ("[a b=\"\"]", ["a", " b="]),
        ("[a b=\"c\" b=\"d\"][e][a f=\"g h\"]", ["a", " b=c", " b=d", "e", "a", " f=g h"]),
        ("[a b=\"x\\\"y\" c=\"\\\\\" d=\"]\" e=\"\\]\"]", ["a", " b=x\\\"y!", " c=\\\\!", " d=]", " e=\\]!"]),
        ("[a b=\"=[ ]\"]", ["a", " b==[ ]"]),
        // Violations end the walk where they are.
        ("-", []),
        ("[]", []),
        ("[a", ["a"]),
        ("[a b", ["a"]),
        ("[a b=c]", ["a"]),
        ("[a b=\"c", ["a"]),
        ("[a b=\"c\\", ["a"]),
        ("[a b=\"c\\\"", ["a"]),
        ("[a b=\"c\"d=\"e\"]", ["a", " b=c"]),
        ("[a] [b]", ["a"]),
    ]

    @Test(arguments: rows)
    func `Elements and parameters come in the order received`(_ text: String, _ expected: [String]) {
        #expect(walk(text) == expected)
    }

    @Test func `A walk stays inside its range, and a range outside the frame is empty`() {
        #expect(walk("xx[a b=\"c\"][d]yy", 2..<11) == ["a", " b=c"])
        #expect(walk("[a b=\"c\"]", 0..<4) == ["a"])
        #expect(walk("[a]", 1_000..<2_000) == [])
        #expect(walk("[a]", 2..<2_000) == [])
    }

    @Test func `The walk ends for good`() {
        let bytes = Array("[a][b".utf8)
        var reader = StructuredDataReader(ByteRange(start: 0, count: 5))
        var count = 0
        while reader.next(in: bytes.span) != nil { count += 1 }
        #expect(count == 2)
        #expect(reader.next(in: bytes.span) == nil)
    }

    @Test func `A backslash is an escape before a quote, a backslash and a bracket only`() {
        let escapes = (0...UInt8.max).filter { StructuredDataReader.isEscape(before: $0) }
        #expect(escapes == Array("\"\\]".utf8))
    }
}
