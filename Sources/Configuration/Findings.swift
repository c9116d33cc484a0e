import Documents

/// What one load has found so far: faults and places. Used by one thread; it ends with the load.
final class Findings {
    let file: String
    private(set) var errors: [ConfigurationIssue] = []
    private(set) var warnings: [ConfigurationIssue] = []
    var marks: ConfigurationMarks

    init(file: String, marks: ConfigurationMarks? = nil) {
        self.file = file
        self.marks = marks ?? ConfigurationMarks(file: file)
    }

    /// What one file can be told: a file with more faults than this is not the one that was meant.
    static let maximumFaults = 100

    func error(_ path: String, at mark: ConfigurationMark, _ message: @autoclosure () -> String) {
        add(ConfigurationIssue(at: mark, path: path, message: hasRoom(errors) ? message() : ""), to: &errors)
    }

    /// An error about the value of `path`, wherever it came from.
    func error(_ path: String, _ message: String) { error(path, at: marks.value(path), message) }

    func warning(_ path: String, at mark: ConfigurationMark, _ message: @autoclosure () -> String) {
        add(
            ConfigurationIssue(
                severity: .warning, at: mark, path: path, message: hasRoom(warnings) ? message() : ""), to: &warnings)
    }

    func warning(_ path: String, _ message: String) { warning(path, at: marks.value(path), message) }

    private func hasRoom(_ issues: [ConfigurationIssue]) -> Bool { issues.count < Self.maximumFaults }

    private func add(_ issue: ConfigurationIssue, to issues: inout [ConfigurationIssue]) {
        if hasRoom(issues) {
            issues.append(issue)
        } else if issues.count == Self.maximumFaults {
            var last = issue
            last.path = ""
            last.message = "further faults are not listed"
            issues.append(last)
        }
    }

    /// In the order of the file, what is not in it (the environment) after it.
    static func sorted(_ issues: [ConfigurationIssue]) -> [ConfigurationIssue] {
        issues.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            if (a.line == 0) != (b.line == 0) { return b.line == 0 }
            if a.line != b.line { return a.line < b.line }
            if a.column != b.column { return a.column < b.column }
            return left.offset < right.offset
        }.map(\.element)
    }

    /// Remembers where every key below `node` stands.
    func record(_ node: SourceNode, path: String) {
        marks.values[path] = node.mark
        switch node.content {
        case .scalar: break
        case .sequence(let items):
            for (index, item) in items.enumerated() {
                marks.keys["\(path)[\(index)]"] = item.mark
                record(item, path: "\(path)[\(index)]")
            }
        case .mapping(let entries):
            // Of a key that stands twice the first counts, as it does in `Section`.
            for entry in entries.reversed() {
                let child = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                marks.keys[child] = entry.mark
                record(entry.value, path: child)
            }
        }
    }
}

/// Values as they may be shown: short, on one line, and nothing that looks like a secret.
enum Shown {
    /// A scalar that was found.
    static func value(_ text: String) -> String {
        let folded = text.lowercased()
        if folded.contains("@") || folded.contains("password") || folded.contains("secret") {
            return "text that is not shown"
        }
        return "\"\(short(text))\""
    }

    /// The name of a file that holds a secret. Without a slash it may be the secret itself, in the wrong place.
    static func path(_ text: String) -> String {
        text.contains("/") ? "\"\(short(text))\"" : "whose name is not shown (it has no /)"
    }

    /// A key that was found: nothing from `=` or a space on, where a forgotten colon leaves the value in the key.
    static func key(_ text: String) -> String {
        if let end = text.firstIndex(where: { $0 == "=" || $0.isWhitespace }) {
            return short(String(text[..<end])) + "…"
        }
        return short(text)
    }

    /// What was found in place of something else.
    static func kind(_ node: SourceNode, isSecret: Bool = false) -> String {
        switch node.content {
        case .scalar(_, isNull: true): "nothing"
        case .scalar(let text, isNull: false): isSecret ? "text" : value(text)
        case .sequence: "a list"
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
