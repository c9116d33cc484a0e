import Documents

extension Configuration {
    /// Longer files are refused, in bytes.
    public static let maximumFileSize = TextFile.maximumSize

    /// Reads the configuration file at `path`, then applies the environment.
    ///
    /// - Parameters:
    ///   - path: the file; it is named in issues as it is written here.
    ///   - environment: the variables of docs/configuration.md; others are ignored.
    /// - Throws: every error at once, with the warnings found beside them.
    public static func load(
        path: String, environment: [String: String]
    ) throws(ConfigurationErrors) -> LoadedConfiguration {
        let text: String
        do throws(SourceFault) {
            text = try TextFile.read(path, limit: maximumFileSize)
        } catch {
            let mark = ConfigurationMark(file: path, line: error.line, column: error.column)
            throw ConfigurationErrors(errors: [ConfigurationIssue(at: mark, path: "", message: error.message)])
        }
        return try parse(yaml: text, file: path, environment: environment)
    }

    /// Reads a configuration from YAML text, then applies the environment. A text that holds nothing gives the
    /// defaults.
    ///
    /// - Parameters:
    ///   - yaml: the text.
    ///   - file: what issues call it.
    ///   - environment: the variables of docs/configuration.md; others are ignored.
    /// - Throws: every error at once, with the warnings found beside them. A fault of YAML itself ends the reading
    ///   and is the only error.
    public static func parse(
        yaml: String, file: String, environment: [String: String] = [:]
    ) throws(ConfigurationErrors) -> LoadedConfiguration {
        let findings = Findings(file: file)
        var configuration = Configuration()
        if yaml.utf8.count > maximumFileSize {
            let mark = ConfigurationMark(file: file, line: 0, column: 0)
            let message = "is longer than \(ScalarText.format(size: maximumFileSize))"
            throw ConfigurationErrors(errors: [ConfigurationIssue(at: mark, path: "", message: message)])
        }
        do throws(SourceFault) {
            if let root = try SourceReader.read(yaml, file: file) {
                findings.record(root, path: "")
                Tables.root.read(root, path: "", into: &configuration, findings)
            }
        } catch {
            let mark = ConfigurationMark(file: file, line: error.line, column: error.column)
            throw ConfigurationErrors(errors: [ConfigurationIssue(at: mark, path: "", message: error.message)])
        }
        EnvironmentOverrides(environment, findings).apply(to: &configuration)
        configuration.checkRelations(findings)
        configuration.checkListenerReferences(findings)
        return try LoadedConfiguration(configuration, findings)
    }
}

extension LoadedConfiguration {
    /// The same after the command line changed ``configuration``: sizes, addresses, names and routes are checked
    /// against each other again. Routes may name listeners that are gone; such a condition never holds.
    public func revalidated() throws(ConfigurationErrors) -> LoadedConfiguration {
        let findings = Findings(file: marks.file, marks: marks)
        configuration.checkRelations(findings)
        return try LoadedConfiguration(configuration, findings)
    }

    /// What is wrong where there is no listener: legal for a file that arguments of the command complete, and an end
    /// at start for a service that has only the file.
    public var missingListeners: ConfigurationIssue? {
        guard configuration.listeners.isEmpty else { return nil }
        let isOff = marks.isSet("listeners") && marks.value("listeners").line == 0
        return issue(
            at: "listeners",
            isOff
                ? "no listener is left, so there is nothing to read"
                : "there are none, so there is nothing to read; expected at least one, such as {type: udp}")
    }

    init(_ configuration: Configuration, _ findings: Findings) throws(ConfigurationErrors) {
        let warnings = Findings.sorted(findings.warnings)
        guard findings.errors.isEmpty else {
            throw ConfigurationErrors(
                errors: Findings.sorted(findings.errors), warnings: warnings,
                partial: LoadedConfiguration(configuration: configuration, marks: findings.marks, warnings: warnings))
        }
        self.init(configuration: configuration, marks: findings.marks, warnings: warnings)
    }
}
