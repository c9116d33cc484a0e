import NIOCore
import NIOHTTP1

/// Reads one request, answers it and closes. Of one connection, on the server's loop.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answers: AdminAnswers
    private let limits: AdminLimits
    private let children: AdminServer.Children
    private let isLocal: Bool
    private var head: HTTPRequestHead?
    private var isAnswered = false
    private var deadline: Scheduled<Void>?
    private var stream: StreamOut?

    init(_ answers: AdminAnswers, limits: AdminLimits, children: AdminServer.Children, isLocal: Bool) {
        self.answers = answers
        self.limits = limits
        self.children = children
        self.isLocal = isLocal
    }

    func channelActive(context: ChannelHandlerContext) {
        limit(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        endStream()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end: if let head { answer(head, context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that broke needs no answer.
        guard !isAnswered, error is HTTPParserError || error is RequestFault else {
            context.close(promise: nil)
            return
        }
        let isTooLarge = error is RequestFault || (error as? HTTPParserError) == .headerOverflow
        send(
            .text(
                isTooLarge ? 431 : 400,
                isTooLarge ? "a request has at most \(limits.requestBytes) bytes" : "this is no HTTP request"),
            version: .http1_1, withBody: true, context)
    }

    /// Closes the connection unless something else happens within the time.
    private func limit(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .milliseconds(limits.milliseconds)) {
            bound.value.close(promise: nil)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard let request = AdminRequest(head, isLocal: isLocal) else {
            return send(
                .text(421, "ask by an address or as localhost: other names are refused on this machine's own address"),
                version: head.version, withBody: true, context)
        }
        guard head.method == .GET || head.method == .HEAD else {
            var answer = AdminAnswer.text(405, "only GET and HEAD")
            answer.headers.append(("Allow", "GET, HEAD"))
            return send(answer, version: head.version, withBody: true, context)
        }
        let answer = answers.answer(request)
        if case .stream(let source) = answer.body, head.method == .GET {
            begin(source, answer, head.version, context)
        } else {
            if case .stream(let source) = answer.body { source.close() }
            send(answer, version: head.version, withBody: head.method == .GET, context)
        }
    }

    private func send(
        _ answer: AdminAnswer, version: HTTPVersion, withBody: Bool, _ context: ChannelHandlerContext
    ) {
        isAnswered = true
        limit(context)
        var bytes: [UInt8] = []
        if case .bytes(let all) = answer.body { bytes = all }
        var headers = Self.headers(answer)
        headers.add(name: "Content-Length", value: "\(bytes.count)")
        context.write(
            wrapOutboundOut(
                .head(
                    HTTPResponseHead(
                        version: version, status: HTTPResponseStatus(statusCode: answer.status), headers: headers))),
            promise: nil)
        if withBody, !bytes.isEmpty {
            context.write(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }

    private static func headers(_ answer: AdminAnswer) -> HTTPHeaders {
        var headers = HTTPHeaders([
            ("Content-Type", answer.type), ("Connection", "close"), ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
        ])
        for (name, value) in answer.headers { headers.add(name: name, value: value) }
        return headers
    }

    // MARK: Streams

    private func begin(
        _ source: AdminStream, _ answer: AdminAnswer, _ version: HTTPVersion, _ context: ChannelHandlerContext
    ) {
        guard children.addStream(most: limits.streams) else {
            source.close()
            return send(
                .text(503, "\(limits.streams) streams are served already"), version: version, withBody: true, context)
        }
        isAnswered = true
        deadline?.cancel()
        context.writeAndFlush(
            wrapOutboundOut(
                .head(HTTPResponseHead(version: version, status: .ok, headers: Self.headers(answer)))), promise: nil)
        let out = StreamOut(self, context, milliseconds: limits.milliseconds)
        stream = out
        out.begin(source)
    }

    private func endStream() {
        guard let stream else { return }
        self.stream = nil
        stream.end()
        children.removeStream()
    }

    /// Writes what a stream has, again and again. A reader that does not read gets less, and after a while is left.
    private final class StreamOut {
        private let handler: RequestHandler
        private let context: ChannelHandlerContext
        private let milliseconds: Int64
        private var task: RepeatedTask?
        private var source: AdminStream?
        private var unwritable: Int64 = 0

        init(_ handler: RequestHandler, _ context: ChannelHandlerContext, milliseconds: Int64) {
            self.handler = handler
            self.context = context
            self.milliseconds = milliseconds
        }

        func begin(_ source: AdminStream) {
            self.source = source
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            task = context.eventLoop.scheduleRepeatedTask(
                initialDelay: .zero, delay: .milliseconds(source.interval)
            ) { _ in bound.value.write() }
        }

        private func write() {
            guard let source else { return }
            guard context.channel.isWritable else {
                unwritable += source.interval
                if unwritable > milliseconds { context.close(promise: nil) }
                return
            }
            unwritable = 0
            guard let bytes = source.next() else {
                end()
                let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
                context.writeAndFlush(handler.wrapOutboundOut(.end(nil))).whenComplete { _ in
                    bound.value.close(promise: nil)
                }
                return
            }
            guard !bytes.isEmpty else { return }
            context.writeAndFlush(
                handler.wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))),
                promise: nil)
        }

        func end() {
            task?.cancel()
            task = nil
            source?.close()
            source = nil
        }
    }
}
