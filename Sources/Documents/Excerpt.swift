/// Values as messages may show them: short, on one line, and nothing that looks like a secret.
public enum Excerpt {
    /// A scalar that was found.
    public static func value(_ text: String) -> String {
        let folded = text.lowercased()
        if folded.contains("@") || folded.contains("password") || folded.contains("secret") {
            return "text that is not shown"
        }
        return "\"\(short(text))\""
    }

    /// The name of a file that holds a secret. Without a slash it may be the secret itself, in the wrong place.
    public static func path(_ text: String) -> String {
        text.contains("/") ? "\"\(short(text))\"" : "whose name is not shown (it has no /)"
    }

    /// A key that was found: nothing from `=` or a space on, where a forgotten colon leaves the value in the key.
    public static func key(_ text: String) -> String {
        if let end = text.firstIndex(where: { $0 == "=" || $0.isWhitespace }) {
            return short(String(text[..<end])) + "…"
        }
        return short(text)
    }

    /// What was found in place of something else.
    public static func kind(_ node: SourceNode, isSecret: Bool = false) -> String {
        switch node.content {
        case .scalar(_, isNull: true): "nothing"
        case .scalar(let text, isNull: false): isSecret ? "text" : value(text)
        case .sequence(let items): items.isEmpty ? "an empty list" : "a list"
        case .mapping: "a mapping"
        }
    }

    private static func short(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(48) {
            if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar == "\"" {
                shown += scalar.escaped(asASCII: false)
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.count > 48 ? shown + "…" : shown
    }
}
