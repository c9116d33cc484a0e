import Base
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Where the bytes of stream connections go: one sink per event loop, called on that loop alone.
public protocol StreamSink: AnyObject, SendableMetatype {
    /// What the sink keeps of one connection (its frame decoder).
    associatedtype Connection

    /// A connection has come.
    func open(peer: PeerAddress) -> Connection

    /// Takes bytes in the order they came. After a blocked answer nothing is read, and what was not taken is offered
    /// again (an empty run of bytes, if all were) once `resume` has been called or the time is over.
    /// - Parameter resume: called once, from any thread, after `.untilRoom`.
    func receive(
        _ bytes: UnsafeRawBufferPointer, on connection: inout Connection, resume: @escaping @Sendable () -> Void
    ) -> StreamIntake

    /// The stream has ended: what is left unterminated is a last frame. False when there is no room for it: the call is
    /// made again after `resume`.
    func finish(_ connection: inout Connection, resume: @escaping @Sendable () -> Void) -> Bool
}

/// What a sink did with the bytes of a stream.
public struct StreamIntake: Sendable, Equatable {
    /// Why it took no more.
    public enum Blocked: Sendable, Equatable {
        /// It did not: all bytes are taken.
        case no
        /// The spool is full; `resume` will be called.
        case untilRoom
        /// The rate is used up; to be offered again after so many nanoseconds.
        case forNanoseconds(Int64)
    }

    /// Bytes taken.
    public var taken: Int
    /// Whether, and why, it wants no more now.
    public var blocked: Blocked

    /// An answer.
    public init(taken: Int, blocked: Blocked) {
        self.taken = taken
        self.blocked = blocked
    }
}

/// How a stream listener treats its connections.
public struct StreamListenerSettings: Sendable, Equatable {
    /// Connections at the same time; more are closed at once and counted.
    public var maximumConnections = 1000
    /// Seconds without a byte after which a connection is closed; 0 = never.
    public var idleSeconds: Int64 = 0
    /// At a stop: a peer that is never quiet is read for so many milliseconds more.
    public var stopReadingMilliseconds: Int64 = 1000
    /// At a stop: what has been read is held for the sink for so many milliseconds, then given up.
    public var stopWaitingMilliseconds: Int64 = 5000
    /// Decides whether an address may connect.
    public var allowed: [AllowedNetwork] = []

    /// A network whose addresses may connect.
    public typealias AllowedNetwork = Network

    /// The defaults of `configs/kafka.yaml`.
    public init() {}
}

/// What a stream listener has seen.
public struct StreamListenerCounts: Sendable, Equatable {
    /// Connections open now.
    public var open = 0
    /// Connections accepted.
    public var accepted: UInt64 = 0
    /// Connections closed at once because there were too many.
    public var refusedByLimit: UInt64 = 0
    /// Connections closed at once because their address is not allowed.
    public var refusedByNetwork: UInt64 = 0
}

/// Listens on TCP and gives each connection's bytes to the sink of its event loop.
///
/// Threads: each connection lives on one event loop, with its handler and that loop's sink. `counts` and the list of
/// connections to close are shared behind locks, which only opening and closing touch.
public final class StreamListener<Sink: StreamSink>: Sendable {
    struct Shared {
        var counts = StreamListenerCounts()
        var connections: [ObjectIdentifier: Connection] = [:]
        var isStopping = false
    }

    /// A connection that is not done with, open or not.
    struct Connection: Sendable {
        let quiesce: @Sendable () -> Void
        let done: EventLoopFuture<Void>
    }

    private let channel: any Channel
    private let shared: SharedState
    /// Where it listens, with the port that the system gave.
    public let place: String

    final class SharedState: Sendable {
        let state = Mutex(Shared())
        private let talking: TimeAmount
        private let holding: TimeAmount

        init(_ settings: StreamListenerSettings) {
            talking = .milliseconds(settings.stopReadingMilliseconds)
            holding = .milliseconds(settings.stopWaitingMilliseconds)
        }

        func add(_ handler: NIOLoopBound<StreamHandler<Sink>>, _ channel: any Channel, _ done: EventLoopFuture<Void>) {
            let loop = channel.eventLoop
            let connection = Connection(
                quiesce: { [talking, holding] in
                    loop.execute { handler.value.quiesce(talking: talking, holding: holding) }
                }, done: done)
            let id = ObjectIdentifier(channel)
            state.withLock { $0.connections[id] = connection }
            done.whenComplete { _ in self.state.withLock { state in state.connections[id] = nil } }
            // Also of a channel that was closed before it was active, of which no handler ever hears.
            channel.closeFuture.whenComplete { _ in
                self.state.withLock { $0.counts.open -= 1 }
                handler.value.channelClosed()
            }
        }
    }

    private init(channel: any Channel, shared: SharedState, place: String) {
        self.channel = channel
        self.shared = shared
        self.place = place
    }

    /// Binds and begins to accept.
    /// - Parameter sink: the sink of an event loop; asked once per connection, on that loop.
    public static func bind(
        host: String, port: UInt16, settings: StreamListenerSettings, group: MultiThreadedEventLoopGroup,
        logger: Logger, sink: @escaping @Sendable (any EventLoop) -> Sink
    ) async throws(InputError) -> StreamListener<Sink> {
        let shared = SharedState(settings)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Reading is asked for by the handler, so that it can stop when there is no room.
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 128 * 1024))
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = Self.peer(of: channel)
                    guard Self.admit(channel, peer, settings, shared, logger) else {
                        channel.close(promise: nil)
                        return
                    }
                    if settings.idleSeconds > 0 {
                        try channel.pipeline.syncOperations.addHandler(
                            IdleStateHandler(readTimeout: .seconds(settings.idleSeconds)))
                    }
                    let done = channel.eventLoop.makePromise(of: Void.self)
                    let handler = StreamHandler(
                        sink: sink(channel.eventLoop), peer: peer, shared: shared, done: done, logger: logger)
                    let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                    shared.add(bound, channel, done.futureResult)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        do {
            let address = host.isEmpty ? "0.0.0.0" : host
            let channel = try await bootstrap.bind(host: address, port: Int(port)).get()
            let place = channel.localAddress.map { Self.text(of: $0) } ?? "\(host):\(port)"
            return StreamListener(channel: channel, shared: shared, place: place)
        } catch {
            throw InputError(place: "\(host):\(port): \(error)", operation: "listen on tcp")
        }
    }

    private static func text(of address: SocketAddressNIO) -> String {
        let host = address.ipAddress ?? ""
        return host.contains(":") ? "[\(host)]:\(address.port ?? 0)" : "\(host):\(address.port ?? 0)"
    }

    private static func peer(of channel: any Channel) -> PeerAddress {
        guard let address = channel.remoteAddress else { return .none }
        return address.withSockAddr { PeerAddress(UnsafeRawPointer($0), length: $1) }
    }

    private static func admit(
        _ channel: any Channel, _ peer: PeerAddress, _ settings: StreamListenerSettings, _ shared: SharedState,
        _ logger: Logger
    ) -> Bool {
        let isAllowed = settings.allowed.isEmpty || settings.allowed.contains { $0.contains(peer) }
        let refusal: String? = shared.state.withLock { state in
            if !isAllowed {
                state.counts.refusedByNetwork += 1
                return "address not allowed"
            }
            if state.counts.open >= settings.maximumConnections {
                state.counts.refusedByLimit += 1
                return "too many connections"
            }
            if state.isStopping { return "stopping" }
            state.counts.open += 1
            state.counts.accepted += 1
            return nil
        }
        if let refusal {
            logger.warning("connection refused", metadata: ["peer": "\(peer.text)", "reason": "\(refusal)"])
        }
        return refusal == nil
    }

    /// What it has seen so far.
    public var counts: StreamListenerCounts { shared.state.withLock { $0.counts } }

    /// Stops accepting, reads from each connection until it has been quiet for a moment, then closes it. Returns when
    /// all are closed and what came from them is with the sink; a peer that goes on talking, and a sink that has no
    /// room, are waited for as long as the settings say.
    public func stop() async {
        do {
            try await channel.close().get()
        } catch ChannelError.alreadyClosed {
            // A second stop: the first one is closing the connections.
        } catch {
            // The descriptor is gone either way.
        }
        let connections = shared.state.withLock { state in
            state.isStopping = true
            return Array(state.connections.values)
        }
        for connection in connections { connection.quiesce() }
        for connection in connections {
            do { try await connection.done.get() } catch { continue }
        }
    }
}

/// NIO's name for it collides with ours.
typealias SocketAddressNIO = NIOCore.SocketAddress
