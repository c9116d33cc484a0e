import Logging
import NIOCore
import Synchronization

/// One stream connection: reads, offers the bytes to the sink, and reads on only when the sink has taken them all.
///
/// Threads: everything happens on the connection's event loop. `resume` comes from any thread and hops to it.
final class StreamHandler<Sink: StreamSink>: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    private let loop: StreamLoop<Sink>
    private let peer: PeerAddress
    private let connections: StreamConnections
    private let logger: Logger
    private var connection: Sink.Connection?
    private var context: ChannelHandlerContext?
    /// What the sink had no room for.
    private var held: ByteBuffer?
    /// The peer has closed, or reading has ended for good: what is held goes out, then the connection closes.
    private var isAtEnd = false
    private var isFinished = false
    private var isQuiescing = false
    private var heardSinceQuiesce = false
    private var isChannelClosed = false
    /// Whether what is held waits for room, which is counted.
    private var waitsForRoom = false {
        didSet { if waitsForRoom != oldValue { connections.changeHeld(by: waitsForRoom ? 1 : -1) } }
    }
    /// When bytes last came, or last found room.
    private var lastHeard = NIODeadline.now()
    /// Succeeds when the channel is closed and everything that came from it is taken, or given up.
    private let done: EventLoopPromise<Void>

    /// A connection that is closing at a stop has been read to its end when nothing came for so long.
    private let quiet = TimeAmount.milliseconds(50)

    init(_ loop: StreamLoop<Sink>, peer: PeerAddress, connections: StreamConnections, logger: Logger) {
        self.loop = loop
        self.peer = peer
        self.connections = connections
        done = loop.eventLoop.makePromise(of: Void.self)
        self.logger = logger
    }

    /// What the list of connections keeps of it.
    var entry: StreamConnections.Connection {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        return StreamConnections.Connection(
            peer: peer,
            quiesce: { [eventLoop = loop.eventLoop] talking, holding in
                eventLoop.execute { bound.value.quiesce(talking: talking, holding: holding) }
            }, done: done.futureResult)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connection = loop.sink.open(peer: peer)
        loop.add(self)
        if context.channel.isActive { context.read() }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heardSinceQuiesce = true
        lastHeard = .now()
        var buffer = unwrapInboundIn(data)
        if held != nil {
            held?.writeBuffer(&buffer)
        } else if !offer(&buffer) {
            // As much memory as there are bytes: what they were read into belongs to all connections of the loop.
            held = buffer.withUnsafeReadableBytes { ByteBuffer(bytes: $0) }
        }
        loop.giveBack(buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if held == nil, !isAtEnd { context.read() }
        context.fireChannelReadComplete()
    }

    /// Gives bytes to the sink; true when it took them all and wants more.
    private func offer(_ buffer: inout ByteBuffer) -> Bool {
        let intake = buffer.withUnsafeReadableBytes { bytes in
            loop.sink.receive(bytes, on: &connection!, resume: resumption)
        }
        buffer.moveReaderIndex(forwardBy: intake.taken)
        waitsForRoom = intake.blocked == .untilRoom
        switch intake.blocked {
        case .no:
            return true
        case .untilRoom:
            return false
        case .forNanoseconds(let wait):
            loop.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) { self.resume() }
            return false
        }
    }

    private var resumption: @Sendable () -> Void {
        let handler = NIOLoopBound(self, eventLoop: loop.eventLoop)
        return { [eventLoop = loop.eventLoop] in eventLoop.execute { handler.value.resume() } }
    }

    private func resume() {
        guard let context else { return }
        lastHeard = .now()
        if var buffer = held {
            held = nil
            guard offer(&buffer) else {
                held = buffer
                return
            }
        }
        if isAtEnd { finish(context) } else { context.read() }
    }

    /// No more is read: what is held goes out, then the last frame, then the connection closes.
    private func finish(_ context: ChannelHandlerContext) {
        isAtEnd = true
        guard held == nil, !isFinished else { return }
        guard loop.sink.finish(&connection!, resume: resumption) else { return }
        isFinished = true
        end(context)
    }

    private func end(_ context: ChannelHandlerContext) {
        if isChannelClosed {
            self.context = nil
            done.succeed()
        } else {
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            finish(context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Closes the connection when nothing has come since a point in time. While the sink has no room nothing is read: the
    /// silence is ours and not the peer's.
    func closeIfIdle(since limit: NIODeadline) {
        guard held == nil, lastHeard < limit, !isAtEnd, let context else { return }
        connections.wasIdle()
        logger.debug("idle connection closed", metadata: ["peer": "\(peer.text)"])
        finish(context)
    }

    /// The connection is to close: what has arrived is read and taken, then the connection closes.
    /// - Parameters:
    ///   - talking: a peer that is never quiet is read for so long and no longer.
    ///   - holding: what the sink has no room for by then is given up, and said.
    func quiesce(talking: TimeAmount, holding: TimeAmount) {
        guard !isQuiescing, let context, !isFinished else { return }
        isQuiescing = true
        awaitQuiet(context, until: .now() + talking)
        context.eventLoop.assumeIsolated().scheduleTask(in: holding) { [self] in
            guard let context = self.context, !isFinished else { return }
            logger.warning(
                "stopped before the spool had room: a connection's bytes are given up",
                metadata: ["peer": "\(peer.text)", "bytes": "\(held?.readableBytes ?? 0)"])
            held = nil
            waitsForRoom = false
            isAtEnd = true
            isFinished = true
            end(context)
        }
    }

    private func awaitQuiet(_ context: ChannelHandlerContext, until deadline: NIODeadline) {
        heardSinceQuiesce = false
        let loop = context.eventLoop
        loop.assumeIsolated().scheduleTask(in: quiet) { [self] in
            guard let context = self.context, !isFinished else { return }
            if (heardSinceQuiesce || held != nil) && .now() < deadline {
                awaitQuiet(context, until: deadline)
            } else {
                finish(context)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Reset or closed: what was received before still counts.
        isAtEnd = true
        context.fireChannelInactive()
    }

    /// The channel is closed, whether it was ever active or not. What is held is still offered when room comes: the
    /// connection is gone, its messages are not.
    func channelClosed() {
        guard !isChannelClosed else { return }
        isChannelClosed = true
        loop.remove(self)
        connections.left(peer)
        guard let context else {
            done.succeed()
            return
        }
        if isFinished { end(context) } else { finish(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connections.failed()
        logger.debug("connection failed", metadata: ["peer": "\(peer.text)", "reason": "\(error)"])
        context.close(promise: nil)
    }
}
