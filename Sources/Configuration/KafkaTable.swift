import Base
import Documents
import Events
import Kafka

extension Tables {
    static let kafka = SettingTable(
        "kafka", Configuration.Kafka(),
        synonyms: [
            "bootstrap.servers": "brokers", "bootstrap-servers": "brokers", "bootstrap_servers": "brokers",
            "broker": "brokers", "hosts": "brokers", "linger.ms": "linger", "librdkafka_options": "properties",
            "librdkafka-options": "properties", "confparam": "properties", "compression.codec": "compression",
        ],
        [
            brokers,
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
            deadLetterTopic, topicErrorTimeout,
            .one("format", \.format, .cases(), "how events are written, where a route does not say it")
                .noted("`json` = one object each; `raw` = the message's own bytes, as received"),
            .one(
                "in-flight", \.limits.inFlight, .window,
                "the most one producer has handed to librdkafka and has no delivery report for"
            ).afterRestart,
            inFlightPerTopic,
            .one(
                "linger", \.linger, .duration(.zero...Duration.seconds(900), whole: .ms),
                "how long a batch waits for company"
            ).noted("in the sender; librdkafka adds a millisecond").afterRestart,
            .one("compression", \.compression, .cases(), "of batches").afterRestart,
            .properties("properties", isFile: false, "producer properties of librdkafka, by its names")
                .example("{security.protocol: SASL_SSL}"),
            .properties("property-files", isFile: true, "the value is read from the file, for secrets")
                .example("{sasl.password: /run/secrets/kafka-password}")
                .noted("less one newline at its end"),
        ])

    // What is more than one line of plain types: the compiler would take minutes for them in the list.
    private static let brokers: Setting<Configuration.Kafka> =
        .list(
            "brokers", \.brokers, Kind<String>.broker.described("list, or text with commas"),
            needed: "at least one broker",
            takesCommas: true, "`host:port`; the port is 9092 where there is none"
        ).variable("KAFKA_BROKERS", "with commas").afterRestart

    private static let deadLetterTopic: Setting<Configuration.Kafka> =
        .one(
            "dead-letter-topic", \.limits.deadLetterTopic, Kind<String>.topic.some,
            "where records go that Kafka refuses for good, with the reason"
        ).afterRestart

    private static let topicErrorTimeout: Setting<Configuration.Kafka> =
        .one(
            "topic-error-timeout", \.limits.giveUpAfter,
            Kind<Duration>.duration(.zero...Duration.seconds(365 * 86_400), whole: .ms).map(
                { $0 == .zero ? nil : UInt64($0.microseconds) * 1000 },
                back: { .nanoseconds(Int64(clamping: $0 ?? 0)) }),
            "after so long what waits for a topic becomes dead letters; 0 = it waits as long as it takes"
        ).noted(
            "a topic that does not exist, a right that is missing; the newest event stays and tries on, and dead "
                + "letters are never given up"
        ).afterRestart

    private static let inFlightPerTopic: Setting<Configuration.Kafka> =
        .optional(
            "in-flight-per-topic", \.limits.configuredShare,
            Kind<Int>.window.described("records, 1 to `in-flight`"),
            inForce: \Configuration.Kafka.limits.share, "of these, the most of one topic; `null` = half of `in-flight`"
        ).noted("a topic without a leader leaves room for the others").afterRestart
}

extension Setting where Root == Configuration.Kafka {
    fileprivate static func properties(_ key: String, isFile: Bool, _ meaning: String) -> Setting {
        Setting.map(
            key, isFile ? "property: path" : "property: value", meaning,
            read: { entry, section, kafka in kafka.readProperty(entry, in: section, isFile: isFile) },
            render: { kafka in
                kafka.properties.filter { ($0.file != nil) == isFile }.map { property in
                    (property.name, .text(property.file ?? property.shownValue))
                }
            }
        ).afterRestart
    }
}

extension Configuration.Kafka {
    fileprivate mutating func readProperty(_ entry: SourceEntry, in section: Section, isFile: Bool) {
        let diagnostics = section.diagnostics
        do throws(ValueFault) {
            _ = try Kind<String>.property.read(entry.key)
        } catch {
            // The key is not shown: without its colon it holds the value.
            diagnostics.error(section.path, at: entry.mark, "found another key, expected \(error.expected)")
            return
        }
        let path = section.child(entry.key)
        guard case .scalar(let text, isNull: false) = entry.value.content else {
            diagnostics.error(
                path, at: entry.value.mark,
                "found \(Excerpt.kind(entry.value, isSecret: true)), expected "
                    + (isFile ? "the path of a file" : "one value"))
            return
        }
        do throws(Property.Fault) {
            let property = try Property(name: entry.key, isFile ? .file(text) : .value(text))
            if let other = properties.first(where: { $0.canonicalName == property.canonicalName }) {
                diagnostics.error(
                    path, at: entry.mark,
                    other.name == entry.key
                        ? "the property is set twice, in properties and in property-files"
                        : "the property is set twice: \(other.name) is another name of it")
            } else {
                properties.append(property)
            }
        } catch {
            diagnostics.error(path, at: error.isOfName ? entry.mark : entry.value.mark, error.message + error.advice)
        }
    }
}
