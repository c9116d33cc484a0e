import Events
import Syslog

/// One message's way from its bytes to its event: the header is read, a line without one gets the listener's program,
/// and the encoder matches and writes. The service's workers, `parse`, `rules explain`, `rules test` and the survey of
/// what no rule knows all go this way. One per worker.
public struct MessageReader: ~Copyable {
    private var headers = HeaderParser()
    private var encoder: EventEncoder
    /// The program of lines without a header; empty for none.
    private var program: [UInt8]
    /// A line with the program behind it.
    private var line: [UInt8] = []

    /// - Parameters:
    ///   - set: the rules.
    ///   - program: the program of lines without a header; nil or empty for none.
    public init(_ set: ParserSet, program: String? = nil) {
        encoder = EventEncoder(set)
        self.program = Array((program ?? "").utf8)
    }

    /// Changes to other rules and another program, between messages.
    public mutating func use(_ set: ParserSet, program: String?) {
        encoder.use(set)
        self.program = Array((program ?? "").utf8)
    }

    /// What the last match found, as a position in ``ParserSet/matchNames``.
    public var matchNumber: Int { encoder.matchNumber }

    /// Messages that cost more byte steps than allowed and were left unmatched.
    public var abandonedMatches: UInt64 { encoder.abandonedMatches }

    /// Reads a frame's header and hands on what follows from it.
    /// - Parameters:
    ///   - frame: one frame, without what framed it.
    ///   - receivedSeconds: when it came, seconds since 1970: a time without a year is read as close to it.
    ///   - zone: of times that do not say theirs.
    ///   - body: is given the encoder, the bytes that the header's ranges are places in, and the header. The bytes are
    ///     those of the frame, behind which the program may stand that the line was given.
    public mutating func read<Result>(
        _ frame: Span<UInt8>, receivedSeconds: Int64, zone: LocalZone,
        _ body: (inout EventEncoder, Span<UInt8>, SyslogMessage) -> Result
    ) -> Result {
        var header = headers.parse(frame, receivedSeconds: receivedSeconds, zone: zone)
        guard header.format == .unstructured, !program.isEmpty else {
            encoder.addedCount = 0
            return body(&encoder, frame, header)
        }
        giveProgram(frame, &header)
        encoder.addedCount = program.count
        // Held here while it is read, so that the encoder beside it can change.
        var held: [UInt8] = []
        swap(&held, &line)
        let result = body(&encoder, held.span, header)
        swap(&held, &line)
        return result
    }

    /// Hands on a message that has no header: all of it is text.
    public mutating func readText<Result>(
        _ text: Span<UInt8>, _ body: (inout EventEncoder, Span<UInt8>, SyslogMessage) -> Result
    ) -> Result {
        var header = SyslogMessage()
        header.content = ByteRange(start: 0, count: UInt32(clamping: text.count))
        header.body = header.content
        encoder.addedCount = 0
        return body(&encoder, text, header)
    }

    /// Gives a line without a header the listener's program: a copy of the line with the program behind it, so that
    /// nothing else of the line moves.
    @inline(never)
    private mutating func giveProgram(_ frame: Span<UInt8>, _ header: inout SyslogMessage) {
        line.removeAll(keepingCapacity: true)
        frame.withUnsafeBufferPointer { line.append(contentsOf: $0) }
        line.append(contentsOf: program)
        header.program = ByteRange(start: UInt32(clamping: frame.count), count: UInt32(clamping: program.count))
    }
}

/// What became of one message, in memory of its own: for tools, not for the service's messages.
public struct ReadMessage: Sendable {
    /// What its header says; ranges are places in ``bytes``.
    public let header: SyslogMessage
    /// The message, behind which the program may stand that the line was given.
    public let bytes: [UInt8]
    /// The parser that was tried; ``ParserID/none`` when there is none for the program.
    public let parser: ParserID
    /// The type of the event.
    public let type: EventTypeID
    /// The rule that matched, as `parser/rule`; nil when none did, or a plug-in.
    public let rule: String?
    /// True when matching cost more byte steps than allowed and was given up.
    public let isGivenUp: Bool
    /// The event.
    public let event: [UInt8]
}

extension MessageReader {
    /// Makes the event of one message.
    /// - Parameters:
    ///   - frame: a frame, or, with `isText`, a message that has no header.
    ///   - receivedNanoseconds: when it came, in nanoseconds since 1970.
    ///   - parser: the one to try; nil for the one that the rules have for the program.
    ///   - format: how the event is written.
    public mutating func event(
        of frame: [UInt8], isText: Bool = false, receivedNanoseconds: Int64, zone: LocalZone = .utc,
        parser: ParserID? = nil, as format: FormatName = .json
    ) -> ReadMessage {
        func finish(_ encoder: inout EventEncoder, _ bytes: Span<UInt8>, _ header: SyslogMessage) -> ReadMessage {
            let before = encoder.abandonedMatches
            let parser = parser ?? encoder.parser(of: bytes, header)
            let type = encoder.match(bytes, header, parser: parser)
            let envelope = Envelope(receivedNanoseconds: receivedNanoseconds)
            return ReadMessage(
                header: header, bytes: bytes.withUnsafeBufferPointer { Array($0) }, parser: parser, type: type,
                rule: encoder.matchedRule, isGivenUp: encoder.abandonedMatches > before,
                event: encoder.encoded(bytes, header, as: format, envelope: envelope))
        }
        if isText { return readText(frame.span, finish) }
        return read(frame.span, receivedSeconds: receivedNanoseconds / 1_000_000_000, zone: zone, finish)
    }
}

extension EventEncoder {
    /// The event of the last match in an array of its own: for tools, not for the service's messages.
    public mutating func encoded(
        _ frame: Span<UInt8>, _ header: SyslogMessage, as format: FormatName, envelope: Envelope
    ) -> [UInt8] {
        encodedWithKey(frame, header, as: format, envelope: envelope, key: nil).event
    }

    /// The same with the value of a field as the record's key would have it; empty where the event has none.
    public mutating func encodedWithKey(
        _ frame: Span<UInt8>, _ header: SyslogMessage, as format: FormatName, envelope: Envelope, key: FieldID?
    ) -> (event: [UInt8], key: [UInt8]) {
        var room = 4096 + frame.count * 8
        while true {
            let out = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 8)
            defer { out.deallocate() }
            if let event = encode(frame, header, as: format, envelope: envelope, key: key, into: out) {
                return (
                    Array(out[..<event.byteCount]), Array(out[event.keyStart..<event.keyStart + event.keyCount])
                )
            }
            room *= 2
        }
    }
}
