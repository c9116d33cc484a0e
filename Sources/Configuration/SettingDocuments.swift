import Base
import Documents

/// What the documents say of settings, written from the tables: `docs/configuration.md` and `configs/kafka.yaml`. The
/// prose around it is written by hand and stays as it is.
public enum SettingDocuments {
    /// A text with what the tables say put in the place of what it says now.
    /// - Parameters:
    ///   - text: the document.
    ///   - isSample: a configuration file with every key, and not the reference.
    public static func updated(_ text: String, isSample: Bool) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return (isSample ? sample(lines) : reference(lines)).joined(separator: "\n")
    }

    // MARK: The reference

    /// Rows below a heading that names a table, the variables' rows, and the list of what a reload leaves.
    private static func reference(_ lines: [String]) -> [String] {
        var output: [String] = []
        var rows: [String]?
        var isRestart = false
        for line in lines {
            isRestart = isRestart && !line.isEmpty
            if isRestart { continue }
            if line.hasPrefix("#") { rows = Self.rows(under: line) }
            if line.hasPrefix(restartPrefix) {
                output += restartLines
                isRestart = true
            } else if let new = rows, line.hasPrefix("|---") {
                output += [line] + new
                rows = []
            } else if rows?.isEmpty == true, line.hasPrefix("|") {
                continue
            } else {
                output.append(line)
            }
        }
        return output
    }

    /// The rows below a heading; nil where there are none of ours.
    private static func rows(under heading: String) -> [String]? {
        if heading == "## Environment" { return variables }
        guard heading.hasPrefix("### `") else { return nil }
        let name = heading.dropFirst(5).dropLast()
        let shared = Tables.sharedKeys
        if name == "listeners[all]" {
            return Tables.udp.rows.filter { shared.contains($0.key) }.map(markdown)
        }
        let table = Tables.all.first { $0.path == (name == "top level" ? "" : name) }
        let isListener = name.hasPrefix("listeners[") && !name.hasPrefix("listeners[]")
        return table?.rows.filter { !isListener || !shared.contains($0.key) }.map(markdown)
    }

    private static func markdown(_ row: SettingRow) -> String {
        let meaning = [row.meaning, row.note].filter { !$0.isEmpty }.joined(separator: "; ")
        let cells = ["`\(row.key)`", row.shownDefault, row.unit, meaning]
        return "|" + cells.map { $0.isEmpty ? " |" : " \($0) |" }.joined()
    }

    private static var variables: [String] {
        let properties =
            EnvironmentOverrides.properties.map { ($0.name, "property `\($0.property)`") } + [
                (
                    EnvironmentOverrides.propertyPrefix + "…",
                    "the property of that name in small letters with `.` for `_`: `KAFKA_PROPERTY_SSL_CA_LOCATION` "
                        + "sets `ssl.ca.location`. `__` stands for an underscore"
                )
            ]
        let addresses = EnvironmentOverrides.addresses.map {
            ($0.0, "the addresses of \($0.1.type.uppercased()) listeners, with commas; `off` = none")
        }
        let keys = Tables.variables.map {
            ($0.name, "`\($0.path)`" + ($0.note.isEmpty ? "" : ", \($0.note)"))
        }
        return (keys + properties + addresses).map { "| `\($0.0)` | \($0.1) |" }
    }

    private static let restartPrefix = "These take effect at the next start only:"
    private static var restartLines: [String] {
        let parts = Tables.all.compactMap { table -> String? in
            let path = table.path
            let keys = table.rows.filter(\.needsRestart).map(\.key)
            let others = table.keys.filter { !keys.contains($0) }
            if keys.isEmpty { return nil }
            if path.isEmpty { return keys.map { "`\($0)`" }.joined(separator: ", ") }
            return "`\(path)`"
                + (others.isEmpty ? "" : " without " + others.map { "`\($0)`" }.joined(separator: " and "))
        }
        var lines = [restartPrefix]
        for word in (parts.joined(separator: ", ") + ".").split(separator: " ") {
            if lines[lines.count - 1].count + word.count > 118 {
                lines.append(String(word))
            } else {
                lines[lines.count - 1] += " " + word
            }
        }
        return lines
    }

    // MARK: The sample file

    /// Each key with its default and its comment. Which keys stand where, which are set and to what is the file's own.
    private static func sample(_ lines: [String]) -> [String] {
        var section = ""
        var type = ""
        return lines.map { line in
            guard let entry = SampleLine(line) else { return line }
            if entry.isTopLevel, entry.value.isEmpty, !entry.isDefault { section = entry.key }
            if entry.key == "type" { type = entry.value }
            let table: String
            switch (entry.isTopLevel, section) {
            case (true, _): table = ""
            case (_, "listeners"): table = "listeners[\(type.isEmpty ? "udp" : type)]"
            case (_, "routes"): table = entry.depth > 4 ? "routes[].match" : "routes[]"
            default: table = section
            }
            let row = Tables.all.first { $0.path == table }?.rows.first { $0.key == entry.key }
            return row.map { entry.line($0) } ?? line
        }
    }
}

/// A line of the sample file that has a key: set, or behind `#` with its default.
private struct SampleLine {
    /// What stands before the key.
    let start: String
    let key: String
    /// What stands behind the colon, less a comment.
    let value: String
    let hasComment: Bool
    /// `#key: default`.
    let isDefault: Bool

    var isTopLevel: Bool { start.isEmpty || start == "#" }
    /// Columns before the key.
    var depth: Int { start.count - (isDefault ? 1 : 0) }

    init?(_ line: String) {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let before = line[..<colon]
        let key = before.reversed().prefix { $0.isLetter || $0 == "-" }
        guard let first = key.last, first.isLetter else { return nil }
        self.key = String(String(key).reversed())
        start = String(before.dropLast(key.count))
        isDefault = start.last == "#"
        // Prose is behind "# "; keys of listeners in comments are behind "  # " and deeper.
        guard start.allSatisfy({ $0 == " " || $0 == "#" || $0 == "-" }), !start.hasPrefix("# ") else { return nil }
        let rest = line[line.index(after: colon)...]
        guard rest.isEmpty || rest.first == " " else { return nil }
        let comment = rest.firstRange(of: " # ")
        hasComment = comment != nil
        value = rest[..<(comment?.lowerBound ?? rest.endIndex)].trimmed
    }

    /// The line with what a setting's entry says.
    func line(_ row: SettingRow) -> String {
        var line = start + key + ":"
        if isDefault { line += " \(row.sample)" } else if !value.isEmpty { line += " \(value)" }
        guard isDefault || hasComment else { return line }
        let meaning = row.meaning.replacing("`", with: "")
        let hint = row.hint.hasPrefix("such as") ? ", \(row.hint)" : row.hint.isEmpty ? "" : " (\(row.hint))"
        let comment = meaning.isEmpty ? row.hint : meaning + hint
        guard !comment.isEmpty else { return line }
        return line + String(repeating: " ", count: max(2, 36 - line.count)) + "# " + comment
    }
}
