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

    /// The dead letter of a record.
    /// - Parameter limit: most bytes of it: what the spool and the producer take.
    static func json(
        of record: Record, topic: String, error: String, reason: String, tooLarge: Bool, limit: Int
    ) -> [UInt8] {
        let value = UnsafeRawBufferPointer(start: record.value, count: record.valueCount)
        var json: [UInt8] = []
        json.reserveCapacity(min(value.count, mostWhole) + 512)
        json += Array(#"{"type":"DEAD_LETTER","source":"kafkastreamer","original_topic":""#.utf8)
        appendEscaped(topic, to: &json)
        json += Array(#"","error":""#.utf8)
        appendEscaped(error, to: &json)
        json += Array(#"","reason":""#.utf8)
        appendEscaped(reason, to: &json)
        let event = Array(#"","event":"#.utf8)
        if !tooLarge, value.count <= min(mostWhole, limit - json.count - event.count - 1) {
            json += event
            json += value
        } else {
            let raw = Array(#"","raw":""#.utf8)
            let truncated = Array(#"","truncated":true"#.utf8)
            let most = max(0, (limit - json.count - raw.count - truncated.count - 1) / 4 * 3)
            let kept = UnsafeRawBufferPointer(rebasing: value.prefix(min(mostOfLarge, most)))
            json += raw
            appendBase64(kept, to: &json)
            json += kept.count < value.count ? truncated : [UInt8(ascii: "\"")]
        }
        json.append(UInt8(ascii: "}"))
        return json
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
