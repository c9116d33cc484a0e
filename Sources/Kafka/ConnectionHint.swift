import Crdkafka

/// What librdkafka's words about a broker's connection most likely mean, and which property to change.
enum ConnectionHint {
    /// The hint for an error, nil when its words say all there is.
    /// - Parameter text: librdkafka's words.
    static func text(_ error: rd_kafka_resp_err_t, _ text: String) -> String? {
        func says(_ parts: String...) -> Bool { parts.contains { text.contains($0) } }
        if says("connecting to a SSL listener") {
            return "the port probably speaks TLS: set kafka.properties security.protocol to ssl, or to sasl_ssl with a "
                + "user's name"
        }
        if says("certificate verify failed") {
            return "the broker's certificate is not signed by a known authority, or is for another name: see "
                + "ssl.ca.location, and the names in kafka.brokers"
        }
        if says("PLAINTEXT broker listener", "wrong version number", "packet length too long", "unexpected message") {
            return "the port probably speaks no TLS: set kafka.properties security.protocol to plaintext, or to "
                + "sasl_plaintext with a user's name"
        }
        if says("require SASL authentication") {
            return "the broker probably wants a user's name: set security.protocol to sasl_plaintext or sasl_ssl, and "
                + "sasl.mechanism, sasl.username and sasl.password"
        }
        switch error {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
            return "the brokers refuse this client: check sasl.mechanism, the user's name and its password"
        case RD_KAFKA_RESP_ERR__RESOLVE:
            return "the name is not known here: check kafka.brokers, and the brokers' advertised.listeners when the "
                + "name comes from there"
        case RD_KAFKA_RESP_ERR__SSL: return "TLS failed: check the ssl.* properties against the brokers' listeners"
        default: return nil
        }
    }

    /// Whether an error is of a broker's connection.
    static func isConnection(_ error: rd_kafka_resp_err_t) -> Bool {
        switch error {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__SSL,
            RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
            RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
            true
        default: false
        }
    }
}
