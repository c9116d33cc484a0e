import Documents

/// The environment variables that override the file, for containers.
struct EnvironmentOverrides {
    private let environment: [String: String]
    private let findings: Findings

    init(_ environment: [String: String], _ findings: Findings) {
        self.environment = environment
        self.findings = findings
    }

    /// Variables with a key of their own.
    static let variables = Tables.root.settings.flatMap(\.variables)

    /// Variables that set the addresses of the listeners of a type.
    static let addresses = [("KAFKASTREAMER_UDP", "udp"), ("KAFKASTREAMER_TCP", "tcp")]

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
        for variable in Self.variables { take(variable, into: &configuration) }
        for (name, type) in Self.addresses { applyAddresses(name, type: type, to: &configuration) }
        applyProperties(to: &configuration.kafka)
        reportUnknown()
    }

    /// A variable's value; one that is empty counts as not set, as compose files often leave it.
    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    private func take(_ variable: SettingVariable<Configuration>, into configuration: inout Configuration) {
        guard let text = value(variable.name) else { return }
        do throws(ScalarFault) {
            if let placeholder = Placeholder(in: text) {
                throw ScalarFault(expected: "the value itself: " + placeholder.fault())
            }
            try variable.assign(text, &configuration)
            findings.marks.set(variable.path, .environment(variable.name))
        } catch {
            findings.error(
                variable.path, at: .environment(variable.name),
                "found \(Shown.value(text)), expected \(error.expected)")
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
                    addresses.append(try ScalarText.address(ScalarText.trimmed(part)))
                } catch {
                    findings.error(
                        "listeners", at: .environment(name),
                        "found \(Shown.value(ScalarText.trimmed(part))), expected \(error.expected), or off")
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
                listener.name = configuration.listenerName(forType: listener.name)
                configuration.listeners.append(listener)
                origins.append(nil)
            }
        }
        findings.marks.moveListeners(origins)
        // Where nothing is left, this is why.
        if configuration.listeners.isEmpty, !old.isEmpty { findings.marks.set("listeners", .environment(name)) }
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
            do throws(SourceFault) {
                text = try TextFile.readSecret(file)
            } catch {
                findings.error(path, at: mark, "the file \(Shown.path(file)) \(error.message)")
                return
            }
        } else if let placeholder = Placeholder(in: text) {
            let isSecret = Configuration.Kafka.Property(name: property, value: text).isSecret
            findings.error(path, at: mark, placeholder.fault(isSecret: isSecret))
            return
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

    /// The variable that sets a property.
    static func variable(ofProperty name: String) -> String {
        let words = name.uppercased().replacing("_", with: "__").replacing(".", with: "_")
        return properties.first { $0.property == name }?.name ?? propertyPrefix + words
    }

    /// Names that others use for what a variable here sets.
    private static let synonyms = [
        "KAFKA_BOOTSTRAP_SERVERS": "KAFKA_BROKERS", "KAFKA_BOOTSTRAP_SERVER": "KAFKA_BROKERS",
        "KAFKA_BROKER_LIST": "KAFKA_BROKERS", "KAFKA_HOSTS": "KAFKA_BROKERS", "KAFKA_USERNAME": "KAFKA_SASL_USERNAME",
        "KAFKA_USER": "KAFKA_SASL_USERNAME", "KAFKA_SASL_USER": "KAFKA_SASL_USERNAME",
        "KAFKA_PASSWORD": "KAFKA_SASL_PASSWORD",
    ]

    /// Other programs have variables that begin with `KAFKA_`, so of those only what is nearly one of ours is
    /// suspicious; all that begin with our name are ours.
    private func reportUnknown() {
        let ours = Self.variables.map(\.name) + Self.addresses.map(\.0)
        let properties = Self.properties.flatMap { [$0.name, $0.name + "_FILE"] }
        let known = Set(ours + properties)
        for name in environment.keys.sorted() where !known.contains(name) && !name.hasPrefix(Self.propertyPrefix) {
            let upper = name.uppercased()
            if name.hasPrefix("KAFKASTREAMER_") {
                findings.warning(
                    "", at: .environment(Shown.key(name)), "unknown variable" + ScalarText.suggestion(name, ours))
            } else if upper.hasPrefix("KAFKA"),
                let meant = Self.synonyms[upper]
                    ?? Spelling.nearest(to: upper, among: ours + properties + [Self.propertyPrefix], within: 2)
            {
                findings.warning(
                    "", at: .environment(Shown.key(name)), "the variable is not read; did you mean \(meant)?")
            }
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

    /// The item that now has this place in its list.
    mutating func setItem(_ path: String, _ mark: ConfigurationMark) {
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
