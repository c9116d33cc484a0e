import Base
import CLinux
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Listens on TCP and gives each connection's bytes to the sink of its event loop.
///
/// Threads: a thread of its own accepts; each connection then lives on one event loop, with its handler and that loop's
/// sink. `start`, `use`, `stop` and `finish` come from whoever runs the listener, one after the other.
public final class StreamListener<Sink: StreamSink>: Listener {
    /// What runs between `start` and `stop`.
    private struct Running: Sendable {
        let group: MultiThreadedEventLoopGroup
        let loops: [StreamLoop<Sink>]
        let thread: SystemThread
    }

    private let descriptor: Int32
    private let acceptor: StreamAcceptor
    private let connections: StreamConnections
    private let threads: Int
    private let running = Mutex<Running?>(nil)
    private let isClosed = Atomic<Bool>(false)
    private let logger: Logger
    /// Where it listens.
    public let place: String

    /// It throws nothing: an object that failed half-way is never released, and would leave its socket open.
    private init(
        _ descriptor: Int32, _ acceptor: StreamAcceptor, _ place: String, _ settings: StreamListenerSettings,
        _ logger: Logger
    ) {
        self.descriptor = descriptor
        self.acceptor = acceptor
        self.place = place
        self.logger = logger
        threads = settings.threads
        connections = StreamConnections(settings)
    }

    deinit { closeSocket() }

    /// Binds, or inspects, everything that can fail.
    public static func open(_ settings: StreamListenerSettings, logger: Logger) throws(InputError) -> StreamListener {
        let type = Int32(SOCK_STREAM.rawValue)
        let address = try SocketAddress.resolve(host: settings.host, port: settings.port, type: type)
        let descriptor = try address.open(type | Int32(SOCK_NONBLOCK.rawValue), "tcp", shared: settings.isShared)
        guard listen(descriptor, 1024) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw InputError(place: address.text, operation: "listen on tcp", errno: code)
        }
        let place = SocketAddress.local(of: descriptor).text
        do throws(InputError) {
            let acceptor = try StreamAcceptor(descriptor, place: place)
            return StreamListener(descriptor, acceptor, place, settings, logger)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Sets it going.
    public func start(
        sink: @escaping @Sendable () -> Sink, ended: @escaping @Sendable (InputError?) -> Void
    ) throws(InputError) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let loops = group.makeIterator().map { StreamLoop($0, sink: sink(), connections: connections) }
        let thread = try SystemThread.start("accept") { [acceptor, connections, logger] in
            var turn = 0
            do throws(InputError) {
                try acceptor.run { descriptor, peer in
                    guard connections.admit(peer, descriptor: descriptor) else {
                        Glibc.close(descriptor)
                        return
                    }
                    turn = (turn + 1) % loops.count
                    Self.connect(descriptor, peer, loops[turn], connections, logger)
                } starved: {
                    connections.starved()
                }
            } catch {
                ended(error)
            }
        }
        running.withLock { $0 = Running(group: group, loops: loops, thread: thread) }
    }

    /// Gives an accepted connection to an event loop.
    private static func connect(
        _ descriptor: Int32, _ peer: PeerAddress, _ loop: StreamLoop<Sink>, _ connections: StreamConnections,
        _ logger: Logger
    ) {
        keepAlive(descriptor, seconds: connections.settings.keepaliveSeconds)
        loop.eventLoop.execute {
            let handler = StreamHandler(loop, peer: peer, connections: connections, logger: logger)
            let bound = NIOLoopBound(handler, eventLoop: loop.eventLoop)
            connections.add(handler.entry)
            ClientBootstrap(group: loop.eventLoop)
                // Reading is asked for by the handler, so that it can stop when there is no room.
                .channelOption(.autoRead, value: false)
                .channelOption(.recvAllocator, value: LoopBufferAllocator(loop: loop))
                // What a blocked connection holds is bounded by what one turn reads; the allocator counts on it as well.
                .channelOption(.maxMessagesPerRead, value: 1)
                .channelInitializer { channel in
                    channel.closeFuture.whenComplete { _ in bound.value.channelClosed() }
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(bound.value)
                    }
                }
                .withConnectedSocket(descriptor)
                .whenFailure { _ in bound.value.channelClosed() }
        }
    }

    /// Has the system ask a silent peer whether it is there: a first time after so many seconds, then every quarter of
    /// them, up to fifteen; after four questions without an answer the connection is broken.
    private static func keepAlive(_ descriptor: Int32, seconds: Int32) {
        guard seconds > 0 else { return }
        let tcp = Int32(IPPROTO_TCP)
        SocketOption.set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        SocketOption.set(descriptor, tcp, TCP_KEEPIDLE, seconds)
        SocketOption.set(descriptor, tcp, TCP_KEEPINTVL, max(1, min(15, seconds / 4)))
        SocketOption.set(descriptor, tcp, TCP_KEEPCNT, 4)
    }

    /// What its sockets have seen.
    public var readings: SocketReadings { connections.readings }

    /// Connections go on; those whose address is not allowed any more are closed. What is said of a connection when it
    /// comes (its framing, its longest message, keepalive) is as it was then.
    public func use(_ settings: StreamListenerSettings) -> [String] {
        for connection in connections.use(settings) {
            connection.quiesce(.zero, .milliseconds(settings.stopWaitingMilliseconds))
        }
        return settings.threads == threads ? [] : ["threads"]
    }

    /// Lets a successor bind an address that overlaps with its own, or no longer.
    public func share(_ isShared: Bool) {
        SocketOption.set(descriptor, SOL_SOCKET, SO_REUSEPORT, isShared ? 1 : 0)
    }

    /// Stops accepting, reads from each connection until it has been quiet for a moment, then closes it. Returns when
    /// all are closed and what came from them is with the sink; a peer that goes on talking, and a sink that has no
    /// room, are waited for as long as the settings say.
    public func stop() async {
        let running = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        acceptor.stop()
        await running.thread.end()
        closeSocket()
        // What the acceptor gave to the loops is among the connections once they have come to it.
        await onEach(running.loops) { _ in }
        let settings = connections.settings
        let open = connections.all
        for connection in open {
            connection.quiesce(
                .milliseconds(settings.stopReadingMilliseconds), .milliseconds(settings.stopWaitingMilliseconds))
        }
        for connection in open { await connection.done.orFailure() }
        await onEach(running.loops) { $0.sink.close() }
        do {
            try await running.group.shutdownGracefully()
        } catch {
            logger.warning("event loops did not stop: \(error)")
        }
    }

    private func onEach(_ loops: [StreamLoop<Sink>], _ body: @escaping @Sendable (StreamLoop<Sink>) -> Void) async {
        for loop in loops { await loop.eventLoop.submit { body(loop) }.orFailure() }
    }

    private func closeSocket() {
        if !isClosed.exchange(true, ordering: .acquiringAndReleasing) { Glibc.close(descriptor) }
    }

    /// Nothing is left to do: what was delivered is of no interest here.
    public func finish() {}
}

extension EventLoopFuture where Value == Void {
    /// Returns when it is over. The loops outlive everything that waits here, so that none of these futures fails.
    fileprivate func orFailure() async {
        do {
            try await get()
        } catch {
            assertionFailure("\(error)")
        }
    }
}
