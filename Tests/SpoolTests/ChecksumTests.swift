import CLinux
import TestSupport
import Testing

@Suite struct ChecksumTests {
    @Test func `CRC-32C gives the vectors of RFC 3720 appendix B.4`() {
        let command: [UInt8] = [
            0x01, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18, 0x28, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        ]
        let vectors: [([UInt8], UInt32)] = [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0...31), 0x46DD_794E),
            ((0...31).reversed().map { UInt8($0) }, 0x113F_DB5C),
            (command, 0xD996_3A56),
            (Array("123456789".utf8), 0xE306_9283),
            ([], 0),
        ]
        for (bytes, expected) in vectors {
            #expect(clinux_crc32c(0, bytes, bytes.count) == expected)
            #expect(clinux_crc32c_portable(0, bytes, bytes.count) == expected)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `the processor's CRC equals the portable one, also in pieces`(
        seed: UInt64
    ) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let bytes = (0..<random.int(0...200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let whole = clinux_crc32c(0, bytes, bytes.count)
            #expect(whole == clinux_crc32c_portable(0, bytes, bytes.count), "seed \(seed)")
            let cut = random.int(0...bytes.count)
            let first = clinux_crc32c(0, bytes, cut)
            let second = Array(bytes[cut...])
            #expect(clinux_crc32c(first, second, second.count) == whole, "seed \(seed)")
        }
    }
}
