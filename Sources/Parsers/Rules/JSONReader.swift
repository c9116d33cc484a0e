import Events

/// Reads the events that this package writes, for comparing them with what an example expects. Not a general JSON
/// reader: it takes the text to be well-formed.
package struct JSONReader {
    /// A member of an object with its value.
    package struct Member {
        package var name: String
        package var value: ConstantValue
        /// The value as JSON.
        package var json: String
    }

    private let bytes: [UInt8]
    private var at = 0

    /// The members of the outermost object, in order.
    package static func members(_ json: some Collection<UInt8>) -> [Member] {
        var reader = JSONReader(bytes: Array(json))
        return reader.members()
    }

    /// An object with its keys in order, so that two can be compared as text.
    static func object(_ members: [(name: String, json: String)]) -> String {
        let sorted = members.sorted { ($0.name, $0.json) < ($1.name, $1.json) }
        return "{" + sorted.map { ConstantValue.text($0.name).json + ":" + $0.json }.joined(separator: ",") + "}"
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func members() -> [Member] {
        var members: [Member] = []
        at += 1
        while at < bytes.count, next != UInt8(ascii: "}") {
            if next == UInt8(ascii: ",") { at += 1 }
            let name = string()
            at += 1
            let start = at
            let value = self.value()
            members.append(
                Member(
                    name: name, value: value, json: String(decoding: bytes[start..<min(at, bytes.count)], as: UTF8.self)
                ))
        }
        at += 1
        return members
    }

    private mutating func value() -> ConstantValue {
        switch next {
        case UInt8(ascii: "\""): return .text(string())
        case UInt8(ascii: "{"): return .object(Self.object(members().map { ($0.name, $0.value.json) }))
        case UInt8(ascii: "["):
            var elements: [String] = []
            at += 1
            while at < bytes.count, next != UInt8(ascii: "]") {
                if next == UInt8(ascii: ",") { at += 1 }
                elements.append(value().json)
            }
            at += 1
            return .object("[" + elements.joined(separator: ",") + "]")
        default:
            let start = at
            while at < bytes.count, !",}]".utf8.contains(next) { at += 1 }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            return text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : .number(text)
        }
    }

    private mutating func string() -> String {
        var text: [UInt8] = []
        at += 1
        while at < bytes.count, next != UInt8(ascii: "\"") {
            if next == UInt8(ascii: "\\") {
                at += 1
                unescape(&text)
            } else {
                text.append(next)
                at += 1
            }
        }
        at += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func unescape(_ text: inout [UInt8]) {
        switch next {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "u"):
            var units = [codeUnit()]
            if UTF16.isLeadSurrogate(units[0]), at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "\\") {
                at += 2
                units.append(codeUnit())
            }
            text += Array(String(decoding: units, as: UTF16.self).utf8)
        default: text.append(next)
        }
        at += 1
    }

    /// Reads the four digits behind the `u` at the present place, and stops at the last.
    private mutating func codeUnit() -> UInt16 {
        let digits = String(decoding: bytes[min(at + 1, bytes.count)..<min(at + 5, bytes.count)], as: UTF8.self)
        at += 4
        return UInt16(digits, radix: 16) ?? 0xFFFD
    }
}
