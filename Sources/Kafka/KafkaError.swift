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
