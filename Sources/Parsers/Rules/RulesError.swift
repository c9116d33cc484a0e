/// One fault in a rules file: where it is and what was expected there.
public struct RulesError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file's name as it was given to ``RulesFile``.
    public let file: String
    /// Line, from 1; 0 when the fault has no place in the file.
    public let line: Int
    /// Column in characters, from 1; 0 when the fault has no place in the file.
    public let column: Int
    /// What is wrong and what was expected.
    public let message: String

    /// A fault at one place.
    public init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `dhcpd.yaml:12:9: message`.
    public var description: String { "\(place): \(message)" }

    /// `dhcpd.yaml:12:9`, or the file alone.
    public var place: String { line > 0 ? "\(file):\(line):\(column)" : file }
}

/// All faults of a set of rules files, in the order of the files and of their lines.
public struct RulesErrors: Error, Sendable, CustomStringConvertible {
    /// At least one fault.
    public let errors: [RulesError]

    /// Collects faults.
    public init(errors: [RulesError]) { self.errors = errors }

    /// One fault a line.
    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
