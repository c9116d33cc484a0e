import Base
import Events

/// One route as the configuration states it. Routes are tried in order; the first that matches decides.
public struct RouteDefinition: Sendable, Equatable {
    /// What reads the message.
    public enum Parser: Sendable, Equatable {
        /// The parser whose rules name the message's program.
        case auto
        /// No parser: the event is of type `SYSLOG`.
        case none
        /// This one.
        case named(String)
    }

    /// A network that messages come from.
    public typealias Network = Base.Network

    /// For logs and errors.
    public var name: String
    /// Programs, with `*` and `?`; empty = any. A message without a program matches `*` only.
    public var programs: [String] = []
    /// Facilities 0 to 23; empty = any.
    public var facilities: [UInt8] = []
    /// Severities 0 to 7; empty = any.
    public var severities: [UInt8] = []
    /// Host names as the header has them, with `*` and `?`; empty = any.
    public var hosts: [String] = []
    /// Source networks; empty = any. A message without an address (unix socket, file) matches only when empty.
    public var sources: [Network] = []
    /// Listeners by name; empty = any.
    public var listeners: [String] = []
    /// What reads the message.
    public var parser = Parser.auto
    /// One topic for all of the route's events.
    public var topic: String?
    /// Topic by event type; it goes before `topic`.
    public var topics: [String: String] = [:]
    /// Name of the event field whose value is the partition key; nil = none.
    public var key: String?
    /// How the route's events are written; nil = as the service's events are.
    public var format: FormatName?
    /// Whether matching messages are dropped (and counted).
    public var drop = false

    /// A route that matches everything.
    public init(name: String) { self.name = name }

    /// Whether every message matches, by no condition or by ones that always hold.
    public var takesEverything: Bool {
        let always = { (patterns: [String]) in patterns.isEmpty || patterns.contains { Wildcard($0).matchesEverything }
        }
        return always(programs) && always(hosts) && (facilities.isEmpty || facilities.count == 24)
            && (severities.isEmpty || severities.count == 8) && sources.isEmpty && listeners.isEmpty
    }

    /// Whether another route takes the same messages, by the same words.
    public func hasSameConditions(as other: RouteDefinition) -> Bool {
        programs == other.programs && facilities == other.facilities && severities == other.severities
            && hosts == other.hosts && sources == other.sources && listeners == other.listeners
    }
}

/// A route that cannot work.
public struct RouteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The route's place in the list, from 0.
    public var index: Int
    /// Which of its settings: `parser`, `topic`, `topics.TYPE` or `key`.
    public var setting: String
    /// What is wrong and what was expected.
    public var message: String

    /// `routes[0].parser: …`.
    public var description: String { "routes[\(index)].\(setting): \(message)" }
}

/// All that is wrong with a list of routes.
public struct RouteErrors: Error, Equatable, Sendable, CustomStringConvertible {
    /// In the order of the routes.
    public var errors: [RouteError]

    /// One a line.
    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
