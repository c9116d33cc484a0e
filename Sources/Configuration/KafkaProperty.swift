extension Configuration.Kafka.Property: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What is shown in place of a secret.
    public static let mask = "********"

    /// Whether the value is a secret: by the property's name, or because a file holds it.
    public var isSecret: Bool {
        file != nil || Self.secretNames.contains(name) || Self.secretParts.contains { name.contains($0) }
    }

    /// The value, or the mask for a secret.
    public var shownValue: String { isSecret ? Self.mask : value }

    /// `name=value`, with a secret masked.
    public var description: String { "\(name)=\(shownValue)" }
    /// `name=value`, with a secret masked.
    public var debugDescription: String { description }
    /// The name and the shown value: a dump prints no secret.
    public var customMirror: Mirror { Mirror(self, children: ["name": name, "value": shownValue]) }

    private static let secretParts = ["password", "passphrase", "secret"]
    private static let secretNames: Set = ["ssl.key.pem", "sasl.oauthbearer.config", "sasl.jaas.config"]

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

    /// What is lost with a value that weakens delivery, nil where nothing is.
    var risk: String? {
        let value = value.lowercased()
        switch Self.canonical(name) {
        case "acks" where value != "all" && value != "-1":
            return "acknowledged records can be lost with the leader; the default is all"
        case "enable.idempotence" where value != "true":
            return "records can be doubled and change their order; the default is true"
        case "message.timeout.ms" where value != "0":
            return "records that wait longer are taken back from librdkafka; the default is 0, never"
        case "partitioner" where value != "murmur2_random":
            return "a key's partition is not the one Java clients choose; the default is murmur2_random"
        default: return nil
        }
    }
}
