import ArgumentParser
import Configuration
import Foundation
import Glibc
import Logging
import Synchronization

/// The flags of `run`, which change what the configuration file says.
struct RunFlags: ParsableArguments {
    @Option(
        help: "Configuration file. Default: configs/kafka.yaml, else /etc/kafkastreamer/kafka.yaml, if there is one.")
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
    var rateLimit: Int?

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

    /// Paths that are tried when no `--config` is given.
    static let defaultFiles = ["configs/kafka.yaml", "/etc/kafkastreamer/kafka.yaml"]

    /// The first of ``defaultFiles`` that is there.
    static var defaultFile: String? { defaultFiles.first { access($0, F_OK) == 0 } }

    /// The configuration with the flags applied. Read again at a reload.
    /// - Parameter isStart: whether there is no log yet that an error is written to.
    func load(isStart: Bool = false) throws -> LoadedConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let file = config ?? Self.defaultFile
        var loaded: LoadedConfiguration
        do {
            if let file {
                loaded = try Configuration.load(path: file, environment: environment)
            } else {
                loaded = try Configuration.parse(yaml: "", file: "defaults", environment: environment)
            }
            if isStart { Self.takeLogFormat(loaded.configuration.logging.format, environment) }
            try apply(to: &loaded)
            var checked = try loaded.revalidated()
            // The flag says so itself; the file's brokers are for other days.
            if embeddedKafka { checked.warnings.removeAll { $0.path == "kafka.brokers" } }
            return checked
        } catch let error as ConfigurationErrors {
            if isStart { Self.takeLogFormat(error.partial?.configuration.logging.format, environment) }
            throw Failure(Failure.input, Blueprint.completing(error).description)
        }
    }

    /// What ends the start is said in the form that was asked for, as far as that can be told.
    private static func takeLogFormat(
        _ format: Configuration.Logging.Format?, _ environment: [String: String]
    ) {
        let isJSON = format == .json || environment["KAFKASTREAMER_LOG_FORMAT"] == "json"
        if isJSON { StandardErrorLog.process.values.withLock { $0.isJSON = true } }
    }

    private func apply(to loaded: inout LoadedConfiguration) throws {
        // The listeners of a file that nobody named would surprise whoever asks for one log file.
        if config == nil, !(log.isEmpty && udp.isEmpty && tcp.isEmpty && unix.isEmpty) {
            loaded.configuration.listeners = []
        }
        try addListeners(&loaded.configuration)
        if noFollow {
            for index in loaded.configuration.listeners.indices {
                if case .file(var file) = loaded.configuration.listeners[index] {
                    file.follow = false
                    loaded.configuration.listeners[index] = .file(file)
                }
            }
        }
        if let topic {
            guard Configuration.isTopic(topic) else { throw usage("--topic", topic, "a Kafka topic name") }
            loaded.configuration.kafka.topic = topic
        }
        if let brokers {
            guard let list = Configuration.brokers(brokers) else { throw usage("--brokers", brokers, "host:port,…") }
            loaded.configuration.kafka.brokers = list
        }
        if embeddedKafka { loaded.configuration.kafka.embedded = true }
        if let spool { loaded.configuration.spool.directory = spool }
        if let state { loaded.configuration.stateDirectory = state }
        if let rateLimit {
            guard rateLimit >= 0 else { throw usage("--rate-limit", "\(rateLimit)", "a number of messages, 0 or more") }
            loaded.configuration.limits.rateLimit = rateLimit
        }
        if let admin {
            guard let listen = Configuration.Admin.Listen(admin) else {
                throw usage("--admin", admin, "host:port, the path of a socket, or off")
            }
            loaded.configuration.admin.configuredListen = listen
        }
        if let logLevel {
            guard let level = Configuration.Logging.Level(rawValue: logLevel) else {
                let levels = Configuration.Logging.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw usage("--log-level", logLevel, levels)
            }
            loaded.configuration.logging.level = level
        }
        if let shutdownTimeout {
            guard let duration = Configuration.duration(shutdownTimeout) else {
                throw usage("--shutdown-timeout", shutdownTimeout, "a duration such as 10s or 500ms")
            }
            loaded.configuration.shutdownTimeout = duration
        }
    }

    private func addListeners(_ configuration: inout Configuration) throws {
        for text in udp {
            var listener = Configuration.Listener.UDP(name: configuration.listenerName(forType: "udp"))
            listener.address = try address(text, "--udp")
            configuration.listeners.append(.udp(listener))
        }
        for text in tcp {
            var listener = Configuration.Listener.TCP(name: configuration.listenerName(forType: "tcp"))
            listener.address = try address(text, "--tcp")
            configuration.listeners.append(.tcp(listener))
        }
        for path in unix {
            let name = configuration.listenerName(forType: "unix-datagram")
            configuration.listeners.append(.unixDatagram(Configuration.Listener.UnixDatagram(name: name, path: path)))
        }
        if !log.isEmpty {
            let name = configuration.listenerName(forType: "file")
            configuration.listeners.append(.file(Configuration.Listener.File(name: name, paths: log)))
        }
    }

    private func address(_ text: String, _ flag: String) throws -> Configuration.Address {
        guard let address = Configuration.Address(text) else {
            throw usage(flag, text, "host:port, [v6]:port, :port or port")
        }
        return address
    }

    private func usage(_ flag: String, _ value: String, _ expected: String) -> Failure {
        Failure(Failure.usage, "\(flag): '\(value)' is not \(expected)")
    }

    /// Where checkpoints are kept, nil for nowhere. A single pass over files (`--no-follow`) keeps none unless a place
    /// is named: run twice, it reads the files twice. Nor does a broker that is gone with the process.
    func checkpointDirectory(_ configuration: Configuration) -> String? {
        let follows = configuration.listeners.contains { listener in
            if case .file(let file) = listener { return file.follow && file.paths.contains { $0 != "-" } }
            return false
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
