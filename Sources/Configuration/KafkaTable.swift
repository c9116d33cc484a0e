import Documents
import Events

extension Tables {
    static let kafka = SettingTable(
        "kafka", Configuration.Kafka(),
        synonyms: [
            "bootstrap.servers": "brokers", "bootstrap-servers": "brokers", "bootstrap_servers": "brokers",
            "broker": "brokers", "hosts": "brokers", "linger.ms": "linger", "librdkafka_options": "properties",
            "librdkafka-options": "properties", "confparam": "properties", "compression.codec": "compression",
        ],
        [
            .brokers,
            .one("producers", \.producers, .threads, "librdkafka handles").afterRestart,
            .one(
                "embedded", \.embedded, .boolean,
                "`true` = librdkafka's mock cluster inside the process in place of `brokers`, to try things out"
            ).variable("KAFKASTREAMER_EMBEDDED_KAFKA").afterRestart,
            .optional("topic", \.topic, .topic, "one topic for every event; `null` = one for each type")
                .variable("KAFKA_TOPIC"),
            .one(
                "topic-template", \.topicTemplate, .topicTemplate,
                "the type in small letters: `DHCP_LEASE` goes to `dhcp-lease-events`"
            )
            .noted(
                "with `{family}` in its place one topic takes all types of a family: dhcp, dns, systemd, auth, "
                    + "kernel, …"),
            .one("format", \.format, .cases(), "how events are written, where a route does not say it")
                .noted("`json` = one object each; `raw` = the message's own bytes, as received"),
            .one(
                "dead-letter-topic", \.deadLetterTopic, .topic,
                "where records go that Kafka refuses for good, with the reason"
            ).afterRestart,
            .one(
                "topic-error-timeout", \.topicErrorTimeout,
                .duration(.zero...Duration.seconds(365 * 86_400), step: .milliseconds(1)),
                "after so long what waits for a topic becomes dead letters; 0 = it waits as long as it takes"
            ).noted(
                "a topic that does not exist, a right that is missing; the newest event stays and tries on, and dead "
                    + "letters are never given up"
            ).afterRestart,
            .one(
                "in-flight", \.inFlight, .window,
                "the most one producer has handed to librdkafka and has no delivery report for"
            ).afterRestart,
            Setting<Configuration.Kafka>.derived(
                "in-flight-per-topic", \.configuredInFlightPerTopic, \.inFlightPerTopic,
                .window.described("records, 1 to `in-flight`"),
                "of these, the most of one topic; `null` = half of `in-flight`"
            ).shown("`10000`", sample: "null").noted(
                "a topic without a leader leaves room for the others"
            ).afterRestart,
            .one(
                "linger", \.linger, .duration(.zero...Duration.seconds(900), step: .milliseconds(1)),
                "how long a batch waits for company"
            ).noted("in the sender; librdkafka adds a millisecond").afterRestart,
            .one("compression", \.compression, .cases(), "of batches").afterRestart,
            .properties("properties", isFile: false, "producer properties of librdkafka, by its names")
                .example("{security.protocol: SASL_SSL}"),
            .properties("property-files", isFile: true, "the value is read from the file, for secrets")
                .example("{sasl.password: /run/secrets/kafka-password}")
                .noted("less one newline at its end"),
        ])
}

extension Setting where Root == Configuration.Kafka {
    /// A list, or one text with commas, in the file as in the environment.
    fileprivate static var brokers: Setting {
        Setting(
            key: "brokers", unit: "list, or text with commas",
            meaning: "`host:port`; the port is 9092 where there is none",
            needsRestart: true,
            read: { section, kafka in
                guard let node = section.node("brokers") else { return }
                guard case .sequence(let items) = node.content else {
                    section.read("brokers", into: &kafka.brokers, Self.separated)
                    return
                }
                if items.isEmpty {
                    section.findings.error(
                        "kafka.brokers", at: node.mark, "found an empty list, expected at least one broker")
                    return
                }
                section.readList("brokers", into: &kafka.brokers, ScalarText.broker)
            },
            render: { .list($0.brokers) },
            assign: { text, kafka throws(ScalarFault) in kafka.brokers = try Self.separated(text) }
        ).variable("KAFKA_BROKERS", "with commas")
    }

    private static func separated(_ text: String) throws(ScalarFault) -> [String] {
        try ScalarText.separated(text, ScalarText.broker)
    }

    fileprivate static func properties(_ key: String, isFile: Bool, _ meaning: String) -> Setting {
        Setting(
            key: key, unit: isFile ? "property: path" : "property: value", meaning: meaning, needsRestart: true,
            read: { section, kafka in
                guard let node = section.node(key),
                    let list = Section(node, path: section.child(key), findings: section.findings)
                else { return }
                for entry in list.inOrder { kafka.readProperty(entry, in: list, isFile: isFile) }
            },
            render: { kafka in
                .mapping(
                    kafka.properties.filter { ($0.file != nil) == isFile }.map { property in
                        (property.name, .text(property.file ?? property.shownValue))
                    })
            })
    }
}

extension Configuration.Kafka {
    fileprivate mutating func readProperty(_ entry: SourceEntry, in section: Section, isFile: Bool) {
        let findings = section.findings
        do throws(ScalarFault) {
            _ = try ScalarText.property(entry.key)
        } catch {
            // The key is not shown: without its colon it holds the value.
            findings.error(section.path, at: entry.mark, "found another key, expected \(error.expected)")
            return
        }
        let path = section.child(entry.key)
        guard let value = Self.value(entry.value, path: path, isFile: isFile, findings) else { return }
        let property = Property(name: entry.key, value: value.text, file: value.file)
        if let key = Property.ownKeys[entry.key] {
            findings.error(path, at: entry.mark, "set \(key) instead of this property")
        } else if let other = properties.first(where: { $0.canonicalName == property.canonicalName }) {
            findings.error(
                path, at: entry.mark,
                other.name == entry.key
                    ? "the property is set twice, in properties and in property-files"
                    : "the property is set twice: \(other.name) is another name of it")
        } else {
            properties.append(property)
        }
    }

    /// A property's value, and the file that it was read from.
    private static func value(
        _ node: SourceNode, path: String, isFile: Bool, _ findings: Findings
    ) -> (text: String, file: String?)? {
        guard case .scalar(let text, isNull: false) = node.content else {
            findings.error(
                path, at: node.mark,
                "found \(Shown.kind(node, isSecret: true)), expected " + (isFile ? "the path of a file" : "one value"))
            return nil
        }
        guard isFile else {
            if text.utf8.contains(0) {
                findings.error(path, at: node.mark, "found a NUL byte, expected text")
            } else if let placeholder = Placeholder(in: text) {
                let property = Property(name: String(path.dropFirst("kafka.properties.".count)), value: text)
                findings.error(
                    path, at: node.mark,
                    placeholder.fault(isSecret: property.isSecret) + "; set the variable "
                        + EnvironmentOverrides.variable(ofProperty: property.name)
                        + ", or name a file under kafka.property-files")
            } else {
                return (text, nil)
            }
            return nil
        }
        do throws(SourceFault) {
            return (try TextFile.readSecret(text), text)
        } catch {
            findings.error(path, at: node.mark, "the file \(Shown.path(text)) \(error.message)")
            return nil
        }
    }
}

extension Configuration.Kafka.Property {
    var canonicalName: String { Self.canonical(name) }
}
