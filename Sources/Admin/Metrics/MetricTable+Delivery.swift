import Kafka
import Spool

extension MetricTable {
    static let spool: [Metric] = [
        .gauge("kafkastreamer_spool_used_bytes", "Bytes of the spool's segments that hold undelivered messages.") {
            [.init([], ($0.spool.allocated - $0.spool.free) * $0.spool.segmentSize)]
        },
        .gauge("kafkastreamer_spool_allocated_bytes", "Bytes of all the spool's segments, empty ones included.") {
            [.init([], $0.spool.allocated * $0.spool.segmentSize)]
        },
        .gauge(
            "kafkastreamer_spool_limit_bytes", "Bytes that the spool may take (spool.max-size)."
        ) { [.init([], $0.spool.maximum * $0.spool.segmentSize)] },
        .gauge(
            "kafkastreamer_spool_segments", ["state"], "The spool's segments: used, or empty and kept for the next use."
        ) {
            [.init(["used"], $0.spool.allocated - $0.spool.free), .init(["free"], $0.spool.free)]
        },
        .gauge(
            "kafkastreamer_spool_has_room",
            "Whether messages find room in the spool; a part of it is kept for stuck topics and dead letters."
        ) { [.init([], $0.spool.hasRoom)] },
        .gauge(
            "kafkastreamer_spool_oldest_age_seconds",
            "How long the oldest message that is not delivered has waited; looked at once a second."
        ) { [.init([], $0.oldestAge)] },
    ]

    static let kafka: [Metric] = [
        .gauge("kafkastreamer_kafka_reachable", "Whether a broker can be reached, as far as is known.") {
            [.init([], !$0.isAway)]
        },
        .gauge(
            "kafkastreamer_topic_held", ["topic"],
            "1 for each topic whose messages wait for the topic, a right or a leader; the log says why.",
            bound: "topics that the routes name"
        ) { $0.heldTopics.map { Metric.Sample([$0], 1) } },
        .gauge("kafkastreamer_producer_in_flight_messages", "Messages handed to librdkafka and not reported.") {
            [.init([], $0.inFlight)]
        },
        .gauge("kafkastreamer_producer_queue_messages", "Messages in librdkafka's queues, by its own statistics.") {
            [.init([], $0.kafka.queuedMessages)]
        },
        .gauge("kafkastreamer_producer_queue_bytes", "Bytes of the messages in librdkafka's queues.") {
            [.init([], $0.kafka.queuedBytes)]
        },
        .gauge(
            "kafkastreamer_broker_up", ["broker"], "Whether a connection to the broker is up.", bound: brokerBound
        ) { byBroker($0) { $0.isUp ? 1 : 0 } },
        .counter(
            "kafkastreamer_broker_requests_total", ["broker"], "Requests sent to the broker.", bound: brokerBound
        ) { byBroker($0) { Double($0.requests) } },
        .counter(
            "kafkastreamer_broker_sent_bytes_total", ["broker"], "Bytes sent to the broker.", bound: brokerBound
        ) { byBroker($0) { Double($0.bytes) } },
        .counter(
            "kafkastreamer_broker_errors_total", ["broker"], "Errors while sending to and receiving from the broker.",
            bound: brokerBound
        ) { byBroker($0) { Double($0.errors) } },
        .counter(
            "kafkastreamer_broker_timeouts_total", ["broker"], "Requests that the broker did not answer in time.",
            bound: brokerBound
        ) { byBroker($0) { Double($0.timeouts) } },
        .gauge(
            "kafkastreamer_broker_waiting_requests", ["broker"],
            "Requests that wait to be sent to the broker or for its answer.", bound: brokerBound
        ) { byBroker($0) { Double($0.waiting) } },
        .gauge(
            "kafkastreamer_broker_request_mean_seconds", ["broker"],
            "From a request to the broker's answer, on average over the last five seconds.", bound: brokerBound
        ) { byBroker($0) { Double($0.roundTripMean) / 1e6 } },
        .gauge(
            "kafkastreamer_broker_request_p99_seconds", ["broker"],
            "The same: 99 of 100 requests were faster.", bound: brokerBound
        ) { byBroker($0) { Double($0.roundTripMost) / 1e6 } },
        .histogram(
            "kafkastreamer_delivery_seconds",
            "From the reception of a message to Kafka's acknowledgement; one message in \(LatencyCounts.sampling) is "
                + "measured."
        ) { seen in
            .init(
                bounds: LatencyCounts.bounds.map { Double($0) / 1000 }, counts: seen.latency.buckets,
                sum: Double(seen.latency.milliseconds) / 1000)
        },
    ]

    static let files: [Metric] = [
        .gauge("kafkastreamer_files", ["listener"], "Files that are read.", bound: listenerBound) {
            $0.files.map { Metric.Sample([$0.key], $0.value.count) }
        },
        .gauge(
            "kafkastreamer_file_unread_bytes", ["listener"], "Bytes of files that wait to be read.",
            bound: listenerBound
        ) { $0.files.map { Metric.Sample([$0.key], $0.value.unread) } },
        .gauge(
            "kafkastreamer_file_undelivered_bytes", ["listener"], "Bytes of files that are read and not delivered.",
            bound: listenerBound
        ) { $0.files.map { Metric.Sample([$0.key], $0.value.unsettled) } },
        .gauge(
            "kafkastreamer_file_lag_seconds", ["listener"],
            "How long ago something was last read of the file that has waited longest with bytes to be read.",
            bound: listenerBound
        ) { $0.files.map { Metric.Sample([$0.key], $0.value.seconds) } },
    ]

    private static let brokerBound = "brokers of the cluster"

    private static func byBroker(
        _ seen: Observation, _ value: @Sendable (KafkaReadings.Broker) -> Double
    ) -> [Metric.Sample] {
        seen.kafka.brokers.map { Metric.Sample([$0.key], value($0.value)) }
    }
}
