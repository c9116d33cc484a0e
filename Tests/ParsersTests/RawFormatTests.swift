import Events
import Foundation
import Parsers
import Syslog
import TestSupport
import Testing

/// The format `raw`: the message's own bytes, and the key that the same event has as JSON.
@Suite struct RawFormatTests {
    /// An event with its key in any format.
    private static func encode(
        _ frame: [UInt8], as format: FormatName, key: FieldID?, room: Int = 1 << 16, program: String? = nil,
        _ set: ParserSet
    ) -> (event: [UInt8], key: [UInt8])? {
        var reader = MessageReader(set, program: program)
        return reader.read(frame.span, receivedSeconds: 1_767_225_601, zone: .utc) { encoder, bytes, header in
            let tag = bytes.extracting(header.program.offsets)
            _ = encoder.match(bytes, header, parser: set.parser(forProgram: tag) ?? .none)
            let out = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 8)
            defer { out.deallocate() }
            let peer = Array("192.0.2.10".utf8)
            let event = peer.withUnsafeBytes { peer in
                encoder.encode(
                    bytes, header, as: format,
                    envelope: Envelope(receivedNanoseconds: FormatGoldenTests.received, peer: peer), key: key, into: out
                )
            }
            return event.map { event in
                (Array(out[..<event.byteCount]), Array(out[event.keyStart..<event.keyStart + event.keyCount]))
            }
        }
    }

    @Test func theBytesAreThoseThatWereReceived() throws {
        let set = try FormatGoldenTests.set()
        for frame in try FormatGoldenTests.lines() + [
            [0], [0xFF, 0xFE, 0x0A], Array("<13>".utf8), [0x7B, 0x00, 0x0D],
        ] {
            let raw = try #require(Self.encode(frame, as: .raw, key: nil, set))
            #expect(raw.event == frame)
            #expect(raw.key.isEmpty)
        }
    }

    @Test func anyBytesPassUnchanged() throws {
        let set = try FormatGoldenTests.set()
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let frame = random.bytes(upTo: 300) + [1]
            let raw = Self.encode(frame, as: .raw, key: .message, set)
            #expect(raw?.event == frame, "seed \(seed)")
        }
    }

    @Test func everyKeyIsTheOneOfTheSameEventAsJSON() throws {
        let set = try FormatGoldenTests.set()
        var keys = 0
        for frame in try FormatGoldenTests.lines() {
            for index in set.vocabulary.fields.indices {
                let field = FieldID(rawValue: UInt16(index))
                let json = try #require(Self.encode(frame, as: .json, key: field, set))
                let raw = try #require(Self.encode(frame, as: .raw, key: field, set))
                #expect(raw.key == json.key, "\(set.vocabulary.name(of: field))")
                #expect(raw.event == frame)
                if !raw.key.isEmpty { keys += 1 }
            }
        }
        #expect(keys > 150)
    }

    @Test func theProgramThatALineWasGivenIsNoPartOfIt() throws {
        let set = try FormatGoldenTests.set()
        let line = Array("maps one up a".utf8)
        let raw = try #require(
            Self.encode(
                line, as: .raw, key: set.vocabulary.fieldID(named: "grade"), program: "golden", set))
        #expect(raw.event == line)
        #expect(raw.key == Array("first".utf8))
        let program = try #require(Self.encode(line, as: .raw, key: .program, program: "golden", set))
        #expect(program.key == Array("golden".utf8))
    }

    @Test func whatDoesNotFitWithItsKeyIsNotWritten() throws {
        let set = try FormatGoldenTests.set()
        let frame = Array("<30>1 2026-01-01T00:00:00Z h golden - - - maps \"3\" sideways b".utf8)
        let key = set.vocabulary.fieldID(named: "grade")
        let whole = try #require(Self.encode(frame, as: .raw, key: key, set))
        #expect(whole.key == Array("\"3\"".utf8))
        // The key is written with its escapes first: two bytes more.
        let needed = frame.count + whole.key.count + 2
        for room in 0..<needed { #expect(Self.encode(frame, as: .raw, key: key, room: room, set) == nil) }
        #expect(Self.encode(frame, as: .raw, key: key, room: needed, set)?.event == frame)
    }
}
