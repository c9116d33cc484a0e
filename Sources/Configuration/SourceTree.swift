import Yams

/// YAML as a tree of text with places; types are given to it later, by key.
struct SourceNode {
    indirect enum Content {
        /// A scalar; `isNull` = nothing, `~` or `null`, unquoted.
        case scalar(String, isNull: Bool)
        case sequence([SourceNode])
        case mapping([SourceEntry])
    }
    var content: Content
    var mark: ConfigurationMark

    var isNull: Bool {
        if case .scalar(_, isNull: true) = content { return true }
        return false
    }
}

/// A key and its value. A mapping keeps every entry, also those whose key it already has.
struct SourceEntry {
    var key: String
    var mark: ConfigurationMark
    var value: SourceNode
}

/// Reads YAML text; faults of the text itself are issues with line and column and never quote it, as it may hold
/// secrets.
struct SourceReader {
    /// More than this many values is no configuration; aliases can make that many of a few lines.
    static let maximumNodes = 100_000

    private let file: String
    private var scalars: [Unicode.Scalar]
    private var lineStarts: [Int] = [0]
    /// Keys as they were written, by the name a duplicate was given so that the text could be read.
    private var renamed: [String: String] = [:]
    private var nodes = 0

    /// The tree of a text, nil for a text that holds nothing.
    static func read(_ text: String, file: String) throws(ConfigurationIssue) -> SourceNode? {
        var reader = SourceReader(text, file: file)
        try reader.checkCharacters()
        guard let root = try reader.compose() else { return nil }
        return try reader.convert(root)
    }

    private init(_ text: String, file: String) {
        self.file = file
        scalars = Array(text.unicodeScalars)
        // A byte order mark is no part of the first line.
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "\r" where index < scalars.count && scalars[index] == "\n": continue
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": lineStarts.append(index)
            default: break
            }
        }
    }

    private func issue(_ line: Int, _ column: Int, _ message: String) -> ConfigurationIssue {
        ConfigurationIssue(
            at: ConfigurationMark(file: file, line: max(line, 1), column: max(column, 1)), path: "", message: message)
    }

    /// YAML's set of characters, checked here because the library counts bytes where we count lines.
    private func checkCharacters() throws(ConfigurationIssue) {
        var line = 0
        for (index, scalar) in scalars.enumerated() {
            while line + 1 < lineStarts.count, lineStarts[line + 1] <= index { line += 1 }
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: continue
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
                throw issue(line + 1, index - lineStarts[line] + 1, "the character U+\(code) is not allowed in YAML")
            }
        }
    }

    /// The library refuses a text at its first duplicate key. So that every fault is reported at once, such a key is
    /// renamed, in place and at the same length, and found again by `convert`.
    private mutating func compose() throws(ConfigurationIssue) -> Node? {
        for _ in 0..<256 {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            do {
                // Without rules for types: what a scalar is, its key says.
                return try Parser(yaml: String(text), resolver: .basic, encoding: .utf8).singleRoot()
            } catch let error as YamlError {
                guard case .duplicatedKeysInMapping(let keys, let context) = error else { throw describe(error) }
                guard let key = keys.first, rename(key, at: context.mark) else {
                    throw issue(context.mark.line, context.mark.column, "this key stands twice in its mapping")
                }
            } catch {
                throw issue(1, 1, "not valid YAML")
            }
        }
        throw issue(1, 1, "more than 256 keys stand twice in their mapping")
    }

    private mutating func rename(_ key: String, at mark: Mark) -> Bool {
        guard (1...lineStarts.count).contains(mark.line) else { return false }
        var position = lineStarts[mark.line - 1] + mark.column - 1
        guard scalars.indices.contains(position) else { return false }
        if scalars[position] == "\"" || scalars[position] == "'" { position += 1 }
        let written = Array(key.unicodeScalars)
        guard !written.isEmpty, position + written.count <= scalars.count,
            scalars[position..<position + written.count].elementsEqual(written),
            // Private use: no key is written with it.
            let substitute = Unicode.Scalar(0xF0000 + UInt32(renamed.count))
        else { return false }
        var name = String.UnicodeScalarView()
        name.append(substitute)
        name.append(contentsOf: written.dropFirst())
        renamed[String(name)] = renamed[key] ?? key
        scalars[position] = substitute
        return true
    }

    private func describe(_ error: YamlError) -> ConfigurationIssue {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            var message = "not valid YAML: \(problem)"
            if let context, !context.text.isEmpty {
                message += " \(context.text)"
                if context.mark.line != mark.line { message += " that begins on line \(context.mark.line)" }
            }
            return issue(mark.line, mark.column, message)
        case .composer(_, let problem, let mark, _):
            let isSecond = problem.contains("another document")
            return issue(
                mark.line, mark.column,
                isSecond ? "a second document begins here, expected one" : "not valid YAML: \(problem)")
        case .reader(let problem, _, _, _): return issue(1, 1, "not valid YAML: \(problem)")
        default: return issue(1, 1, "not valid YAML")
        }
    }

    private mutating func convert(_ node: Node) throws(ConfigurationIssue) -> SourceNode {
        let mark = ConfigurationMark(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        nodes += 1
        guard nodes <= Self.maximumNodes else {
            throw issue(mark.line, mark.column, "more than \(Self.maximumNodes) values, aliases written out")
        }
        let tag = node.tag.rawValue
        guard tag.isEmpty || tag == "!" || tag.hasPrefix("tag:yaml.org,2002:") else {
            throw issue(mark.line, mark.column, "tags such as !include are not read; expected a plain value")
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            let isNull = isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return SourceNode(content: .scalar(scalar.string, isNull: isNull), mark: mark)
        case .sequence(let sequence):
            var items: [SourceNode] = []
            for item in sequence { items.append(try convert(item)) }
            return SourceNode(content: .sequence(items), mark: mark)
        case .mapping(let mapping):
            var entries: [SourceEntry] = []
            for (key, value) in mapping {
                let keyMark = ConfigurationMark(file: file, line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
                guard case .scalar(let scalar) = key else {
                    throw issue(keyMark.line, keyMark.column, "a key is a list or a mapping, expected a name")
                }
                let name = renamed[scalar.string] ?? scalar.string
                entries.append(SourceEntry(key: name, mark: keyMark, value: try convert(value)))
            }
            return SourceNode(content: .mapping(entries), mark: mark)
        case .alias:
            throw issue(mark.line, mark.column, "not valid YAML: an alias to nothing")
        }
    }
}
