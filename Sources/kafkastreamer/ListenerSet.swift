import Configuration
import Inputs
import Kafka
import Logging
import NIOCore
import NIOPosix
import Pipeline
import Synchronization
import Syslog

/// The listeners that run now. A reload compares them with the configuration: what is the same goes on untouched, what
/// is gone is stopped, what is new is started.
///
/// Threads: an actor; listeners run on threads and event loops of their own.
actor ListenerSet {
    private struct Running {
        let definition: Configuration.Listener
        let maximumMessageSize: Int
        let stop: @Sendable () async -> Void
        /// After the producers have stopped: a last look at what was delivered, for checkpoints.
        let finish: @Sendable () -> Void
        /// Returns when a listener that ends by itself (files that are not followed) has ended.
        let ended: Completion
    }

    private let pipeline: Pipeline
    private let stateDirectory: String?
    private let recovered: [UInt32: UInt64]
    private let logger: Logger
    private var running: [Running] = []
    /// Completes when a listener has failed: a service that reads one input fewer than it was told to must not look well.
    nonisolated let failed = Completion()

    init(pipeline: Pipeline, stateDirectory: String?, recovered: [UInt32: UInt64], logger: Logger) {
        self.pipeline = pipeline
        self.stateDirectory = stateDirectory
        self.recovered = recovered
        self.logger = logger
    }

    /// Makes the running listeners those of the configuration. What cannot be opened is thrown, and what runs by then
    /// goes on.
    func apply(_ configuration: Configuration) async throws(InputError) {
        var kept: [Running] = []
        var gone: [Running] = []
        for listener in running {
            let isSame = configuration.listeners.contains {
                $0 == listener.definition && configuration.maximumMessageSize(of: $0) == listener.maximumMessageSize
            }
            if isSame { kept.append(listener) } else { gone.append(listener) }
        }
        // The old one goes first: a changed listener often keeps its address.
        running = kept
        for listener in gone {
            logger.info("listener stopped", metadata: ["listener": "\(listener.definition.name)"])
            await listener.stop()
            listener.finish()
        }
        for definition in configuration.listeners where !running.contains(where: { $0.definition == definition }) {
            running.append(try await start(definition, configuration))
        }
    }

    /// Stops accepting, takes what has arrived, and returns when every listener has ended.
    func stop() async {
        for listener in running { await listener.stop() }
    }

    /// Moves the checkpoints to what was delivered; after the producers have stopped.
    func finish() {
        for listener in running { listener.finish() }
    }

    /// Returns when every listener that ends by itself has ended; never when one does not.
    func waitUntilEnded() async {
        for listener in running where !Task.isCancelled { await listener.ended.wait() }
    }

    private func start(
        _ definition: Configuration.Listener, _ configuration: Configuration
    ) async throws(InputError) -> Running {
        let context = Self.context(definition, configuration)
        switch definition {
        case .udp(let udp): return try startUDP(udp, definition, context)
        case .unixDatagram(let unix): return try startUnix(unix, definition, context)
        case .tcp(let tcp): return try await startTCP(tcp, definition, context)
        case .file(let file): return try startFile(file, definition, context)
        }
    }

    // MARK: Datagrams

    private func startUDP(
        _ udp: Configuration.Listener.UDP, _ definition: Configuration.Listener, _ context: ListenerContext
    ) throws(InputError) -> Running {
        var sockets: [DatagramSocket] = []
        var port = udp.address.port
        for _ in 0..<udp.threads {
            let socket = try DatagramSocket.udp(
                host: udp.address.host, port: port, shared: udp.threads > 1, receiveBuffer: udp.receiveBuffer,
                logger: logger)
            // With port 0 the first socket finds a free one, and the others share it.
            if port == 0, let found = UInt16(socket.place.split(separator: ":").last ?? "") { port = found }
            sockets.append(socket)
        }
        return try startDatagrams(sockets, "udp", definition, context)
    }

    private func startUnix(
        _ unix: Configuration.Listener.UnixDatagram, _ definition: Configuration.Listener, _ context: ListenerContext
    ) throws(InputError) -> Running {
        let socket = try DatagramSocket.unix(
            path: unix.path, mode: unix.mode, receiveBuffer: unix.receiveBuffer, logger: logger)
        return try startDatagrams([socket], "unix-datagram", definition, context)
    }

    private func startDatagrams(
        _ sockets: [DatagramSocket], _ transport: String, _ definition: Configuration.Listener,
        _ context: ListenerContext
    ) throws(InputError) -> Running {
        var receivers: [(DatagramReceiver, InputThread, SocketWatch)] = []
        for (index, socket) in sockets.enumerated() {
            let receiver = DatagramReceiver(socket, maximumSize: context.maximumMessageSize, logger: logger)
            let watch = pipeline.watch(context.name) {
                var readings = SocketReadings()
                readings.kernelDrops = receiver.kernelDrops
                return readings
            }
            let worker = pipeline.makeWorker(context)
            let thread = try InputThread(name: "\(transport.prefix(4))-\(index)") { [logger, failed] in
                do throws(InputError) {
                    try receiver.run(into: worker)
                } catch {
                    logger.critical("\(error)")
                    failed.complete()
                }
                worker.close()
            }
            receivers.append((receiver, thread, watch))
        }
        logger.info("listening", metadata: ["transport": "\(transport)", "address": "\(sockets[0].place)"])
        let all = receivers
        return Running(
            definition: definition, maximumMessageSize: context.maximumMessageSize,
            stop: {
                for (receiver, _, _) in all { receiver.stop() }
                for (receiver, thread, watch) in all {
                    await Self.join(thread)
                    receiver.close()
                    watch.end()
                }
            }, finish: {}, ended: Completion())
    }

    // MARK: Streams

    private func startTCP(
        _ tcp: Configuration.Listener.TCP, _ definition: Configuration.Listener, _ context: ListenerContext
    ) async throws(InputError) -> Running {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: tcp.threads)
        let workers = LoopWorkers(pipeline: pipeline, context: context, group: group)
        var settings = StreamListenerSettings()
        settings.maximumConnections = tcp.maximumConnections
        settings.idleSeconds = Int64(tcp.idleTimeout.wholeMilliseconds + 999) / 1000
        settings.allowed = context.allowed
        let listener: StreamListener<Worker>
        do throws(InputError) {
            listener = try await StreamListener<Worker>.bind(
                host: tcp.address.host, port: tcp.address.port, settings: settings, group: group, logger: logger,
                sink: { workers.worker(of: $0) })
        } catch {
            await Self.shutdown(group, logger)
            throw error
        }
        logger.info("listening", metadata: ["transport": "tcp", "address": "\(listener.place)"])
        let logger = logger
        return Running(
            definition: definition, maximumMessageSize: context.maximumMessageSize,
            stop: {
                await listener.stop()
                await workers.close()
                await Self.shutdown(group, logger)
            }, finish: {}, ended: Completion())
    }

    private static func shutdown(_ group: MultiThreadedEventLoopGroup, _ logger: Logger) async {
        do {
            try await group.shutdownGracefully()
        } catch {
            logger.warning("event loops did not stop: \(error)")
        }
    }

    // MARK: Files

    private func startFile(
        _ file: Configuration.Listener.File, _ definition: Configuration.Listener, _ context: ListenerContext
    ) throws(InputError) -> Running {
        var settings = FileFollowerSettings(listener: file.name, paths: file.paths)
        settings.exclude = file.exclude
        settings.fromBeginning = file.startAt == .beginning
        settings.follow = file.follow
        settings.pollMilliseconds = Int32(clamping: max(1, file.pollInterval.wholeMilliseconds))
        settings.maximumLine = context.maximumMessageSize
        settings.stateDirectory = stateDirectory
        let follower = try FileFollower(settings, recovered: recovered, logger: logger)
        let worker = pipeline.makeFileWorker(context)
        let ended = Completion()
        let thread = try InputThread(name: "file") {
            follower.run(into: worker)
            if file.paths.allSatisfy({ $0 == "-" }) || !file.follow { ended.complete() }
        }
        logger.info("listening", metadata: ["transport": "file", "path": "\(file.paths.joined(separator: " "))"])
        let joined = Mutex(false)
        return Running(
            definition: definition, maximumMessageSize: context.maximumMessageSize,
            stop: {
                follower.stop()
                let isFirst = joined.withLock { done in
                    defer { done = true }
                    return !done
                }
                if isFirst { await Self.join(thread) }
            },
            finish: {
                follower.finish(worker)
                worker.close()
            }, ended: ended)
    }

    /// Waits for a thread without holding one of the tasks' threads.
    private static func join(_ thread: InputThread) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // A join may take as long as a batch; a thread of its own waits for it.
            do {
                _ = try InputThread(name: "join") {
                    thread.join()
                    continuation.resume()
                }
            } catch {
                thread.join()
                continuation.resume()
            }
        }
    }

    // MARK: Context

    private static func context(
        _ definition: Configuration.Listener, _ configuration: Configuration
    ) -> ListenerContext {
        let reception = definition.reception
        var context = ListenerContext(name: definition.name)
        context.zone = zone(reception.timeZone)
        context.networkZones = reception.timeZones.map {
            ListenerContext.NetworkZone(network: $0.network, zone: zone($0.timeZone))
        }
        context.allowed = reception.allow
        context.maximumMessageSize = configuration.maximumMessageSize(of: definition)
        if reception.rateLimit > 0 {
            context.rate = RateLimiter(perSecond: reception.rateLimit, burst: configuration.limits.burst)
        }
        if case .tcp(let tcp) = definition {
            context.framing = tcp.framing
        }
        if case .file(let file) = definition { context.program = file.program }
        return context
    }

    private static func zone(_ name: String) -> LocalZone {
        guard let table = TimeZoneTable.transitions(for: name) else { return .utc }
        return LocalZone(
            transitions: table.transitions.map { (at: $0.0, offset: $0.1) }, initialOffset: table.initialOffset)
    }
}

/// The workers of a TCP listener: one per event loop, used on that loop alone.
final class LoopWorkers: Sendable {
    private let workers: [ObjectIdentifier: Worker]
    private let group: MultiThreadedEventLoopGroup

    init(pipeline: Pipeline, context: ListenerContext, group: MultiThreadedEventLoopGroup) {
        var workers: [ObjectIdentifier: Worker] = [:]
        for loop in group.makeIterator() { workers[ObjectIdentifier(loop)] = pipeline.makeWorker(context) }
        self.workers = workers
        self.group = group
    }

    func worker(of loop: any EventLoop) -> Worker { workers[ObjectIdentifier(loop)]! }

    /// Ends the workers, each on its loop, after the connections have closed.
    func close() async {
        for loop in group.makeIterator() {
            let worker = worker(of: loop)
            do {
                try await loop.submit { worker.close() }.get()
            } catch {
                // The loop is gone, and with it every caller of its worker.
                worker.close()
            }
        }
    }
}
