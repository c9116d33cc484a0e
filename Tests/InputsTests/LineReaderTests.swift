import Glibc
import TestSupport
import Testing

@testable import Inputs

@Suite("Lines of a file")
struct LineReaderTests {
    struct Line: Equatable {
        var text: [UInt8]
        var isCut: Bool
        var position: UInt64
    }

    /// What the lines of some bytes are, said the simple way.
    static func model(_ bytes: [UInt8], maximum: Int, finish: Bool, from: Int = 0) -> [Line] {
        var lines: [Line] = []
        var start = from
        for (index, byte) in bytes.enumerated() where index >= from && byte == 10 {
            let line = bytes[start..<index]
            lines.append(
                Line(text: Array(line.prefix(maximum)), isCut: line.count > maximum, position: UInt64(index + 1)))
            start = index + 1
        }
        if finish, start < bytes.count {
            let line = bytes[start...]
            lines.append(
                Line(text: Array(line.prefix(maximum)), isCut: line.count > maximum, position: UInt64(bytes.count)))
        }
        return lines
    }

    /// Feeds bytes through a pipe in pieces; the sink refuses when `refuse` says so.
    static func read(
        _ bytes: [UInt8], pieces: [Int], maximum: Int, refuse: () -> Bool, positions: (UInt64) -> Void = { _ in }
    ) throws -> [Line] {
        let ends = try makePipe(nonBlocking: true)
        defer { close(ends.read) }
        var reader = LineReader(maximumLine: maximum, position: 0)
        var lines: [Line] = []
        func offer(_ line: UnsafeRawBufferPointer, _ isCut: Bool, _ position: UInt64) -> Bool {
            if refuse() { return false }
            lines.append(Line(text: Array(line), isCut: isCut, position: position))
            return true
        }
        var at = 0
        for piece in pieces {
            let count = min(piece, bytes.count - at)
            bytes[at..<(at + count)].withUnsafeBytes { _ = write(ends.write, $0.baseAddress, $0.count) }
            at += count
            while true {
                let outcome = reader.read(from: ends.read, offer)
                positions(reader.position)
                #expect(reader.isBlocked == (outcome == .blocked))
                if outcome == .end { break }
            }
        }
        close(ends.write)
        while !reader.finish(offer) {}
        positions(reader.position)
        #expect(reader.position == UInt64(bytes.count))
        return lines
    }

    @Test("However it is split and however often it is refused, the lines and positions are the same", arguments: 1...6)
    func property(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<120 {
            let maximum = random.int(1...20)
            let bytes = (0..<random.int(0...200)).map { _ in random.pick(Array("abc\r\n\n".utf8)) }
            var pieces: [Int] = []
            while pieces.reduce(0, +) < bytes.count { pieces.append(random.int(1...40)) }
            let refuses = random.int(0...1) == 1
            let starts = Set(
                [0, UInt64(bytes.count)] + bytes.indices.filter { bytes[$0] == 10 }.map { UInt64($0 + 1) })
            let lines = try Self.read(
                bytes, pieces: pieces, maximum: maximum, refuse: { refuses && random.int(0...2) == 0 }
            ) {
                // Reading can go on at every position it stops at: none lies inside a line.
                #expect(starts.contains($0), "seed \(seed)")
            }
            #expect(lines == Self.model(bytes, maximum: maximum, finish: true), "seed \(seed)")
        }
    }

    @Test("A line longer than the buffer is cut, marked, and offered once with the position behind its end")
    func longLine() throws {
        let bytes = [UInt8](repeating: 120, count: 700_000) + Array("\nnext\n".utf8)
        // Pieces that fit a pipe.
        let lines = try Self.read(bytes, pieces: [Int](repeating: 50_000, count: 15), maximum: 1000, refuse: { false })
        #expect(lines == Self.model(bytes, maximum: 1000, finish: true))
        #expect(lines.map(\.isCut) == [true, false])
    }

    @Test("The end of a cut line never comes as a line of its own, wherever reading goes on")
    func cutLineRegression() throws {
        let bytes = Array("0123456789abcdef\nshort\n".utf8)
        var positions: Set<UInt64> = []
        _ = try Self.read(bytes, pieces: [12, 11], maximum: 4, refuse: { false }) { positions.insert($0) }
        for position in positions {
            let rest = Self.model(bytes, maximum: 4, finish: true, from: Int(position)).map(\.text)
            #expect(rest.allSatisfy { [Array("0123".utf8), Array("shor".utf8)].contains($0) })
        }
    }

    @Test("Regression: a block of NULs ends a line and is skipped, however it is split", arguments: 1...9)
    func nulBlocks(_ piece: Int) throws {
        let block = [UInt8](repeating: 0, count: 40)
        let bytes = block + Array("one\npar".utf8) + block + Array("two\nshort\0nul\n".utf8) + block
        let pieces = [Int](repeating: piece, count: bytes.count / piece + 1)
        let lines = try Self.read(bytes, pieces: pieces, maximum: 20, refuse: { false })
        #expect(lines.map { String(decoding: $0.text, as: UTF8.self) } == ["one", "par", "two", "short\0nul"])
        #expect(lines.allSatisfy { !$0.isCut })
    }

    @Test("A UTF-8 byte order mark at the start is no text; elsewhere it is")
    func byteOrderMark() throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = mark + Array("a\n".utf8) + mark + [10]
        for piece in 1...4 {
            let pieces = [Int](repeating: piece, count: bytes.count / piece + 1)
            let lines = try Self.read(bytes, pieces: pieces, maximum: 10, refuse: { false })
            #expect(lines.map(\.text) == [[97], mark])
        }
    }

    @Test("The proof that reading carries is that of the file at every place, and no other's", arguments: 1...4)
    func proof(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let scratch = try Scratch()
        let count = random.int(1...6000)
        try scratch.append(bytes: (0..<count).map { _ in random.pick(Array("ab\n\0".utf8)) }, to: "a")
        let descriptor = open(scratch.file("a"), O_RDWR)
        defer { close(descriptor) }
        var reader = LineReader(maximumLine: 8, position: 0)
        var state = LineState()
        var refuse = 0
        while true {
            reader.load(state)
            var outcome = LineReader.Outcome.blocked
            while outcome == .blocked {
                outcome = reader.read(from: descriptor, isSeekable: true) { _, _, _ in
                    refuse += 1
                    return refuse % 3 != 0
                }
                let (proof, position) = (reader.consumed.proof, reader.position)
                #expect(proof.holds(for: descriptor, at: position), "seed \(seed)")
                let isKnown = reader.recognises(descriptor)
                #expect(isKnown)
            }
            reader.store(into: &state)
            if outcome == .end { break }
        }
        guard reader.position > 0 else { return }
        var byte = UInt8(ascii: "x")
        pwrite(descriptor, &byte, 1, off_t(reader.position) - 1)
        let (proof, position, isKnown) = (reader.consumed.proof, reader.position, reader.recognises(descriptor))
        #expect(!proof.holds(for: descriptor, at: position) && !isKnown)
    }

    @Test("A carriage return before the end stays: the header parser leaves it out")
    func carriageReturn() throws {
        let lines = try Self.read(Array("a\r\n\r\nb".utf8), pieces: [3, 4], maximum: 10, refuse: { false })
        #expect(lines.map { String(decoding: $0.text, as: UTF8.self) } == ["a\r", "\r", "b"])
    }

    @Test("A descriptor that cannot be read says why")
    func failure() {
        var reader = LineReader(maximumLine: 10, position: 0)
        #expect(reader.read(from: -1) { _, _, _ in true } == .failed(EBADF))
    }
}
