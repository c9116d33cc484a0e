import Base
import Documents

/// The environment variables that override the file, for containers.
struct EnvironmentOverrides {
    private let environment: [String: String]
    private let diagnostics: Diagnostics

    init(_ environment: [String: String], _ diagnostics: Diagnostics) {
        self.environment = environment
        self.diagnostics = diagnostics
    }

    /// Variables that set the addresses of the listeners of a type.
    static let addresses = [("KAFKASTREAMER_UDP", Configuration.Listener.udp), ("KAFKASTREAMER_TCP", .tcp)]

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
        for (name, path, _) in Tables.variables {
            guard let text = value(name) else { continue }
            configuration.set(path, to: text, from: .environment(name), diagnostics)
        }
        for (name, start) in Self.addresses { applyAddresses(name, start, to: &configuration) }
        applyProperties(to: &configuration.kafka)
        reportUnknown()
    }

    /// A variable's value; one that is empty counts as not set, as compose files often leave it.
    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    // MARK: - Listeners

    /// The addresses take the place of every listener of the type. The settings of the file's first one are kept,
    /// and it keeps its place; `off` leaves none.
    private func applyAddresses(_ name: String, _ start: Configuration.Listener, to configuration: inout Configuration)
    {
        guard let text = value(name) else { return }
        var addresses: [Endpoint] = []
        for part in text == "off" ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
            do throws(ValueFault) {
                addresses.append(try Endpoint(part.trimmed))
            } catch {
                diagnostics.error(
                    "listeners", at: .environment(name),
                    "found \(Excerpt.value(part.trimmed)), expected \(error.expected), or off")
            }
        }
        let old = configuration.listeners
        let first = old.firstIndex { $0.type == start.type }
        var origins: [Int?] = old.indices.filter { old[$0].type != start.type }
        configuration.listeners = origins.compactMap { $0.map { old[$0] } }
        for (index, address) in addresses.enumerated() {
            var listener = first.map { old[$0] } ?? start
            listener.address = address
            if index == 0, let first {
                configuration.listeners.insert(listener, at: min(first, configuration.listeners.count))
                origins.insert(first, at: min(first, origins.count))
            } else {
                listener.name = configuration.freeName(listener.name)
                configuration.listeners.append(listener)
                origins.append(nil)
            }
        }
        diagnostics.marks.move("listeners", origins)
        // Where nothing is left, this is why.
        if configuration.listeners.isEmpty, !old.isEmpty { diagnostics.marks.set("listeners", .environment(name)) }
        for (index, listener) in configuration.listeners.enumerated() where listener.type == start.type {
            diagnostics.marks.set("listeners[\(index)].address", .environment(name))
            if origins[index] == nil { diagnostics.marks.set("listeners[\(index)]", .environment(name)) }
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
            // Two underscores are one of the property's own, which takes part in no other splitting.
            let property = name.dropFirst(prefix.count).lowercased().replacing("__", with: "\0")
                .replacing("_", with: ".").replacing("\0", with: "_")
            if (try? Kind<String>.property.read(property)) == nil || property.hasSuffix(".") || property.contains("..")
            {
                diagnostics.error(
                    "kafka.properties", at: .environment(Excerpt.key(name)),
                    "expected a librdkafka property after \(prefix), such as \(prefix)SSL_CA_LOCATION")
                continue
            }
            applyProperty(name, property, to: &kafka)
        }
    }

    private func applyProperty(_ name: String, _ property: String, to kafka: inout Configuration.Kafka) {
        let path = "kafka.properties.\(property)"
        let (text, file) = (value(name), value(name + "_FILE"))
        guard let origin = text.map(Configuration.Kafka.Property.Origin.value) ?? file.map({ .file($0) }) else {
            return
        }
        let mark = SourceMark.environment(text == nil ? name + "_FILE" : name)
        do throws(Configuration.Kafka.Property.Fault) {
            guard text == nil || file == nil else {
                throw .init(message: "\(name)_FILE is set as well, expected one of the two")
            }
            let property = try Configuration.Kafka.Property(name: property, origin)
            // The file may have set the property by its other name: the environment wins.
            for other in kafka.properties where other.canonicalName == property.canonicalName {
                for list in ["kafka.properties", "kafka.property-files"] {
                    diagnostics.marks.remove("\(list).\(other.name)")
                }
            }
            kafka.properties.removeAll { $0.canonicalName == property.canonicalName }
            kafka.properties.append(property)
            diagnostics.marks.set(path, mark)
        } catch {
            diagnostics.error(path, at: mark, error.message)
        }
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
        let ours = Tables.variables.map { $0.name } + Self.addresses.map { $0.0 }
        let properties = Self.properties.flatMap { [$0.name, $0.name + "_FILE"] }
        let known = Set(ours + properties)
        for name in environment.keys.sorted() where !known.contains(name) && !name.hasPrefix(Self.propertyPrefix) {
            let upper = name.uppercased()
            if name.hasPrefix("KAFKASTREAMER_") {
                diagnostics.warning(
                    "", at: .environment(Excerpt.key(name)), "unknown variable" + Spelling.suggestion(name, ours))
            } else if upper.hasPrefix("KAFKA"),
                let meant = Self.synonyms[upper]
                    ?? Spelling.nearest(to: upper, among: ours + properties + [Self.propertyPrefix], within: 2)
            {
                diagnostics.warning(
                    "", at: .environment(Excerpt.key(name)), "the variable is not read; did you mean \(meant)?")
            }
        }
    }
}
