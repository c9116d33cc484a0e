extension Configuration: CustomStringConvertible, CustomDebugStringConvertible {
    /// The configuration in force as YAML: every key with its value, in a stable order, secrets masked.
    public var description: String { YAMLText.write(rendered) }
    /// As ``description``.
    public var debugDescription: String { description }

    private var rendered: YAMLText {
        .mapping([
            ("listeners", .sequence(listeners.map(\.rendered))),
            ("kafka", kafka.rendered),
            ("spool", spool.rendered),
            ("state-directory", .optional(stateDirectory)),
            ("rules", .mapping([("files", .list(rulesFiles))])),
            ("routes", .sequence(routes.map(\.rendered))),
            (
                "limits",
                .mapping([
                    ("max-message-size", .size(limits.maximumMessageSize)),
                    ("rate-limit", .plain("\(limits.rateLimit)")),
                    ("per-source-rate-limit", .plain("\(limits.perSourceRateLimit)")),
                    ("burst", .plain("\(limits.burst)")),
                ])
            ),
            (
                "logging",
                .mapping([("level", .text(logging.level.rawValue)), ("format", .text(logging.format.rawValue))])
            ),
            ("shutdown-timeout", .duration(shutdownTimeout)),
        ])
    }
}

extension Configuration.Kafka {
    fileprivate var rendered: YAMLText {
        .mapping([
            ("brokers", .list(brokers)),
            ("producers", .plain("\(producers)")),
            ("embedded", .plain("\(embedded)")),
            ("topic", .optional(topic)),
            ("topic-template", .text(topicTemplate)),
            ("dead-letter-topic", .text(deadLetterTopic)),
            ("in-flight", .plain("\(inFlight)")),
            ("in-flight-per-topic", .plain("\(inFlightPerTopic)")),
            ("linger", .duration(linger)),
            ("compression", .text(compression.rawValue)),
            (
                "properties",
                .mapping(properties.filter { $0.file == nil }.map { ($0.name, .text($0.shownValue)) })
            ),
            (
                "property-files",
                .mapping(properties.compactMap { property in property.file.map { (property.name, .text($0)) } })
            ),
        ])
    }
}

extension Configuration.Spool {
    fileprivate var rendered: YAMLText {
        .mapping([
            ("directory", .optional(directory)),
            ("max-size", .size(maximumSize)),
            ("segment-size", .size(segmentSize)),
            ("sync", .text(sync.rawValue)),
            ("sync-interval", .duration(syncInterval)),
        ])
    }
}

extension Configuration.Listener {
    fileprivate var rendered: YAMLText {
        var entries: [(String, YAMLText)] = [("name", .text(name)), ("type", .text(type))]
        switch self {
        case .udp(let udp):
            entries += [
                ("address", .text(udp.address.description)),
                ("threads", .plain("\(udp.threads)")),
                ("receive-buffer", .size(udp.receiveBuffer)),
            ]
        case .tcp(let tcp):
            entries += [
                ("address", .text(tcp.address.description)),
                ("threads", .plain("\(tcp.threads)")),
                ("max-connections", .plain("\(tcp.maximumConnections)")),
                ("idle-timeout", .duration(tcp.idleTimeout)),
                ("framing", .text(tcp.framing.rawValue)),
            ]
        case .unixDatagram(let unix):
            entries += [
                ("path", .text(unix.path)),
                ("mode", .text(ScalarText.format(mode: unix.mode))),
                ("receive-buffer", .size(unix.receiveBuffer)),
            ]
        case .file(let file):
            entries += [
                ("paths", .list(file.paths)),
                ("exclude", .list(file.exclude)),
                ("start-at", .text(file.startAt.rawValue)),
                ("follow", .plain("\(file.follow)")),
                ("program", .optional(file.program)),
                ("poll-interval", .duration(file.pollInterval)),
            ]
        }
        entries += [
            ("max-message-size", reception.maximumMessageSize.map { .size($0) } ?? .plain("null")),
            ("rate-limit", .plain("\(reception.rateLimit)")),
            ("time-zone", .text(reception.timeZone)),
        ]
        if Schema.hasNetwork(type) {
            entries += [
                (
                    "time-zones",
                    .sequence(
                        reception.timeZones.map {
                            .mapping([
                                ("network", .text($0.network.description)), ("time-zone", .text($0.timeZone)),
                            ])
                        })
                ),
                ("allow", .list(reception.allow.map(\.description))),
            ]
        }
        return .mapping(entries)
    }
}

extension Schema {
    /// Whether senders of a type of listener have an address.
    static func hasNetwork(_ type: String) -> Bool { type == "udp" || type == "tcp" }
}

extension Configuration.Route {
    fileprivate var rendered: YAMLText {
        var topics = self.topics.map { ($0.type, YAMLText.text($0.topic)) }
        if let defaultTopic { topics.append(("default", .text(defaultTopic))) }
        let parserText =
            switch parser {
            case .auto: "auto"
            case .none: "none"
            case .named(let name): name
            }
        return .mapping([
            ("name", .text(name)),
            (
                "match",
                .mapping([
                    ("program", .list(match.programs)),
                    ("facility", .list(match.facilities.map { Self.keyword($0, SettingText.facilities) })),
                    ("severity", .list(match.severities.map { Self.keyword($0, SettingText.severities) })),
                    ("host", .list(match.hosts)),
                    ("source", .list(match.sources.map(\.description))),
                    ("listener", .list(match.listeners)),
                ])
            ),
            ("parser", .text(parserText)),
            ("topic", .optional(topic)),
            ("topics", .mapping(topics)),
            ("key", .optional(key)),
            ("drop", .plain("\(drop)")),
        ])
    }

    /// The keyword of a number, the number itself where code set one that has none.
    private static func keyword(_ number: UInt8, _ names: [String]) -> String {
        names.indices.contains(Int(number)) ? names[Int(number)] : String(number)
    }
}

/// YAML to be written.
indirect enum YAMLText {
    case plain(String)
    case text(String)
    case sequence([YAMLText])
    case mapping([(String, YAMLText)])

    static func optional(_ text: String?) -> YAMLText { text.map { .text($0) } ?? .plain("null") }
    static func list(_ texts: [String]) -> YAMLText { .sequence(texts.map { .text($0) }) }
    static func size(_ bytes: Int) -> YAMLText { .plain(ScalarText.format(size: bytes)) }
    static func duration(_ duration: Duration) -> YAMLText { .plain(ScalarText.format(duration: duration)) }

    static func write(_ value: YAMLText) -> String {
        var output = ""
        value.write(to: &output, indent: 0)
        return output
    }

    private func write(to output: inout String, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        switch self {
        case .plain, .text: output += margin + line + "\n"
        case .sequence(let items):
            for item in items {
                var text = ""
                item.write(to: &text, indent: indent + 2)
                output += margin + "- " + text.dropFirst(indent + 2)
            }
        case .mapping(let entries):
            for (key, value) in entries {
                output += margin + Self.quoted(key) + ":"
                if let line = value.shortLine {
                    output += " " + line + "\n"
                } else {
                    output += "\n"
                    value.write(to: &output, indent: indent + 2)
                }
            }
        }
    }

    /// What fits on the line of its key: a scalar, a list of scalars, nothing.
    private var shortLine: String? {
        switch self {
        case .plain, .text: return line
        case .sequence(let items):
            let lines = items.compactMap(\.scalarLine)
            return lines.count == items.count ? "[" + lines.joined(separator: ", ") + "]" : nil
        case .mapping(let entries): return entries.isEmpty ? "{}" : nil
        }
    }

    private var scalarLine: String? {
        switch self {
        case .plain, .text: line
        case .sequence, .mapping: nil
        }
    }

    private var line: String {
        switch self {
        case .plain(let text): text
        case .text(let text): Self.quoted(text)
        case .sequence, .mapping: ""
        }
    }

    /// Unquoted only where no reader of YAML could take it for anything but this text.
    private static func quoted(_ text: String) -> String {
        let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        if let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic || first == "/",
            !words.contains(text.lowercased()), text.last != ":",
            text.unicodeScalars.allSatisfy({
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._/:-".unicodeScalars.contains($0))
            })
        {
            return text
        }
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                output += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            case "\u{2028}": output += "\\L"
            case "\u{2029}": output += "\\P"
            case "\u{FEFF}": output += "\\uFEFF"
            case "\u{FFFE}", "\u{FFFF}": output += "\\u" + String(scalar.value, radix: 16)
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
