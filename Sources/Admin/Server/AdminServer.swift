import Base
import CLinux
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The HTTP server that says how the service is. One request a connection, no body read, no file served: whatever a
/// client does costs this server's one thread at most, and `AdminLimits` bound that.
///
/// Threads: an event loop of its own, on which every answer is made. Nothing of it is shared with the inputs' loops, so
/// that a client that asks without end delays other answers and no message.
public final class AdminServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let children: Children
    private let configured: AdminPlace

    /// Where it listens, with the port that the system gave.
    public let place: AdminPlace

    private init(
        _ group: MultiThreadedEventLoopGroup, _ channel: any Channel, _ children: Children, configured: AdminPlace
    ) {
        self.group = group
        self.channel = channel
        self.children = children
        self.configured = configured
        switch configured {
        case .unix: place = configured
        case .tcp(let host, let port):
            place = .tcp(host: channel.localAddress?.ipAddress ?? host, port: channel.localAddress?.port ?? port)
        }
    }

    /// The connections that are open; of the server's loop alone but for the lock.
    final class Children: Sendable {
        private struct State {
            var open: [ObjectIdentifier: any Channel] = [:]
            var streams = 0
        }
        private let state = Mutex(State())
        /// Connections that were one too many.
        let refused = Atomic<UInt64>(0)

        /// False when there are enough.
        func add(_ channel: any Channel, most: Int) -> Bool {
            let isTaken = state.withLock { state in
                guard state.open.count < most else { return false }
                state.open[ObjectIdentifier(channel)] = channel
                return true
            }
            if !isTaken { refused.wrappingAdd(1, ordering: .relaxed) }
            return isTaken
        }

        func remove(_ channel: any Channel) {
            state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) }
        }

        /// False when there are enough.
        func addStream(most: Int) -> Bool {
            state.withLock { state in
                guard state.streams < most else { return false }
                state.streams += 1
                return true
            }
        }

        func removeStream() { state.withLock { $0.streams -= 1 } }

        var all: [any Channel] { state.withLock { Array($0.open.values) } }
    }

    /// Listens.
    /// - Parameters:
    ///   - place: where.
    ///   - limits: what clients may take.
    ///   - answers: what is answered.
    public static func open(
        _ place: AdminPlace, limits: AdminLimits, answers: AdminAnswers
    ) async throws(AdminError) -> AdminServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let children = Children()
        let isLocal = place.isLocal
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // A few at a time, so that those that are one too many are gone before more descriptors are taken.
            .serverChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // One that watches and is gone without a word gives its place back, when the system's keepalive finds out.
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { channel in
                guard children.add(channel, most: limits.connections) else {
                    return channel.close()
                }
                channel.closeFuture.whenComplete { _ in children.remove(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(RequestSizeLimit(limits.requestBytes))
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: false)
                    try pipeline.addHandler(
                        RequestHandler(answers, limits: limits, children: children, isLocal: isLocal))
                }
            }
        do {
            let channel =
                switch place {
                case .tcp(let host, let port):
                    try await bootstrap.bind(host: host.isEmpty ? "0.0.0.0" : host, port: port).get()
                case .unix(let path):
                    try await bind(bootstrap, path)
                }
            group.next().scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(History.interval)) { _ in
                answers.look()
            }
            return AdminServer(group, channel, children, configured: place)
        } catch {
            let reason = (error as? IOError).map { SystemError.text(of: $0.errnoCode) } ?? "\(error)"
            await withCheckedContinuation { continuation in
                group.shutdownGracefully { _ in continuation.resume() }
            }
            throw AdminError("admin: cannot listen on \(place): \(reason)")
        }
    }

    /// Binds a unix socket. One that another program serves is left alone, one that was left over is replaced.
    private static func bind(_ bootstrap: ServerBootstrap, _ path: String) async throws -> any Channel {
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else {
                throw IOError(errnoCode: EEXIST, reason: "bind")
            }
            guard !isServed(path) else { throw IOError(errnoCode: EADDRINUSE, reason: "bind") }
            unlink(path)
        }
        let channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
        // Log lines can be read through it.
        chmod(path, 0o660)
        return channel
    }

    private static func isServed(_ path: String) -> Bool {
        do throws(AdminError) {
            _ = try ClientSocket.connect(.unix(path), milliseconds: 1000)
            return true
        } catch {
            return false
        }
    }

    /// Connections that were closed because there were too many.
    public var refusedConnections: UInt64 { children.refused.load(ordering: .relaxed) }

    /// Closes everything and returns when its thread has ended.
    public func stop() async {
        // What fails here is closed or has ended already, and nothing waits for it.
        await withCheckedContinuation { continuation in
            channel.close().whenComplete { _ in continuation.resume() }
        }
        for child in children.all { child.close(promise: nil) }
        await withCheckedContinuation { continuation in
            group.shutdownGracefully { _ in continuation.resume() }
        }
        if case .unix(let path) = configured { unlink(path) }
    }
}

/// Ends a connection that sends more than a request may have.
final class RequestSizeLimit: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let most: Int
    private var count = 0

    init(_ most: Int) { self.most = most }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += unwrapInboundIn(data).readableBytes
        if count > most {
            context.fireErrorCaught(RequestFault.tooLarge)
        } else {
            context.fireChannelRead(data)
        }
    }
}

/// What is wrong with a request before it could be read.
enum RequestFault: Error {
    /// More bytes than a request may have.
    case tooLarge
}
