import Crdkafka

/// Whose fault an error is, which decides what becomes of the records that came back with it.
enum Fault: Equatable {
    /// Nobody's: Kafka has the record.
    case none
    /// The producer's: it is being renewed, or was ended. The record is handed over again at once.
    case producer
    /// The connection's: the record is handed over again a little later.
    case connection
    /// The topic's, its rights' or the cluster's: what an operator can repair. The lane is held until it moves again.
    case topic
    /// Of one or several records of a batch, whose others are good: it is sent again in smaller ones.
    case batch(Measure)

    /// What a batch has too much of.
    enum Measure { case bytes, records }

    init(_ error: rd_kafka_resp_err_t) {
        switch error {
        case RD_KAFKA_RESP_ERR_NO_ERROR: self = .none
        case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, RD_KAFKA_RESP_ERR__FATAL:
            self = .producer
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
            RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__DESTROY:
            self = .connection
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
            RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
            self = .batch(.bytes)
        case RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, RD_KAFKA_RESP_ERR__BAD_MSG:
            self = .batch(.records)
        default:
            // Whatever else a broker says, the record is not known to be bad: it is kept, and the reason said.
            self = .topic
        }
    }

    /// What a person can do about a topic's error; empty when there is nothing to add to librdkafka's words.
    static func advice(_ error: rd_kafka_resp_err_t) -> String {
        switch error {
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            "the brokers do not have it; create it (kafkastreamer topics create) or let the brokers create topics"
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: "grant this client Describe and Write on it"
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: "grant this client IdempotentWrite on the cluster"
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: "the brokers do not take its name, or what is written to it"
        case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: "a policy of the cluster forbids what is written to it"
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
            "the brokers do not take this compression; choose another with kafka.compression"
        case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
            "fewer replicas are in sync than its min.insync.replicas"
        case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
            "a partition has no leader"
        default: ""
        }
    }

    /// An error in librdkafka's words, with its name and what can be done about it.
    static func text(_ error: rd_kafka_resp_err_t) -> String {
        // librdkafka has a name of its own for what it remembers of the brokers' answer.
        let isMissing = error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
        let error = isMissing ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : error
        let words = "\(String(cString: rd_kafka_err2str(error))) (\(String(cString: rd_kafka_err2name(error))))"
        let advice = advice(error)
        return advice.isEmpty ? words : "\(words): \(advice)"
    }
}
