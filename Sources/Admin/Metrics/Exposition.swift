/// The two text forms of metrics.
enum MetricsForm: Sendable, Equatable {
    /// Prometheus' text format, version 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.0.
    case openMetrics

    /// What the client takes: OpenMetrics where it prefers that or does not mind, and names it.
    /// - Parameter accept: an Accept header, RFC 9110 section 12.5.1.
    init(accept: String) {
        var open = 0.0
        var plain = 0.0
        for range in accept.split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            guard let type = parts.first else { continue }
            var quality = 1.0
            for parameter in parts.dropFirst() where parameter.hasPrefix("q=") {
                quality = Double(parameter.dropFirst(2)) ?? 0
            }
            switch type {
            case "application/openmetrics-text": open = max(open, quality)
            case "text/plain", "text/*", "*/*": plain = max(plain, quality)
            default: break
            }
        }
        self = open > 0 && open >= plain ? .openMetrics : .prometheus
    }

    /// As the answer says it.
    var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

/// Writes metrics as text.
enum Exposition {
    /// All metrics of one look, in the order of the table, series in the order of their labels.
    static func write(_ seen: Observation, _ form: MetricsForm) -> [UInt8] {
        var text = ""
        text.reserveCapacity(64 << 10)
        for metric in MetricTable.all { write(metric, seen, form, to: &text) }
        if form == .openMetrics { text += "# EOF\n" }
        return Array(text.utf8)
    }

    private static func write(_ metric: Metric, _ seen: Observation, _ form: MetricsForm, to text: inout String) {
        let family = form == .openMetrics ? metric.family : metric.name
        text += "# HELP \(family) \(escaped(metric.help, quotes: form == .openMetrics))\n"
        text += "# TYPE \(family) \(metric.kind.rawValue)\n"
        if form == .openMetrics, let unit = metric.unit { text += "# UNIT \(family) \(unit)\n" }
        if let distribution = metric.distribution?(seen) {
            var sum: UInt64 = 0
            for (index, count) in distribution.counts.enumerated() {
                sum += count
                let bound = index < distribution.bounds.count ? number(distribution.bounds[index], form) : "+Inf"
                text += "\(metric.name)_bucket{le=\"\(bound)\"} \(sum)\n"
            }
            text += "\(metric.name)_sum \(number(distribution.sum))\n\(metric.name)_count \(sum)\n"
            return
        }
        let samples = metric.read(seen).sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
        for sample in samples {
            text += metric.name
            if !metric.labels.isEmpty {
                let pairs = zip(metric.labels, sample.labels).map { "\($0)=\"\(escaped($1, quotes: true))\"" }
                text += "{\(pairs.joined(separator: ","))}"
            }
            text += " \(number(sample.value))\n"
        }
    }

    /// A number; a bound of OpenMetrics has a point in it.
    private static func number(_ value: Double, _ form: MetricsForm = .prometheus) -> String {
        if form == .prometheus, let whole = Int64(exactly: value) { return String(whole) }
        return String(value)
    }

    /// What a sender wrote must not end its quotes or its line.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == 10 || $0 == UInt8(ascii: "\"") }) else {
            return text
        }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
