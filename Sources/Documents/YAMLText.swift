/// YAML to be written.
public indirect enum YAMLText: Sendable, CustomStringConvertible {
    /// A scalar as it is written.
    case plain(String)
    /// A text, quoted where it must be.
    case text(String)
    /// A list.
    case sequence([YAMLText])
    /// Keys with values.
    case mapping([(String, YAMLText)])

    /// The lines of it.
    public var description: String {
        var output = ""
        write(to: &output, indent: 0)
        return output
    }

    private func write(to output: inout String, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        switch self {
        case .plain, .text: output += margin + line + "\n"
        case .sequence(let items):
            for item in items {
                var text = ""
                item.write(to: &text, indent: indent + 2)
                output += margin + "- " + text.dropFirst(indent + 2)
            }
        case .mapping(let entries):
            for (key, value) in entries {
                output += margin + Self.quoted(key) + ":"
                if let line = value.shortLine {
                    output += " " + line + "\n"
                } else {
                    output += "\n"
                    value.write(to: &output, indent: indent + 2)
                }
            }
        }
    }

    /// The value on one line, as YAML and without quotes round a text; empty for what needs several lines.
    public var short: (quoted: String, unquoted: String) {
        if case .text(let text) = self { return (line, text) }
        let line = shortLine ?? ""
        return (line, line)
    }

    /// What fits on the line of its key: a scalar, a list of scalars, nothing.
    private var shortLine: String? {
        switch self {
        case .plain, .text: return line
        case .sequence(let items):
            let lines = items.compactMap(\.scalarLine)
            return lines.count == items.count ? "[" + lines.joined(separator: ", ") + "]" : nil
        case .mapping(let entries): return entries.isEmpty ? "{}" : nil
        }
    }

    private var scalarLine: String? {
        switch self {
        case .plain, .text: line
        case .sequence, .mapping: nil
        }
    }

    private var line: String {
        switch self {
        case .plain(let text): text
        case .text(let text): Self.quoted(text)
        case .sequence, .mapping: ""
        }
    }

    /// Unquoted only where no reader of YAML could take it for anything but this text.
    private static func quoted(_ text: String) -> String {
        let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        if let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic || first == "/",
            !words.contains(text.lowercased()), text.last != ":",
            text.unicodeScalars.allSatisfy({
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._/:-".unicodeScalars.contains($0))
            })
        {
            return text
        }
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                output += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            case "\u{2028}": output += "\\L"
            case "\u{2029}": output += "\\P"
            case "\u{FEFF}": output += "\\uFEFF"
            case "\u{FFFE}", "\u{FFFF}": output += "\\u" + String(scalar.value, radix: 16)
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
