import Crdkafka
import Glibc

/// A librdkafka handle, destroyed with its owner.
struct KafkaClient: ~Copyable {
    let handle: OpaquePointer

    /// - Parameter configure: called with the configuration before the handle is made, for callbacks.
    init(
        _ kind: rd_kafka_type_t, properties: [(String, String)], configure: (OpaquePointer) -> Void = { _ in }
    ) throws {
        guard let configuration = rd_kafka_conf_new() else { throw Failure("rd_kafka_conf_new: no memory") }
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in properties
        where rd_kafka_conf_set(configuration, name, value, &text, text.count) != RD_KAFKA_CONF_OK {
            rd_kafka_conf_destroy(configuration)
            throw Failure("\(name)=\(value): \(words(text))")
        }
        configure(configuration)
        guard let made = rd_kafka_new(kind, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            throw Failure("rd_kafka_new: \(words(text))")
        }
        handle = made
    }

    deinit { rd_kafka_destroy(handle) }
}

private func words(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// What librdkafka says an error code means.
func kafkaWords(_ code: rd_kafka_resp_err_t) -> String { String(cString: rd_kafka_err2str(code)) }

/// The producer properties that every product and the produce limit are given.
enum ProducerProperties {
    static let common: [(String, String)] = [
        ("acks", "all"), ("enable.idempotence", "true"), ("compression.codec", "lz4"), ("linger.ms", "5"),
        ("queue.buffering.max.messages", "200000"),
    ]
}
