import Base
import Crdkafka
import Glibc

/// What is wrong with librdkafka properties: what librdkafka refuses, what it would silently take for something else, and
/// what it would take but would break the promise that nothing accepted is lost, uncounted or out of order.
///
/// It opens no connection and changes nothing; it looks whether files that are named can be read.
public enum PropertyCheck {
    /// A property that cannot stay as it is.
    public struct Refusal: Sendable, Equatable {
        /// librdkafka's name of the property, as it was given where it was.
        public var name: String
        /// Why, and what was expected.
        public var reason: String
    }

    /// Everything that is wrong, by property in the order they were given; empty when all is well.
    /// - Parameter properties: names and values as they will be set, without the product's own defaults.
    public static func refusals(_ properties: [(name: String, value: String)]) -> [Refusal] {
        let values = Effective(properties)
        var refusals = librdkafka(properties)
        func add(_ more: [Refusal]) { refusals += more.filter { one in !refusals.contains { $0.name == one.name } } }
        add(promises(values))
        add(authentication(values))
        add(files(values))
        add(features(values))
        return refusals
    }

    // MARK: Names and values

    /// The values in force, by librdkafka's first name of each property.
    private struct Effective {
        private var values: [String: (name: String, value: String)] = [:]

        init(_ properties: [(name: String, value: String)]) {
            for (name, value) in properties { values[ClientConfiguration.canonical(name)] = (name, value) }
        }

        /// The value, in small letters where `folded`; nil when it is not set.
        subscript(_ name: String) -> String? { values[name]?.value }

        func folded(_ name: String) -> String? { values[name]?.value.lowercased() }

        /// The name that was given.
        func given(_ name: String) -> String { values[name]?.name ?? name }

        func refusal(_ name: String, _ reason: String) -> Refusal { Refusal(name: given(name), reason: reason) }
    }

    // MARK: What librdkafka says, and what it reads

    private static func librdkafka(_ properties: [(name: String, value: String)]) -> [Refusal] {
        guard let conf = rd_kafka_conf_new() else { return [] }
        defer { rd_kafka_conf_destroy(conf) }
        return properties.compactMap { name, value in
            (ClientConfiguration.set(conf, name, value) ?? misread(conf, name, value)).map {
                Refusal(name: name, reason: $0)
            }
        }
    }

    /// librdkafka takes a number's beginning for the whole, `1MiB` for 1, and a leading zero for octal.
    private static func misread(_ conf: OpaquePointer, _ name: String, _ value: String) -> String? {
        let given = value.trimmingSpaces
        guard let first = given.utf8.first(where: { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") }),
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return nil }
        var size = 512
        var text = [CChar](repeating: 0, count: size)
        guard rd_kafka_conf_get(conf, name, &text, &size) == RD_KAFKA_CONF_OK else { return nil }
        let read = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        guard let number = Double(read), Double(given) != number else { return nil }
        return "librdkafka takes a plain number and would read \(value) as \(read)"
    }

    // MARK: What breaks the promise

    private static func promises(_ values: Effective) -> [Refusal] {
        var refusals: [Refusal] = []
        if isTrue(values["delivery.report.only.error"]) {
            refusals.append(
                values.refusal(
                    "delivery.report.only.error",
                    "the delivery report is what frees a record from the spool: without it nothing is ever done"))
        }
        if values["transactional.id"] != nil {
            refusals.append(
                values.refusal("transactional.id", "records are not sent in transactions: none would ever be committed")
            )
        }
        if let acks = values.folded("acks"), acks != "all", acks != "-1" {
            refusals.append(
                values.refusal(
                    "acks", "\(acks) counts a record as delivered before every replica in sync has it; expected all"))
        }
        if let on = values["enable.idempotence"], !isTrue(on) {
            refusals.append(
                values.refusal(
                    "enable.idempotence", "without it an outage repeats records and changes their order; expected true")
            )
        }
        if let on = values["enable.gapless.guarantee"], !isTrue(on) {
            refusals.append(
                values.refusal(
                    "enable.gapless.guarantee", "without it records overtake one that was refused; expected true"))
        }
        if let time = values["message.timeout.ms"], Double(time.trimmingSpaces) != 0 {
            refusals.append(
                values.refusal(
                    "message.timeout.ms",
                    "\(time) gives records up during an outage, out of their order; expected 0: they wait"))
        }
        if let brokers = values["test.mock.num.brokers"], Double(brokers.trimmingSpaces) != 0 {
            refusals.append(
                values.refusal(
                    "test.mock.num.brokers", "what is sent would end in librdkafka's own mock; use kafka.embedded"))
        }
        return refusals
    }

    private static func isTrue(_ value: String?) -> Bool {
        ["true", "t", "1"].contains(value?.lowercased().trimmingSpaces)
    }

    // MARK: Authentication

    private static func usesSASL(_ values: Effective) -> Bool {
        values.folded("security.protocol")?.hasPrefix("sasl") ?? false
    }

    private static func usesTLS(_ values: Effective) -> Bool {
        values.folded("security.protocol")?.hasSuffix("ssl") ?? false
    }

    private static func authentication(_ values: Effective) -> [Refusal] {
        guard usesSASL(values) else { return unusedAuthentication(values) }
        guard let mechanism = values["sasl.mechanisms"] else {
            return [
                values.refusal(
                    "security.protocol",
                    "sasl.mechanism is not set (librdkafka would take GSSAPI): expected PLAIN, SCRAM-SHA-256, "
                        + "SCRAM-SHA-512, OAUTHBEARER or GSSAPI")
            ]
        }
        switch mechanism.uppercased() {
        case "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
            return ["sasl.username", "sasl.password"].filter { values[$0] == nil }.map {
                values.refusal("sasl.mechanisms", "\(mechanism) needs \($0), which is not set")
            }
        case "OAUTHBEARER": return tokenSource(values)
        default: return []
        }
    }

    private static func unusedAuthentication(_ values: Effective) -> [Refusal] {
        // A password alone may be a template's, set for every environment; a user or a mechanism is meant.
        ["sasl.username", "sasl.mechanisms"].filter { values[$0] != nil }.prefix(1).map {
            values.refusal($0, "it is not used: security.protocol is neither sasl_plaintext nor sasl_ssl")
        }
    }

    private static func tokenSource(_ values: Effective) -> [Refusal] {
        if isTrue(values["enable.sasl.oauthbearer.unsecure.jwt"]) { return [] }
        guard values.folded("sasl.oauthbearer.method") == "oidc" else {
            return [
                values.refusal(
                    "sasl.mechanisms",
                    "OAUTHBEARER has no source of tokens: set sasl.oauthbearer.method to oidc, with "
                        + "sasl.oauthbearer.token.endpoint.url, sasl.oauthbearer.client.id and "
                        + "sasl.oauthbearer.client.secret")
            ]
        }
        let needed = [
            "sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret",
        ]
        return needed.filter { values[$0] == nil }.prefix(1).map {
            values.refusal("sasl.oauthbearer.method", "oidc needs \($0), which is not set")
        }
    }

    // MARK: Files

    private static func files(_ values: Effective) -> [Refusal] {
        var names: [String] = []
        if usesTLS(values) {
            names += [
                "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.crl.location",
                "ssl.keystore.location",
            ]
        }
        if usesSASL(values), values["sasl.mechanisms"]?.uppercased() == "GSSAPI" {
            names.append("sasl.kerberos.keytab")
        }
        return names.compactMap { name in
            guard let path = values[name], path != "probe", !path.isEmpty, access(path, R_OK) != 0 else { return nil }
            return values.refusal(name, "\(path) cannot be read: \(SystemError.text(of: errno))")
        }
    }

    // MARK: Features

    /// What this librdkafka was built with.
    static var builtInFeatures: Set<String> {
        guard let conf = rd_kafka_conf_new() else { return [] }
        defer { rd_kafka_conf_destroy(conf) }
        var size = 1024
        var text = [CChar](repeating: 0, count: size)
        guard rd_kafka_conf_get(conf, "builtin.features", &text, &size) == RD_KAFKA_CONF_OK else { return [] }
        let list = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        return Set(list.split(separator: ",").map { String($0).trimmingSpaces })
    }

    private static func features(_ values: Effective) -> [Refusal] {
        let features = builtInFeatures
        var refusals: [Refusal] = []
        func need(_ feature: String, _ name: String) {
            guard !features.isEmpty, !features.contains(feature), let value = values[name] else { return }
            refusals.append(
                values.refusal(
                    name,
                    "this librdkafka cannot do \(value): its builtin.features lack \(feature) (they are "
                        + "\(features.sorted().joined(separator: ", ")))"))
        }
        if usesTLS(values) { need("ssl", "security.protocol") }
        if usesSASL(values) {
            switch values["sasl.mechanisms"]?.uppercased() {
            case "PLAIN": need("sasl_plain", "sasl.mechanisms")
            case "SCRAM-SHA-256", "SCRAM-SHA-512": need("sasl_scram", "sasl.mechanisms")
            case "GSSAPI": need("sasl_gssapi", "sasl.mechanisms")
            case "OAUTHBEARER":
                need("sasl_oauthbearer", "sasl.mechanisms")
                if values.folded("sasl.oauthbearer.method") == "oidc" { need("oidc", "sasl.oauthbearer.method") }
            case let mechanism?:
                refusals.append(
                    values.refusal(
                        "sasl.mechanisms",
                        "librdkafka cannot do \(mechanism): expected PLAIN, SCRAM-SHA-256, "
                            + "SCRAM-SHA-512, OAUTHBEARER or GSSAPI"))
            case nil: break
            }
        }
        return refusals
    }

    // MARK: A trial

    /// What is wrong that a client alone sees: properties that contradict each other, files without a key. It makes a
    /// client without brokers, which connects to nothing, and ends it; with TLS that takes up to a tenth of a second.
    /// Asked when `refusals` has found nothing.
    public static func trial(_ properties: [(name: String, value: String)]) -> [Refusal] {
        let values = Effective(properties)
        // These two ask for a ticket or a token as soon as there is a client.
        let mechanism = values["sasl.mechanisms"]?.uppercased()
        if usesSASL(values), mechanism == "GSSAPI" || mechanism == "OAUTHBEARER" { return [] }
        var configuration = ClientConfiguration(
            properties.filter { ClientConfiguration.canonical($0.name) != "bootstrap.servers" })
        for (name, value) in ClientConfiguration.producerDefaults { configuration.setDefault(name, value) }
        configuration.set("log_level", "0")
        let conf: OpaquePointer
        do throws(KafkaError) { conf = try configuration.makeConf() } catch {
            return [Refusal(name: properties.first?.name ?? "bootstrap.servers", reason: error.description)]
        }
        var text = [CChar](repeating: 0, count: 512)
        if let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &text, text.count) {
            rd_kafka_destroy(client)
            return []
        }
        rd_kafka_conf_destroy(conf)
        let reason = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        // librdkafka calls a property by either of its names, between backticks.
        let words = Set(reason.split(separator: "`").map { ClientConfiguration.canonical(String($0)) })
        let named = properties.first { words.contains(ClientConfiguration.canonical($0.name)) }?.name
        return [Refusal(name: named ?? properties.first?.name ?? "bootstrap.servers", reason: reason)]
    }
}

extension String {
    /// Without blanks at both ends.
    fileprivate var trimmingSpaces: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
