import Base
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
            text = try TextFile.read(path)
        } catch {
            throw ConfigurationErrors(errors: [SourceIssue(error, file: path)])
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
        let diagnostics = Diagnostics(marks: KeyMarks(file: file))
        var configuration = Configuration()
        do throws(SourceFault) {
            if let root = try SourceReader.read(yaml, file: file) {
                diagnostics.marks.record(root, path: "")
                Tables.root.read(root, path: "", into: &configuration, diagnostics)
            }
        } catch {
            throw ConfigurationErrors(errors: [SourceIssue(error, file: file)])
        }
        EnvironmentOverrides(environment, diagnostics).apply(to: &configuration)
        CrossCheck.report(configuration, diagnostics)
        configuration.checkListenerReferences(diagnostics)
        return try LoadedConfiguration(configuration, diagnostics)
    }

    /// Sets one key from a text; what is wrong with the text is said.
    mutating func set(_ path: String, to text: String, from mark: SourceMark, _ diagnostics: Diagnostics) {
        do throws(ValueFault) {
            if let placeholder = Placeholder(in: text) {
                throw ValueFault("the value itself: " + placeholder.fault())
            }
            try Tables.root.assign(path[...], text, &self)
            diagnostics.marks.set(path, mark)
        } catch {
            diagnostics.error(path, at: mark, "found \(Excerpt.value(text)), expected \(error.expected)")
        }
    }
}
