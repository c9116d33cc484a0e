import Events
import Foundation
import Parsers
import Syslog
import Testing

/// A rules file with one rule for each pattern, each with an example that it need not match.
func rulesText(_ patterns: [String], parser: String = "test", types: [String] = []) -> String {
    var text = "parser: \(parser)\nprograms: [test]\nrules:\n"
    for (index, pattern) in patterns.enumerated() {
        let quoted = pattern.replacingOccurrences(of: "'", with: "''")
        let type = index < types.count ? types[index] : "T\(index)"
        text += """
              - name: r\(index)
                type: \(type)
                pattern: '\(quoted)'
                examples: [{message: x, event: {}}]

            """
    }
    return text
}

func parserSet(_ patterns: [String]) throws -> ParserSet {
    try ParserSet([try RulesFile(yaml: rulesText(patterns), name: "test.yaml")])
}

/// Runs messages through the header parser and the encoder as a worker does.
struct Harness: ~Copyable {
    let set: ParserSet
    var encoder: EventEncoder
    var headers = HeaderParser()
    let parser: ParserID

    init(_ set: ParserSet, parser: String = "test") throws {
        self.set = set
        encoder = EventEncoder(set)
        self.parser = try #require(set.parser(named: parser))
    }

    /// The message as the body of a frame without a header.
    mutating func event(message: [UInt8], room: Int = 1 << 20) -> [UInt8]? {
        var header = headers.parse(message.span, receivedSeconds: 1_762_264_929, zone: .utc)
        header.content = ByteRange(start: 0, count: UInt32(message.count))
        header.body = header.content
        return encode(message, header, room)
    }

    /// A whole frame.
    mutating func event(
        frame: [UInt8], envelope: Envelope, key: FieldID? = nil
    ) -> (json: String, event: EncodedEvent, key: String)? {
        let header = headers.parse(frame.span, receivedSeconds: 1_762_264_929, zone: .utc)
        _ = encoder.match(frame.span, header, parser: parser)
        let out = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        defer { out.deallocate() }
        guard let event = encoder.encode(frame.span, header, envelope: envelope, key: key, into: out) else {
            return nil
        }
        let keyBytes = out[event.keyStart..<event.keyStart + event.keyCount]
        return (
            String(decoding: out[..<event.byteCount], as: UTF8.self), event, String(decoding: keyBytes, as: UTF8.self)
        )
    }

    private mutating func encode(_ frame: [UInt8], _ header: SyslogMessage, _ room: Int) -> [UInt8]? {
        _ = encoder.match(frame.span, header, parser: parser)
        let out = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 8)
        defer { out.deallocate() }
        let envelope = Envelope(receivedNanoseconds: 1_762_264_929_120_000_000)
        guard let event = encoder.encode(frame.span, header, envelope: envelope, key: nil, into: out) else {
            return nil
        }
        return Array(out[..<event.byteCount])
    }

    /// The event as Foundation reads it.
    mutating func object(_ message: String) throws -> [String: Any] {
        let event = event(message: Array(message.utf8))
        let json = try #require(event)
        return try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
    }

    /// `type` and the event's own fields as `name=value`, in order of their names; nil when unmatched.
    mutating func fields(_ message: String) throws -> String? {
        let object = try object(message)
        guard object["type"] as? String != "SYSLOG" else { return nil }
        let envelope: Set<String> = ["type", "timestamp", "source", "message", "raw", "syslog"]
        let own = object.filter { !envelope.contains($0.key) }.map { "\($0.key)=\($0.value)" }.sorted()
        return ([object["type"] as? String ?? ""] + own).joined(separator: " ")
    }
}
