import Events
import Foundation
import TestSupport
import Testing

@Suite struct ValuesTests {
    private func write(_ text: String, _ body: (inout ByteWriter, UnsafePointer<UInt8>, Int) -> Void) -> String? {
        let bytes = Array(text.utf8)
        return written { writer in
            bytes.withUnsafeBufferPointer { buffer in
                if let start = buffer.baseAddress { body(&writer, start, buffer.count) }
            }
        }
    }

    @Test(arguments: [
        ("007", "7"), ("0", "0"), ("000", "0"), ("-0012", "-12"), ("+5", "5"), ("00.50", "0.50"), ("12.5", "12.5"),
        ("-0", "-0"),
    ])
    func decimalDigitsBecomeJSONNumbers(text: String, expected: String) {
        #expect(write(text) { $0.decimal($1, $2) } == expected)
    }

    @Test(arguments: [
        ("00:11:22:AA:bb:Cc", "00:11:22:aa:bb:cc"), ("00-11-22-AA-BB-CC", "00:11:22:aa:bb:cc"),
    ])
    func hardwareAddressesAreInSmallLettersWithColons(text: String, expected: String) {
        #expect(write(text) { $0.hardwareAddress($1, $2) } == expected)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "0.000000001"), (1_000_000_000, "1"), (90_512_000_000, "90.512"), (250_000_000, "0.25"),
            (UInt64.max, "18446744073.709551615"),
        ] as [(UInt64, String)])
    func nanosecondsAreWrittenAsSeconds(value: UInt64, expected: String) {
        #expect(written { $0.seconds(nanoseconds: value) } == expected)
    }

    @Test(arguments: [0, 9, 10, 99, 100, 12_345, UInt64.max] as [UInt64])
    func numbersAreDecimal(value: UInt64) {
        #expect(written { $0.number(value) } == String(value))
        #expect(written(room: String(value).count) { $0.number(value) } == String(value))
        #expect(written(room: String(value).count - 1) { $0.number(value) } == nil)
    }

    @Test func base64IsWhatFoundationReads() throws {
        var random = SeededGenerator(seed: 7)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = written { writer in
                bytes.withUnsafeBufferPointer { if let start = $0.baseAddress { writer.base64(start, $0.count) } }
            }
            #expect(text == Data(bytes).base64EncodedString())
        }
    }

    @Test func fragmentsOfEveryLengthAreCopiedWhole() {
        for length in 0...40 {
            let bytes = (0..<length).map { UInt8(0x41 + $0) }
            let copied = writtenBytes(room: length) { writer in
                bytes.withUnsafeBufferPointer { if let start = $0.baseAddress { writer.fragment(start, $0.count) } }
            }
            #expect(copied == bytes)
        }
    }
}
