import Events
import Parsers
import Routing

/// Where each counter of a plan stands in a worker's flat array: what can match, event types, topics and programs, each
/// with its name. Made once per plan; a worker adds to a number, and only who reads the sums asks for names.
public struct CounterLayout: Sendable {
    /// By the encoder's match number.
    let matches: [MatchName]
    /// By event type.
    let types: [String]
    /// By topic index; empty where this plan has no such topic.
    let topics: [String]
    /// By program number; they grow while the plan is in force.
    let programs: ProgramNames

    let typeStart: Int
    let topicStart: Int
    let programStart: Int
    let unmatchedStart: Int
    let count: Int

    init(_ routing: RoutingTable, programs: ProgramNames) {
        matches = routing.parsers.matchNames.map { MatchName(parser: $0.parser, rule: $0.rule) }
        types = routing.parsers.vocabulary.eventTypes
        var topics = [String](repeating: "", count: Int(routing.topicNames.keys.max() ?? 0) + 1)
        for (index, name) in routing.topicNames { topics[Int(index)] = name }
        self.topics = topics
        self.programs = programs
        typeStart = matches.count
        topicStart = typeStart + types.count
        programStart = topicStart + topics.count
        unmatchedStart = programStart + programs.capacity
        count = unmatchedStart + programs.capacity
    }
}

/// A rule of a parser; a plug-in has no rules, and what nothing matched has no parser either.
public struct MatchName: Hashable, Sendable {
    /// The parser's name.
    public var parser: String
    /// The rule's name.
    public var rule: String

    /// A name.
    public init(parser: String, rule: String) {
        self.parser = parser
        self.rule = rule
    }
}
