import Configuration
import Events
import Glibc
import Parsers
import Routing
import Syslog

/// Takes lines the way a listener's worker does, header, program, route, parser, event, without a listener and without
/// Kafka: for `parse` and `check --sample`.
struct LineTrial: ~Copyable {
    /// How lines are taken.
    struct Way {
        /// Routes and parsers.
        var routing: RoutingTable
        /// The name that routes may ask for.
        var listener = ""
        /// Of times that do not say theirs.
        var zone = LocalZone.utc
        /// Of lines without a header; empty = none.
        var program = ""
        /// Reads every line, whatever its route and program say; nil = as they say.
        var parser: ParserID?
    }

    /// What becomes of a line.
    struct Outcome {
        /// The route's place in the configuration; nil where none takes the line.
        var route: Int?
        var isDropped: Bool
        /// `none` where nothing reads it.
        var parser: ParserID
        var type: EventTypeID
        var topic: String
        /// What the line's header says; its ranges are for ``bytes(of:)``.
        var header: SyslogMessage
        /// Whether the route has a key, and its value as it stands in the event; empty where the event has none.
        var key: String?
    }

    private let way: Way
    private var header = HeaderParser()
    private var router: Router
    private var encoder: EventEncoder
    /// The last line, for ``bytes(of:)``.
    private var last: [UInt8] = []
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

    init(_ way: Way) {
        self.way = way
        router = Router(way.routing, listeners: [way.listener])
        encoder = EventEncoder(way.routing.parsers)
    }

    deinit { buffer.deallocate() }

    /// Takes a line, without its line feed.
    /// - Parameter body: is given the event as well, which lives as long as the call.
    mutating func take<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (Outcome, UnsafeRawBufferPointer) -> Result
    ) -> Result {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var line = [UInt8](bytes)
        var message = header.parse(line.span, receivedSeconds: Int64(time.tv_sec), zone: way.zone)
        if message.format == .unstructured, !way.program.isEmpty {
            // Behind the line, so that nothing else of it moves.
            line += Array(way.program.utf8)
            message.program = ByteRange(
                start: UInt32(clamping: bytes.count), count: UInt32(clamping: way.program.utf8.count))
        }
        last = line
        let source = MessageSource(address: UnsafeRawBufferPointer(start: nil, count: 0), listener: 0)
        let decision = line.withUnsafeBytes { router.decide($0, message, source) }
        let parser = way.parser ?? decision.parser
        let type = encoder.match(line.span, message, parser: parser)
        let envelope = Envelope(receivedNanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
        while true {
            if let event = encoder.encode(line.span, message, envelope: envelope, key: decision.route.key, into: buffer)
            {
                let written = UnsafeRawBufferPointer(rebasing: buffer.prefix(event.byteCount))
                let key = written[event.keyStart..<event.keyStart + event.keyCount]
                let outcome = Outcome(
                    route: way.routing.place(of: decision.route), isDropped: decision.route.isDropped, parser: parser,
                    type: type, topic: String(decoding: decision.route.topic(of: type).name, as: UTF8.self),
                    header: message, key: decision.route.key == nil ? nil : String(decoding: key, as: UTF8.self))
                return body(outcome, written)
            }
            // A long line of bytes that need escapes: more room, and the same again.
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            buffer.deallocate()
            buffer = larger
        }
    }
}

extension LineTrial {
    /// A part of the last line.
    func bytes(of range: ByteRange) -> [UInt8] { Array(last[range.offsets]) }
}

extension LineTrial.Way {
    /// As a listener of a configuration would take lines.
    /// - Parameters:
    ///   - listener: its name; nil = the first there is, if there is one.
    ///   - program: in place of the listener's.
    init(_ blueprint: Blueprint, listener name: String?, program: String?) throws {
        let listeners = blueprint.configuration.listeners
        let listener = name.map { name in listeners.first { $0.name == name } } ?? listeners.first
        if let name, listener == nil {
            let names = listeners.map(\.name).joined(separator: ", ")
            throw Failure(Failure.usage, "--listener: no listener is called '\(name)'; there are \(names)")
        }
        self.init(routing: blueprint.routing)
        guard let listener else { return }
        self.listener = listener.name
        zone = LocalZone(named: listener.timeZone) ?? .utc
        self.program = program ?? listener.program ?? ""
    }
}

extension LineTrial {
    /// Hands over every line of a file, without its line feed.
    /// - Parameter path: `-` for standard input.
    static func readLines(of path: String, _ body: (UnsafeRawBufferPointer) -> Void) throws {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        guard let file = path == "-" ? fdopen(0, "r") : fopen(path, "re") else {
            throw Failure(Failure.input, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { if path != "-" { fclose(file) } }
        while true {
            let count = getline(&line, &capacity, file)
            if count < 0 { break }
            let hasLineFeed = count > 0 && line![count - 1] == 10
            body(UnsafeRawBufferPointer(start: line, count: hasLineFeed ? count - 1 : count))
        }
        // A directory opens, and fails only here.
        guard ferror(file) == 0 else {
            throw Failure(Failure.input, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
    }
}
