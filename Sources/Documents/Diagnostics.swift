/// One fault of a text, with the place it is at. It never holds a secret's value.
public struct SourceIssue: Sendable, Hashable, Error, CustomStringConvertible {
    /// What the fault means for who reads the text.
    public enum Severity: String, Sendable {
        /// The text is refused.
        case error
        /// It is used; something in it has no effect or is risky.
        case warning
    }
    /// Whether the text is refused for it.
    public var severity: Severity
    /// Where it is.
    public var mark: SourceMark
    /// The key, such as `listeners[0].address`; empty for a fault of the text itself.
    public var path: String
    /// What was found and what was expected.
    public var message: String

    /// A fault at a place.
    public init(severity: Severity = .error, at mark: SourceMark, path: String, message: String) {
        self.severity = severity
        self.mark = mark
        self.path = path
        self.message = message
    }

    /// A fault of a whole file, or of the text itself.
    public init(_ fault: SourceFault, file: String) {
        self.init(
            at: SourceMark(file: file, line: fault.line, column: fault.column), path: "", message: fault.message)
    }

    /// `file:line:column: error: path: message`.
    public var description: String {
        "\(mark): \(severity.rawValue): " + (path.isEmpty ? "" : "\(path): ") + message
    }

    /// In the order of the files; what stands in none (the environment, arguments) comes last, as it was found.
    public static func sorted(_ issues: [SourceIssue]) -> [SourceIssue] {
        let order = { (issue: SourceIssue) in
            issue.mark.line == 0 ? (1, "", 0, 0) : (0, issue.mark.file, issue.mark.line, issue.mark.column)
        }
        return issues.enumerated().sorted { left, right in
            let (a, b) = (order(left.element), order(right.element))
            return a == b ? left.offset < right.offset : a < b
        }.map(\.element)
    }
}

/// What the reading of one text has found so far: faults, and where each key stands. Used by one thread; it ends with
/// the reading.
public final class Diagnostics {
    /// The errors so far.
    public private(set) var errors: [SourceIssue] = []
    /// The warnings so far.
    public private(set) var warnings: [SourceIssue] = []
    /// Where each key was set.
    public var marks: KeyMarks

    /// Nothing found yet.
    public init(marks: KeyMarks) { self.marks = marks }

    /// What one file can be told: a file with more faults than this is not the one that was meant.
    static let maximumFaults = 100

    /// An error at a place.
    public func error(_ path: String, at mark: SourceMark, _ message: @autoclosure () -> String) {
        add(.error, path, mark, message, to: &errors)
    }

    /// An error about the value of `path`, wherever it came from.
    public func error(_ path: String, _ message: String) { error(path, at: marks.value(path), message) }

    /// A warning about the value of `path`, wherever it came from.
    public func warning(_ path: String, _ message: String) { warning(path, at: marks.value(path), message) }

    /// A warning at a place.
    public func warning(_ path: String, at mark: SourceMark, _ message: @autoclosure () -> String) {
        add(.warning, path, mark, message, to: &warnings)
    }

    private func add(
        _ severity: SourceIssue.Severity, _ path: String, _ mark: SourceMark, _ message: () -> String,
        to issues: inout [SourceIssue]
    ) {
        guard issues.count <= Self.maximumFaults else { return }
        let isLast = issues.count == Self.maximumFaults
        issues.append(
            SourceIssue(
                severity: severity, at: mark, path: isLast ? "" : path,
                message: isLast ? "further faults are not listed" : message()))
    }
}
