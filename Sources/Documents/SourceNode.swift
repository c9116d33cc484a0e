/// A place in what was read: a line and column of a file, or an environment variable.
public struct SourceMark: Sendable, Hashable, CustomStringConvertible {
    /// The file as it was named, or `environment:NAME`.
    public var file: String
    /// The line, from 1; 0 where the place is a whole file or a variable.
    public var line: Int
    /// The column in characters (Unicode scalars), from 1; 0 where `line` is.
    public var column: Int

    /// A place in a file.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// An environment variable.
    public static func environment(_ variable: String) -> SourceMark {
        SourceMark(file: "environment:\(variable)", line: 0, column: 0)
    }

    /// An argument of the command, such as `--topic`.
    public static func argument(_ flag: String) -> SourceMark { SourceMark(file: flag, line: 0, column: 0) }

    /// The environment variable that it is.
    var variable: String? {
        file.hasPrefix("environment:") ? String(file.dropFirst("environment:".count)) : nil
    }

    /// `file:line:column`, or the file alone.
    public var description: String { line == 0 ? file : "\(file):\(line):\(column)" }
}

/// YAML as a tree of text with places; types are given to it later, by key.
public struct SourceNode: Sendable {
    /// What a node holds.
    public indirect enum Content: Sendable {
        /// A scalar; `isNull` = nothing, `~` or `null`, unquoted.
        case scalar(String, isNull: Bool)
        /// A list.
        case sequence([SourceNode])
        /// Keys with values, in the order of the file.
        case mapping([SourceEntry])
    }
    /// How a scalar is written.
    public enum Style: Sendable {
        case plain, singleQuoted, doubleQuoted
        /// Behind `|` or `>`, on lines of its own.
        case block
    }
    /// What the node holds.
    public var content: Content
    /// Where it begins; for an alias, where its anchor's value does.
    public var mark: SourceMark
    /// How it is written, where it is a scalar.
    public var style = Style.plain

    /// Whether there is nothing.
    public var isNull: Bool {
        if case .scalar(_, isNull: true) = content { return true }
        return false
    }
}

/// A key and its value. A mapping keeps every entry, also those whose key it already has.
public struct SourceEntry: Sendable {
    /// The key's text.
    public var key: String
    /// Where the key stands.
    public var mark: SourceMark
    /// Its value.
    public var value: SourceNode
}

/// A text or file that cannot be used, with the place of the fault.
public struct SourceFault: Error, Sendable, Equatable {
    /// The line from 1, 0 for the file as a whole.
    public var line = 0
    /// The column in characters from 1, 0 where `line` is.
    public var column = 0
    /// What is wrong with it.
    public var message: String

    /// A fault at a place, or of the file as a whole.
    public init(line: Int = 0, column: Int = 0, message: String) {
        self.line = line
        self.column = column
        self.message = message
    }
}
