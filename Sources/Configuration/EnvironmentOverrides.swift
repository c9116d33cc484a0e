/// The environment variables that override the file, for containers.
struct EnvironmentOverrides {
    private let environment: [String: String]
    private let findings: Findings

    init(_ environment: [String: String], _ findings: Findings) {
        self.environment = environment
        self.findings = findings
    }

    /// Variables with a key of their own, in the order they are documented.
    static let variables: [(name: String, path: String)] = [
        ("KAFKA_BROKERS", "kafka.brokers"),
        ("KAFKA_TOPIC", "kafka.topic"),
        ("KAFKASTREAMER_EMBEDDED_KAFKA", "kafka.embedded"),
        ("KAFKASTREAMER_UDP", "listeners[udp].address"),
        ("KAFKASTREAMER_TCP", "listeners[tcp].address"),
        ("KAFKASTREAMER_SPOOL_DIRECTORY", "spool.directory"),
        ("KAFKASTREAMER_SPOOL_MAX_SIZE", "spool.max-size"),
        ("KAFKASTREAMER_STATE_DIRECTORY", "state-directory"),
        ("KAFKASTREAMER_RULES", "rules.files"),
        ("KAFKASTREAMER_MAX_MESSAGE_SIZE", "limits.max-message-size"),
        ("KAFKASTREAMER_RATE_LIMIT", "limits.rate-limit"),
        ("KAFKASTREAMER_PER_SOURCE_RATE_LIMIT", "limits.per-source-rate-limit"),
        ("KAFKASTREAMER_LOG_LEVEL", "logging.level"),
        ("KAFKASTREAMER_LOG_FORMAT", "logging.format"),
        ("KAFKASTREAMER_SHUTDOWN_TIMEOUT", "shutdown-timeout"),
    ]

    /// Variables that set a librdkafka property; each has a form with `_FILE` that names a file with the value.
    static let properties: [(name: String, property: String)] = [
        ("KAFKA_SECURITY_PROTOCOL", "security.protocol"),
        ("KAFKA_SASL_MECHANISM", "sasl.mechanism"),
        ("KAFKA_SASL_USERNAME", "sasl.username"),
        ("KAFKA_SASL_PASSWORD", "sasl.password"),
    ]

    /// `KAFKA_PROPERTY_SSL_CA_LOCATION` sets `ssl.ca.location`; `__` stands for an underscore.
    static let propertyPrefix = "KAFKA_PROPERTY_"

    func apply(to configuration: inout Configuration) {
        take("KAFKA_BROKERS", into: &configuration.kafka.brokers, SettingText.brokers)
        take("KAFKA_TOPIC", into: &configuration.kafka.topic, optional(ScalarText.topic))
        take("KAFKASTREAMER_EMBEDDED_KAFKA", into: &configuration.kafka.embedded, ScalarText.boolean)
        take("KAFKASTREAMER_SPOOL_DIRECTORY", into: &configuration.spool.directory, optional(ScalarText.text))
        take(
            "KAFKASTREAMER_SPOOL_MAX_SIZE", into: &configuration.spool.configuredMaximumSize,
            optional(SettingText.spoolSize))
        take("KAFKASTREAMER_STATE_DIRECTORY", into: &configuration.stateDirectory, optional(ScalarText.text))
        take("KAFKASTREAMER_RULES", into: &configuration.rulesFiles) { text throws(ScalarFault) in
            var globs: [String] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                globs.append(try ScalarText.text(SettingText.trimmed(part)))
            }
            return globs
        }
        take(
            "KAFKASTREAMER_MAX_MESSAGE_SIZE", into: &configuration.limits.maximumMessageSize, SettingText.messageSize)
        take("KAFKASTREAMER_RATE_LIMIT", into: &configuration.limits.rateLimit, SettingText.rate)
        take(
            "KAFKASTREAMER_PER_SOURCE_RATE_LIMIT", into: &configuration.limits.perSourceRateLimit, SettingText.rate)
        take("KAFKASTREAMER_LOG_LEVEL", into: &configuration.logging.level, Configuration.Logging.level)
        take("KAFKASTREAMER_LOG_FORMAT", into: &configuration.logging.format, ScalarText.choice)
        take("KAFKASTREAMER_SHUTDOWN_TIMEOUT", into: &configuration.shutdownTimeout, SettingText.shutdownTimeout)
        applyAddresses("KAFKASTREAMER_UDP", type: "udp", to: &configuration)
        applyAddresses("KAFKASTREAMER_TCP", type: "tcp", to: &configuration)
        applyProperties(to: &configuration.kafka)
        reportUnknown()
    }

    /// A variable's value; one that is empty counts as not set, as compose files often leave it.
    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    private func optional<Value>(_ reader: @escaping Section.Reader<Value>) -> Section.Reader<Value?> {
        { (text: String) throws(ScalarFault) -> Value? in try reader(text) }
    }

    private func take<Value>(_ name: String, into value: inout Value, _ reader: Section.Reader<Value>) {
        guard let text = self.value(name) else { return }
        let path = Self.variables.first { $0.name == name }?.path ?? ""
        do throws(ScalarFault) {
            value = try reader(text)
            findings.marks.set(path, .environment(name))
        } catch {
            findings.error(
                path, at: .environment(name), "found \(Shown.value(text)), expected \(error.expected)")
        }
    }

    // MARK: - Listeners

    /// The addresses take the place of every listener of the type. The settings of the file's first one are kept,
    /// and it keeps its place; `off` leaves none.
    private func applyAddresses(_ name: String, type: String, to configuration: inout Configuration) {
        guard let text = value(name) else { return }
        var addresses: [Configuration.Address] = []
        if text != "off" {
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                do throws(ScalarFault) {
                    addresses.append(try ScalarText.address(SettingText.trimmed(part)))
                } catch {
                    findings.error(
                        "listeners", at: .environment(name),
                        "found \(Shown.value(SettingText.trimmed(part))), expected \(error.expected), or off")
                }
            }
        }
        let old = configuration.listeners
        let template = old.first { $0.type == type }
        var origins: [Int?] = old.indices.filter { old[$0].type != type }
        configuration.listeners = origins.compactMap { $0.map { old[$0] } }
        for (index, address) in addresses.enumerated() {
            var listener = template ?? (type == "udp" ? .udp(.init()) : .tcp(.init()))
            listener.bind(to: address)
            if index == 0, let place = old.firstIndex(where: { $0.type == type }) {
                configuration.listeners.insert(listener, at: min(place, configuration.listeners.count))
                origins.insert(place, at: min(place, origins.count))
            } else {
                listener.name = configuration.freeListenerName(listener.name, except: nil)
                configuration.listeners.append(listener)
                origins.append(nil)
            }
        }
        findings.marks.moveListeners(origins)
        for (index, listener) in configuration.listeners.enumerated() where listener.type == type {
            findings.marks.set("listeners[\(index)].address", .environment(name))
            if origins[index] == nil { findings.marks.set("listeners[\(index)]", .environment(name)) }
        }
    }

    // MARK: - Properties

    private func applyProperties(to kafka: inout Configuration.Kafka) {
        for (name, property) in Self.properties { applyProperty(name, property, to: &kafka) }
        let prefix = Self.propertyPrefix
        let names = Set(
            environment.keys.filter { $0.hasPrefix(prefix) }.map { $0.hasSuffix("_FILE") ? String($0.dropLast(5)) : $0 }
        )
        for name in names.sorted() {
            guard value(name) != nil || value(name + "_FILE") != nil else { continue }
            let words = name.dropFirst(prefix.count).lowercased().split(
                separator: "_", omittingEmptySubsequences: false)
            var property = ""
            var isStart = true
            var index = words.startIndex
            while index < words.endIndex {
                // An empty word in the middle is what `__` leaves: an underscore of the property's own.
                if words[index].isEmpty, !isStart, index + 1 < words.endIndex {
                    property += "_" + words[index + 1]
                    index += 2
                } else {
                    property += (isStart ? "" : ".") + words[index]
                    index += 1
                }
                isStart = false
            }
            if (try? ScalarText.property(property)) == nil || property.hasSuffix(".") || property.contains("..") {
                findings.error(
                    "kafka.properties", at: .environment(Shown.key(name)),
                    "expected a librdkafka property after \(prefix), such as \(prefix)SSL_CA_LOCATION")
                continue
            }
            applyProperty(name, property, to: &kafka)
        }
    }

    private func applyProperty(_ name: String, _ property: String, to kafka: inout Configuration.Kafka) {
        let path = "kafka.properties.\(property)"
        let file = value(name + "_FILE")
        guard var text = value(name) ?? file else { return }
        let mark = ConfigurationMark.environment(value(name) == nil ? name + "_FILE" : name)
        if value(name) != nil, file != nil {
            findings.error(path, at: mark, "\(name)_FILE is set as well, expected one of the two")
            return
        }
        if let key = Configuration.Kafka.Property.ownKeys[property] {
            findings.error(path, at: mark, "set \(key) instead of this property")
            return
        }
        if let file {
            do throws(TextFileFault) {
                text = try TextFile.readSecret(file)
            } catch {
                findings.error(path, at: mark, "the file \(Shown.value(file)) \(error.message)")
                return
            }
        }
        // The file may have set the property by its other name: the environment wins.
        let canonical = Configuration.Kafka.Property.canonical(property)
        for other in kafka.properties where other.canonicalName == canonical {
            findings.marks.remove(property: other.name)
        }
        kafka.properties.removeAll { $0.canonicalName == canonical }
        kafka.properties.append(.init(name: property, value: text, file: file))
        findings.marks.set(path, mark)
    }

    // MARK: - Spelling

    /// Other programs have variables that begin with `KAFKA_`; those that begin with our name are ours.
    private func reportUnknown() {
        let known = Self.variables.map(\.name)
        for name in environment.keys.sorted() where name.hasPrefix("KAFKASTREAMER_") && !known.contains(name) {
            findings.warning(
                "", at: .environment(Shown.key(name)),
                "unknown variable" + ScalarText.suggestion(name, known))
        }
    }
}

extension Configuration.Listener {
    /// Changes the address of a UDP or TCP listener; the other types have none.
    fileprivate mutating func bind(to address: Configuration.Address) {
        switch self {
        case .udp(var listener):
            listener.address = address
            self = .udp(listener)
        case .tcp(var listener):
            listener.address = address
            self = .tcp(listener)
        case .unixDatagram, .file: break
        }
    }
}

extension ConfigurationMarks {
    /// The environment set the key, and with it everything below.
    mutating func set(_ path: String, _ mark: ConfigurationMark) {
        let below: (String) -> Bool = { $0.hasPrefix(path + ".") || $0.hasPrefix(path + "[") }
        for key in keys.keys.filter(below) { keys[key] = nil }
        for key in values.keys.filter(below) { values[key] = nil }
        keys[path] = mark
        values[path] = mark
    }

    mutating func remove(property name: String) {
        for list in ["kafka.properties", "kafka.property-files"] {
            keys["\(list).\(name)"] = nil
            values["\(list).\(name)"] = nil
        }
    }

    /// Listeners changed their places: each has the place in the file it had, nil for one that is not in it.
    mutating func moveListeners(_ origins: [Int?]) {
        keys = Self.moved(keys, origins)
        values = Self.moved(values, origins)
    }

    private static func moved(_ marks: [String: ConfigurationMark], _ origins: [Int?]) -> [String: ConfigurationMark] {
        var moved = marks.filter { !$0.key.hasPrefix("listeners[") }
        for (index, origin) in origins.enumerated() {
            guard let origin else { continue }
            let prefix = "listeners[\(origin)]"
            for (path, mark) in marks where path == prefix || path.hasPrefix(prefix + ".") {
                moved["listeners[\(index)]" + path.dropFirst(prefix.count)] = mark
            }
        }
        return moved
    }
}
