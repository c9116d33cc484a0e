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
        properties.removeAll { Self.canonical($0.name) == Self.canonical(name) }
        properties.append((name, value))
    }

    /// Sets a property unless it is set already.
    public mutating func setDefault(_ name: String, _ value: String) {
        guard !properties.contains(where: { Self.canonical($0.name) == Self.canonical(name) }) else { return }
        properties.append((name, value))
    }

    /// Whether both hold the same properties in the same order.
    public static func == (a: ClientConfiguration, b: ClientConfiguration) -> Bool {
        a.properties.elementsEqual(b.properties) { $0 == $1 }
    }

    /// What is wrong with each property that cannot stay as it is, by name: see `PropertyCheck`.
    public func refusals() -> [(name: String, reason: String)] {
        PropertyCheck.refusals(properties).map { ($0.name, $0.reason) }
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

    static func set(_ conf: OpaquePointer, _ name: String, _ value: String) -> String? {
        var reason = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(conf, name, value, &reason, reason.count)
        guard result != RD_KAFKA_CONF_OK else { return nil }
        // librdkafka's text may quote the value, or the part of it that fits.
        if SecretProperties.contains(name) { return "the value is refused (it is not shown)" }
        let text = reason.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// librdkafka's first name of a property that has two: setting one sets the other.
    static func canonical(_ name: String) -> String {
        switch name {
        case "metadata.broker.list": "bootstrap.servers"
        case "max.in.flight": "max.in.flight.requests.per.connection"
        case "sasl.mechanism": "sasl.mechanisms"
        case "queue.buffering.max.ms": "linger.ms"
        case "retries": "message.send.max.retries"
        case "compression.type": "compression.codec"
        case "request.required.acks": "acks"
        case "delivery.timeout.ms": "message.timeout.ms"
        default: name
        }
    }

    /// `message.max.bytes`, librdkafka's default without it.
    var maximumMessageBytes: Int {
        properties.last { $0.name == "message.max.bytes" }.flatMap { Int($0.value) } ?? 1_000_000
    }

    /// What every producer of ours starts from: nothing is lost (`acks=all`, idempotence, no expiry), keys go where the
    /// Java client would send them, batches are compressed.
    public static var producerDefaults: [(name: String, value: String)] {
        [
            ("acks", "all"), ("enable.idempotence", "true"),
            // A batch that is refused ends the producer before anything newer of its keys gets past it. Those that came
            // back go through a second producer, the others through a new one.
            ("enable.gapless.guarantee", "true"), ("message.timeout.ms", "0"), ("partitioner", "murmur2_random"),
            ("compression.codec", "lz4"),
            // After an outage delivery starts within a second, however long it was.
            ("reconnect.backoff.ms", "100"), ("reconnect.backoff.max.ms", "600"),
            // A host that does not answer at all is tried anew before the system's own retries become rare.
            ("socket.connection.setup.timeout.ms", "10000"),
        ]
    }
}
