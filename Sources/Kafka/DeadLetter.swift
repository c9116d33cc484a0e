import Spool

/// What is published for a record that Kafka refuses for good:
/// `{"type":"DEAD_LETTER","source":"kafkastreamer","original_topic":"…","error":"…","reason":"…","event":{…}}`.
/// A record too large to be sent inside another carries `"raw"`, the base64 of its first bytes, and `"truncated":true`.
enum DeadLetter {
    /// Bytes of a refused value that are carried whole; beyond it, a dead letter would be refused for its size too
    /// (`message.max.bytes` is 1,000,000 by default).
    static let mostWhole = 600_000
    /// Bytes of a larger value that are carried; base64 makes four of three.
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
        appendEscaped(topic, to: &json)
        json += Array(#"","error":""#.utf8)
        appendEscaped(error, to: &json)
        json += Array(#"","reason":""#.utf8)
        appendEscaped(reason, to: &json)
        if !tooLarge, value.count <= min(mostWhole, limit - json.count - eventMark.count - 1) {
            json += eventMark
            json += value
            json.append(UInt8(ascii: "}"))
        } else {
            appendRaw(value, most: mostOfLarge, limit: limit, to: &json)
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

    private static func appendEscaped(_ text: String, to json: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: json.append(UInt8(ascii: " "))
            default: json.append(byte)
            }
        }
    }

    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648 section 4.
    static func appendBase64(_ bytes: UnsafeRawBufferPointer, to json: inout [UInt8]) {
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let word =
                UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[index + 2]) : 0)
            json.append(digits[Int(word >> 18)])
            json.append(digits[Int(word >> 12 & 63)])
            json.append(left > 1 ? digits[Int(word >> 6 & 63)] : UInt8(ascii: "="))
            json.append(left > 2 ? digits[Int(word & 63)] : UInt8(ascii: "="))
            index += 3
        }
    }
}
