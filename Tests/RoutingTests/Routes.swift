import Events
import Parsers
import Routing
import Syslog
import TestRules

/// Routes compiled against the built-in rules, asked about messages given by their parts.
struct Routes {
    let table: RoutingTable
    let listeners: [String]

    static let parsers: ParserSet = {
        do { return try BuiltIn.set() } catch { fatalError("\(error)") }
    }()

    init(
        _ definitions: [RouteDefinition], everythingTo: String? = nil, format: FormatName = .json,
        listeners: [String] = ["one"]
    )
        throws(RouteErrors)
    {
        var indexes: [String: UInt32] = [:]
        table = try RoutingTable(
            definitions, parsers: Self.parsers, everythingTo: everythingTo,
            defaultFormat: format, defaultTopic: { "\($0.lowercased())-default" },
            topicIndex: { name in
                if indexes[name] == nil { indexes[name] = UInt32(indexes.count) }
                return indexes[name]!
            }, isValidTopic: { Self.isValid($0) })
        self.listeners = listeners
    }

    static func isValid(_ topic: String) -> Bool {
        !topic.isEmpty && topic.utf8.count <= 249
            && topic.utf8.allSatisfy {
                $0 == 45 || $0 == 46 || $0 == 95 || (48...57).contains($0) || (65...90).contains($0)
                    || (97...122).contains($0)
            }
    }

    /// A route with the parts that a closure sets.
    static func route(_ name: String, topic: String? = nil, _ set: (inout RouteDefinition) -> Void = { _ in })
        -> RouteDefinition
    {
        var route = RouteDefinition(name: name)
        route.topic = topic
        set(&route)
        return route
    }
}

/// A message by its parts.
struct Sample {
    var program = ""
    var host = ""
    var facility: UInt8 = 1
    var severity: UInt8 = 5
    var address: [UInt8] = []
    var listener = 0
}

/// What was decided, in words.
struct Outcome: Equatable {
    var topic: String
    var index: UInt32
    var parser: String
    var isDropped: Bool
    var key: FieldID?
    var format = FormatName.json
}

extension Router {
    mutating func ask(_ sample: Sample, type: String = "SYSLOG") -> Outcome {
        let bytes = Array((sample.program + sample.host).utf8)
        var header = SyslogMessage()
        header.program = ByteRange(start: 0, count: UInt32(sample.program.utf8.count))
        header.host = ByteRange(start: header.program.count, count: UInt32(sample.host.utf8.count))
        header.facility = sample.facility
        header.severity = sample.severity
        let type = Routes.parsers.vocabulary.eventTypeID(named: type)!
        return sample.address.withUnsafeBytes { address in
            let decision = decide(bytes.span, header, MessageSource(address: address, listener: sample.listener))
            let topic = decision.route.topic(of: type)
            let parser = Int(decision.parser.rawValue)
            return Outcome(
                topic: String(decoding: topic.name, as: UTF8.self), index: topic.index,
                parser: parser < 0 ? "none" : Routes.parsers.parserNames[parser],
                isDropped: decision.route.isDropped, key: decision.route.key, format: decision.route.format)
        }
    }
}
