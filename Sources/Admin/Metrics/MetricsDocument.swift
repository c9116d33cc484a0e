/// docs/metrics.md, written from the table of metrics.
public enum MetricsDocument {
    /// The document.
    public static var text: String {
        var text = """
            # Metrics

            What `/metrics` of the admin server ([monitoring.md](monitoring.md)) says, by name. Written by `make docs` from the
            table that writes the metrics themselves.

            In every scrape, `sum(kafkastreamer_received_messages_total)` is `kafkastreamer_delivered_messages_total` +
            `kafkastreamer_pending_messages` + `sum(kafkastreamer_rejected_messages_total)`: every message is somewhere. Counters
            begin at zero with the process. Senders cannot make series without end: what bounds a label stands beside it.

            | metric | kind | labels | meaning |
            |---|---|---|---|

            """
        for metric in MetricTable.all {
            var labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            if !metric.bound.isEmpty { labels += " (\(metric.bound))" }
            text +=
                "| `\(metric.name)` | \(metric.kind.rawValue) |\(labels.isEmpty ? "" : " \(labels)") | \(metric.help) |\n"
        }
        return text
    }
}
