import Parsers
import Routing
import Synchronization

/// What a reload exchanges: parsers, routes, rates and what listeners are told. Immutable; workers go to a new one between
/// batches.
public final class Plan: Sendable {
    /// Routes, with the parsers they were compiled against.
    public let routing: RoutingTable
    /// The rate of the whole service, nil for none.
    public let rate: RateLimiter?
    /// The rate of each source, nil for none.
    public let sourceRate: SourceRateLimiter?

    /// The listeners, by their identity. One that is not in it any more goes on as it was until it has ended.
    public let listeners: [String: ListenerContext]

    /// A plan.
    public init(
        routing: RoutingTable, rate: RateLimiter? = nil, sourceRate: SourceRateLimiter? = nil,
        listeners: [ListenerContext] = []
    ) {
        self.routing = routing
        self.rate = rate
        self.sourceRate = sourceRate
        self.listeners = Dictionary(listeners.map { ($0.identity, $0) }) { first, _ in first }
    }
}

/// The plan in force. Workers compare a number per batch and take the lock only when it has changed.
final class CurrentPlan: Sendable {
    /// A plan and where its counters stand.
    struct Value: Sendable {
        let plan: Plan
        let layout: CounterLayout
        let version: Int
    }
    private let value: Mutex<Value>
    private let number = Atomic<Int>(0)
    /// The programs that are counted apart; one table for the process, whatever the plan.
    let programs = ProgramNames()

    init(_ plan: Plan) {
        value = Mutex(Value(plan: plan, layout: CounterLayout(plan.routing, programs: programs), version: 0))
    }

    var version: Int { number.load(ordering: .acquiring) }

    var current: Value { value.withLock { $0 } }

    func replace(_ plan: Plan) {
        let layout = CounterLayout(plan.routing, programs: programs)
        value.withLock { value in
            value = Value(plan: plan, layout: layout, version: value.version + 1)
            number.store(value.version, ordering: .releasing)
        }
    }
}
