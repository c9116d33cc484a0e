import CLinux
import Events
import Routing

/// What one worker has committed under one plan, counted by rule, event type, topic and program.
///
/// Threads: the worker alone adds; anybody may read meanwhile and sees each counter whole, if not all of one moment.
final class CounterBlock: @unchecked Sendable {
    let layout: CounterLayout
    private let counters: UnsafeMutablePointer<UInt64>

    init(_ layout: CounterLayout) {
        self.layout = layout
        counters = .allocate(capacity: layout.count)
        counters.initialize(repeating: 0, count: layout.count)
    }

    deinit { counters.deallocate() }

    /// Counts one committed message.
    @inline(__always)
    func add(match: Int, type: EventTypeID, topic: UInt32, program: Int) {
        assert(match < layout.matches.count && Int(type.rawValue) < layout.types.count)
        assert(Int(topic) < layout.topics.count && program < layout.programs.capacity)
        clinux_count_one_u64(counters + match)
        clinux_count_one_u64(counters + layout.typeStart + Int(type.rawValue))
        clinux_count_one_u64(counters + layout.topicStart + Int(topic))
        clinux_count_one_u64(counters + layout.programStart + program)
        if type == .syslog { clinux_count_one_u64(counters + layout.unmatchedStart + program) }
    }

    private func value(_ index: Int) -> UInt64 { clinux_load_relaxed_u64(counters + index) }

    /// Adds what was counted to sums by name.
    func fold(into sums: inout LabelledCounts) {
        for (index, name) in layout.matches.enumerated() where value(index) > 0 {
            sums.matches[name, default: 0] += value(index)
        }
        for (index, name) in layout.types.enumerated() where value(layout.typeStart + index) > 0 {
            sums.types[name, default: 0] += value(layout.typeStart + index)
        }
        for (index, name) in layout.topics.enumerated() where value(layout.topicStart + index) > 0 {
            sums.topics[name, default: 0] += value(layout.topicStart + index)
        }
        for (index, name) in layout.programs.names.enumerated() where value(layout.programStart + index) > 0 {
            sums.programs[name, default: ProgramCounts()].committed += value(layout.programStart + index)
            sums.programs[name]!.unmatched += value(layout.unmatchedStart + index)
        }
    }
}

/// Committed messages by what they are and where they go.
public struct LabelledCounts: Sendable, Equatable {
    /// By the rule that matched; what nothing matched is under an empty name.
    public var matches: [MatchName: UInt64] = [:]
    /// By event type.
    public var types: [String: UInt64] = [:]
    /// By topic.
    public var topics: [String: UInt64] = [:]
    /// By program; those without one are under an empty name, those that found no place under `other`.
    public var programs: [String: ProgramCounts] = [:]

    /// Nothing was committed.
    public init() {}
}

/// What came from one program.
public struct ProgramCounts: Sendable, Equatable {
    /// Messages committed.
    public var committed: UInt64 = 0
    /// Of those: no rule knew them.
    public var unmatched: UInt64 = 0

    /// Counts.
    public init(committed: UInt64 = 0, unmatched: UInt64 = 0) {
        self.committed = committed
        self.unmatched = unmatched
    }
}
