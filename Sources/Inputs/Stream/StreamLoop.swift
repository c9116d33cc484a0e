import NIOCore

/// What the connections of one event loop share: the sink, and the memory that they read into, one after the other.
///
/// Threads: everything happens on the event loop.
final class StreamLoop<Sink: StreamSink>: @unchecked Sendable {
    /// Bytes read at once.
    private static var readSize: Int { 128 << 10 }

    let eventLoop: any EventLoop
    let sink: Sink
    private let connections: StreamConnections
    private var handlers: [ObjectIdentifier: StreamHandler<Sink>] = [:]
    private var spare: ByteBuffer?
    private var sweep: RepeatedTask?

    init(_ eventLoop: any EventLoop, sink: Sink, connections: StreamConnections) {
        self.eventLoop = eventLoop
        self.sink = sink
        self.connections = connections
    }

    // MARK: Memory

    /// Memory to read into. It is the loop's only one while connections give it back, so that a connection that is quiet
    /// holds none.
    func takeBuffer(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        defer { spare = nil }
        return spare ?? allocator.buffer(capacity: Self.readSize)
    }

    /// Takes the memory back once its bytes are with the sink. Whoever else still refers to it is about to let go of it;
    /// writing to it before would copy it, and no more.
    func giveBack(_ buffer: consuming ByteBuffer) {
        guard spare == nil, buffer.capacity >= Self.readSize else { return }
        buffer.moveReaderIndex(to: 0)
        buffer.moveWriterIndex(to: 0)
        spare = buffer
    }

    // MARK: Connections

    func add(_ handler: StreamHandler<Sink>) {
        handlers[ObjectIdentifier(handler)] = handler
        if sweep == nil {
            let second = TimeAmount.seconds(1)
            sweep = eventLoop.scheduleRepeatedTask(initialDelay: second, delay: second) { [weak self] _ in
                self?.closeIdle()
            }
        }
    }

    func remove(_ handler: StreamHandler<Sink>) {
        handlers[ObjectIdentifier(handler)] = nil
        guard handlers.isEmpty else { return }
        sweep?.cancel()
        sweep = nil
        spare = nil
    }

    private func closeIdle() {
        let seconds = connections.settings.idleSeconds
        guard seconds > 0 else { return }
        let limit = NIODeadline.now() - .seconds(seconds)
        for handler in handlers.values { handler.closeIfIdle(since: limit) }
    }
}

/// Gives a connection's reads the memory of its event loop.
///
/// A channel keeps the first memory that it is given for as long as it lives, so that one is small. With one read a turn
/// and a promise that the next one may be larger (`record`), it asks again each time and keeps nothing.
struct LoopBufferAllocator<Sink: StreamSink>: RecvByteBufferAllocator {
    let loop: StreamLoop<Sink>
    private var isFirst = true

    init(loop: StreamLoop<Sink>) { self.loop = loop }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        isFirst ? allocator.buffer(capacity: 512) : loop.takeBuffer(allocator)
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        isFirst = false
        return true
    }
}
