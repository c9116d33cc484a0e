import Documents
import Kafka

extension Configuration.Kafka {
    /// A librdkafka property as it is to be set.
    public struct Property: Sendable, Equatable {
        /// The property's name, such as `sasl.password`.
        public var name: String
        /// Its value, read from ``file`` where there is one. It may be a secret: never print it.
        public var value: String
        /// The file that the value was read from (`property-files`, `KAFKA_…_FILE`); nil = written as it is.
        public var file: String?

        /// A property with a value, and the file that the value was read from.
        public init(name: String, value: String, file: String? = nil) {
            self.name = name
            self.value = value
            self.file = file
        }
    }
}

// MARK: - Reading

extension Configuration.Kafka.Property {
    /// Where a value is.
    enum Origin {
        case value(String)
        case file(String)
    }

    /// A property that cannot be set as it stands.
    struct Fault: Error {
        var message: String
        /// What could be done instead, to follow the message.
        var advice = ""
        /// Whether it is the name that is wrong and not the value.
        var isOfName = false
    }

    /// A property from the configuration file or the environment.
    init(name: String, _ origin: Origin) throws(Fault) {
        if let key = Self.ownKeys[name] { throw Fault(message: "set \(key) instead of this property", isOfName: true) }
        switch origin {
        case .file(let path):
            do throws(SourceFault) {
                self.init(name: name, value: try TextFile.readSecret(path), file: path)
            } catch {
                throw Fault(message: "the file \(Excerpt.path(path)) \(error.message)")
            }
        case .value(let text):
            self.init(name: name, value: text)
            if text.utf8.contains(0) { throw Fault(message: "found a NUL byte, expected text") }
            if let placeholder = Placeholder(in: text) {
                throw Fault(
                    message: placeholder.fault(isSecret: isSecret),
                    advice: "; set the variable \(EnvironmentOverrides.variable(ofProperty: name)), "
                        + "or name a file under kafka.property-files")
            }
        }
    }

    /// The name librdkafka lists where a property has two.
    var canonicalName: String { Self.aliases[name] ?? name }

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
}

// MARK: - Showing

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
}
