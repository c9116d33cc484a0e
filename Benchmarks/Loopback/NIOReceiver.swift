import NIOCore
import NIOPosix

/// A TCP server on one event loop that counts the bytes of 256 KiB reads, for the receive limit.
final class NIOReceiver {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    init(counter: ReceivedCounter) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        channel = try ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(
                ChannelOptions.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(CountingHandler(counter: counter))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    var address: String { "127.0.0.1:\(channel.localAddress?.port ?? 0)" }
}

private final class CountingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let counter: ReceivedCounter

    init(counter: ReceivedCounter) { self.counter = counter }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        counter.add(unwrapInboundIn(data).readableBytes)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fatalExit(error) }
}
