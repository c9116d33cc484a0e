import Events
import Patterns

/// Messages that are one JSON object, also behind the `@cee:` cookie of CEE. The object stands whole under `fields`;
/// the level, the logger and the text of a message are beside it when they are strings.
struct JSONParser: ParserPlugin {
    static let name = "json"
    static let programs: [String] = []
    static let eventTypes = ["JSON"]
    static let fields = [
        Vocabulary.Field(name: "level", kind: .text), Vocabulary.Field(name: "logger", kind: .text),
        Vocabulary.Field(name: "text", kind: .text), Vocabulary.Field(name: "fields", kind: .object),
    ]

    func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int? {
        message.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return nil }
            var start = 0
            var end = buffer.count
            let cookie: StaticString = "@cee:"
            if end >= cookie.utf8CodeUnitCount, equalBytes(bytes, cookie.utf8Start, cookie.utf8CodeUnitCount) {
                start = cookie.utf8CodeUnitCount
            }
            while start < end, bytes[start] == 0x20 { start += 1 }
            while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
            guard start < end, bytes[start] == UInt8(ascii: "{"), fields.add(3, start..<end, as: .json) else {
                return nil
            }
            var members = JSONMembers(bytes, start, end)
            while let member = members.next() {
                guard bytes[member.valueStart] == UInt8(ascii: "\""),
                    let field = WellKnownKeys.field(bytes + member.keyStart, member.keyEnd - member.keyStart)
                else { continue }
                fields.add(field, member.valueStart + 1..<member.valueEnd - 1, as: .jsonText)
            }
            return 0
        }
    }
}

/// The keys that structured logs have for the same things: the first in the message wins.
enum WellKnownKeys {
    /// 0 for a level, 1 for a logger's name, 2 for the text of the message: places in the fields of ``JSONParser`` and
    /// ``LogfmtParser``.
    static func field(_ key: UnsafePointer<UInt8>, _ count: Int) -> Int? {
        for (name, field) in keys
        where name.utf8CodeUnitCount == count && equalBytes(key, name.utf8Start, count) { return field }
        return nil
    }

    private static let keys: [(StaticString, Int)] = [
        ("level", 0), ("lvl", 0), ("severity", 0), ("log.level", 0), ("logger", 1), ("logger_name", 1),
        ("log.logger", 1), ("msg", 2), ("message", 2),
    ]
}
