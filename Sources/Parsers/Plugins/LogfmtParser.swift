import Events
import Patterns

/// logfmt: `level=info msg="it is done" took=3ms`. All pairs are texts under `fields`, words without `=` are `true`
/// there; the level, the logger and the text of the message are beside it as well.
struct LogfmtParser: ParserPlugin {
    static let name = "logfmt"
    static let programs: [String] = []
    static let eventTypes = ["LOGFMT"]
    static let fields = JSONParser.fields

    func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int? {
        message.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return nil }
            let end = buffer.count
            var at = 0
            var isFirst = true
            while true {
                while at < end, bytes[at] <= 0x20 { at += 1 }
                guard at < end else { return isFirst ? nil : 0 }
                let key = at
                while at < end, Self.isKeyByte(bytes[at]) { at += 1 }
                let keyEnd = at
                let isPair = keyEnd > key && at < end && bytes[at] == UInt8(ascii: "=")
                if isPair {
                    at = pair(bytes, key..<keyEnd, end, &fields)
                } else {
                    // Prose does not begin with a pair.
                    if isFirst { return nil }
                    while at < end, bytes[at] > 0x20 { at += 1 }
                    // What cannot be a key is passed over; the message keeps it.
                    if at == keyEnd { fields.addMember(3, key..<keyEnd, keyEnd..<keyEnd, as: .flag) }
                }
                isFirst = false
            }
        }
    }

    /// Adds the pair with this key, and returns its end.
    private func pair(
        _ bytes: UnsafePointer<UInt8>, _ key: Range<Int>, _ end: Int, _ fields: inout PluginFields
    ) -> Int {
        let start = key.upperBound + 1
        var value = start..<start
        var encoding = PluginEncoding.text
        var stop = start
        let close = start < end && bytes[start] == UInt8(ascii: "\"") ? TypedCapture.quoted(bytes, start, end) : -1
        if close >= 0, close == end || bytes[close] <= 0x20 {
            value = start + 1..<close - 1
            // The escapes of JSON are undone by the reader of the event; others stay, but for quotes and backslashes.
            encoding = JSONValue.string(bytes, start, close) == close ? .jsonText : .quoted
            stop = close
        } else {
            while stop < end, bytes[stop] > 0x20 { stop += 1 }
            value = start..<stop
        }
        fields.addMember(3, key, value, as: encoding)
        if let field = WellKnownKeys.field(bytes + key.lowerBound, key.count) { fields.add(field, value, as: encoding) }
        return stop
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\"")
    }
}
