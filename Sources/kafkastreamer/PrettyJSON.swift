/// JSON for a person: indented, with colours. Not a parser: what is no JSON is laid out as it comes, and no byte of it is
/// lost or reaches a terminal that moves its cursor.
struct PrettyJSON {
    /// One line a member, or all on one line.
    var isIndented: Bool
    var hasColours: Bool

    private static let nameColour = "\u{1B}[36m"
    private static let textColour = "\u{1B}[32m"
    private static let literalColour = "\u{1B}[33m"
    private static let plain = "\u{1B}[0m"
    /// Deeper members are not moved further to the right.
    private static let deepest = 40

    /// The value; nil when it is no object or list.
    func text(_ value: UnsafeRawBufferPointer) -> String? {
        guard let first = value.first(where: { !Self.isBlank($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return nil }
        var text = ""
        var depth = 0
        var at = 0
        while at < value.count {
            let byte = value[at]
            switch byte {
            case UInt8(ascii: "\""):
                let end = Self.endOfString(value, at)
                let isName = Self.next(value, end) == UInt8(ascii: ":")
                append(value[at..<end], isName ? Self.nameColour : Self.textColour, to: &text)
                at = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                text.unicodeScalars.append(Unicode.Scalar(byte))
                let following = Self.next(value, at + 1)
                if following == UInt8(ascii: "}") || following == UInt8(ascii: "]") {
                    at += 1
                    while value[at] != following { at += 1 }
                    text.unicodeScalars.append(Unicode.Scalar(value[at]))
                } else {
                    depth += 1
                    newLine(depth, &text)
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth = max(0, depth - 1)
                newLine(depth, &text)
                text.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ","):
                text += ","
                newLine(depth, &text)
            case UInt8(ascii: ":"): text += isIndented ? ": " : ":"
            case _ where Self.isBlank(byte): break
            default:
                var end = at + 1
                while end < value.count, !"\",:{}[]".utf8.contains(value[end]), !Self.isBlank(value[end]) { end += 1 }
                append(value[at..<end], Self.literalColour, to: &text)
                at = end
                continue
            }
            at += 1
        }
        return text
    }

    private func newLine(_ depth: Int, _ text: inout String) {
        if isIndented { text += "\n" + String(repeating: "  ", count: min(depth, Self.deepest)) }
    }

    private func append(_ bytes: Slice<UnsafeRawBufferPointer>, _ colour: String, to text: inout String) {
        let shown = PrintableText.escaped(UnsafeRawBufferPointer(rebasing: bytes), .value)
        text += hasColours ? colour + shown + Self.plain : shown
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// Behind the quote that ends the string that begins at `start`.
    private static func endOfString(_ value: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var at = start + 1
        while at < value.count {
            if value[at] == UInt8(ascii: "\\") {
                at += 2
            } else if value[at] == UInt8(ascii: "\"") {
                return at + 1
            } else {
                at += 1
            }
        }
        return value.count
    }

    /// The next byte that is no blank.
    private static func next(_ value: UnsafeRawBufferPointer, _ start: Int) -> UInt8? {
        start < value.count ? value[start...].first { !isBlank($0) } : nil
    }
}
