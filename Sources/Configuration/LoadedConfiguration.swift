import Base
import Documents

/// Everything that is wrong with a configuration, by file, line and column.
public struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// The errors; at least one.
    public var errors: [SourceIssue]
    /// The warnings that were found as well.
    public var warnings: [SourceIssue]
    /// What could be read in spite of the errors, so that later checks can be made of it as well and everything be
    /// reported at once; nil when nothing could.
    public let partial: LoadedConfiguration?

    /// Errors, and the warnings found beside them.
    public init(errors: [SourceIssue], warnings: [SourceIssue] = [], partial: LoadedConfiguration? = nil) {
        self.errors = errors
        self.warnings = warnings
        self.partial = partial
    }

    /// One line each, errors first.
    public var description: String { (errors + warnings).map(\.description).joined(separator: "\n") }
}

/// A configuration, and where each part of it came from.
public struct LoadedConfiguration: Sendable, Equatable {
    /// The configuration.
    public var configuration: Configuration
    /// Where each key was set.
    public private(set) var marks: KeyMarks
    /// What is legal and likely not meant.
    public var warnings: [SourceIssue]

    init(_ configuration: Configuration, _ diagnostics: Diagnostics) throws(ConfigurationErrors) {
        self.configuration = configuration
        marks = diagnostics.marks
        warnings = SourceIssue.sorted(diagnostics.warnings)
        guard diagnostics.errors.isEmpty else {
            throw ConfigurationErrors(
                errors: SourceIssue.sorted(diagnostics.errors), warnings: warnings, partial: self)
        }
    }

    /// Sets one key as an argument of the command says it.
    /// - Throws: what was expected, to follow the flag's name.
    public mutating func set(_ path: String, to text: String, by flag: String) throws(SourceIssue) {
        let diagnostics = Diagnostics(marks: marks)
        configuration.set(path, to: text, from: .argument(flag), diagnostics)
        if let error = diagnostics.errors.first { throw error }
        marks = diagnostics.marks
    }

    /// The same after the command line changed ``configuration``: sizes, addresses, names and routes are checked
    /// against each other again. Routes may name listeners that are gone; such a condition never holds.
    public func revalidated() throws(ConfigurationErrors) -> LoadedConfiguration {
        let diagnostics = Diagnostics(marks: marks)
        CrossCheck.report(configuration, diagnostics)
        return try LoadedConfiguration(configuration, diagnostics)
    }

    /// What is wrong where there is no listener: legal for a file that arguments of the command complete, and an end
    /// at start for a service that has only the file.
    public var missingListeners: SourceIssue? {
        guard configuration.listeners.isEmpty else { return nil }
        let isOff = marks.isSet("listeners") && marks.value("listeners").line == 0
        return issue(
            at: "listeners",
            isOff
                ? "no listener is left, so there is nothing to read"
                : "there are none, so there is nothing to read; expected at least one, such as {type: udp}")
    }

    /// A later finding about the value of `path`, such as a rules file that is missing or a parser that no rules
    /// file defines: `issue(at: "routes[2].parser", …)`.
    public func issue(
        at path: String, _ message: String, severity: SourceIssue.Severity = .error
    ) -> SourceIssue {
        SourceIssue(severity: severity, at: marks.value(path), path: path, message: message)
    }

    /// A later error about the key itself and not its value.
    public func issue(ofKey path: String, _ message: String) -> SourceIssue {
        SourceIssue(at: marks.key(path), path: path, message: message)
    }

    /// A later error about a librdkafka property, at the place of its name.
    public func issue(property name: String, _ message: String) -> SourceIssue {
        let paths = ["kafka.properties.\(name)", "kafka.property-files.\(name)"]
        let path = paths.first { marks.isSet($0) } ?? Configuration.Kafka.Property.ownKeys[name] ?? paths[0]
        return issue(ofKey: path, message)
    }
}
