import ArgumentParser
import Base
import Configuration
import Documents
import FoundationEssentials
import Glibc
import Inputs
import Logging
import Spool
import Synchronization

/// The flags of `run`, which change what the configuration file says.
struct RunFlags: ParsableArguments {
    @Option(
        help: "Configuration file. Default: configs/kafka.yaml, else the one in /etc/kafkastreamer, if there is one.")
    var config: String?

    @Option(
        help: ArgumentHelp("Log file to follow, a glob, or - for standard input. May be repeated.", valueName: "file"))
    var log: [String] = []

    @Option(help: "One topic for everything, whatever its type.")
    var topic: String?

    @Option(help: ArgumentHelp("Kafka brokers, host:port, separated by commas.", valueName: "list"))
    var brokers: String?

    @Flag(help: "Start a Kafka broker inside the process, print its address and use it.")
    var embeddedKafka = false

    @Option(help: ArgumentHelp("Listen for syslog on UDP, host:port. May be repeated.", valueName: "addr"))
    var udp: [String] = []

    @Option(help: ArgumentHelp("Listen for syslog on TCP, host:port. May be repeated.", valueName: "addr"))
    var tcp: [String] = []

    @Option(
        help: ArgumentHelp("Listen on a unix datagram socket such as /dev/log. May be repeated.", valueName: "path"))
    var unix: [String] = []

    @Option(
        help: ArgumentHelp("Keep undelivered events in this directory; they survive the process.", valueName: "dir"))
    var spool: String?

    @Option(help: ArgumentHelp("Keep the places of followed files in this directory.", valueName: "dir"))
    var state: String?

    @Option(help: ArgumentHelp("Messages a second of all inputs; 0 = no limit.", valueName: "n"))
    var rateLimit: String?

    @Option(
        help: ArgumentHelp(
            "Serve metrics, health and the status page over HTTP: host:port, a socket's path, or off (127.0.0.1:9464).",
            valueName: "addr"))
    var admin: String?

    @Flag(name: .customLong("no-follow"), help: "Read log files to their ends, deliver, and stop.")
    var noFollow = false

    @Option(help: "Least severe log entries shown: trace, debug, info, notice, warning, error, critical.")
    var logLevel: String?

    @Option(help: ArgumentHelp("How long to deliver after a stop was asked for (10s).", valueName: "duration"))
    var shutdownTimeout: String?

    /// The configuration with the flags applied. Read again at a reload.
    /// - Parameter isStart: whether there is no log yet that an error is written to.
    func load(isStart: Bool = false) throws -> LoadedConfiguration {
        do {
            var loaded = try ConfigurationFile.load(config)
            if isStart { Self.takeLogFormat(loaded.configuration.logging.format) }
            try apply(to: &loaded)
            var checked = try loaded.revalidated()
            // The flag says so itself; the file's brokers are for other days.
            if embeddedKafka { checked.warnings.removeAll { $0.path == "kafka.brokers" } }
            return checked
        } catch let error as ConfigurationErrors {
            if isStart { Self.takeLogFormat(error.partial?.configuration.logging.format) }
            throw Failure(Failure.input, Blueprint.completing(error).description)
        }
    }

    /// What ends the start is said in the form that was asked for, as far as that can be told.
    private static func takeLogFormat(_ format: Configuration.Logging.Format?) {
        let variable = ProcessInfo.processInfo.environment["KAFKASTREAMER_LOG_FORMAT"]
        guard format == .json || variable == "json" else { return }
        StandardErrorLog.process.values.withLock { $0.isJSON = true }
    }

    private func apply(to loaded: inout LoadedConfiguration) throws {
        // The listeners of a file that nobody named would surprise whoever asks for one log file.
        if config == nil, !(log.isEmpty && udp.isEmpty && tcp.isEmpty && unix.isEmpty) {
            loaded.configuration.listeners = []
        }
        for text in udp { loaded.configuration.add(.udp, try Self.address(text, "--udp")) }
        for text in tcp { loaded.configuration.add(.tcp, try Self.address(text, "--tcp")) }
        for path in unix { loaded.configuration.add(.unixDatagram(path: path)) }
        if !log.isEmpty { loaded.configuration.add(.file(paths: log)) }
        if noFollow {
            for index in loaded.configuration.listeners.indices
            where loaded.configuration.listeners[index].type == "file" {
                loaded.configuration.listeners[index].file.follow = false
            }
        }
        try loaded.take(topic, "--topic", "kafka.topic")
        try loaded.take(brokers, "--brokers", "kafka.brokers")
        try loaded.take(embeddedKafka ? "true" : nil, "--embedded-kafka", "kafka.embedded")
        try loaded.take(spool, "--spool", "spool.directory")
        try loaded.take(state, "--state", "state-directory")
        try loaded.take(rateLimit, "--rate-limit", "limits.rate-limit")
        try loaded.take(logLevel, "--log-level", "logging.level")
        try loaded.take(shutdownTimeout, "--shutdown-timeout", "shutdown-timeout")
        try loaded.take(admin, "--admin", "admin.listen")
    }

    private static func address(_ text: String, _ flag: String) throws -> Endpoint {
        do throws(ValueFault) {
            return try Endpoint(text)
        } catch {
            throw Failure(Failure.usage, "\(flag): found \(Excerpt.value(text)), expected \(error.expected)")
        }
    }

    /// Where checkpoints are kept, nil for nowhere. A single pass over files (`--no-follow`) keeps none unless a place
    /// is named: run twice, it reads the files twice. Nor does a broker that is gone with the process.
    func checkpointDirectory(_ configuration: Configuration) -> String? {
        let follows = configuration.listeners.contains { listener in
            listener.type == "file" && listener.file.follow && listener.file.paths.contains { $0 != "-" }
        }
        let isNamed = configuration.stateDirectory != nil || configuration.spool.directory != nil
        guard isNamed || (follows && !configuration.kafka.embedded) else { return nil }
        let directory = configuration.checkpointDirectory(environment: ProcessInfo.processInfo.environment)
        if isNamed { return directory }
        return [directory, Self.homeDirectory].compactMap(\.self).first { Self.isWritable($0) }
    }

    private static func isWritable(_ directory: String) -> Bool {
        var path = directory
        while !path.isEmpty, path != "/", access(path, F_OK) != 0 {
            path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        }
        return access(path.isEmpty ? "/" : path, W_OK) == 0
    }

    private static var homeDirectory: String? {
        ProcessInfo.processInfo.environment["HOME"].map { $0 + "/.local/state/kafkastreamer" }
    }
}

/// The file that a command takes its configuration from.
enum ConfigurationFile {
    /// Paths that are tried when no `--config` is given.
    static let defaults = [
        "configs/kafka.yaml", "/etc/kafkastreamer/kafkastreamer.yaml", "/etc/kafkastreamer/kafka.yaml",
    ]

    /// The first of ``defaults`` that is there.
    static var byDefault: String? { defaults.first { access($0, F_OK) == 0 } }

    /// What a file and the environment say; where no file is named and none is there, the environment alone.
    /// - Parameter isNamedOnly: whether no file is looked for that is not named.
    static func load(_ named: String?, isNamedOnly: Bool = false) throws(ConfigurationErrors) -> LoadedConfiguration {
        let environment = ProcessInfo.processInfo.environment
        if let file = named ?? (isNamedOnly ? nil : byDefault) {
            return try Configuration.load(path: file, environment: environment)
        }
        return try Configuration.parse(yaml: "", file: "defaults", environment: environment)
    }
}

extension LoadedConfiguration {
    /// Sets a key where its flag was given.
    mutating func take(_ text: String?, _ flag: String, _ path: String) throws {
        guard let text else { return }
        do throws(SourceIssue) {
            try set(path, to: text, by: flag)
        } catch {
            throw Failure(Failure.usage, "\(flag): \(error.message)")
        }
    }
}

extension Configuration {
    /// One more listener, by a name that is free.
    fileprivate mutating func add(_ listener: Listener, _ address: Endpoint? = nil) {
        var listener = listener
        listener.name = freeName(listener.type)
        listener.address = address
        listeners.append(listener)
    }
}
