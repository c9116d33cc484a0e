import Documents

/// A rules file that has been read: a parser's name, the program tags it is for, and its rules. docs/writing-rules.md
/// describes the format.
public struct RulesFile: Sendable {
    /// The name given to the file, for errors.
    public internal(set) var name: String
    /// The parser's name, which is the `source` of its events. For a file that extends a parser, that parser's.
    public internal(set) var parser = ""
    /// True for a file whose rules are added to those of a parser that another file defines (`extends`).
    public internal(set) var isExtension = false
    /// True for a file that comes with the package.
    public internal(set) var isBuiltIn = false
    /// The program tags that it is for, with `*` for any run of bytes.
    public internal(set) var programs: [String] = []

    package internal(set) var rules: [Rule] = []
    var parserPlace = Place(line: 1, column: 1)
    /// The parsers whose rules are tried as well.
    var includes: [(name: String, place: Place)] = []

    /// Faults of the content, which ``ParserSet`` reports together with those of the other files.
    public internal(set) var errors: [RulesError] = []

    /// Reads a rules file.
    /// - Parameters:
    ///   - yaml: the text of the file.
    ///   - name: its name for errors.
    /// - Throws: when the text is not YAML at all. Faults of the content are collected in ``errors``: ``ParserSet``
    ///   refuses a file that has any, and reports all of them.
    public init(yaml: String, name: String) throws(RulesError) {
        guard yaml.utf8.count <= TextFile.maximumSize else {
            throw RulesError(file: name, line: 0, column: 0, message: "is longer than 1MiB")
        }
        try self.init(yaml: yaml, name: name, requiresExamples: true)
    }

    init(yaml: String, name: String, requiresExamples: Bool) throws(RulesError) {
        self.name = name
        let root: Node?
        do throws(SourceFault) {
            root = try SourceReader.read(yaml, file: name).map { (node) throws(SourceFault) in try Node(node) }
        } catch {
            throw RulesError(file: name, line: error.line, column: error.column, message: error.message)
        }
        guard let root else {
            throw RulesError(
                file: name, line: 1, column: 1,
                message: "the file is empty; expected 'parser' or 'extends', 'programs' and 'rules'")
        }
        var reader = RulesReader(file: self, requiresExamples: requiresExamples)
        reader.read(root)
        self = reader.file
        errors.sort { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}
