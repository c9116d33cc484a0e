import ArgumentParser
import Configuration
import Glibc
import Inputs
import Kafka
import Logging
import Synchronization

/// `kafkastreamer run`: receives until it is told to stop.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Receive, parse and publish until stopped (the default).")

    @OptionGroup var flags: RunFlags

    func run() async throws {
        let loaded = try flags.load(isStart: true)
        let settings = StandardErrorLog.process
        Self.apply(loaded.configuration.logging, to: settings)
        let writer = try LogWriter(descriptor: STDERR_FILENO) { lost in
            StandardErrorLog.line(
                settings, .warning, "log: \(lost) lines are missing here: nobody read standard error",
                [("lines", "\(lost)")])
        }
        Output.use(writer)
        LoggingSystem.bootstrap { _ in StandardErrorLog(settings, writer) }
        let logger = Logger(label: "kafkastreamer")
        let signals = try Signals(logger: logger)
        Self.raiseDescriptorLimit(logger)

        let topics = TopicTable()
        let blueprint: Blueprint
        do throws(ConfigurationErrors) {
            blueprint = try Blueprint(loaded, topics: topics)
        } catch {
            throw Failure(Failure.input, error.description)
        }
        blueprint.log(to: logger)
        guard !blueprint.configuration.listeners.isEmpty else {
            throw Failure(
                Failure.input, "nothing to read: give --log, --udp, --tcp or --unix, or listeners in the configuration")
        }
        let service = try Running(blueprint, flags: flags, log: settings, signals: signals, logger: logger)
        try await service.run()
        let code = service.exitCode
        if code != 0 { throw Failure(code, "") }
    }

    static func apply(_ logging: Configuration.Logging, to settings: StandardErrorLog.Settings) {
        settings.values.withLock { values in
            values.level = Logger.Level(rawValue: logging.level.rawValue) ?? .info
            values.isJSON = logging.format == .json
        }
    }

    private static func raiseDescriptorLimit(_ logger: Logger) {
        let (before, now) = DescriptorLimit.raise()
        logger.info(
            "descriptors",
            metadata: [
                "limit": "\(now)", "before": "\(before)", "kept-for-brokers-spool-files": "\(DescriptorLimit.reserve)",
            ])
    }
}
