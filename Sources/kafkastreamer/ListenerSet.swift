import Configuration
import Glibc
import Inputs
import Kafka
import Logging
import Pipeline
import Spool
import Synchronization
import Syslog

/// The listeners that run now. A reload is set algebra on them, by what they listen on: those that stay are told their new
/// settings and keep their sockets, connections and places in files; what is new is opened before anything changes; what
/// is gone is stopped last.
///
/// Threads: an actor; listeners run on threads and event loops of their own.
actor ListenerSet {
    /// A listener, and what is done with it whatever its type is.
    fileprivate struct Entry: Sendable {
        let identity: String
        /// As it was last told.
        var definition: Configuration.Listener
        let listener: any Listener
        /// Sets it going.
        let start: @Sendable () throws(InputError) -> Void
        /// Gives it its settings of a configuration; what it names needs a restart.
        let use: @Sendable (Configuration.Listener, Configuration) -> [String]
        var readsFiles: Bool { definition.type == "file" }
        /// Completes when a listener that ends by itself (files that are not followed) has ended.
        let ended: Completion
    }

    /// What a configuration would make of the listeners: everything that is new is open. Dropped, it closes what it opened.
    struct Change: Sendable {
        fileprivate let configuration: Configuration
        /// With the definitions that they are to have.
        fileprivate let kept: [Entry]
        fileprivate let opened: [Entry]
        fileprivate let gone: [Entry]
        /// What workers are told of the listeners, for the plan that is exchanged with them.
        let contexts: [ListenerContext]
    }

    private let pipeline: Pipeline
    private let stateDirectory: String?
    private let recovered: [OriginIdentity: UInt64]
    private let logger: Logger
    private var running: [Entry] = []
    /// Listeners that a reload took out and that have not ended yet.
    private var leaving: [Task<Void, Never>] = []
    /// Listeners that have ended while lines of theirs were pending: their places move on as those are delivered.
    private var pending: [Entry] = []
    private var pendingTask: Task<Void, Never>?
    private var contexts: [String: ListenerContext] = [:]
    /// What counts the sockets of each listener, by its identity.
    private var watches: [String: SocketWatch] = [:]
    /// What reads files, by its name, for whoever asks how far it is.
    private nonisolated let readers = Mutex<[String: any Listener]>([:])
    /// Completes when a listener has failed: a service that reads one input fewer than it was told to must not look well.
    nonisolated let failed = Completion()
    /// Completes when a single pass over files could not read all that it was told to: the rest is delivered, and the
    /// exit code says so.
    nonisolated let incomplete = Completion()
    /// Completes when every listener has ended by itself.
    nonisolated let allEnded = Completion()

    init(pipeline: Pipeline, stateDirectory: String?, recovered: [OriginIdentity: UInt64], logger: Logger) {
        self.pipeline = pipeline
        self.stateDirectory = stateDirectory
        self.recovered = recovered
        self.logger = logger
    }

    // MARK: A change

    /// Opens what a configuration has and nobody listens on yet. Nothing has changed when it throws.
    func open(_ configuration: Configuration) throws(InputError) -> Change {
        var kept: [Entry] = []
        var opened: [Entry] = []
        var told: [ListenerContext] = []
        var taken = Set(running.map(\.identity))
        let pairs = matched(configuration.listeners)
        let staying = Set(pairs.compactMap { $0.1?.identity })
        for (definition, predecessor) in pairs {
            let identity = predecessor?.identity ?? Self.free(definition.identity, &taken)
            let context = ListenerContext(definition, configuration, identity: identity, before: contexts[identity])
            told.append(context)
            let overlaps = running.filter {
                !staying.contains($0.identity) && $0.definition.mayOverlap(definition)
            }
            if var entry = predecessor {
                entry.definition = definition
                kept.append(entry)
            } else {
                opened.append(try open(definition, configuration, context, overlapping: overlaps))
            }
        }
        let stays = Set(kept.map(\.identity))
        return Change(
            configuration: configuration, kept: kept, opened: opened,
            gone: running.filter { !stays.contains($0.identity) }, contexts: told)
    }

    /// Each definition with the running listener that it is, if there is one: the one of the same place, of files also the
    /// one of the same name. No listener is given to two (port 0 may stand twice, say).
    private func matched(_ definitions: [Configuration.Listener]) -> [(Configuration.Listener, Entry?)] {
        var left = running
        func take(_ isMeant: (Configuration.Listener) -> Bool) -> Entry? {
            left.firstIndex { isMeant($0.definition) }.map { left.remove(at: $0) }
        }
        let byName = definitions.map { definition in take { $0.isSameByName(definition) } }
        return zip(definitions, byName).map { definition, entry in
            (definition, entry ?? take { $0.isSameByPlace(definition) })
        }
    }

    private static func free(_ identity: String, _ taken: inout Set<String>) -> String {
        var free = identity
        var number = 1
        while !taken.insert(free).inserted {
            number += 1
            free = "\(identity) #\(number)"
        }
        return free
    }

    /// Makes the running listeners those of a change, whose contexts are in the plan by now. Returns when what is gone has
    /// ended.
    func exchange(_ change: Change) async {
        contexts = Dictionary(change.contexts.map { ($0.identity, $0) }) { first, _ in first }
        running = change.kept + change.opened
        let files = running.filter { $0.definition.type == "file" }.map { ($0.definition.name, $0.listener) }
        readers.withLock { $0 = Dictionary(files) { first, _ in first } }
        for entry in change.kept { use(entry, change.configuration) }
        // Files can wait: whoever reads one next begins where the last one has ended.
        await end(change.gone.filter(\.readsFiles))
        for entry in change.opened { start(entry) }
        await end(change.gone.filter { !$0.readsFiles })
        noticeEnd()
    }

    private func end(_ gone: [Entry]) async {
        let leaving = gone.map { entry in Task { await end(entry) } }
        self.leaving += leaving
        for task in leaving { await task.value }
        self.leaving.removeAll { leaving.contains($0) }
    }

    private func use(_ entry: Entry, _ configuration: Configuration) {
        watches[entry.identity]?.rename(entry.definition.name)
        let untaken = entry.use(entry.definition, configuration)
        guard !untaken.isEmpty else { return }
        logger.warning(
            "listener keeps its \(untaken.joined(separator: ", ")) until a restart",
            metadata: ["listener": "\(entry.definition.name)"])
    }

    private func start(_ entry: Entry) {
        watches[entry.identity] = pipeline.watch(
            entry.definition.name, identity: entry.identity
        ) { entry.listener.readings }
        do throws(InputError) {
            try entry.start()
            let key = entry.definition.type == "file" ? "path" : "address"
            logger.info(
                "listening", metadata: ["transport": "\(entry.definition.type)", key: "\(entry.listener.place)"])
        } catch {
            logger.critical("\(error)", metadata: ["listener": "\(entry.definition.name)"])
            failed.complete()
        }
    }

    private func end(_ entry: Entry) async {
        await stop(entry)
        entry.listener.finish()
        watches.removeValue(forKey: entry.identity)?.end()
        logger.info("listener stopped", metadata: ["listener": "\(entry.definition.name)"])
        guard entry.listener.readAgain > 0 else { return }
        pending.append(entry)
        if pendingTask == nil { pendingTask = Task { [weak self] in await self?.followPending() } }
    }

    /// Moves the places of listeners that have ended, until all their lines are delivered.
    private func followPending() async {
        while !pending.isEmpty {
            do { try await Task.sleep(for: .seconds(1)) } catch { break }
            for entry in pending { entry.listener.finish() }
            pending.removeAll { $0.listener.readAgain == 0 }
        }
        pendingTask = nil
    }

    private func noticeEnd() {
        if !running.isEmpty, running.allSatisfy({ $0.ended.isComplete }) { allEnded.complete() }
    }

    // MARK: The end

    /// Stops accepting, takes what has arrived, and returns when every listener has ended.
    func stop() async {
        await withTaskGroup(of: Void.self) { group in
            for entry in running { group.addTask { await self.stop(entry) } }
            for task in leaving { group.addTask { await task.value } }
        }
    }

    /// Stops a listener and says so when that takes its time.
    private func stop(_ entry: Entry) async {
        let word = Task { [logger] in
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            logger.notice(
                "stopping: waiting for what senders have sent",
                metadata: [
                    "listener": "\(entry.definition.name)",
                    "connections": "\(entry.listener.readings.openConnections)",
                ])
        }
        await entry.listener.stop()
        word.cancel()
    }

    /// Moves the checkpoints to what was delivered; after the producers have stopped.
    func finish() {
        pendingTask?.cancel()
        for entry in pending + running { entry.listener.finish() }
    }

    /// How far files are read, by listener.
    nonisolated var fileLags: [String: [FileLag]] { readers.withLock { $0 }.mapValues(\.lags) }

    /// Messages that are not delivered and that a next process reads again, after `finish`.
    var readAgain: UInt64 { (pending + running).reduce(0) { $0 + $1.listener.readAgain } }

    // MARK: Opening

    /// Opens a listener. One that goes may have a part of its address still (`127.0.0.1:514` where `0.0.0.0:514` is
    /// wanted): it shares the address for as long as it takes.
    private func open(
        _ definition: Configuration.Listener, _ configuration: Configuration, _ context: ListenerContext,
        overlapping: [Entry]
    ) throws(InputError) -> Entry {
        do throws(InputError) {
            return try open(definition, configuration, context, isShared: false)
        } catch {
            guard error.errno == EADDRINUSE, !overlapping.isEmpty else { throw error }
        }
        for entry in overlapping { entry.listener.share(true) }
        defer { for entry in overlapping { entry.listener.share(false) } }
        let entry = try open(definition, configuration, context, isShared: true)
        entry.listener.share(false)
        return entry
    }

    private func open(
        _ definition: Configuration.Listener, _ configuration: Configuration, _ context: ListenerContext,
        isShared: Bool
    ) throws(InputError) -> Entry {
        let pipeline = pipeline
        let recovered = recovered
        switch definition.input {
        case .udp, .unixDatagram:
            return try open(DatagramListener<Worker>.self, definition, configuration, context.identity, isShared) {
                $0.datagram
            } sink: {
                pipeline.makeWorker(context)
            }
        case .tcp:
            return try open(StreamListener<Worker>.self, definition, configuration, context.identity, isShared) {
                $0.stream
            } sink: {
                pipeline.makeWorker(context)
            }
        case .file:
            return try open(FileListener<FileWorker>.self, definition, configuration, context.identity, isShared) {
                FileListener<FileWorker>.Settings($0.file, recovered: recovered)
            } sink: {
                pipeline.makeFileWorker(context)
            }
        }
    }

    private func open<L: Listener>(
        _ type: L.Type, _ definition: Configuration.Listener, _ configuration: Configuration, _ identity: String,
        _ isShared: Bool,
        settings: @escaping @Sendable (Configuration.Listener) -> L.Settings,
        sink: @escaping @Sendable () -> L.Sink
    ) throws(InputError) -> Entry {
        let directory = stateDirectory
        let complete: @Sendable (Configuration.Listener, Configuration) -> L.Settings = {
            settings($0.completed(by: $1, stateDirectory: directory))
        }
        var atOpening = complete(definition, configuration)
        atOpening.isShared = isShared
        let listener = try L.open(atOpening, logger: logger)
        let ended = Completion()
        return Entry(
            identity: identity, definition: definition, listener: listener,
            start: { [weak self, failed, incomplete, logger] () throws(InputError) in
                try listener.start(sink: sink) { [weak self] error in
                    if let error {
                        logger.critical("\(error)")
                        failed.complete()
                    } else {
                        for failure in listener.failures {
                            logger.error("\(failure)")
                            incomplete.complete()
                        }
                        ended.complete()
                        Task { [weak self] in await self?.noticeEnd() }
                    }
                }
            },
            use: { listener.use(complete($0, $1)) }, ended: ended)
    }
}
