import Base
import Documents
import Inputs
import Kafka
import Syslog

/// What a setting's value is: how it is read from the file, the environment and arguments, written by
/// `check --print`, and described in the reference.
struct Kind<Value: Sendable>: Sendable {
    /// Type, range and unit, as the reference says them.
    let unit: String
    /// The same for the comment in `configs/kafka.yaml`, where it is worth saying there.
    var hint = ""
    let read: @Sendable (String) throws(ValueFault) -> Value
    let write: @Sendable (Value) -> YAMLText
    /// A warning about a text that is legal and likely not meant.
    var caution: @Sendable (String) -> String? = { _ in nil }

    /// The same kind, described in other words.
    func described(_ unit: String) -> Kind {
        Kind(unit: unit, hint: hint, read: read, write: write, caution: caution)
    }

    /// The same texts for another type.
    func map<Other>(
        _ to: @escaping @Sendable (Value) -> Other, back: @escaping @Sendable (Other) -> Value
    ) -> Kind<Other> {
        Kind<Other>(
            unit: unit, hint: hint, read: { text throws(ValueFault) in to(try self.read(text)) },
            write: { write(back($0)) }, caution: caution)
    }

    /// The same value, where its place could hold nothing as well.
    var some: Kind<Value?> {
        Kind<Value?>(unit: unit, hint: hint, read: read, write: { $0.map(write) ?? .plain("null") })
    }
}

// MARK: - Numbers

extension Kind where Value == Int {
    /// A whole number; `_` may group its digits.
    static func integer(_ range: ClosedRange<Int>, _ unit: String? = nil) -> Kind {
        let words = unit ?? "\(range.lowerBound) to \(range.upperBound)"
        return Kind(
            unit: words, hint: words,
            read: { text throws(ValueFault) in
                let digits = text.filter { $0 != "_" }
                guard text.first != "_", text.last != "_", let number = Int(digits), range.contains(number) else {
                    throw ValueFault("a whole number from \(range.lowerBound) to \(range.upperBound)")
                }
                return number
            }, write: { .plain("\($0)") })
    }

    /// Messages per second, or whatever else has no bound worth naming.
    static func rate(_ unit: String = "messages per second") -> Kind { integer(0...1_000_000_000, unit) }
    static let threads = integer(1...64)
    /// Records that one producer may have under way.
    static let window = integer(1...10_000_000, "records, 1 to 10000000")

    /// Bytes: `65536`, `64KiB`, `1MiB`, `2GB`.
    static func size(_ range: ClosedRange<Int>, multiple: Int = 1) -> Kind {
        let words = "\(SizeText.format(range.lowerBound)) to \(SizeText.format(range.upperBound))"
        return Kind(
            unit: "size, \(words)" + (multiple > 1 ? ", multiple of \(SizeText.format(multiple))" : ""),
            read: { text throws(ValueFault) in
                guard let size = try SizeText.parse(text), range.contains(size) else {
                    throw ValueFault("a size from \(words)")
                }
                guard size % multiple == 0 else { throw ValueFault("a multiple of \(SizeText.format(multiple))") }
                return size
            }, write: { .plain(SizeText.format($0)) })
    }

    static let messageSize = size(480...(16 << 20))
    static let receiveBuffer = size((4 << 10)...(1 << 30))
}

extension Kind where Value == Duration {
    /// `500us`, `5ms`, `10s`, `1m`, `2h`, `1d`; a bare `0` as well.
    static func duration(_ range: ClosedRange<Duration>, whole step: DurationText.Unit = .us) -> Kind {
        let (low, high) = (DurationText.format(range.lowerBound), DurationText.format(range.upperBound))
        return Kind(
            unit: "duration, \(range.lowerBound == .zero ? "0" : low) to \(high)"
                + (step == .us ? "" : ", whole \(step.name)"),
            read: { text throws(ValueFault) in
                guard let value = try DurationText.parse(text), range.contains(value) else {
                    throw ValueFault("a duration from \(low) to \(high)")
                }
                guard value.microseconds % step.rawValue == 0 else {
                    throw ValueFault("a multiple of \(DurationText.format(.microseconds(step.rawValue)))")
                }
                return value
            }, write: { .plain(DurationText.format($0)) })
    }

    static let upToADay = duration(.zero...DurationText.day)
}

extension Kind where Value: FixedWidthInteger {
    /// A duration that its stage counts in whole units.
    static func duration(_ range: ClosedRange<Int64>, in unit: DurationText.Unit) -> Kind {
        let length = { @Sendable (count: Int64) -> Duration in .microseconds(count * unit.rawValue) }
        return Kind<Duration>.duration(length(range.lowerBound)...length(range.upperBound), whole: unit).map(
            { Value(clamping: $0.microseconds / unit.rawValue) }, back: { length(Int64(clamping: $0)) })
    }
}

extension Kind where Value == Bool {
    static let boolean = Kind(
        unit: "boolean",
        read: { text throws(ValueFault) in
            switch text.lowercased() {
            case "true", "yes", "on": return true
            case "false", "no", "off": return false
            default: throw ValueFault("true or false")
            }
        }, write: { .plain("\($0)") })
}

extension Kind where Value == UInt16 {
    /// Permission bits in octal, `0666` or `666`.
    static let mode = Kind(
        unit: "octal permission bits",
        read: { text throws(ValueFault) in
            let digits = text.hasPrefix("0o") ? String(text.dropFirst(2)) : text
            guard (3...4).contains(digits.count), digits.count == 3 || digits.first == "0",
                digits.allSatisfy({ $0.isASCII && $0.isNumber }), let mode = UInt16(digits, radix: 8)
            else { throw ValueFault("permission bits in octal, such as 0666 or 0660") }
            return mode
        },
        write: { mode in
            let digits = String(mode, radix: 8)
            return .text(String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
        })
}

// MARK: - Words

extension Kind {
    /// One of some words, each with what it stands for.
    static func words(_ words: [(name: String, value: Value)], also: [String: String] = [:]) -> Kind
    where Value: Equatable {
        let names = words.map(\.name)
        return Kind(
            unit: names.map { "`\($0)`" }.joined(separator: ", "), hint: Spelling.list(names),
            read: { text throws(ValueFault) in
                if let word = words.first(where: { $0.name == also[text] ?? text }) { return word.value }
                throw ValueFault(Spelling.list(names) + Spelling.suggestion(text, names))
            },
            write: { value in .text(words.first { $0.value == value }?.name ?? "?") })
    }

    /// One of an enumeration's cases, by their raw values.
    static func cases(also: [String: String] = [:]) -> Kind
    where Value: RawRepresentable & CaseIterable & Equatable, Value.RawValue == String {
        words(Value.allCases.map { ($0.rawValue, $0) }, also: also)
    }
}

extension Kind where Value == UInt8 {
    /// A number of the syslog header by its keyword or itself.
    private static func keyword(
        _ unit: String, _ expected: String, _ keywords: [String], also: [String: String]
    ) -> Kind {
        Kind(
            unit: unit,
            read: { text throws(ValueFault) in
                if let number = UInt8(text), number < keywords.count { return number }
                let name = text.lowercased()
                if let number = keywords.firstIndex(of: also[name] ?? name) { return UInt8(number) }
                throw ValueFault(expected + Spelling.suggestion(name, keywords))
            }, write: { .text(keywords[Int($0)]) })
    }

    static let facilities = (0..<Facility.count).map { Facility.keyword($0).description }
    static let severities = (0..<Severity.count).map { Severity.keyword($0).description }

    static let facility = keyword(
        "list", "a facility such as daemon, local0 or a number from 0 to 23", facilities, also: ["security": "auth"])
    static let severity = keyword(
        "one, or a list", Spelling.list(severities), severities,
        also: [
            "panic": "emerg", "emergency": "emerg", "critical": "crit", "error": "err", "warn": "warning",
            "informational": "info",
        ])
}

// MARK: - Texts

extension Kind where Value == String {
    /// A text that has to be of some form.
    private static func checked(
        _ unit: String, _ expected: String, _ isValid: @escaping @Sendable (String) -> Bool
    ) -> Kind {
        Kind(
            unit: unit,
            read: { text throws(ValueFault) in
                guard isValid(text) else { throw ValueFault(expected) }
                return text
            }, write: { .text($0) })
    }

    static func text(_ unit: String = "text") -> Kind {
        checked(unit, "text that is not empty, without control characters") { isText($0) }
    }
    static let path = text("path")
    /// The path of a unix socket: what fits `sun_path` with its end.
    static let socketPath = checked("path, 1 to 107 bytes", "a path of 1 to 107 bytes") {
        $0.utf8.count <= 107 && isText($0)
    }
    /// A name of ours, as it stands in logs, metrics and routes.
    static let name = checked("name", "a name of 1 to 64 letters, digits, dots, dashes and underscores") { text in
        (1...64).contains(text.count) && text.allSatisfy { isWord($0) || $0 == "." || $0 == "-" }
    }
    static let topic = checked("topic", "a topic name of 1 to 249 letters, digits, dots, dashes and underscores") {
        TopicTable.isValid($0)
    }
    static let topicTemplate = checked(
        "topic with `{type}` or `{family}`",
        "a topic name that holds {type} or {family} once, such as {type}-events"
    ) { text in
        var rest = text
        for placeholder in ["{type}", "{family}"] {
            if let range = rest.firstRange(of: placeholder) { rest.removeSubrange(range) }
        }
        return rest.count < text.count && rest.count <= 200 && (rest.isEmpty || TopicTable.isValid(rest + "x"))
    }
    static let eventType = checked("event type", "an event type in capitals, such as DHCP_LEASE, or default") { text in
        beginsWithLetter(text) && text.allSatisfy { isWord($0) && !$0.isLowercase }
    }
    static let field = checked("event field", "the name of an event field, such as ip or host") { text in
        beginsWithLetter(text) && text.allSatisfy { isWord($0) }
    }
    static let property = checked(
        "property", "a librdkafka property, of small letters, digits, dots and underscores"
    ) { text in
        beginsWithLetter(text) && text.allSatisfy { ($0 == "." || isWord($0)) && !$0.isUppercase }
    }
    static let timeZone = checked("time zone", "a time zone such as UTC, Europe/Berlin, +02:00 or local") {
        TimeZoneTable.isKnown($0)
    }

    /// A broker, with its port made explicit. librdkafka takes `PROTOCOL://` before the host.
    static let broker = Kind(
        unit: "broker",
        read: { text throws(ValueFault) in
            let fault = ValueFault("a broker such as kafka-1:9092 or [2001:db8::1]:9092")
            let scheme = text.firstRange(of: "://").map { String(text[..<$0.upperBound]) } ?? ""
            guard ["", "plaintext://", "ssl://", "sasl_plaintext://", "sasl_ssl://"].contains(scheme.lowercased()),
                let address = try? Endpoint(String(text.dropFirst(scheme.count)), defaultPort: 9092),
                !address.host.isEmpty, address.port != 0
            else { throw fault }
            return scheme + address.description
        }, write: { .text($0) })

    private static func isText(_ text: String) -> Bool {
        !text.isEmpty && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }
    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }
    private static func beginsWithLetter(_ text: String) -> Bool {
        text.first.map { $0.isASCII && $0.isLetter } ?? false
    }
}

extension Kind where Value == Endpoint {
    static let address = Kind(
        unit: "address", read: { text throws(ValueFault) in try Endpoint(text) }, write: { .text($0.description) })
}

extension Kind where Value == Network {
    /// A CIDR, or an address alone. Bits past the prefix are likely not meant.
    static let network = Kind(
        unit: "network", read: { text throws(ValueFault) in try Network(text) }, write: { .text($0.description) },
        caution: { text in
            guard let slash = text.firstIndex(of: "/"), let network = try? Network(text),
                AddressText.parse(text[..<slash]) != network.bytes
            else { return nil }
            return "the address has bits past its prefix; it is taken as \(network)"
        })
}
