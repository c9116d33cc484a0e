import Syslog
import Testing

@Suite struct FrameDecoderTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var stream: String
        var frames: [(String, FrameDecoder.Flags)]
        var mode = FrameDecoder.Mode.detect
        var maximum = 65_536
        var resynchronisations: UInt64 = 0

        var testDescription: String { name }

        init(
            _ name: String, _ stream: String, _ frames: [String], mode: FrameDecoder.Mode = .detect,
            maximum: Int = 65_536
        ) {
            self.init(name, stream, flagged: frames.map { ($0, []) }, mode: mode, maximum: maximum)
        }

        init(
            _ name: String, _ stream: String, flagged: [(String, FrameDecoder.Flags)],
            mode: FrameDecoder.Mode = .detect, maximum: Int = 65_536, resynchronisations: UInt64 = 0
        ) {
            self.name = name
            self.stream = stream
            frames = flagged
            self.mode = mode
            self.maximum = maximum
            self.resynchronisations = resynchronisations
        }
    }

    private static let rows: [Row] = [
        Row("LF", "<1>a\n<1>b\n", ["<1>a", "<1>b"]),
        Row("CR LF", "<1>a\r\n<1>b\r\n", ["<1>a", "<1>b"]),
        Row("only one CR belongs to the line end", "<1>a\r\r\n", ["<1>a\r"]),
        Row("a CR inside is text", "<1>a\rb\n", ["<1>a\rb"]),
        Row("NUL", "<1>a\0<1>b\0", ["<1>a", "<1>b"]),
        Row(
            "NUL with several lines in a message", "<1>a\0<1>b\n  at c\n  at d\0<1>e\0",
            ["<1>a", "<1>b\n  at c\n  at d", "<1>e"]),
        Row("NUL and LF at every end", "<1>a\0\n<1>b\0\n", ["<1>a", "<1>b\0"]),
        Row("a stray NUL in lines", "<1>a\n<1>b\0c\n<1>d\n", ["<1>a", "<1>b\0c", "<1>d"]),
        Row("a change from LF to NUL", "<1>a\n<1>b\0<1>c\nd\0<1>e\0", ["<1>a", "<1>b", "<1>c\nd", "<1>e"]),
        Row("a change from NUL to LF", "<1>a\0<1>b\n<1>c\n<1>d\0e\n", ["<1>a", "<1>b", "<1>c", "<1>d\0e"]),
        Row("empty lines are skipped", "\n\r\n\0<1>a\n\n\r\n\0\0<1>b\n\n", ["<1>a", "<1>b"]),
        Row("the last line needs no end", "<1>a\n<1>b", ["<1>a", "<1>b"]),
        Row("the last line may end in CR", "<1>a\n<1>b\r", ["<1>a", "<1>b"]),
        Row("octet counting", "4 <1>a6 <1>b\nc", ["<1>a", "<1>b\nc"]),
        Row("octet counting with line ends between", "4 <1>a\n4 <1>b\r\n4 <1>c\0", ["<1>a", "<1>b", "<1>c"]),
        Row("octet counting that counts the line end", "5 <1>a\n5 <1>b\n", ["<1>a\n", "<1>b\n"]),
        Row("a byte order mark before the first count", "\u{FEFF}4 <1>a4 <1>b", ["<1>a", "<1>b"]),
        Row("a byte order mark behind a count", "7 \u{FEFF}<1>a4 <1>b", ["\u{FEFF}<1>a", "<1>b"]),
        Row("a byte order mark before a line", "\u{FEFF}<1>a\n<1>b\n", ["\u{FEFF}<1>a", "<1>b"]),
        Row("a part of a byte order mark is text", "\u{FEFF}4 x\n\u{F001}4 <1>a\n", ["4 x", "\u{F001}4 <1>a"]),
        Row("both in turn", "4 <1>a<1>b\n4 <1>c\n<1>d\n4 <1>e", ["<1>a", "<1>b", "<1>c", "<1>d", "<1>e"]),
        Row(
            "digits at the start of a line are text", "2025 Nov 4 x\n12:30 y\n7 dwarfs\n3 <no priority\n",
            ["2025 Nov 4 x", "12:30 y", "7 dwarfs", "3 <no priority"]),
        Row("a count with a leading zero is text", "04 <1>a\n", ["04 <1>a"]),
        Row("a count of ten digits is text", "1234567890 <1>a\n", ["1234567890 <1>a"]),
        Row("only digits", "12", ["12"]),
        Row("a count of 1 is text", "1 <1>a\n", ["1 <1>a"]),
        Row("mode delimited does not count", "4 <1>a\n", ["4 <1>a"], mode: .delimited),
        Row("mode octet counting counts what has no priority", "5 hello2 ab", ["hello", "ab"], mode: .octetCounting),
        Row(
            "mode octet counting resynchronises at text", "<1>lost\n4 <1>a",
            flagged: [("<1>lost", .resynchronised), ("<1>a", [])], mode: .octetCounting, resynchronisations: 1),
        Row(
            "a count that is too small", "4 <1>abc\n4 <1>d",
            flagged: [("<1>a", []), ("bc", .resynchronised), ("<1>d", [])], resynchronisations: 1),
        Row(
            "a count that is too small, without line ends", "4 <1>abc4 <1>d",
            flagged: [("<1>a", []), ("bc", .resynchronised), ("<1>d", [])], resynchronisations: 1),
        Row(
            "a count that is too large", "6 <1>a4 <1>b4 <1>c",
            flagged: [("<1>a4 ", []), ("<1>b", []), ("<1>c", [])]),
        Row(
            "a count that is much too large", "7 <1>a4 <1>b\n4 <1>c",
            flagged: [("<1>a4 <", []), ("1>b", .resynchronised), ("<1>c", [])], resynchronisations: 1),
        Row(
            "a count that is not believed", "999999999 <1>a\n4 <1>b",
            flagged: [("999999999 <1>a", .resynchronised), ("<1>b", [])], resynchronisations: 1),
        Row(
            "digits that are no count after a counted frame", "4 <1>a12 months\n4 <1>b",
            flagged: [("<1>a", []), ("12 months", .resynchronised), ("<1>b", [])], resynchronisations: 1),
        Row(
            "lines after counted frames", "4 <1>a<1>b\n<1>c 5 <1>d\n",
            ["<1>a", "<1>b", "<1>c 5 <1>d"]),
        Row(
            "a line after a counted frame ends at a plausible count", "4 <1>a<1>b4 <1>c", ["<1>a", "<1>b", "<1>c"]),
        Row(
            "the stream ends inside a counted frame", "4 <1>a20 <1>b",
            flagged: [("<1>a", []), ("<1>b", .incomplete)]),
        Row("the stream ends inside a count", "4 <1>a20 ", ["<1>a", "20 "]),
        Row(
            "an oversize line", "<1>abcdefgh\n<1>b\n", flagged: [("<1>ab", .truncated), ("<1>b", [])], maximum: 5),
        Row("a line of the maximum and CR LF", "<1>ab\r\n<1>b\n", ["<1>ab", "<1>b"], maximum: 5),
        Row(
            "a line of the maximum, a CR and another", "<1>ab\r\r\n<1>b\n",
            flagged: [("<1>ab", .truncated), ("<1>b", [])], maximum: 5),
        Row(
            "an oversize last line", "<1>a\n<1>" + String(repeating: "x", count: 90),
            flagged: [("<1>a", []), ("<1>xx", .truncated)], maximum: 5),
        Row(
            "a long oversize line", "<1>" + String(repeating: "x", count: 900) + "\n<1>b\n",
            flagged: [("<1>xx", .truncated), ("<1>b", [])], maximum: 5),
        Row(
            "an oversize counted frame", "9 <1>abc\nde4 <1>b",
            flagged: [("<1>ab", .truncated), ("<1>b", [])], maximum: 5),
        Row(
            "an oversize remainder ends at a plausible count",
            "4 <1>a" + String(repeating: "x", count: 60) + "4 <1>b",
            flagged: [("<1>a", []), ("xxxxx", [.resynchronised, .truncated]), ("<1>b", [])], maximum: 5,
            resynchronisations: 1),
        Row("a maximum of one byte", "<1>a\n4 <1>b\n", flagged: [("<", .truncated), ("<", .truncated)], maximum: 1),
        Row("a maximum of nothing is one byte", "ab\n", flagged: [("a", .truncated)], maximum: 0),
        Row("nothing", "", []),
        Row("nothing but line ends", "\n\r\n\0", []),
    ]

    @Test(arguments: rows)
    func `A stream gives its frames`(_ row: Row) {
        let expected = row.frames.map { OfferedFrame($0.0, $0.1) }
        let whole = decodeWhole(Array(row.stream.utf8), maximum: row.maximum, mode: row.mode)
        #expect(whole.frames == expected)
        #expect(whole.resynchronisations == row.resynchronisations)
        #expect(whole.truncated == UInt64(row.frames.count { $0.1.contains(.truncated) }))
    }

    @Test(arguments: rows)
    func `A stream read byte by byte gives the same frames`(_ row: Row) {
        var decoder = FrameDecoder(maximumFrameSize: row.maximum, mode: row.mode)
        var frames: [OfferedFrame] = []
        for byte in row.stream.utf8 {
            let consumed = decoder.decode([byte].span) { frame, flags in
                frames.append(OfferedFrame(frame, flags))
                return .next
            }
            #expect(consumed == 1)
        }
        let isDone = decoder.finish { frame, flags in
            frames.append(OfferedFrame(frame, flags))
            return .next
        }
        #expect(isDone)
        #expect(frames == row.frames.map { OfferedFrame($0.0, $0.1) })
        #expect(decoder.resynchronisations == row.resynchronisations)
    }

    @Test func `A line is offered at its delimiter, not at the next byte`() {
        for stream in ["<1>a\n", "<1>a\0", "4 <1>a"] {
            var decoder = FrameDecoder(maximumFrameSize: 100)
            var frames: [OfferedFrame] = []
            _ = decoder.decode(Array(stream.utf8).span) { frame, flags in
                frames.append(OfferedFrame(frame, flags))
                return .next
            }
            #expect(frames == [OfferedFrame("<1>a")])
            #expect(decoder.bufferedBytes == 0)
        }
    }

    @Test func `Frames inside a chunk are lent in place`() {
        let chunk = Array("<1>first\n12 <1>second...<1>third\n".utf8)
        var decoder = FrameDecoder(maximumFrameSize: 100)
        chunk.withUnsafeBufferPointer { buffer in
            let inside =
                UInt(bitPattern: buffer.baseAddress)..<UInt(bitPattern: buffer.baseAddress) + UInt(buffer.count)
            var places: [Bool] = []
            _ = decoder.decode(buffer.span) { frame, _ in
                frame.withUnsafeBufferPointer { places.append(inside.contains(UInt(bitPattern: $0.baseAddress))) }
                return .next
            }
            #expect(places == [true, true, true])
        }
    }

    @Test func `A frame that was refused in place is not consumed`() {
        let chunk = Array("<1>a\n<1>b\n<1>c\n".utf8)
        var decoder = FrameDecoder(maximumFrameSize: 100)
        var offered = 0
        let consumed = decoder.decode(chunk.span) { _, _ in
            offered += 1
            return offered == 2 ? .stop : .next
        }
        #expect(consumed == 5)
        var frames: [OfferedFrame] = []
        let rest = decoder.decode(Array(chunk[consumed...]).span) { frame, flags in
            frames.append(OfferedFrame(frame, flags))
            return .next
        }
        #expect(rest == 10)
        #expect(frames == [OfferedFrame("<1>b"), OfferedFrame("<1>c")])
    }

    @Test func `A frame that was refused in the carry-over is offered again, also to an empty chunk`() {
        var decoder = FrameDecoder(maximumFrameSize: 100)
        let first = decoder.decode(Array("<1>a".utf8).span) { _, _ in .next }
        let second = decoder.decode(Array("b\n<1>c\n".utf8).span) { _, _ in .stop }
        #expect(first == 4)
        #expect(second == 2)
        for _ in 0..<2 {
            var frames: [OfferedFrame] = []
            let consumed = decoder.decode([UInt8]().span) { frame, flags in
                frames.append(OfferedFrame(frame, flags))
                return .stop
            }
            #expect(consumed == 0)
            #expect(frames == [OfferedFrame("<1>ab")])
        }
        var frames: [OfferedFrame] = []
        _ = decoder.decode(Array("<1>c\n".utf8).span) { frame, flags in
            frames.append(OfferedFrame(frame, flags))
            return .next
        }
        #expect(frames == [OfferedFrame("<1>ab"), OfferedFrame("<1>c")])
    }

    @Test func `A refused last frame is kept, and the decoder can be used again after the end`() {
        var decoder = FrameDecoder(maximumFrameSize: 100)
        _ = decoder.decode(Array("9 <1>a".utf8).span) { _, _ in .next }
        let isDoneAtOnce = decoder.finish { _, _ in .stop }
        #expect(!isDoneAtOnce)
        var frames: [OfferedFrame] = []
        let take: (Span<UInt8>, FrameDecoder.Flags) -> FrameDecoder.Verdict = { frame, flags in
            frames.append(OfferedFrame(frame, flags))
            return .next
        }
        let isDone = decoder.finish(take)
        let isDoneAgain = decoder.finish(take)
        #expect(isDone && isDoneAgain)
        _ = decoder.decode(Array("x\n".utf8).span, take)
        #expect(frames == [OfferedFrame("<1>a", .incomplete), OfferedFrame("x")])
        #expect(decoder.resynchronisations == 0)
    }

    @Test func `A frame that is refused and taken is counted once`() {
        var decoder = FrameDecoder(maximumFrameSize: 5)
        let stream = Array("4 <1>axyzxyzxyz\n".utf8)
        var verdicts: [FrameDecoder.Verdict] = [.next, .stop, .stop, .next]
        var position = 0
        while position < stream.count {
            position += decoder.decode(Array(stream[position...]).span) { _, _ in verdicts.removeFirst() }
        }
        #expect(decoder.resynchronisations == 1)
        #expect(decoder.truncatedFrames == 1)
        #expect(verdicts.isEmpty)
    }
}
