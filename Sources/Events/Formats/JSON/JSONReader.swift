import Patterns

/// Reads the events that this package writes, for comparing them with what an example expects. Not for messages: it
/// takes the text to be well-formed (``Patterns/JSONValue`` is what checks).
package enum JSONReader {
    /// A member of an object with its value.
    package struct Member {
        package var name: String
        package var value: ConstantValue
        /// The value as JSON.
        package var json: String
    }

    /// The members of the outermost object, in order.
    package static func members(_ json: some Collection<UInt8>) -> [Member] {
        Array(json).withUnsafeBufferPointer { members($0) }
    }

    /// An object with its keys in order, so that two can be compared as text.
    package static func object(_ members: [(name: String, json: String)]) -> String {
        let sorted = members.sorted { ($0.name, $0.json) < ($1.name, $1.json) }
        return "{" + sorted.map { JSONText.literal($0.name) + ":" + $0.json }.joined(separator: ",") + "}"
    }

    private typealias Bytes = UnsafeBufferPointer<UInt8>

    private static func members(_ bytes: Bytes) -> [Member] {
        guard let base = bytes.baseAddress else { return [] }
        var members: [Member] = []
        var reader = JSONMembers(base, 0, bytes.count)
        while let member = reader.next() {
            let text = Bytes(rebasing: bytes[member.valueStart..<member.valueEnd])
            members.append(
                Member(
                    name: JSONText.text(bytes[member.keyStart..<member.keyEnd]), value: value(text),
                    json: String(decoding: text, as: UTF8.self)))
        }
        return members
    }

    private static func value(_ bytes: Bytes) -> ConstantValue {
        switch bytes.first {
        case UInt8(ascii: "\""): return .text(JSONText.text(bytes.dropFirst().dropLast()))
        case UInt8(ascii: "{"): return .object(object(members(bytes).map { ($0.name, $0.value.json) }))
        case UInt8(ascii: "["): return .object("[" + elements(bytes).joined(separator: ",") + "]")
        case UInt8(ascii: "t"): return .boolean(true)
        case UInt8(ascii: "f"): return .boolean(false)
        default: return .number(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func elements(_ bytes: Bytes) -> [String] {
        guard let base = bytes.baseAddress else { return [] }
        var elements: [String] = []
        var reader = JSONMembers(base, 0, bytes.count)
        while let element = reader.nextElement() { elements.append(value(Bytes(rebasing: bytes[element])).json) }
        return elements
    }
}
