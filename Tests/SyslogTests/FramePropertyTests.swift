import Syslog
import TestSupport
import Testing

@Suite struct FramePropertyTests {
    /// Pieces that make frames, faults and everything between.
    private static let pieces = [
        "<1>a", "<30>text of a message", "\n", "\r\n", "\0", "\r", "4 <1>a", "10 <1>abcdefg", "7 <1>ab\ncd", "12 ", "9",
        "3 <1", "5 <1>x", "999999999 <1>", "0", " ", "<", "1 <1", "2025 Nov 4", "abcdefghijklmnopqrstuvwxyz",
        "15 <1>a\0b\nc",
        "<1>line one\n  line two\0", "123456789012 <1>", "\n<2>", "\0<2>", "20 <1>short\n",
        "4 <1>aand twenty-six letters more ",
        "and no delimiter in more than thirty-two bytes, nor in sixty-four of them",
    ]

    private func stream(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<generator.int(0...25) {
            if generator.int(0...9) == 0 {
                bytes.append(UInt8(generator.int(0...255)))
            } else {
                bytes += Array(generator.pick(FramePropertyTests.pieces).utf8)
            }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `Any split of a stream into reads, with frames refused at any point, yields the same frames`(_ seed: UInt64)
        throws
    {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<1_000 {
            let stream = stream(&generator)
            let maximum = generator.pick([1, 2, 5, 17, 40, 65_536])
            let mode = generator.pick([FrameDecoder.Mode.detect, .detect, .octetCounting, .delimited])
            let whole = decodeWhole(stream, maximum: maximum, mode: mode)
            for largestRead in [1, 3, 20, 200] {
                let pieces = decodeInPieces(
                    stream, maximum: maximum, mode: mode, stopOdds: generator.pick([0, 1, 4]),
                    largestRead: largestRead, &generator)
                try #require(
                    pieces == whole,
                    "seed \(seed), round \(round), maximum \(maximum), \(mode), \(String(decoding: stream, as: UTF8.self).debugDescription)"
                )
            }
        }
    }

    @Test(arguments: [5, 6] as [UInt64])
    func `Frames encoded in any framing of one connection are given back`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<300 {
            let framing = generator.int(0...3)
            var stream: [UInt8] = []
            var sent: [OfferedFrame] = []
            for _ in 0..<generator.int(1...20) {
                var text = "<\(generator.int(0...191))>"
                for _ in 0..<generator.int(1...200) {
                    text.unicodeScalars.append(Unicode.Scalar(UInt8(generator.int(32...126))))
                }
                if framing == 0 || framing == 2 { text += "\nmore" }
                sent.append(OfferedFrame(text))
                switch framing {
                case 0: stream += Array("\(text.utf8.count) \(text)".utf8)
                case 1: stream += Array("\(text)\n".utf8)
                case 2: stream += Array("\(text)\0".utf8)
                default: stream += Array("\(text)\r\n".utf8)
                }
            }
            // Until a first NUL has shown what delimits, an LF would: begin with a message of one line.
            if framing == 2 {
                stream = Array("<1>first\0".utf8) + stream
                sent.insert(OfferedFrame("<1>first"), at: 0)
            }
            let decoded = decodeInPieces(
                stream, maximum: 65_536, mode: .detect, stopOdds: 5, largestRead: generator.pick([7, 100, 4_096]),
                &generator)
            #expect(decoded.frames == sent, "seed \(seed), round \(round)")
            #expect(decoded.resynchronisations == 0)
            #expect(decoded.truncated == 0)
        }
    }

    @Test(arguments: [7, 8] as [UInt64])
    func `No text is lost or invented, whatever the stream`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<1_000 {
            let stream = stream(&generator)
            let decoded = decodeWhole(stream, mode: .delimited)
            // In lines every byte is in a frame, or a delimiter, or a CR.
            let kept = decoded.frames.flatMap(\.bytes).filter { ![0, 10, 13].contains($0) }
            #expect(kept == stream.filter { ![0, 10, 13].contains($0) }, "seed \(seed), round \(round)")
        }
    }
}
