import CLinux
import Configuration
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

    var configuration: Configuration { loaded.configuration }

    /// Builds it.
    /// - Parameter topics: the process's topics; a reload adds to them.
    /// - Throws: every error at once.
    init(_ loaded: LoadedConfiguration, topics: TopicTable) throws(ConfigurationErrors) {
        let configuration = loaded.configuration
        var errors: [ConfigurationIssue] = []
        let client = Self.client(configuration.kafka)
        for (name, reason) in client.refusals() { errors.append(loaded.issue(property: name, reason)) }

        var parsers: ParserSet?
        do throws(RulesErrors) {
            parsers = try ParserSet(RulesFile.builtInWithoutExamples + (try Self.userRules(loaded, &errors)))
        } catch {
            errors += error.errors.map { Self.issue($0) }
        }
        var routing: RoutingTable?
        if let parsers {
            do throws(RouteErrors) {
                routing = try RoutingTable(
                    configuration.routes.map { Self.definition($0) }, parsers: parsers,
                    everythingTo: configuration.kafka.topic,
                    defaultTopic: { configuration.kafka.defaultTopic(forType: $0) },
                    topicIndex: { topics.index(of: $0) }, isValidTopic: { TopicTable.isValid($0) })
            } catch {
                for wrong in error.errors {
                    // Behind the configured routes stands the default, whose topics come from the template.
                    let isDefault = wrong.index >= configuration.routes.count
                    let ofAll = configuration.kafka.topic == nil ? "kafka.topic-template" : "kafka.topic"
                    let path = isDefault ? ofAll : "routes[\(wrong.index)].\(wrong.setting)"
                    errors.append(loaded.issue(at: path, wrong.message))
                }
            }
        }
        guard errors.isEmpty, let parsers, let routing else {
            throw ConfigurationErrors(errors: errors, warnings: loaded.warnings)
        }
        self.loaded = loaded
        self.parsers = parsers
        self.routing = routing
        self.client = client
        self.topics = topics
        // Reading YAML and compiling rules leaves tens of megabytes of free heap behind, for good if they stay there.
        clinux_release_free_memory()
    }

    /// Adds to a configuration's errors what can be found in the part of it that could be read.
    static func completing(_ errors: ConfigurationErrors) -> ConfigurationErrors {
        guard let partial = errors.partial else { return errors }
        do throws(ConfigurationErrors) {
            _ = try Blueprint(partial, topics: TopicTable())
            return errors
        } catch {
            let all = errors.errors + error.errors.filter { !errors.errors.contains($0) }
            let sorted = all.enumerated().sorted { a, b in
                (a.element.file, a.element.line, a.element.column, a.offset)
                    < (b.element.file, b.element.line, b.element.column, b.offset)
            }
            return ConfigurationErrors(errors: sorted.map(\.element), warnings: errors.warnings)
        }
    }

    /// What workers exchange at a reload.
    var plan: Plan {
        let limits = configuration.limits
        return Plan(
            routing: routing,
            rate: limits.rateLimit > 0 ? RateLimiter(perSecond: limits.rateLimit, burst: limits.burst) : nil,
            sourceRate: limits.perSourceRateLimit > 0
                ? SourceRateLimiter(perSecond: limits.perSourceRateLimit, burst: limits.burst) : nil)
    }

    /// The spool's settings.
    var spoolSettings: SpoolSettings {
        let spool = configuration.spool
        let sync: SpoolSettings.Sync =
            switch spool.sync {
            case .process: .process
            case .interval: .interval(milliseconds: spool.syncInterval.wholeMilliseconds)
            case .always: .always
            }
        return SpoolSettings(
            directory: spool.directory, maximumSize: spool.maximumSize, segmentSize: spool.segmentSize, sync: sync)
    }

    /// How much may be under way at the producers.
    var producerLimits: ProducerPool.Limits {
        var limits = ProducerPool.Limits(inFlight: configuration.kafka.inFlight)
        limits.deadLetterTopic = configuration.kafka.deadLetterTopic
        limits.share = configuration.kafka.inFlightPerTopic
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

    /// The user's rules files, read.
    private static func userRules(
        _ loaded: LoadedConfiguration, _ errors: inout [ConfigurationIssue]
    ) throws(RulesErrors) -> [RulesFile] {
        var files: [RulesFile] = []
        for (index, pattern) in loaded.configuration.rulesFiles.enumerated() {
            let paths = expand(pattern)
            if paths.isEmpty { errors.append(loaded.issue(at: "rules.files[\(index)]", "no file matches \(pattern)")) }
            for path in paths { files.append(try readRules(path)) }
        }
        return files
    }

    /// Reads one rules file.
    static func readRules(_ path: String) throws(RulesErrors) -> RulesFile {
        guard let text = readText(path) else {
            let reason = String(cString: strerror(errno))
            throw RulesErrors(errors: [RulesError(file: path, line: 0, column: 0, message: "cannot read: \(reason)")])
        }
        do throws(RulesError) {
            return try RulesFile(yaml: text, name: path)
        } catch {
            throw RulesErrors(errors: [error])
        }
    }

    private static func issue(_ error: RulesError) -> ConfigurationIssue {
        ConfigurationIssue(
            at: ConfigurationMark(file: error.file, line: error.line, column: error.column), path: "rules",
            message: error.message)
    }

    private static func definition(_ route: Configuration.Route) -> RouteDefinition {
        var definition = RouteDefinition(name: route.name)
        definition.programs = route.match.programs
        definition.facilities = route.match.facilities
        definition.severities = route.match.severities
        definition.hosts = route.match.hosts
        definition.sources = route.match.sources.map {
            RouteDefinition.Network(bytes: $0.bytes, prefixLength: $0.prefixLength)
        }
        definition.listeners = route.match.listeners
        definition.parser =
            switch route.parser {
            case .auto: .auto
            case .none: .none
            case .named(let name): .named(name)
            }
        definition.topic = route.topic ?? route.defaultTopic
        for topic in route.topics { definition.topics[topic.type] = topic.topic }
        definition.key = route.key
        definition.drop = route.drop
        return definition
    }

    /// The files that a path or glob names, sorted.
    static func expand(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }

    /// A file's text, nil with `errno` when it cannot be read.
    static func readText(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return ferror(file) == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes += chunk[..<count]
        }
    }
}

extension Duration {
    /// Milliseconds, a fraction included.
    var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
    /// Milliseconds, rounded up.
    var wholeMilliseconds: Int { Int(milliseconds.rounded(.up)) }
}
