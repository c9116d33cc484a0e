import Crdkafka

/// What librdkafka refused, in its own words.
public struct KafkaError: Error, CustomStringConvertible, Equatable, Sendable {
    /// librdkafka's error code; 0 when there is none (a refused property).
    public var code: Int32
    /// What was tried and what was said.
    public var description: String

    /// An error with a text of ours before librdkafka's.
    public init(code: Int32 = 0, _ description: String) {
        self.code = code
        self.description = description
    }

    init(_ error: rd_kafka_resp_err_t, while doing: String) {
        self.init(code: error.rawValue, "\(doing): \(String(cString: rd_kafka_err2str(error)))")
    }
}

/// What a delivery report's error means for the record.
enum DeliveryVerdict: Equatable {
    /// Kafka has it.
    case delivered
    /// Kafka will never take this record: it becomes a dead letter.
    case refused
    /// Not this record's fault: it is handed over again.
    case again

    init(_ error: rd_kafka_resp_err_t) {
        switch error {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            self = .delivered
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
            RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, RD_KAFKA_RESP_ERR_INVALID_RECORD,
            RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
            self = .refused
        default:
            self = .again
        }
    }
}
