/// Median, least and greatest of a few figures.
struct Spread: Codable, Sendable {
    let median: Double
    let least: Double
    let greatest: Double

    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        least = first
        greatest = last
    }

    func map(_ body: (Double) -> Double) -> Spread {
        Spread([body(least), body(median), body(greatest)])!
    }
}

/// The trials of a whole run and what follows from them.
struct Results: Codable, Sendable {
    var date: String
    var environment: [String: String]
    var settings: [String: String]
    var scenarios: [Scenario]
    var trials: [Trial]
    var rules: [RuleTrial] = []

    func trials(_ scenario: Scenario, _ product: Product) -> [Trial] {
        trials.filter { $0.scenario == scenario.name && $0.product == product }.sorted { $0.round < $1.round }
    }

    func perCPUSecond(_ scenario: Scenario, _ product: Product, round: Int) -> Double? {
        trials(scenario, product).first { $0.round == round }?.perCPUSecond
    }

    var rounds: [Int] { Set(trials.map(\.round)).sorted() }

    /// The limit in each round: 1 / (1 / receive + 1 / produce), with the better way to receive.
    func limit(_ scenario: Scenario, round: Int) -> Double? {
        let receive = scenario.products.filter { $0.role == .receiveLimit }
            .compactMap { perCPUSecond(scenario, $0, round: round) }.max()
        guard let receive, let produce = perCPUSecond(scenario, .produceLimit, round: round) else { return nil }
        return 1 / (1 / receive + 1 / produce)
    }

    /// Messages per CPU-second of one product over another's: the ratio of each pair of a round.
    func ratio(_ scenario: Scenario, _ product: Product, over other: Product) -> Spread? {
        Spread(
            rounds.compactMap { round in
                guard let a = perCPUSecond(scenario, product, round: round),
                    let b = perCPUSecond(scenario, other, round: round)
                else { return nil }
                return a / b
            })
    }

    func ratioToLimit(_ scenario: Scenario, _ product: Product) -> Spread? {
        Spread(
            rounds.compactMap { round in
                guard let a = perCPUSecond(scenario, product, round: round), let b = limit(scenario, round: round)
                else { return nil }
                return a / b
            })
    }
}
