import Admin
import Configuration
import Glibc
import Inputs
import Kafka
import Logging
import Pipeline
import ServiceLifecycle
import Spool
import Synchronization

/// Everything that runs, in the order of its life: broker, spool, producers, listeners; and back.
final class Running: Sendable {
    /// What a reload exchanges.
    private struct InForce {
        var blueprint: Blueprint
        var plan: Plan
        var security: ConnectionSecurity
    }

    private let flags: RunFlags
    /// What the process was started with: what no reload changes is as it stands here.
    private let started: Configuration
    /// The properties that the producers were started with.
    private let client: ClientConfiguration
    private let inForce: Mutex<InForce>
    private let logger: Logger
    private let logSettings: StandardErrorLog.Settings
    private let broker: EmbeddedBroker?
    private let pipeline: Pipeline
    private let listeners: ListenerSet
    private let observer: Observer
    private let code = Mutex<Int32>(0)
    private let signals: Signals
    private let saidRefusal = Mutex<SpoolError?>(nil)
    /// When a failed write may be said again, and how many have not been.
    private let writeFailures = Mutex((next: ContinuousClock.now, unsaid: 0))

    var exitCode: Int32 {
        let code = code.withLock { $0 }
        return code == 0 && listeners.incomplete.isComplete ? Failure.input : code
    }

    init(_ blueprint: Blueprint, flags: RunFlags, log: StandardErrorLog.Settings, signals: Signals, logger: Logger)
        throws
    {
        self.flags = flags
        started = blueprint.configuration
        let plan = blueprint.plan(listeners: [], before: nil)
        inForce = Mutex(
            InForce(blueprint: blueprint, plan: plan, security: ConnectionSecurity(blueprint.client)))
        self.logger = logger
        logSettings = log
        self.signals = signals
        var client = blueprint.client
        if blueprint.configuration.admin.listen != .off {
            client.setDefault("statistics.interval.ms", "\(AdminService.statisticsInterval)")
        }
        do {
            if blueprint.configuration.kafka.embedded {
                let broker = try EmbeddedBroker()
                client.set("bootstrap.servers", broker.bootstrapServers)
                logger.notice("embedded Kafka broker ready", metadata: ["brokers": "\(broker.bootstrapServers)"])
                self.broker = broker
            } else {
                broker = nil
            }
            self.client = client
            let spool = try Spool(blueprint.configuration.spool)
            let topics = blueprint.topics
            let recovered = try spool.recover { topics.index(of: $0) }
            Self.report(recovered, logger)
            if recovered.damaged > 0 { code.withLock { $0 = Failure.undelivered } }
            let producers = try ProducerPool(
                count: blueprint.configuration.kafka.producers, configuration: client,
                limits: blueprint.producerLimits, spool: spool, topics: topics, replay: recovered.replay,
                logger: logger)
            pipeline = Pipeline(spool: spool, producers: producers, plan: plan, recovered: recovered)
            let listeners = ListenerSet(
                pipeline: pipeline, stateDirectory: flags.checkpointDirectory(blueprint.configuration),
                recovered: recovered.origins, logger: logger)
            self.listeners = listeners
            observer = Observer(
                pipeline, version: KafkaStreamer.version, hasFailed: { listeners.failed.isComplete },
                files: { listeners.fileLags })
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
        signals.atSecondStop { [self] in lastWord() }
        // Before anything is taken in: an address that was asked for and cannot be had ends the start.
        let admin = try await AdminService.open(started.admin, answers(), observer, logger: logger)
        pipeline.producers.start()
        do throws(InputError) {
            let blueprint = inForce.withLock { $0.blueprint }
            await take(blueprint, try await listeners.open(blueprint.configuration))
        } catch {
            pipeline.producers.stop()
            await admin.server?.stop()
            throw Failure(Failure.input, error.description)
        }
        observer.enter(.serving)
        // Shut down in the reverse order: first nothing more comes in, then what is here goes out.
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: admin),
                .init(service: Delivery(running: self)),
                .init(service: Disk(running: self)),
                .init(service: Reception(running: self), successTerminationBehavior: .gracefullyShutdownGroup),
                .init(service: Watch(running: self)),
                .init(service: Commands(running: self)),
                .init(service: Stop(running: self), successTerminationBehavior: .gracefullyShutdownGroup),
            ],
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() })
        group.gracefulShutdownSignals = []
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
            running.observer.enter(.stopping)
            await running.listeners.stop()
        }
    }

    /// The spool's disk: `sync: interval`, and what went wrong there, which threads that must not log leave behind.
    private struct Disk: Service {
        let running: Running
        func run() async throws {
            let settings = running.pipeline.spool.settings
            let writes = settings.sync == .interval
            let pause = writes ? settings.syncMilliseconds : 1000
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
            let count: Int? = writeFailures.withLock { failures in
                failures.unsaid += 1
                guard ContinuousClock.now >= failures.next else { return nil }
                defer { failures = (next: .now + .seconds(10), unsaid: 0) }
                return failures.unsaid
            }
            if let count {
                logger.critical(
                    "\(failure): records may not survive a power loss", metadata: ["failures": "\(count)"])
            }
        }
        let refusal = pipeline.spool.refusal
        let isNews = saidRefusal.withLock { said in
            defer { said = refusal }
            // Each attempt names a file of its own: the same trouble with another name is no news.
            return said?.errno != refusal?.errno
        }
        guard isNews else { return }
        if let refusal {
            logger.error("\(refusal): streams and files wait, datagrams are rejected")
        } else {
            logger.notice("spool: there is room again")
        }
    }

    /// What happens at the inputs, once a second.
    private struct Watch: Service {
        let running: Running
        func run() async throws {
            await cancelWhenGracefulShutdown {
                var watch = InputWatch(logger: running.logger)
                let start = ContinuousClock.now
                while !Task.isCancelled {
                    do { try await Task.sleep(for: .seconds(1)) } catch { break }
                    watch.look(running.pipeline.listenerSums, now: Int(start.duration(to: .now).components.seconds))
                }
            }
        }
    }

    /// SIGHUP and SIGUSR1.
    private struct Commands: Service {
        let running: Running
        func run() async throws {
            running.logger.notice("ready")
            for await signal in running.signals.commands.cancelOnGracefulShutdown() {
                if signal == SIGHUP { await running.reload() } else { running.printLedger() }
            }
        }
    }

    /// Ends when a stop is asked for, and with it everything.
    private struct Stop: Service {
        let running: Running
        func run() async throws {
            await cancelWhenGracefulShutdown { await running.signals.stop.wait() }
        }
    }

    /// Everything that can fail is done before anything changes: refused, a configuration leaves no trace.
    private func reload() async {
        do {
            let loaded = try flags.load()
            let next = try Blueprint(
                loaded, topics: inForce.withLock { $0.blueprint.topics }, needsListeners: true)
            let producers = try producerChange(next)
            let change = try await listeners.open(loaded.configuration)
            next.log(to: logger)
            let waiting = Self.changesAfterRestart(loaded.configuration, from: started)
            if !waiting.isEmpty {
                logger.warning("changes that need a restart: \(waiting.joined(separator: ", ")); the rest is taken")
            }
            RunCommand.apply(loaded.configuration.logging, to: logSettings)
            if let producers {
                logger.notice("Kafka's secrets or certificates have changed: the producers are renewed with them")
                pipeline.producers.use(producers)
            }
            await take(next, change)
            logger.notice("configuration reloaded")
        } catch {
            let text = (error as? Failure)?.text ?? "\(error)"
            logger.error("configuration refused, the old one stays: \(text)")
        }
    }

    /// What the producers are to go over to, tried out; nil when it is what they have. Of the properties only those that
    /// say who connects and whom it trusts are exchanged while it runs, and the files that they name.
    private func producerChange(_ next: Blueprint) throws(KafkaError) -> ClientConfiguration? {
        guard broker == nil, ConnectionSecurity(next.client) != inForce.withLock({ $0.security }) else { return nil }
        let changed = client.exchangingSecurity(for: next.client)
        try changed.tryOut()
        return changed
    }

    /// What waits for a restart: without what `producerChange` takes over.
    private static func changesAfterRestart(_ new: Configuration, from old: Configuration) -> [String] {
        func isLeft(_ property: Configuration.Kafka.Property) -> Bool { !ConnectionSecurity.contains(property.name) }
        var (new, old) = (new, old)
        new.kafka.properties = new.kafka.properties.filter(isLeft)
        old.kafka.properties = old.kafka.properties.filter(isLeft)
        return new.changesAfterRestart(from: old)
    }

    /// Exchanges plan, limits and listeners.
    private func take(_ blueprint: Blueprint, _ change: ListenerSet.Change) async {
        let plan = inForce.withLock { inForce in
            let plan = blueprint.plan(listeners: change.contexts, before: inForce.plan)
            inForce = InForce(
                blueprint: blueprint, plan: plan, security: ConnectionSecurity(blueprint.client))
            return plan
        }
        observer.use(transports: Dictionary(blueprint.configuration.listeners.map { ($0.name, $0.type) }) { $1 })
        pipeline.replace(plan)
        await listeners.exchange(change)
    }

    /// What the admin server answers.
    private func answers() -> AdminAnswers {
        AdminAnswers(observer, version: KafkaStreamer.version, warnings: StandardErrorLog.recent) { [weak self] in
            self?.inForce.withLock { $0.blueprint.configuration.description } ?? ""
        }
    }

    /// Delivers until all is delivered or the deadline has come, then ends the producers.
    private func drain() async {
        let timeout = inForce.withLock { $0.blueprint.configuration.shutdownTimeout }
        let deadline = ContinuousClock.now + timeout
        var nextWord = ContinuousClock.now
        while pipeline.ledger.pending > 0, ContinuousClock.now < deadline {
            if ContinuousClock.now >= nextWord {
                let left = max(0, ContinuousClock.now.duration(to: deadline).wholeMilliseconds)
                logger.notice(
                    "stopping: waiting for Kafka",
                    metadata: ["pending": "\(pipeline.ledger.pending)", "at-most": "\((left + 999) / 1000)s"])
                nextWord += .seconds(5)
            }
            do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
        }
        pipeline.producers.stop()
        await listeners.finish()
        // A record that Kafka refused, and that went nowhere, was not delivered either.
        if pipeline.producers.counts.lost > 0 { code.withLock { $0 = Failure.undelivered } }
        let pending = pipeline.ledger.pending
        guard pending > 0 else { return }
        sayLeft(pending, readAgain: min(pending, await listeners.readAgain))
        if started.spool.directory == nil { pipeline.abandonPending() }
        code.withLock { $0 = Failure.undelivered }
    }

    /// Lost is what nobody can give again. Lines of a file whose place is kept are read once more.
    /// - Parameter readAgain: how many of them those are; nil = not known any more.
    private func sayLeft(_ pending: UInt64, readAgain: UInt64?) {
        if let directory = started.spool.directory {
            logger.warning(
                "not all delivered: it stays in the spool", metadata: ["pending": "\(pending)", "path": "\(directory)"])
            return
        }
        guard let readAgain else {
            logger.error(
                "not all delivered, and the spool is memory: lost, but for lines of files, which are read again",
                metadata: ["messages": "\(pending)"])
            return
        }
        if readAgain > 0 {
            logger.warning(
                "not all delivered: these lines are read again from their files at the next start",
                metadata: ["messages": "\(readAgain)"])
        }
        guard pending > readAgain else { return }
        logger.error(
            "not all delivered, and the spool is memory: lost", metadata: ["messages": "\(pending - readAgain)"])
    }

    /// The end at a second signal: nothing is waited for.
    private func lastWord() -> Int32 {
        let pending = pipeline.ledger.pending
        if pending > 0 { sayLeft(pending, readAgain: nil) }
        if started.spool.directory == nil { pipeline.abandonPending() }
        printLedger()
        return pending > 0 ? Failure.undelivered : exitCode
    }
}
