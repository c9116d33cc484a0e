import CLinux
import Configuration
import Documents
import Glibc
import Kafka
import Logging
import Parsers
import Pipeline
import Routing
import Spool
import Syslog

/// A configuration made into what the stages take, with everything tried that can be tried without opening anything:
/// rules compiled, routes resolved, librdkafka's properties set. What is wrong is said with line and column.
struct Blueprint {
    let loaded: LoadedConfiguration
    let parsers: ParserSet
    let routing: RoutingTable
    let client: ClientConfiguration
    let topics: TopicTable
    /// What is legal and likely not meant, of the configuration itself and of what it names.
    let warnings: [SourceIssue]

    var configuration: Configuration { loaded.configuration }

    /// Builds it.
    /// - Parameters:
    ///   - topics: the process's topics; a reload adds to them.
    ///   - needsListeners: whether there is nobody who could still add some.
    ///   - rules: more rules files, behind those that the configuration names.
    /// - Throws: every error at once.
    init(
        _ loaded: LoadedConfiguration, topics: TopicTable, needsListeners: Bool = false, rules: [RulesFile] = []
    ) throws(ConfigurationErrors) {
        let configuration = loaded.configuration
        var errors: [SourceIssue] = []
        var warnings = loaded.warnings
        if needsListeners, let issue = loaded.missingListeners { errors.append(issue) }
        let client = Self.client(configuration.kafka)
        for (name, reason) in client.refusals() { errors.append(loaded.issue(property: name, reason)) }

        var parsers: ParserSet?
        do throws(RulesErrors) {
            let given = try Self.userRules(loaded, &errors, &warnings) + rules
            let compiled = try ParserSet(RulesFile.builtInWithoutExamples + given, plugins: Plugins.all)
            warnings += compiled.warnings.map { Self.issue($0, severity: .warning) }
            parsers = compiled
        } catch {
            errors += error.errors.map { Self.issue($0) }
        }
        var routing: RoutingTable?
        if let parsers {
            do throws(RouteErrors) {
                routing = try RoutingTable(
                    configuration.routes, parsers: parsers,
                    everythingTo: configuration.kafka.topic,
                    defaultFormat: configuration.kafka.format,
                    defaultTopic: {
                        EventFamily.substitute(in: configuration.kafka.defaultTopic(forType: $0), forType: $0)
                    },
                    topicIndex: { topics.index(of: $0) }, isValidTopic: { TopicTable.isValid($0) })
            } catch {
                for wrong in error.errors {
                    // Behind the configured routes stands the default, whose topics come from the template.
                    let isDefault = wrong.index >= configuration.routes.count
                    let ofAll = configuration.kafka.topic == nil ? "kafka.topic-template" : "kafka.topic"
                    var path = isDefault ? ofAll : "routes[\(wrong.index)].\(wrong.setting)"
                    // The topic of the types that `topics` does not name is written there.
                    let ofOthers = "routes[\(wrong.index)].topics.default"
                    if wrong.setting == "topic", loaded.marks.isSet(ofOthers) { path = ofOthers }
                    // Of a type that is not there it is the key that is wrong.
                    let isKey = wrong.message.hasPrefix("no event type")
                    errors.append(
                        isKey ? loaded.issue(ofKey: path, wrong.message) : loaded.issue(at: path, wrong.message))
                }
            }
        }
        guard errors.isEmpty, let parsers, let routing else {
            throw ConfigurationErrors(errors: errors, warnings: warnings)
        }
        self.loaded = loaded
        self.parsers = parsers
        self.routing = routing
        self.client = client
        self.topics = topics
        self.warnings = warnings
        // Reading YAML and compiling rules leaves tens of megabytes of free heap behind, for good if they stay there.
        clinux_release_free_memory()
    }

    /// Says what is suspicious; on level debug what was read from where, on level trace every setting in force.
    func log(to logger: Logger) {
        for warning in warnings { logger.warning("\(warning)") }
        logger.debug(
            "configuration read",
            metadata: [
                "path": "\(loaded.marks.file)", "listeners": "\(configuration.listeners.count)",
                "routes": "\(configuration.routes.count)", "parsers": "\(parsers.parserNames.count)",
                "topics": "\(topics.count)",
            ])
        for name in loaded.marks.variables { logger.debug("taken from the environment", metadata: ["name": "\(name)"]) }
        for path in configuration.rulesFiles.flatMap({ Self.expand($0) }) {
            logger.debug("rules file read", metadata: ["path": "\(path)"])
        }
        guard logger.logLevel <= .trace else { return }
        for line in configuration.description.split(separator: "\n") { logger.trace("in force: \(line)") }
    }

    /// Adds to a configuration's errors what can be found in the part of it that could be read.
    static func completing(_ errors: ConfigurationErrors, needsListeners: Bool = false) -> ConfigurationErrors {
        guard let partial = errors.partial else { return errors }
        do throws(ConfigurationErrors) {
            // A list of listeners that could not be read is not an empty one.
            let isRead = !errors.errors.contains { $0.path == "listeners" }
            _ = try Blueprint(partial, topics: TopicTable(), needsListeners: needsListeners && isRead)
            return errors
        } catch {
            let all = errors.errors + error.errors.filter { !errors.errors.contains($0) }
            return ConfigurationErrors(errors: SourceIssue.sorted(all), warnings: errors.warnings)
        }
    }

    /// What workers exchange at a reload.
    /// - Parameters:
    ///   - listeners: what they are told of the listeners.
    ///   - before: the plan until now; a rate that is the same goes on, its turns taken.
    func plan(listeners: [ListenerContext], before: Plan?) -> Plan {
        let limits = configuration.limits
        return Plan(
            routing: routing,
            rate: RateLimiter.limiting(limits.rateLimit, burst: limits.burst, before: before?.rate),
            sourceRate: SourceRateLimiter.limiting(
                limits.perSourceRateLimit, burst: limits.burst, prefix: limits.sourcePrefix,
                before: before?.sourceRate),
            listeners: listeners)
    }

    /// How much may be under way at the producers.
    var producerLimits: ProducerPool.Limits {
        var limits = configuration.kafka.limits
        limits.turn = Int(min(max(0.5, configuration.kafka.linger.milliseconds), 900) * 1_000_000)
        return limits
    }

    private static func client(_ kafka: Configuration.Kafka) -> ClientConfiguration {
        var client = ClientConfiguration()
        client.set("bootstrap.servers", kafka.brokers.joined(separator: ","))
        // The linger is the sender's turn; librdkafka's is what a turn needs to hand everything over.
        client.set("linger.ms", String(min(1, kafka.linger.milliseconds)))
        client.set("compression.codec", kafka.compression.rawValue)
        // What is set by librdkafka's own name has the last word.
        for property in kafka.properties { client.set(property.name, property.value) }
        return client
    }

    /// The user's rules files, read. A pattern that matches nothing may be for files that come later; a name is not.
    private static func userRules(
        _ loaded: LoadedConfiguration, _ errors: inout [SourceIssue], _ warnings: inout [SourceIssue]
    ) throws(RulesErrors) -> [RulesFile] {
        var files: [RulesFile] = []
        var faults: [RulesError] = []
        for (index, pattern) in loaded.configuration.rulesFiles.enumerated() {
            let isPattern = pattern.contains { "*?[".contains($0) }
            let paths = expand(pattern)
            let place = "rules.files[\(index)]"
            if paths.isEmpty, isPattern {
                warnings.append(loaded.issue(at: place, "no file matches \(pattern)", severity: .warning))
            } else if paths.isEmpty {
                errors.append(loaded.issue(at: place, "no file matches \(pattern)"))
            }
            for path in paths {
                do throws(RulesErrors) { files.append(try readRules(path)) } catch { faults += error.errors }
            }
        }
        guard faults.isEmpty else { throw RulesErrors(errors: faults) }
        return files
    }

    /// Reads one rules file.
    static func readRules(_ path: String) throws(RulesErrors) -> RulesFile {
        let text: String
        do throws(SourceFault) {
            text = try TextFile.read(path)
        } catch {
            throw RulesErrors(errors: [
                RulesError(file: path, line: error.line, column: error.column, message: error.message)
            ])
        }
        do throws(RulesError) {
            return try RulesFile(yaml: text, name: path)
        } catch {
            throw RulesErrors(errors: [error])
        }
    }

    private static func issue(_ error: RulesError, severity: SourceIssue.Severity = .error) -> SourceIssue {
        SourceIssue(
            severity: severity, at: SourceMark(file: error.file, line: error.line, column: error.column), path: "rules",
            message: error.message)
    }

    /// The files that a path or glob names, sorted.
    static func expand(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }
}

extension Duration {
    /// Milliseconds, a fraction included.
    var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
    /// Milliseconds, rounded up.
    var wholeMilliseconds: Int { Int(milliseconds.rounded(.up)) }
}
