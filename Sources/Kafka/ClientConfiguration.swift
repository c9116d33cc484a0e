import Crdkafka
import Glibc

/// Properties for a librdkafka client, tried one by one.
public struct ClientConfiguration: Sendable, Equatable {
    /// librdkafka's own names (its CONFIGURATION.md) and values, in the order they are to be set.
    public var properties: [(name: String, value: String)]

    /// A configuration of these properties.
    public init(_ properties: [(name: String, value: String)] = []) { self.properties = properties }

    /// Sets a property, replacing an earlier value.
    public mutating func set(_ name: String, _ value: String) {
        properties.removeAll { $0.name == name }
        properties.append((name, value))
    }

    /// Sets a property unless it is set already.
    public mutating func setDefault(_ name: String, _ value: String) {
        guard !properties.contains(where: { $0.name == name }) else { return }
        properties.append((name, value))
    }

    /// Whether both hold the same properties in the same order.
    public static func == (a: ClientConfiguration, b: ClientConfiguration) -> Bool {
        a.properties.elementsEqual(b.properties) { $0 == $1 }
    }

    /// What librdkafka says of each property that it refuses, by name: an unknown name, a value of the wrong form.
    public func refusals() -> [(name: String, reason: String)] {
        guard let conf = rd_kafka_conf_new() else { return [] }
        defer { rd_kafka_conf_destroy(conf) }
        return properties.compactMap { name, value in
            Self.set(conf, name, value).map { (name, $0) }
        }
    }

    /// A librdkafka configuration; the caller owns it.
    func makeConf() throws(KafkaError) -> OpaquePointer {
        guard let conf = rd_kafka_conf_new() else { throw KafkaError("librdkafka: no memory for a configuration") }
        for (name, value) in properties {
            if let reason = Self.set(conf, name, value) {
                rd_kafka_conf_destroy(conf)
                throw KafkaError("librdkafka property \(name): \(reason)")
            }
        }
        return conf
    }

    private static func set(_ conf: OpaquePointer, _ name: String, _ value: String) -> String? {
        var reason = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(conf, name, value, &reason, reason.count)
        guard result != RD_KAFKA_CONF_OK else { return nil }
        // librdkafka's text may quote the value, or the part of it that fits.
        if isSecret(name) { return "the value is refused (it is not shown)" }
        let text = reason.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Whether a property's value is nobody's business.
    static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "key.pem", "oauthbearer.config", "kinit.cmd"].contains { name.contains($0) }
    }

    /// `message.max.bytes`, librdkafka's default without it.
    var maximumMessageBytes: Int {
        properties.last { $0.name == "message.max.bytes" }.flatMap { Int($0.value) } ?? 1_000_000
    }

    /// What every producer of ours starts from: nothing is lost (`acks=all`, idempotence, no expiry), keys go where the
    /// Java client would send them, batches are compressed.
    public static var producerDefaults: [(name: String, value: String)] {
        [
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("message.timeout.ms", "0"),
            ("partitioner", "murmur2_random"),
            ("compression.codec", "lz4"),
            // An outage is logged once and folded by us; closed idle connections are everyday life.
            ("log.connection.close", "false"),
        ]
    }
}
