import Crdkafka

/// The last failure of a client's connections, for a command that has to say why nobody answers.
///
/// Threads: the one that polls the client, which serves its callbacks.
final class LastFailure {
    /// librdkafka's words and what to change, nil before the first.
    private(set) var text: String?
    /// Whether all brokers were down when that was last said.
    var isAway = false

    /// Has a client made from `conf` report here, and keep its own log to itself. The object outlives the client.
    func install(in conf: OpaquePointer) {
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
        rd_kafka_conf_set_error_cb(conf) { _, code, reason, opaque in
            guard let opaque, let reason else { return }
            Unmanaged<LastFailure>.fromOpaque(opaque).takeUnretainedValue()
                .note(rd_kafka_resp_err_t(rawValue: code), String(cString: reason))
        }
    }

    private func note(_ error: rd_kafka_resp_err_t, _ reason: String) {
        // That all are down adds nothing to why each of them is.
        if error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN {
            isAway = true
            return
        }
        let plain = ConnectionNews.plain(reason)
        text = ConnectionHint.text(error, plain).map { "\(plain): \($0)" } ?? plain
    }

    /// What is said when nobody answered in time.
    func error(_ error: rd_kafka_resp_err_t, while doing: String, _ milliseconds: Int32) -> KafkaError {
        let reason = text ?? String(cString: rd_kafka_err2str(error))
        return KafkaError(
            code: error.rawValue, "\(doing): no broker answered within \(milliseconds / 1000) s: \(reason)")
    }
}
