import Events
import Foundation
import TestSupport
import Testing

@Suite struct JSONEscapingTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), (#"a "b" c"#, #"a \"b\" c"#), (#"C:\dir"#, #"C:\\dir"#),
        ("tab\tend", #"tab\tend"#), ("line\nfeed\r", #"line\nfeed\r"#), ("\u{0}\u{1}\u{1F}", #"\u0000\u0001\u001f"#),
        ("\u{8}\u{C}", #"\b\f"#), ("é€😀", "é€😀"), ("12345678\"", #"12345678\""#), ("1234567\\89", #"1234567\\89"#),
        ("\u{7F}", "\u{7F}"), ("a/b", "a/b"), ("Bezirksämter in Köln – 100 %", "Bezirksämter in Köln – 100 %"),
    ])
    func textIsEscapedAsJSONRequires(text: String, expected: String) {
        let result = escaped(Array(text.utf8))
        #expect(result.text == expected)
        #expect(result.wellFormed)
    }

    @Test(
        arguments: [
            ([0xFF], "\u{FFFD}"), ([0x61, 0x80, 0x62], "a\u{FFFD}b"), ([0xC0, 0xAF], "\u{FFFD}\u{FFFD}"),
            ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ([0xF4, 0x90, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
            ([0xE2, 0x82], "\u{FFFD}\u{FFFD}"), ([0xE2, 0x82, 0x22], "\u{FFFD}\u{FFFD}\\\""),
            ([0xF0, 0x9F, 0x98], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xE0, 0x9F, 0xBF], "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ] as [([UInt8], String)])
    func bytesThatAreNotUTF8AreReplacedAndSaidSo(bytes: [UInt8], expected: String) {
        let result = escaped(bytes)
        #expect(result.text == expected)
        #expect(!result.wellFormed)
    }

    @Test func aSpecialByteIsFoundAtEveryPlaceOfAWord() {
        for length in 0...40 {
            for place in 0..<length {
                for special in [UInt8(0x22), 0x5C, 0x00, 0x1F, 0x0A] {
                    var bytes = [UInt8](repeating: 0x61, count: length)
                    bytes[place] = special
                    let expected = String(decoding: bytes, as: UTF8.self)
                    let json = "\"\(escaped(bytes).text ?? "")\""
                    let back =
                        try? JSONSerialization.jsonObject(
                            with: Data(json.utf8), options: .fragmentsAllowed) as? String
                    #expect(back == expected, "length \(length), place \(place), byte \(special)")
                }
            }
        }
    }

    @Test func whatEndsExactlyAtTheRoomFitsAndOneByteLessOverflows() {
        let texts = ["", "a", "12345678", "123456789012345678", "é\"\u{1}x", "abcdefg\"", "\\\\\\\\\\\\\\\\\\"]
        for text in texts {
            let bytes = Array(text.utf8)
            guard let full = escaped(bytes).text else {
                Issue.record("did not fit")
                continue
            }
            #expect(escaped(bytes, room: full.utf8.count).text == full)
            if !full.isEmpty {
                for room in 0..<full.utf8.count { #expect(escaped(bytes, room: room).text == nil) }
            }
        }
    }

    @Test func randomBytesGiveTheStringThatUnicodeDecodingGives() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            let bytes = random.bytes(upTo: 70)
            let result = escaped(bytes)
            let json = Data("\"\(try #require(result.text))\"".utf8)
            let back = try #require(
                try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed) as? String, "seed \(seed)")
            let strict = String(validating: bytes, as: UTF8.self)
            #expect(result.wellFormed == (strict != nil), "seed \(seed), \(bytes)")
            if let strict { #expect(back.utf8.elementsEqual(strict.utf8), "seed \(seed), \(bytes)") }
        }
    }

    @Test(arguments: [
        (#"a\"b"#, #"a\"b"#), (#"a\\b"#, #"a\\b"#), (#"a\]b"#, "a]b"), (#"a\nb"#, #"a\\nb"#), (#"\"#, #"\\"#),
        (#"\\\""#, #"\\\""#), ("", ""),
    ])
    func escapesOfTheSourceAreUndone(source: String, expected: String) {
        let bytes = Array(source.utf8)
        let text = written { writer in
            bytes.withUnsafeBufferPointer { buffer in
                if let start = buffer.baseAddress {
                    _ = writer.unescaped(start, buffer.count, and: UInt8(ascii: "]"))
                }
            }
        }
        #expect(text == expected)
    }
}
