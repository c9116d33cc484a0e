import Inputs
import Kafka
import Pipeline
import Spool

/// What the page shows, as JSON. Names and lines of senders are strings in it and nothing else.
enum StatusDocument {
    private static let mostRows = 20

    /// The looks of the last minutes.
    static func history(_ points: [History.Point]) -> String {
        JSON.list(
            points.map { point in
                JSON.object([
                    ("time", "\(point.time)"), ("received", "\(point.received)"), ("delivered", "\(point.delivered)"),
                    ("rejected", "\(point.rejected)"), ("pending", "\(point.pending)"),
                    ("listeners", counts(point.listeners)), ("programs", counts(point.programs)),
                    ("topics", counts(point.topics)),
                ])
            })
    }

    /// The present moment.
    static func now(
        _ seen: Observation, _ point: History.Point, _ rates: Rates, samples: [String: String],
        warnings: [RecentWarnings.Entry]
    ) -> String {
        JSON.object([
            ("time", "\(point.time)"), ("version", JSON.text(seen.version)),
            ("started", "\(seen.process.startTime * 1000)"), ("ill", texts(seen.illness)),
            ("unready", texts(seen.unreadiness)), ("ledger", ledger(seen.ledger)), ("point", history([point])),
            ("away", "\(seen.isAway)"), ("held", texts(seen.heldTopics)), ("inFlight", "\(seen.inFlight)"),
            ("brokers", brokers(seen)), ("spool", spool(seen)),
            ("latency", JSON.object([("median", latency(rates, 0.5)), ("p99", latency(rates, 0.99))])),
            ("listeners", listeners(seen)), ("topics", topics(seen)), ("unmatched", unmatched(seen, samples)),
            (
                "warnings",
                JSON.list(
                    warnings.suffix(mostRows).map {
                        JSON.object([
                            ("time", "\($0.time)"), ("level", JSON.text($0.level)), ("text", JSON.text($0.text)),
                        ])
                    })
            ),
        ])
    }

    private static func texts(_ texts: [String]) -> String { JSON.list(texts.map(JSON.text)) }

    private static func counts(_ counts: [String: UInt64]) -> String {
        JSON.object(counts.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") })
    }

    private static func latency(_ rates: Rates, _ part: Double) -> String {
        rates.latency(part).map { $0 == .max ? "-1" : "\($0)" } ?? "null"
    }

    private static func ledger(_ ledger: Ledger) -> String {
        JSON.object(ledger.entries.map { ($0.name, "\($0.value)") } + [("balanced", "\(ledger.isBalanced)")])
    }

    private static func brokers(_ seen: Observation) -> String {
        JSON.list(
            seen.kafka.brokers.sorted { $0.key < $1.key }.map { name, broker in
                JSON.object([
                    ("name", JSON.text(name)), ("up", "\(broker.isUp)"), ("waiting", "\(broker.waiting)"),
                    ("mean", "\(broker.roundTripMean)"), ("p99", "\(broker.roundTripMost)"),
                    ("errors", "\(broker.errors + broker.timeouts)"),
                ])
            })
    }

    private static func spool(_ seen: Observation) -> String {
        let size = seen.spool.segmentSize
        return JSON.object([
            ("used", "\((seen.spool.allocated - seen.spool.free) * size)"), ("limit", "\(seen.spool.maximum * size)"),
            ("room", "\(seen.spool.hasRoom)"), ("age", "\(seen.oldestAge)"),
        ])
    }

    private static func listeners(_ seen: Observation) -> String {
        JSON.list(
            seen.listeners.sorted { $0.name < $1.name }.map { listener in
                let counts = listener.counts
                return JSON.object([
                    ("name", JSON.text(listener.name)), ("protocol", JSON.text(listener.transport)),
                    ("received", "\(counts.received)"), ("unmatched", "\(counts.unmatched)"),
                    ("rejected", "\(counts.rejected.values.reduce(0, +))"),
                    ("connections", "\(counts.sockets.openConnections)"),
                    ("unread", seen.files[listener.name].map { "\($0.unread)" } ?? "null"),
                ])
            })
    }

    private static func topics(_ seen: Observation) -> String {
        let sorted = seen.labels.topics.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(mostRows)
        return JSON.list(
            sorted.map { name, committed in
                JSON.object([
                    ("name", JSON.text(name)), ("committed", "\(committed)"),
                    ("delivered", "\(seen.deliveredByTopic[name] ?? 0)"),
                    ("held", "\(seen.heldTopics.contains(name))"),
                ])
            })
    }

    private static func unmatched(_ seen: Observation, _ samples: [String: String]) -> String {
        let sorted = seen.labels.programs.filter { $0.value.unmatched > 0 }.sorted {
            ($1.value.unmatched, $0.key) < ($0.value.unmatched, $1.key)
        }
        return JSON.list(
            sorted.prefix(mostRows / 2).map { name, counts in
                JSON.object([
                    ("program", JSON.text(name)), ("count", "\(counts.unmatched)"),
                    ("sample", JSON.text(samples[name] ?? "")),
                ])
            })
    }
}
