import Events
import Foundation
import TestSupport
import Testing

@Suite struct TimestampFormatterTests {
    @Test(
        arguments: [
            (1_762_264_929, 0, 0, "2025-11-04T14:02:09Z"), (1_762_264_929, 120_000_000, 3, "2025-11-04T14:02:09.120Z"),
            (1_762_264_929, 120_000_000, 1, "2025-11-04T14:02:09.1Z"),
            (1_762_264_929, 123_456_789, 9, "2025-11-04T14:02:09.123456789Z"),
            (1_762_264_929, 5, 6, "2025-11-04T14:02:09.000000Z"), (0, 0, 0, "1970-01-01T00:00:00Z"),
            (951_782_400, 0, 0, "2000-02-29T00:00:00Z"), (-1, 0, 0, "1969-12-31T23:59:59Z"),
            (-62_167_219_200, 0, 0, "0000-01-01T00:00:00Z"), (253_402_300_799, 0, 0, "9999-12-31T23:59:59Z"),
            (Int64.min, 0, 0, "0000-01-01T00:00:00Z"), (Int64.max, 999_999_999, 9, "9999-12-31T23:59:59.999999999Z"),
        ] as [(Int64, UInt32, UInt8, String)])
    func instantsAreRFC3339InUTCWithTheDigitsReceived(
        seconds: Int64, nanoseconds: UInt32, digits: UInt8, expected: String
    ) {
        var formatter = TimestampFormatter()
        let write = { (writer: inout ByteWriter) in
            formatter.write(seconds: seconds, nanoseconds: nanoseconds, digits: digits, into: &writer)
        }
        #expect(written(write) == expected)
        #expect(written(room: expected.utf8.count, write) == expected)
        #expect(written(room: expected.utf8.count - 1, write) == nil)
    }

    @Test(
        arguments: [
            (1_762_264_929_120_000_000, "2025-11-04T14:02:09.120Z"),
            (1_762_264_929_000_999_999, "2025-11-04T14:02:09.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func receptionIsInMilliseconds(nanoseconds: Int64, expected: String) {
        var formatter = TimestampFormatter()
        #expect(written { formatter.writeReceived(nanoseconds: nanoseconds, into: &$0) } == expected)
    }

    @Test func everyDayIsTheDateThatFoundationGives() throws {
        let reference = ISO8601DateFormatter()
        var formatter = TimestampFormatter()
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -2_000_000_000...20_000_000_000, using: &random)
            let text = written { formatter.write(seconds: seconds, nanoseconds: 0, digits: 0, into: &$0) }
            #expect(text == reference.string(from: Date(timeIntervalSince1970: TimeInterval(seconds))))
        }
    }
}
