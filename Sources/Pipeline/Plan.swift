import Parsers
import Routing
import Synchronization

/// What a reload exchanges: parsers, routes and rates. Immutable; workers go to a new one between batches.
public final class Plan: Sendable {
    /// Routes, with the parsers they were compiled against.
    public let routing: RoutingTable
    /// The rate of the whole service, nil for none.
    public let rate: RateLimiter?
    /// The rate of each source, nil for none.
    public let sourceRate: SourceRateLimiter?

    /// A plan.
    public init(routing: RoutingTable, rate: RateLimiter? = nil, sourceRate: SourceRateLimiter? = nil) {
        self.routing = routing
        self.rate = rate
        self.sourceRate = sourceRate
    }
}

/// The plan in force. Workers compare a number per batch and take the lock only when it has changed.
final class CurrentPlan: Sendable {
    private let plan: Mutex<Plan>
    private let number = Atomic<Int>(0)

    init(_ plan: Plan) { self.plan = Mutex(plan) }

    var version: Int { number.load(ordering: .acquiring) }

    var current: (Plan, Int) { plan.withLock { ($0, number.load(ordering: .relaxed)) } }

    func replace(_ new: Plan) {
        plan.withLock { plan in
            plan = new
            number.add(1, ordering: .releasing)
        }
    }
}
