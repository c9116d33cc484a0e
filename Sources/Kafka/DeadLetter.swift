import Base
import Events
import Patterns
import Spool

/// What is published for a record that Kafka refuses for good:
/// `{"type":"DEAD_LETTER","source":"kafkastreamer","original_topic":"…","error":"…","reason":"…","event":{…}}`.
/// A record that is no JSON object carries `"raw"`, its base64, instead of `"event"`; one too large to be sent inside
/// another the base64 of its first bytes, and `"truncated":true`.
enum DeadLetter {
    /// Bytes of a refused value that are carried whole; beyond it, a dead letter would be refused for its size too
    /// (`message.max.bytes` is 1,000,000 by default).
    static let mostWhole = 600_000
    /// Bytes of a larger value, or of one that was too large, that are carried; base64 makes four of three.
    static let mostOfLarge = 300_000
    /// A letter of so many bytes is not cut further: it has room for the names of topic and error and for the reason.
    static let shortest = 768

    private static let start = Array(#"{"type":"DEAD_LETTER","source":"kafkastreamer","original_topic":""#.utf8)
    private static let eventMark = Array(#"","event":"#.utf8)
    private static let rawMark = Array(#"","raw":""#.utf8)
    private static let truncatedEnd = Array(#"","truncated":true}"#.utf8)

    /// The dead letter of a record.
    /// - Parameter limit: most bytes of it: what the spool and the producer take.
    static func json(of record: Record, topic: String, error: String, reason: String, tooLarge: Bool, limit: Int)
        -> [UInt8]
    {
        let value = UnsafeRawBufferPointer(start: record.value, count: record.valueCount)
        var json: [UInt8] = []
        json.reserveCapacity(min(value.count, mostWhole) + 512)
        json += start
        json += JSONText.encoded(topic).dropFirst()
        json += Array(#","error":"#.utf8) + JSONText.encoded(error)
        // The last quotation mark belongs to what follows.
        json += Array(#","reason":"#.utf8) + JSONText.encoded(reason).dropLast()
        if !tooLarge, isObject(value), value.count <= min(mostWhole, limit - json.count - eventMark.count - 1) {
            json += eventMark
            json += value
            json.append(UInt8(ascii: "}"))
        } else {
            let isWhole = !tooLarge && value.count <= mostWhole
            appendRaw(value, most: isWhole ? mostWhole : mostOfLarge, limit: limit, to: &json)
        }
        return json
    }

    /// The rest of a letter: as many of the first bytes as fit, base64.
    private static func appendRaw(_ value: UnsafeRawBufferPointer, most: Int, limit: Int, to json: inout [UInt8]) {
        let room = max(0, (limit - json.count - rawMark.count - truncatedEnd.count) / 4 * 3)
        let kept = UnsafeRawBufferPointer(rebasing: value.prefix(min(most, room)))
        json += rawMark
        appendBase64(kept, to: &json)
        json += kept.count < value.count ? truncatedEnd : Array(#""}"#.utf8)
    }

    /// Whether a value is a dead letter of ours.
    static func isOne(_ value: UnsafeRawBufferPointer) -> Bool { value.starts(with: start) }

    /// A letter again, of at most `limit` bytes: with fewer of the first bytes of what was refused.
    static func cut(_ letter: UnsafeRawBufferPointer, limit: Int) -> [UInt8] {
        // Neither mark can stand inside the texts before it: a quotation mark there is escaped. The event's comes first: an
        // event may hold a `raw` of its own, and base64 holds no mark.
        if let mark = first(eventMark, in: letter) {
            var json = Array(letter[..<mark])
            let event = UnsafeRawBufferPointer(rebasing: letter[(mark + eventMark.count)...].dropLast())
            appendRaw(event, most: .max, limit: limit, to: &json)
            return json
        }
        if let mark = first(rawMark, in: letter) {
            var json = Array(letter[..<mark])
            let room = max(0, (limit - json.count - rawMark.count - truncatedEnd.count) / 4 * 4)
            json += rawMark
            // Whole groups of four signs stay readable.
            json += letter[(mark + rawMark.count)...].prefix(room).prefix { $0 != UInt8(ascii: "\"") }
            return json + truncatedEnd
        }
        return Array(letter)
    }

    private static func first(_ mark: [UInt8], in letter: UnsafeRawBufferPointer) -> Int? {
        letter.indices.dropLast(mark.count).first { letter[$0...].starts(with: mark) }
    }

    /// Whether a value is one JSON object, so that it can stand in another as it is.
    private static func isObject(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.first == UInt8(ascii: "{") else { return false }
        return value.withMemoryRebound(to: UInt8.self) { bytes in
            guard let base = bytes.baseAddress else { return false }
            return JSONValue.end(base, 0, bytes.count) == bytes.count
        }
    }

    private static func appendBase64(_ bytes: UnsafeRawBufferPointer, to json: inout [UInt8]) {
        let start = json.count
        json += [UInt8](repeating: 0, count: Base64.encodedCount(bytes.count))
        json.withUnsafeMutableBytes { Base64.encode(bytes, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
    }
}
