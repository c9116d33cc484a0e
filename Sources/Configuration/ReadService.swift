extension Configuration {
    /// Takes the file's values over the defaults.
    mutating func read(_ root: SourceNode, _ findings: Findings) {
        guard let section = Section(root, path: "", schema: .root, findings: findings) else { return }
        if let kafka = section.section("kafka", .kafka) { self.kafka.read(kafka) }
        if let spool = section.section("spool", .spool) { self.spool.read(spool) }
        if let limits = section.section("limits", .limits) { self.limits.read(limits) }
        if let logging = section.section("logging", .logging) { self.logging.read(logging) }
        if let rules = section.section("rules", .rules) {
            rules.readList("files", into: &rulesFiles, ScalarText.text)
        }
        section.read("state-directory", into: &stateDirectory, orNull: ScalarText.text)
        section.read("shutdown-timeout", into: &shutdownTimeout, SettingText.shutdownTimeout)
        readListeners(section)
        for (index, item) in section.items("routes").enumerated() {
            var route = Route(name: "route-\(index + 1)")
            route.read(item.node, path: item.path, findings)
            routes.append(route)
        }
    }
}

extension Configuration.Limits {
    mutating func read(_ section: Section) {
        section.read("max-message-size", into: &maximumMessageSize, SettingText.messageSize)
        section.read("rate-limit", into: &rateLimit, SettingText.rate)
        section.read("per-source-rate-limit", into: &perSourceRateLimit, SettingText.rate)
        section.read("burst", into: &burst, SettingText.rate)
    }
}

extension Configuration.Logging {
    mutating func read(_ section: Section) {
        section.read("level", into: &level, Self.level)
        section.read("format", into: &format, ScalarText.choice)
    }

    static func level(_ text: String) throws(ScalarFault) -> Level {
        try ScalarText.choice(text == "warn" ? "warning" : text)
    }
}

extension Configuration.Spool {
    mutating func read(_ section: Section) {
        section.read("directory", into: &directory, orNull: ScalarText.text)
        section.read("max-size", into: &configuredMaximumSize, orNull: SettingText.spoolSize)
        section.read("segment-size", into: &configuredSegmentSize, orNull: SettingText.segmentSize)
        section.read("sync", into: &sync, ScalarText.choice)
        section.read("sync-interval", into: &syncInterval) { text throws(ScalarFault) in
            try ScalarText.duration(text, in: .milliseconds(1)...SettingText.maximumTime)
        }
    }
}
