import Base
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
        /// How every event is written; nil = as its route says.
        var format: FormatName?
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
    private var reader: MessageReader
    private var router: Router
    /// The bytes of the last line, for ``bytes(of:)``.
    private var last: [UInt8] = []

    init(_ way: Way) {
        self.way = way
        reader = MessageReader(way.routing.parsers, program: way.program)
        router = Router(way.routing, listeners: [way.listener])
    }

    /// Takes a line, without its line feed.
    /// - Parameter body: is given the event as well, which lives as long as the call.
    mutating func take<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (Outcome, UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let now = SystemClock.realTime
        let source = MessageSource(address: UnsafeRawBufferPointer(start: nil, count: 0), listener: 0)
        let line = [UInt8](bytes)
        var taken: [UInt8] = []
        let way = way
        let (outcome, event) = reader.read(
            line.span, receivedSeconds: now / 1_000_000_000, zone: way.zone
        ) { encoder, text, header in
            taken = text.withUnsafeBufferPointer { Array($0) }
            let decision = router.decide(text, header, source)
            let parser = way.parser ?? decision.parser
            let type = encoder.match(text, header, parser: parser)
            let (event, key) = encoder.encodedWithKey(
                text, header, as: way.format ?? decision.route.format, envelope: Envelope(receivedNanoseconds: now),
                key: decision.route.key)
            let outcome = Outcome(
                route: way.routing.place(of: decision.route), isDropped: decision.route.isDropped, parser: parser,
                type: type, topic: String(decoding: decision.route.topic(of: type).name, as: UTF8.self), header: header,
                key: decision.route.key == nil ? nil : String(decoding: key, as: UTF8.self))
            return (outcome, event)
        }
        last = taken
        return event.withUnsafeBytes { body(outcome, $0) }
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
            throw Failure(Failure.input, "cannot read \(path): \(SystemError.text(of: errno))")
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
            throw Failure(Failure.input, "cannot read \(path): \(SystemError.text(of: errno))")
        }
    }
}
