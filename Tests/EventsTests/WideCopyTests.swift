import Events
import TestSupport
import Testing

/// The ways by sixteen and more bytes against those by one.
@Suite struct WideCopyTests {
    /// One byte at a time, as RFC 8259 section 7 has it; what is not ASCII is left to ``escaped(_:room:)`` itself.
    private func plainlyEscaped(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            switch byte {
            case UInt8(ascii: "\""): "\\\""
            case UInt8(ascii: "\\"): "\\\\"
            case 8: "\\b"
            case 9: "\\t"
            case 10: "\\n"
            case 12: "\\f"
            case 13: "\\r"
            case 0..<0x20: "\\u00" + (byte < 16 ? "0" : "1") + String(byte & 15, radix: 16)
            default: String(UnicodeScalar(byte))
            }
        }.joined()
    }

    @Test func everyByteIsEscapedAtEveryPlaceOfEveryLength() {
        for length in 1...70 {
            for place in 0..<length {
                for byte: UInt8 in [0, 8, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7F] {
                    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                    bytes[place] = byte
                    let expected = plainlyEscaped(bytes)
                    #expect(escaped(bytes).text == expected)
                    let near = written { writer in
                        bytes.withUnsafeBufferPointer { buffer in
                            let start = buffer.baseAddress!
                            let wellFormed = writer.escaped(start, length, before: start + length)
                            #expect(wellFormed)
                        }
                    }
                    #expect(near == expected)
                }
            }
        }
    }

    @Test func anyBytesGiveTheSameWhereverTheBufferEndsAndWhateverTheRoom() {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            let bytes = random.bytes(upTo: 60)
            let count = Int.random(in: 0...bytes.count, using: &random)
            let alone = escaped(Array(bytes[..<count]))
            let needed = alone.text?.utf8.count ?? 0
            for room in [needed, needed + 1, needed + 15, needed + 16, needed + 40] {
                var wellFormed = true
                let near = written(room: room) { writer in
                    bytes.withUnsafeBufferPointer { buffer in
                        guard let start = buffer.baseAddress else { return }
                        wellFormed = writer.escaped(start, count, before: start + bytes.count)
                    }
                }
                #expect(near == alone.text, "seed \(seed)")
                #expect(wellFormed == alone.wellFormed, "seed \(seed)")
            }
            if needed > 0 {
                #expect(escaped(Array(bytes[..<count]), room: needed - 1).text == nil, "seed \(seed)")
            }
        }
    }

    @Test func fragmentsAreCopiedWholeIntoAnyRoom() {
        let bytes = (0..<100).map { UInt8($0 + 1) }
        bytes.withUnsafeBufferPointer { buffer in
            let start = buffer.baseAddress!
            for length in 0...50 {
                for room in length...length + 40 {
                    for end in [length, length + 31, length + 32, 100].map({ min($0, 100) }) {
                        let copied = writtenBytes(room: room) { $0.fragment(start, length, before: start + end) }
                        #expect(copied == Array(bytes[..<length]))
                    }
                    #expect(writtenBytes(room: room) { $0.padded(start, length) } == Array(bytes[..<length]))
                }
                if length > 0 { #expect(writtenBytes(room: length - 1) { $0.padded(start, length) } == nil) }
            }
        }
    }

    @Test(arguments: [
        ("00:11:22:AA:bb:CF", "00:11:22:aa:bb:cf"), ("00-11-22-AA-bb-CF", "00:11:22:aa:bb:cf"),
        ("00:11:22:33:44:55:66:7F", "00:11:22:33:44:55:66:7f"), ("00:11-22:33:44:55", "00:11:22:33:44:55"),
    ])
    func hardwareAddressesAreWrittenInSmallLettersWithColons(text: String, expected: String) {
        let source = Array(text.utf8)
        source.withUnsafeBufferPointer { buffer in
            let start = buffer.baseAddress!
            #expect(written { $0.hardwareAddress(start, source.count) } == expected)
            #expect(written(room: source.count) { $0.hardwareAddress(start, source.count) } == expected)
            #expect(written(room: source.count - 1) { $0.hardwareAddress(start, source.count) } == nil)
        }
    }
}
