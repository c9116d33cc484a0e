import Documents

/// A place in the configuration: a line and column of a file, or an environment variable.
public typealias ConfigurationMark = SourceMark

/// One fault of a configuration, with the place it is at. It never holds a secret's value.
public struct ConfigurationIssue: Sendable, Hashable, Error, CustomStringConvertible {
    /// What the fault means for the load.
    public enum Severity: String, Sendable {
        /// The configuration is refused.
        case error
        /// It is used; something in it has no effect or is risky.
        case warning
    }
    /// Whether the configuration is refused for it.
    public var severity: Severity
    /// The file as it was named, or `environment:NAME`.
    public var file: String
    /// The line, from 1; 0 = the whole file or a variable.
    public var line: Int
    /// The column in characters, from 1; 0 where `line` is.
    public var column: Int
    /// The key, such as `listeners[0].address`; empty for a fault of the text itself.
    public var path: String
    /// What was found and what was expected.
    public var message: String

    /// A fault at a place.
    public init(severity: Severity = .error, at mark: ConfigurationMark, path: String, message: String) {
        self.severity = severity
        file = mark.file
        line = mark.line
        column = mark.column
        self.path = path
        self.message = message
    }

    /// `file:line:column: error: path: message`.
    public var description: String {
        let mark = ConfigurationMark(file: file, line: line, column: column)
        return "\(mark): \(severity.rawValue): " + (path.isEmpty ? "" : "\(path): ") + message
    }
}

/// Everything that is wrong with a configuration, by file, line and column.
public struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// The errors; at least one.
    public var errors: [ConfigurationIssue]
    /// The warnings that were found as well.
    public var warnings: [ConfigurationIssue]

    /// Errors, and the warnings found beside them.
    public init(
        errors: [ConfigurationIssue], warnings: [ConfigurationIssue] = [], partial: LoadedConfiguration? = nil
    ) {
        self.errors = errors
        self.warnings = warnings
        self.partial = partial
    }

    /// What could be read in spite of the errors, so that later checks can be made of it as well and everything be
    /// reported at once; nil when nothing could.
    public let partial: LoadedConfiguration?

    /// One line each, errors first.
    public var description: String { (errors + warnings).map(\.description).joined(separator: "\n") }
}

/// Where each key of a configuration was set.
///
/// A path is written as in ``ConfigurationIssue/path``: `listeners[0].address`, `routes[2].parser`,
/// `kafka.properties.sasl.password`.
public struct ConfigurationMarks: Sendable, Equatable {
    /// The file, for what is nowhere in it.
    public var file: String
    var keys: [String: ConfigurationMark] = [:]
    var values: [String: ConfigurationMark] = [:]

    init(file: String) { self.file = file }

    /// The environment variables that something was taken from, in the order of their names.
    public var variables: [String] {
        let names = Set(values.values.filter { $0.line == 0 }.map(\.file)).filter { $0.hasPrefix("environment:") }
        return names.map { String($0.dropFirst("environment:".count)) }.sorted()
    }

    /// Whether the key was set, by the file or by the environment.
    public func isSet(_ path: String) -> Bool { values[path] != nil }

    /// Where the key's name stands; the place of the nearest enclosing key where it was not set.
    public func key(_ path: String) -> ConfigurationMark { nearest(path, in: keys) }

    /// Where the key's value stands; the place of the nearest enclosing key where it was not set.
    public func value(_ path: String) -> ConfigurationMark { nearest(path, in: values) }

    private func nearest(_ path: String, in marks: [String: ConfigurationMark]) -> ConfigurationMark {
        var path = Substring(path)
        while !path.isEmpty {
            if let mark = marks[String(path)] { return mark }
            path = path.lastIndex { $0 == "." || $0 == "[" }.map { path[..<$0] } ?? ""
        }
        return ConfigurationMark(file: file, line: 0, column: 0)
    }
}

/// A configuration, and where each part of it came from.
public struct LoadedConfiguration: Sendable, Equatable {
    /// The configuration.
    public var configuration: Configuration
    /// Where each key was set.
    public var marks: ConfigurationMarks
    /// What is legal and likely not meant.
    public var warnings: [ConfigurationIssue]

    /// A later finding about the value of `path`, such as a rules file that is missing or a parser that no rules
    /// file defines: `issue(at: "routes[2].parser", …)`.
    public func issue(
        at path: String, _ message: String, severity: ConfigurationIssue.Severity = .error
    ) -> ConfigurationIssue {
        ConfigurationIssue(severity: severity, at: marks.value(path), path: path, message: message)
    }

    /// A later error about the key itself and not its value.
    public func issue(ofKey path: String, _ message: String) -> ConfigurationIssue {
        ConfigurationIssue(at: marks.key(path), path: path, message: message)
    }

    /// A later finding about a librdkafka property, at the place of its name.
    public func issue(
        property name: String, _ message: String, severity: ConfigurationIssue.Severity = .error
    ) -> ConfigurationIssue {
        var path = "kafka.properties.\(name)"
        if !marks.isSet(path) && marks.isSet("kafka.property-files.\(name)") { path = "kafka.property-files.\(name)" }
        if !marks.isSet(path), let key = Configuration.Kafka.Property.ownKeys[name] { path = key }
        return ConfigurationIssue(severity: severity, at: marks.key(path), path: path, message: message)
    }
}
