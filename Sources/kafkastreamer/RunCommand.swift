import ArgumentParser
import Configuration
import Glibc
import Inputs
import Kafka
import Logging
import Pipeline
import ServiceLifecycle
import Spool
import Synchronization
import UnixSignals

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
        let service = try Running(blueprint, flags: flags, log: settings, logger: logger)
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
}

/// Everything that runs, in the order of its life: broker, spool, producers, listeners; and back.
final class Running: Sendable {
    /// What a reload exchanges.
    private struct InForce {
        var blueprint: Blueprint
        var plan: Plan
    }

    private let flags: RunFlags
    /// What the process was started with: what no reload changes is as it stands here.
    private let started: Configuration
    private let inForce: Mutex<InForce>
    private let logger: Logger
    private let logSettings: StandardErrorLog.Settings
    private let broker: EmbeddedBroker?
    private let pipeline: Pipeline
    private let listeners: ListenerSet
    private let code = Mutex<Int32>(0)
    private let saidRefusal = Mutex<SpoolError?>(nil)

    var exitCode: Int32 { code.withLock { $0 } }

    init(_ blueprint: Blueprint, flags: RunFlags, log: StandardErrorLog.Settings, logger: Logger) throws {
        self.flags = flags
        started = blueprint.configuration
        let plan = blueprint.plan(listeners: [], before: nil)
        inForce = Mutex(InForce(blueprint: blueprint, plan: plan))
        self.logger = logger
        logSettings = log
        var client = blueprint.client
        do {
            if blueprint.configuration.kafka.embedded {
                let broker = try EmbeddedBroker()
                client.set("bootstrap.servers", broker.bootstrapServers)
                logger.notice("embedded Kafka broker ready", metadata: ["brokers": "\(broker.bootstrapServers)"])
                self.broker = broker
            } else {
                broker = nil
            }
            let spool = try Spool(blueprint.spoolSettings)
            let topics = blueprint.topics
            let recovered = try spool.recover { topics.index(of: $0) }
            Self.report(recovered, logger)
            if recovered.damaged > 0 { code.withLock { $0 = Failure.undelivered } }
            let producers = try ProducerPool(
                count: blueprint.configuration.kafka.producers, configuration: client,
                limits: blueprint.producerLimits, spool: spool, topics: topics, replay: recovered.replay,
                logger: logger)
            pipeline = Pipeline(spool: spool, producers: producers, plan: plan, recovered: recovered)
            listeners = ListenerSet(
                pipeline: pipeline, stateDirectory: flags.checkpointDirectory(blueprint.configuration),
                recovered: Dictionary(
                    uniqueKeysWithValues: recovered.origins.map { (UInt32(truncatingIfNeeded: $0.key.low), $0.value) }),
                logger: logger)
        } catch let error as SpoolError {
            throw Failure(Failure.input, error.description)
        } catch let error as KafkaError {
            throw Failure(Failure.input, error.description)
        }
    }

    private static func report(_ recovered: RecoveredRecords, _ logger: Logger) {
        let most = 10
        for fault in recovered.foreign.prefix(most) {
            logger.warning("spool: left alone: \(fault.reason)", metadata: ["path": "\(fault.path)"])
        }
        for fault in recovered.damage.prefix(most) {
            logger.error("spool: damaged: \(fault.reason)", metadata: ["path": "\(fault.path)"])
        }
        let unsaid = max(0, recovered.foreign.count - most) + max(0, recovered.damage.count - most)
        if unsaid > 0 { logger.warning("spool: \(unsaid) more files are damaged or were left alone") }
        guard recovered.pending + recovered.damaged > 0 else { return }
        logger.notice(
            "spool replayed",
            metadata: ["undelivered": "\(recovered.pending)", "torn": "\(recovered.damaged)"])
    }

    /// Starts everything, serves until a signal or the end of the input, and stops in the reverse order.
    func run() async throws {
        pipeline.producers.start()
        do throws(InputError) {
            let blueprint = inForce.withLock { $0.blueprint }
            await take(blueprint, try await listeners.open(blueprint.configuration))
        } catch {
            pipeline.producers.stop()
            throw Failure(Failure.input, error.description)
        }
        // Shut down in the reverse order: first nothing more comes in, then what is here goes out.
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: Delivery(running: self)),
                .init(service: Disk(running: self)),
                .init(service: Reception(running: self), successTerminationBehavior: .gracefullyShutdownGroup),
                .init(service: Commands(running: self)),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() })
        group.cancellationSignals = []
        try await ServiceGroup(configuration: group).run()
        printLedger()
    }

    /// One line with the sums, in a stable order.
    func printLedger() {
        let ledger = pipeline.ledger
        logger.notice("ledger \(ledger.entries.map { "\($0.name)=\($0.value)" }.joined(separator: " "))")
        if !ledger.isBalanced { logger.critical("the ledger does not balance") }
    }

    // MARK: Parts of its life

    /// The producers: after the inputs have stopped, they deliver until the deadline.
    private struct Delivery: Service {
        let running: Running
        func run() async throws {
            try await gracefulShutdown()
            await running.drain()
        }
    }

    /// The listeners: they stop first. With inputs that end by themselves, so does the service, once all is delivered.
    private struct Reception: Service {
        let running: Running
        func run() async throws {
            await cancelWhenGracefulShutdown {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await running.listeners.allEnded.wait() }
                    group.addTask { await running.listeners.failed.wait() }
                    await group.next()
                    group.cancelAll()
                }
                if running.listeners.failed.isComplete {
                    running.code.withLock { $0 = Failure.input }
                    return
                }
                while running.pipeline.ledger.pending > 0, !Task.isCancelled {
                    do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
                }
            }
            await running.listeners.stop()
        }
    }

    /// The spool's disk: `sync: interval`, and what went wrong there, which threads that must not log leave behind.
    private struct Disk: Service {
        let running: Running
        func run() async throws {
            var milliseconds = 1000
            var isOnInterval = false
            if case .interval(let configured) = running.pipeline.spool.settings.sync {
                milliseconds = configured
                isOnInterval = true
            }
            let (pause, writes) = (milliseconds, isOnInterval)
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    do { try await Task.sleep(for: .milliseconds(pause)) } catch { break }
                    running.lookAfterDisk(writes: writes)
                }
            }
            running.lookAfterDisk(writes: writes)
        }
    }

    private func lookAfterDisk(writes: Bool) {
        do throws(SpoolError) {
            if writes { try pipeline.synchronise() }
        } catch {
            pipeline.spool.note(error)
        }
        if let failure = pipeline.spool.takeWriteFailure() {
            logger.critical("\(failure): records may not survive a power loss")
        }
        let refusal = pipeline.spool.refusal
        let isNews = saidRefusal.withLock { said in
            defer { said = refusal }
            return said != refusal
        }
        guard isNews else { return }
        if let refusal {
            logger.error("\(refusal): streams and files wait, datagrams are rejected")
        } else {
            logger.notice("spool: the disk takes segments again")
        }
    }

    /// SIGHUP and SIGUSR1.
    private struct Commands: Service {
        let running: Running
        func run() async throws {
            let signals = await UnixSignalsSequence(trapping: .sighup, .sigusr1)
            // Not before: whoever waits for this line may send a signal at once.
            running.logger.notice("ready")
            for await signal in signals.cancelOnGracefulShutdown() {
                if signal == .sighup { await running.reload() } else { running.printLedger() }
            }
        }
    }

    /// Everything that can fail is done before anything changes: refused, a configuration leaves no trace.
    private func reload() async {
        do {
            let loaded = try flags.load()
            let next = try Blueprint(loaded, topics: inForce.withLock { $0.blueprint.topics })
            let change = try await listeners.open(loaded.configuration)
            next.log(to: logger)
            let waiting = loaded.configuration.changesAfterRestart(from: started)
            if !waiting.isEmpty {
                logger.warning("changes that need a restart: \(waiting.joined(separator: ", ")); the rest is taken")
            }
            RunCommand.apply(loaded.configuration.logging, to: logSettings)
            await take(next, change)
            logger.notice("configuration reloaded")
        } catch {
            let text = (error as? Failure)?.text ?? "\(error)"
            logger.error("configuration refused, the old one stays: \(text)")
        }
    }

    /// Exchanges plan, limits and listeners.
    private func take(_ blueprint: Blueprint, _ change: ListenerSet.Change) async {
        let plan = inForce.withLock { inForce in
            let plan = blueprint.plan(listeners: change.contexts, before: inForce.plan)
            inForce = InForce(blueprint: blueprint, plan: plan)
            return plan
        }
        pipeline.replace(plan)
        await listeners.exchange(change)
    }

    /// Delivers until all is delivered or the deadline has come, then ends the producers.
    private func drain() async {
        let configuration = inForce.withLock { $0.blueprint.configuration }
        let deadline = ContinuousClock.now + configuration.shutdownTimeout
        while pipeline.ledger.pending > 0, ContinuousClock.now < deadline {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
        }
        pipeline.producers.stop()
        await listeners.finish()
        let pending = pipeline.ledger.pending
        guard pending > 0 else { return }
        if let directory = started.spool.directory {
            logger.warning(
                "not all delivered: it stays in the spool", metadata: ["pending": "\(pending)", "path": "\(directory)"])
        } else {
            logger.error("not all delivered, and the spool is memory: lost", metadata: ["messages": "\(pending)"])
            pipeline.abandonPending()
        }
        code.withLock { $0 = Failure.undelivered }
    }
}
