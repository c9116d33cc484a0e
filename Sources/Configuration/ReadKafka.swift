extension Configuration.Kafka {
    mutating func read(_ section: Section) {
        readBrokers(section)
        section.read("producers", into: &producers, SettingText.threads)
        section.read("embedded", into: &embedded, ScalarText.boolean)
        section.read("topic", into: &topic, orNull: ScalarText.topic)
        section.read("topic-template", into: &topicTemplate, ScalarText.topicTemplate)
        section.read("dead-letter-topic", into: &deadLetterTopic, ScalarText.topic)
        section.read("in-flight", into: &inFlight, Self.window)
        section.read("in-flight-per-topic", into: &configuredInFlightPerTopic, orNull: Self.window)
        section.read("linger", into: &linger) { text throws(ScalarFault) in
            try ScalarText.duration(text, in: .zero...Duration.seconds(900), step: .milliseconds(1))
        }
        section.read("compression", into: &compression, ScalarText.choice)
        if let node = section.node("properties"),
            let list = Section(node, path: "kafka.properties", findings: section.findings)
        {
            for entry in list.inOrder { readProperty(entry, in: list, isFile: false) }
        }
        if let node = section.node("property-files"),
            let list = Section(node, path: "kafka.property-files", findings: section.findings)
        {
            for entry in list.inOrder { readProperty(entry, in: list, isFile: true) }
        }
    }

    private static func window(_ text: String) throws(ScalarFault) -> Int {
        try ScalarText.integer(text, in: 1...10_000_000)
    }

    /// A list, or one text with commas.
    private mutating func readBrokers(_ section: Section) {
        guard let node = section.node("brokers") else { return }
        guard case .sequence(let items) = node.content else {
            section.read("brokers", into: &brokers, SettingText.brokers)
            return
        }
        if items.isEmpty {
            section.findings.error("kafka.brokers", at: node.mark, "found an empty list, expected at least one broker")
            return
        }
        section.readList("brokers", into: &brokers, ScalarText.broker)
    }

    private mutating func readProperty(_ entry: SourceEntry, in section: Section, isFile: Bool) {
        let findings = section.findings
        do throws(ScalarFault) {
            _ = try ScalarText.property(entry.key)
        } catch {
            // The key is not shown: without its colon it holds the value.
            findings.error(section.path, at: entry.mark, "found another key, expected \(error.expected)")
            return
        }
        let path = section.child(entry.key)
        guard case .scalar(let text, isNull: false) = entry.value.content else {
            findings.error(
                path, at: entry.value.mark,
                "found \(Shown.kind(entry.value, isSecret: true)), expected "
                    + (isFile ? "the path of a file" : "one value"))
            return
        }
        var value = text
        if isFile {
            do throws(TextFileFault) {
                value = try TextFile.readSecret(text)
            } catch {
                findings.error(path, at: entry.value.mark, "the file \(Shown.value(text)) \(error.message)")
                return
            }
        }
        guard !value.utf8.contains(0) else {
            findings.error(path, at: entry.value.mark, "found a NUL byte, expected text")
            return
        }
        let property = Property(name: entry.key, value: value, file: isFile ? text : nil)
        if let key = Property.ownKeys[entry.key] {
            findings.error(path, at: entry.mark, "set \(key) instead of this property")
        } else if let other = properties.first(where: { Property.canonical($0.name) == property.canonicalName }) {
            findings.error(
                path, at: entry.mark,
                other.name == entry.key
                    ? "the property is set twice, in properties and in property-files"
                    : "the property is set twice: \(other.name) is another name of it")
        } else {
            properties.append(property)
        }
    }
}

extension Configuration.Kafka.Property {
    var canonicalName: String { Self.canonical(name) }
}
