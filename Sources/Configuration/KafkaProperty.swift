import Kafka

extension Configuration.Kafka.Property: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What is shown in place of a secret.
    public static let mask = "********"

    /// Whether the value is a secret: by the property's name, or because a file holds it.
    public var isSecret: Bool { file != nil || SecretProperties.contains(name) }

    /// The value, or the mask for a secret.
    public var shownValue: String { isSecret ? Self.mask : value }

    /// `name=value`, with a secret masked.
    public var description: String { "\(name)=\(shownValue)" }
    /// `name=value`, with a secret masked.
    public var debugDescription: String { description }
    /// The name and the shown value: a dump prints no secret.
    public var customMirror: Mirror { Mirror(self, children: ["name": name, "value": shownValue]) }

    /// The name librdkafka lists where a property has two.
    static func canonical(_ name: String) -> String { aliases[name] ?? name }

    private static let aliases = [
        "sasl.mechanisms": "sasl.mechanism", "request.required.acks": "acks",
        "delivery.timeout.ms": "message.timeout.ms", "max.in.flight": "max.in.flight.requests.per.connection",
        "retries": "message.send.max.retries",
    ]

    /// The key that sets a property of librdkafka which must not be set twice.
    static let ownKeys = [
        "bootstrap.servers": "kafka.brokers", "metadata.broker.list": "kafka.brokers", "linger.ms": "kafka.linger",
        "queue.buffering.max.ms": "kafka.linger", "compression.codec": "kafka.compression",
        "compression.type": "kafka.compression", "queue.buffering.max.messages": "kafka.in-flight",
        "test.mock.num.brokers": "kafka.embedded",
    ]

    /// What a value costs that is legal, nil where it costs nothing. Values that break a promise are refused
    /// (`PropertyCheck`).
    var risk: String? {
        guard name == "partitioner", value.lowercased() != "murmur2_random" else { return nil }
        return "a key's partition is not the one Java clients choose; the default is murmur2_random"
    }
}
