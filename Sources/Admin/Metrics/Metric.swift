/// One family of metrics: what it is called, what it means, and where its numbers come from. `/metrics` and
/// docs/metrics.md are both made of these.
struct Metric: Sendable {
    /// What kind of number it is.
    enum Kind: String, Sendable {
        /// Only rises, from the start of the process on.
        case counter
        /// Rises and falls.
        case gauge
        /// Counts by upper bound, with a sum and a count.
        case histogram
    }

    /// A number with its labels' values, in the order of `labels`.
    struct Sample: Sendable {
        var labels: [String]
        var value: Double

        init(_ labels: [String] = [], _ value: Double) {
            self.labels = labels
            self.value = value
        }

        init(_ labels: [String] = [], _ value: UInt64) { self.init(labels, Double(value)) }
        init(_ labels: [String] = [], _ value: Int) { self.init(labels, Double(value)) }
        init(_ labels: [String] = [], _ value: Bool) { self.init(labels, value ? 1 : 0) }
    }

    /// What is under a histogram's bounds.
    struct Distribution: Sendable {
        var bounds: [Double]
        /// By bucket, not added up; one more than there are bounds.
        var counts: [UInt64]
        var sum: Double
    }

    /// Its name; a counter's ends with `_total`.
    let name: String
    let kind: Kind
    /// What it means, in one sentence.
    let help: String
    /// The names of its labels.
    let labels: [String]
    /// What bounds the number of its series, for the documentation; empty where there is one.
    let bound: String
    /// Its samples.
    let read: @Sendable (Observation) -> [Sample]
    /// Of a histogram.
    let distribution: (@Sendable (Observation) -> Distribution)?

    static func counter(
        _ name: String, _ help: String, _ read: @escaping @Sendable (Observation) -> [Sample]
    ) -> Metric { counter(name, [], help, read) }

    static func counter(
        _ name: String, _ labels: [String], _ help: String, bound: String = "",
        _ read: @escaping @Sendable (Observation) -> [Sample]
    ) -> Metric {
        Metric(
            name: name, kind: .counter, help: help, labels: labels, bound: bound, read: read, distribution: nil)
    }

    static func gauge(
        _ name: String, _ help: String, _ read: @escaping @Sendable (Observation) -> [Sample]
    ) -> Metric { gauge(name, [], help, read) }

    static func gauge(
        _ name: String, _ labels: [String], _ help: String, bound: String = "",
        _ read: @escaping @Sendable (Observation) -> [Sample]
    ) -> Metric {
        Metric(name: name, kind: .gauge, help: help, labels: labels, bound: bound, read: read, distribution: nil)
    }

    static func histogram(
        _ name: String, _ help: String, _ read: @escaping @Sendable (Observation) -> Distribution
    ) -> Metric {
        Metric(
            name: name, kind: .histogram, help: help, labels: [], bound: "", read: { _ in [] }, distribution: read)
    }

    /// The family's name in OpenMetrics: a counter's without `_total`.
    var family: String { kind == .counter && name.hasSuffix("_total") ? String(name.dropLast(6)) : name }

    /// The unit in which the numbers are, as the name says it; nil for numbers of things.
    var unit: String? {
        for unit in ["seconds", "bytes"] where family.hasSuffix("_\(unit)") { return unit }
        return nil
    }
}
