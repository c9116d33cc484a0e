import Base
import Documents
import Events
import Parsers

/// Where an event goes.
@frozen public struct TopicChoice {
    /// The topic's index in this process.
    public let index: UInt32
    /// Its name; the memory is the routing table's.
    public let name: UnsafeRawBufferPointer
}

/// What a matching route says, ready for the hot path: trivial, and borrowed from the table.
@frozen public struct Route {
    /// What reads the message; `isAuto` means that the program decides.
    public let parser: ParserID
    /// Whether the parser is chosen by the program.
    public let isAuto: Bool
    /// Whether the message is dropped.
    public let isDropped: Bool
    /// The event field that is the partition key, nil for none.
    public let key: FieldID?
    /// How the events are written.
    public let format: FormatName
    /// Topics by event type's id.
    let topics: UnsafePointer<TopicChoice>

    /// The topic of an event type.
    @inlinable public func topic(of type: EventTypeID) -> TopicChoice { topics(at: Int(type.rawValue)) }

    @usableFromInline func topics(at index: Int) -> TopicChoice { topics[index] }
}

/// The routes of a configuration, compiled against its parsers. Immutable and shared by all workers; each worker asks
/// it through a `Router` of its own.
public final class RoutingTable: Sendable {
    struct Condition: Sendable {
        var programs: [Wildcard]
        var facilities: UInt32
        var severities: UInt8
        var hosts: [Wildcard]
        var sources: [RouteDefinition.Network]
        var listeners: Set<String>

        /// Whether nothing but the program decides.
        var isProgramOnly: Bool {
            facilities == .max && severities == .max && hosts.isEmpty && sources.isEmpty && listeners.isEmpty
        }
    }

    /// The parsers that the routes name.
    public let parsers: ParserSet
    /// The names of all topics that a message can go to, by their index in this process.
    public let topicNames: [UInt32: String]
    let conditions: [Condition]
    /// One more than `conditions`: the last is for what no route matches.
    nonisolated(unsafe) let routes: UnsafeMutableBufferPointer<Route>
    private nonisolated(unsafe) let choices: UnsafeMutableBufferPointer<TopicChoice>
    private nonisolated(unsafe) var names: [UnsafeMutableRawBufferPointer]

    /// Compiles routes.
    /// - Parameters:
    ///   - everythingTo: one topic for everything, whatever the routes say; nil = by route and type.
    ///   - defaultFormat: how events of routes that do not say it are written.
    ///   - defaultTopic: the topic of an event type that no route gives one.
    ///   - topicIndex: gives a topic its index in this process.
    ///   - isValidTopic: whether Kafka takes the name.
    public init(
        _ definitions: [RouteDefinition], parsers: ParserSet, everythingTo: String? = nil,
        defaultFormat: FormatName = .json, defaultTopic: (String) -> String, topicIndex: (String) -> UInt32,
        isValidTopic: (String) -> Bool
    ) throws(RouteErrors) {
        self.parsers = parsers
        let types = parsers.vocabulary.eventTypes
        var errors: [RouteError] = []
        var seen: [String: TopicChoice] = [:]
        var names: [UnsafeMutableRawBufferPointer] = []
        let choices = UnsafeMutableBufferPointer<TopicChoice>.allocate(capacity: (definitions.count + 1) * types.count)
        let routes = UnsafeMutableBufferPointer<Route>.allocate(capacity: definitions.count + 1)

        func choice(_ topic: String) -> TopicChoice {
            if let known = seen[topic] { return known }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, topic.utf8.count), alignment: 1)
            memory.copyBytes(from: topic.utf8)
            names.append(memory)
            let name = UnsafeRawBufferPointer(rebasing: memory.prefix(topic.utf8.count))
            // A refused name gets no index: the table is thrown away, the process's topics stay.
            let made = TopicChoice(index: isValidTopic(topic) ? topicIndex(topic) : 0, name: name)
            seen[topic] = made
            return made
        }

        let fallback = RouteDefinition(name: "default")
        for (index, definition) in (definitions + [fallback]).enumerated() {
            func refuse(_ setting: String, _ message: String) {
                errors.append(RouteError(index: index, setting: setting, message: message))
            }
            var parser = ParserID.none
            if case .named(let name) = definition.parser {
                if let found = parsers.parser(named: name) {
                    parser = found
                } else {
                    refuse("parser", "no parser \(name)" + Self.known(name, parsers.parserNames))
                }
            }
            var key: FieldID?
            if let name = definition.key {
                key = parsers.vocabulary.fieldID(named: name)
                if key == nil {
                    refuse(
                        "key",
                        "no event has a field \(name)"
                            + Spelling.suggestion(name, parsers.vocabulary.fields.map(\.name)))
                }
            }
            for type in definition.topics.keys.sorted() where !types.contains(type) {
                refuse("topics.\(type)", "no event type \(type)" + Self.known(type, types))
            }
            let row = choices.baseAddress! + index * types.count
            var refused: Set<String> = []
            for (typeIndex, type) in types.enumerated() {
                var setting = "topic"
                let topic: String
                if let everythingTo {
                    topic = everythingTo
                } else if let named = definition.topics[type] {
                    topic = named
                    setting = "topics.\(type)"
                } else {
                    topic = definition.topic ?? defaultTopic(type)
                }
                // What every route shares (one topic for everything) is refused once, with the default route.
                let isMine = everythingTo == nil || index == definitions.count
                if !isValidTopic(topic), isMine, refused.insert("\(setting) \(topic)").inserted {
                    refuse(setting, "\(topic) is no topic name: 1 to 249 letters, digits, '.', '_' and '-'")
                }
                (row + typeIndex).initialize(to: choice(topic))
            }
            (routes.baseAddress! + index).initialize(
                to: Route(
                    parser: parser, isAuto: definition.parser == .auto, isDropped: definition.drop, key: key,
                    format: definition.format ?? defaultFormat, topics: UnsafePointer(row)))
        }
        conditions = definitions.map { definition in
            Condition(
                programs: definition.programs.map { Wildcard($0) },
                facilities: definition.facilities.isEmpty
                    ? .max : definition.facilities.reduce(0) { $0 | 1 << UInt32($1) },
                severities: definition.severities.isEmpty ? .max : definition.severities.reduce(0) { $0 | 1 << $1 },
                hosts: definition.hosts.map { Wildcard($0) }, sources: definition.sources,
                listeners: Set(definition.listeners))
        }
        topicNames = Dictionary(seen.map { ($0.value.index, $0.key) }, uniquingKeysWith: { first, _ in first })
        self.routes = routes
        self.choices = choices
        self.names = names
        if !errors.isEmpty { throw RouteErrors(errors: errors) }
    }

    /// A route's place in the list of definitions; nil for the one that takes what no other does. For tools.
    public func place(of route: Route) -> Int? {
        let place = (route.topics - UnsafePointer(choices.baseAddress!)) / parsers.vocabulary.eventTypes.count
        return place < conditions.count ? place : nil
    }

    /// What a name was meant to be, or all that it could be.
    private static func known(_ name: String, _ names: [String]) -> String {
        let suggestion = Spelling.suggestion(name, names)
        return suggestion.isEmpty ? "; there are \(names.joined(separator: ", "))" : suggestion
    }

    deinit {
        routes.deallocate()
        choices.deallocate()
        for name in names { name.deallocate() }
    }
}
