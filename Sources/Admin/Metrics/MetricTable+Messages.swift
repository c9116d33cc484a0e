import Inputs
import Pipeline

extension MetricTable {
    /// The ledger: received = delivered + pending + rejected, in every scrape.
    static let messages: [Metric] = [
        .counter(
            "kafkastreamer_received_messages_total", ["listener", "protocol"],
            "Messages read from sockets and files, with those that the kernel dropped; and, as listener (spool), those "
                + "found in the spool at the start. The sum is what was delivered, is pending or was rejected.",
            bound: listenerBound
        ) { seen in
            var samples = byListener(seen) { $0.received }
            samples.append(Metric.Sample([recovered, ""], seen.recovered))
            return samples
        },
        .counter(
            "kafkastreamer_delivered_messages_total",
            "Messages that Kafka has, by its delivery report; those that became dead letters among them."
        ) { [.init([], $0.ledger.delivered)] },
        .gauge(
            "kafkastreamer_pending_messages", "Messages committed to the spool and not delivered."
        ) { [.init([], $0.ledger.pending)] },
        .counter(
            "kafkastreamer_rejected_messages_total", ["listener", "protocol", "reason"],
            "Messages not kept, by reason. Those without a listener were rejected behind it: torn in the spool by a loss "
                + "of power, refused by Kafka with their dead letter, or abandoned with a spool in memory.",
            bound: "listeners and 9 reasons", rejected),
        .counter(
            "kafkastreamer_committed_messages_total", ["listener", "protocol"],
            "Messages committed to the spool.", bound: listenerBound
        ) { byListener($0) { $0.committed } },
        .counter("kafkastreamer_replayed_messages_total", "Messages found undelivered in the spool at the start.") {
            [.init([], $0.ledger.replayed)]
        },
        .counter(
            "kafkastreamer_dead_lettered_messages_total",
            "Messages that Kafka refused for their own sake and that went to the dead-letter topic."
        ) { [.init([], $0.ledger.deadLettered)] },
    ]

    /// Where what was in the spool at the start came in.
    static let recovered = "(spool)"

    /// What the messages are, by listener.
    static let parsing: [Metric] = [
        .counter(
            "kafkastreamer_parsed_messages_total", ["listener", "protocol"],
            "Messages that a parser knew.", bound: listenerBound
        ) { seen in byListener(seen) { counts in counts.committed - min(counts.committed, counts.unmatched) } },
        .counter(
            "kafkastreamer_unmatched_messages_total", ["listener", "protocol"],
            "Messages that no parser knew; they are events of type SYSLOG.", bound: listenerBound
        ) { byListener($0) { $0.unmatched } },
        .counter(
            "kafkastreamer_header_faults_total", ["listener", "protocol"],
            "Messages whose header has a fault; what can be read of it is read.", bound: listenerBound
        ) { byListener($0) { $0.headerFaults } },
        .counter(
            "kafkastreamer_truncated_messages_total", ["listener", "protocol"],
            "Messages cut at max-message-size.", bound: listenerBound
        ) { byListener($0) { $0.truncated } },
        .counter(
            "kafkastreamer_frame_faults_total", ["listener", "protocol"],
            "Times that a stream's frames had to be found anew after a wrong octet count.", bound: listenerBound
        ) { byListener($0) { $0.resynchronised } },
        .counter(
            "kafkastreamer_abandoned_matches_total", ["listener", "protocol"],
            "Messages whose matching was given up because it cost more steps than a message may.",
            bound: listenerBound
        ) { byListener($0) { $0.abandonedMatches } },
    ]

    /// What the messages are, by what stands in them.
    static let content: [Metric] = [
        .counter(
            "kafkastreamer_program_messages_total", ["program"], "Messages committed, by program.", bound: programBound
        ) { seen in byName(seen.labels.programs.mapValues { $0.committed }) },
        .counter(
            "kafkastreamer_program_unmatched_messages_total", ["program"],
            "Messages committed that no parser knew, by program.", bound: programBound
        ) { seen in byName(seen.labels.programs.mapValues { $0.unmatched }) },
        .counter(
            "kafkastreamer_type_messages_total", ["type"], "Messages committed, by event type.",
            bound: "event types of the rules"
        ) { byName($0.labels.types) },
        .counter(
            "kafkastreamer_rule_messages_total", ["parser", "rule"],
            "Messages committed, by the rule that matched; a plug-in has no rules, and what nothing matched has no "
                + "parser.", bound: "rules that are loaded"
        ) { seen in
            seen.labels.matches.map { name, count in Metric.Sample([name.parser, name.rule], count) }
        },
        .counter(
            "kafkastreamer_topic_messages_total", ["topic"], "Messages committed, by topic.",
            bound: "topics that the routes name"
        ) { byName($0.labels.topics) },
        .counter(
            "kafkastreamer_topic_delivered_messages_total", ["topic"],
            "Messages that Kafka has, by topic, the dead-letter topic included.", bound: "topics that the routes name"
        ) { byName($0.deliveredByTopic) },
    ]

    static let connections: [Metric] = [
        .counter(
            "kafkastreamer_kernel_dropped_messages_total", ["listener", "protocol"],
            "Datagrams that the kernel dropped because the socket's buffer was full.", bound: listenerBound
        ) { bySocket($0) { $0.kernelDrops } },
        .gauge(
            "kafkastreamer_connections", ["listener", "protocol"], "Connections that are open.", bound: listenerBound
        ) { bySocket($0) { UInt64($0.openConnections) } },
        .gauge(
            "kafkastreamer_connections_held", ["listener", "protocol"],
            "Connections whose bytes wait because there is no room for them.", bound: listenerBound
        ) { bySocket($0) { UInt64($0.heldConnections) } },
        .counter(
            "kafkastreamer_connections_accepted_total", ["listener", "protocol"], "Connections accepted.",
            bound: listenerBound
        ) { bySocket($0) { $0.acceptedConnections } },
        .counter(
            "kafkastreamer_connections_closed_total", ["listener", "protocol", "reason"],
            "Connections that have ended: by their sender, with an error, or idle for too long.",
            bound: "listeners and 3 reasons"
        ) { seen in
            var samples = bySocket(seen, "sender") {
                $0.closedConnections - min($0.closedConnections, $0.failedConnections + $0.idleConnections)
            }
            samples += bySocket(seen, "error") { $0.failedConnections }
            samples += bySocket(seen, "idle") { $0.idleConnections }
            return samples
        },
        .counter(
            "kafkastreamer_connections_refused_total", ["listener", "protocol", "reason"],
            "Connections refused: too many, too many of one source, an address that is not allowed, or no descriptor to "
                + "spare.", bound: "listeners and 4 reasons"
        ) { seen in
            var samples = bySocket(seen, "limit") { $0.refusedByLimit }
            samples += bySocket(seen, "source") { $0.refusedBySource }
            samples += bySocket(seen, "network") { $0.refusedByNetwork }
            samples += bySocket(seen, "descriptors") { $0.refusedForDescriptors }
            return samples
        },
        .counter(
            "kafkastreamer_accept_failures_total", ["listener", "protocol"],
            "Times that the system had no descriptor or memory for a connection, which then waits.",
            bound: listenerBound
        ) { bySocket($0) { $0.acceptFailures } },
    ]

    // MARK: Pieces

    private static func byName(_ counts: [String: UInt64]) -> [Metric.Sample] {
        counts.map { name, count in Metric.Sample([name], count) }
    }

    private static func byListener(
        _ seen: Observation, _ value: @Sendable (ListenerCounts) -> UInt64
    ) -> [Metric.Sample] {
        seen.listeners.map { Metric.Sample([$0.name, $0.transport], value($0.counts)) }
    }

    /// Files have no sockets.
    private static func bySocket(
        _ seen: Observation, _ reason: String? = nil, _ value: @Sendable (SocketReadings) -> UInt64
    ) -> [Metric.Sample] {
        seen.listeners.filter { $0.transport != "file" }.map {
            .init([$0.name, $0.transport] + (reason.map { [$0] } ?? []), value($0.counts.sockets))
        }
    }

    @Sendable private static func rejected(_ seen: Observation) -> [Metric.Sample] {
        var samples: [Metric.Sample] = []
        var rest = seen.ledger.rejected
        for listener in seen.listeners {
            for reason in Rejection.allCases where reason.isOfListener {
                let count = listener.counts.rejected[reason] ?? 0
                samples.append(.init([listener.name, listener.transport, reason.name], count))
                rest[reason, default: 0] -= min(count, rest[reason, default: 0])
            }
        }
        for reason in Rejection.allCases where !reason.isOfListener {
            samples.append(.init(["", "", reason.name], rest[reason] ?? 0))
        }
        return samples
    }
}

extension Rejection {
    /// Whether a listener's worker counts it; the others happen behind the workers.
    fileprivate var isOfListener: Bool {
        switch self {
        case .torn, .deadLetterRefused, .abandoned: false
        case .rateLimited, .spoolFull, .kernelDrop, .acl, .route, .empty: true
        }
    }
}
