import Testing

@testable import Syslog

/// What a sender can make the decoder look at, counted in bytes: no byte of a stream may cost the rest of its chunk.
@Suite struct FrameCostTests {
    private func sought(_ unit: String, chunk: Int) -> (perByte: Double, frames: Int) {
        let stream = Array(repeating: Array(unit.utf8), count: (256 << 10) / unit.utf8.count).flatMap { $0 }
        var decoder = FrameDecoder(maximumFrameSize: 65_536)
        var frames = 0
        var position = 0
        while position < stream.count {
            let piece = Array(stream[position..<min(stream.count, position + chunk)])
            position += decoder.decode(piece.span) { _, _ in
                frames += 1
                return .next
            }
        }
        return (Double(decoder.sought) / Double(stream.count), frames)
    }

    @Test(
        arguments: [
            "3 <1xz", "4 <1x", "3 <1xz\n", "3 <1xz\0", "3 <1xz<", "3 <1x <1", "3 <1x 000", "5 <1x\n3 <1\0y",
            "3 <1x" + String(repeating: "0123456789 ", count: 20),
        ], [131_072, 4096, 7])
    func `a count that is one byte off costs a few bytes for each byte, however long the chunk is`(
        _ unit: String, _ chunk: Int
    ) {
        let (perByte, frames) = sought(unit, chunk: chunk)
        #expect(frames > (256 << 10) / unit.utf8.count / 2)
        #expect(perByte < 16, "\(unit.debugDescription) in reads of \(chunk): \(perByte)")
    }

    @Test func `what ends a faulty frame is found wherever it stands between two stretches`() {
        for length in 1...300 {
            let text = String(repeating: "x", count: length)
            for (end, next) in [("\n", "<2>b"), ("\0", "<2>b"), ("\r\n", "<2>b"), ("", "4 <2>b")] {
                let decoded = decodeWhole(Array("4 <1>a\(text)\(end)\(next)".utf8))
                #expect(
                    decoded.frames == [
                        OfferedFrame("<1>a"), OfferedFrame(text, .resynchronised), OfferedFrame("<2>b"),
                    ], "\(length) bytes, then \(end.debugDescription)")
            }
        }
    }
}
