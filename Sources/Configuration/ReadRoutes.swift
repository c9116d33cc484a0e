extension Configuration.Route {
    mutating func read(_ node: SourceNode, path: String, _ findings: Findings) {
        guard let section = Section(node, path: path, schema: .route, findings: findings) else { return }
        section.read("name", into: &name, ScalarText.name)
        if let match = section.section("match", .match) { self.match.read(match) }
        section.read("parser", into: &parser) { text throws(ScalarFault) in
            switch text {
            case "auto": .auto
            case "none": .none
            default: .named(try ScalarText.name(text))
            }
        }
        section.read("topic", into: &topic, orNull: ScalarText.topic)
        readTopics(section)
        section.read("key", into: &key, orNull: ScalarText.field)
        section.read("drop", into: &drop, ScalarText.boolean)
    }

    private mutating func readTopics(_ section: Section) {
        guard let node = section.node("topics"),
            let list = Section(node, path: section.child("topics"), findings: section.findings)
        else { return }
        for entry in list.inOrder {
            let path = list.child(Shown.key(entry.key))
            guard let topic = list.scalar(entry.value, path: path, ScalarText.topic) else { continue }
            if entry.key == "default" {
                defaultTopic = topic
                continue
            }
            do throws(ScalarFault) {
                topics.append(.init(type: try ScalarText.eventType(entry.key), topic: topic))
            } catch {
                section.findings.error(
                    path, at: entry.mark, "found \"\(Shown.key(entry.key))\", expected \(error.expected)")
            }
        }
    }
}

extension Configuration.Match {
    mutating func read(_ section: Section) {
        section.readList("program", into: &programs, ScalarText.text)
        section.readList("host", into: &hosts, ScalarText.text)
        section.readList("listener", into: &listeners, ScalarText.name)
        section.readNetworks("source", into: &sources)
        section.readList("facility", into: &facilities, SettingText.facility)
        facilities = Array(Set(facilities)).sorted()
        section.readList("severity", into: &severities, SettingText.severity)
        // One severity is a threshold, a list is what it holds.
        if let node = section.node("severity"), case .scalar = node.content, let least = severities.first {
            severities = Array(0...least)
        }
        severities = Array(Set(severities)).sorted()
    }
}
