import Base
import Documents
import Kafka
import Syslog

/// A scalar that is not what its key takes.
struct ScalarFault: Error {
    /// What was expected, to follow "expected ".
    var expected: String
}

/// The values of keys as text, in the file and in the environment alike.
enum ScalarText {
    static func boolean(_ text: String) throws(ScalarFault) -> Bool {
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw ScalarFault(expected: "true or false")
        }
    }

    /// A whole number in a range; `_` may group its digits.
    static func integer(_ text: String, in range: ClosedRange<Int>) throws(ScalarFault) -> Int {
        let digits = text.filter { $0 != "_" }
        guard text.first != "_", text.last != "_", let number = Int(digits), range.contains(number) else {
            throw ScalarFault(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Bytes: `65536`, `64KiB`, `1MiB`, `2GB`.
    static func size(_ text: String, in range: ClosedRange<Int>) throws(ScalarFault) -> Int {
        let (digits, unit) = number(text)
        let factors = [
            "": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
            "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
        ]
        guard let count = Int(digits), let factor = factors[unit.lowercased()] else {
            if !digits.isEmpty, ["k", "m", "g", "t"].contains(unit.lowercased()) {
                let prefix = unit.uppercased()
                throw ScalarFault(expected: "\(digits)\(prefix)iB (by 1024) or \(digits)\(prefix)B (by 1000)")
            }
            throw ScalarFault(expected: "a size such as 65536, 64KiB, 1MiB or 2GB")
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow, range.contains(bytes) else {
            throw ScalarFault(
                expected: "a size from \(format(size: range.lowerBound)) to \(format(size: range.upperBound))")
        }
        return bytes
    }

    /// A time: `500us`, `5ms`, `10s`, `1m`, `2h`, `1d`; a bare `0` as well.
    static func duration(
        _ text: String, in range: ClosedRange<Duration>, step: Duration = .microseconds(1)
    ) throws(ScalarFault) -> Duration {
        let (digits, unit) = number(text)
        let units: [String: Int64] = [
            "us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000,
        ]
        guard let count = Int64(digits), let factor = units[unit] ?? (count == 0 && unit.isEmpty ? 1 : nil) else {
            if unit.isEmpty, !digits.isEmpty {
                throw ScalarFault(expected: "a unit: \(digits)ms, \(digits)s, \(digits)m or \(digits)h")
            }
            throw ScalarFault(expected: "a duration such as 5ms, 10s, 1m or 2h")
        }
        let (microseconds, overflow) = count.multipliedReportingOverflow(by: factor)
        let value = Duration.microseconds(microseconds)
        guard !overflow, range.contains(value) else {
            throw ScalarFault(
                expected:
                    "a duration from \(format(duration: range.lowerBound)) to \(format(duration: range.upperBound))")
        }
        guard microseconds % Self.microseconds(step) == 0 else {
            throw ScalarFault(expected: "a multiple of \(format(duration: step))")
        }
        return value
    }

    static func microseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    private static func number(_ text: String) -> (digits: String, unit: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        return (String(digits), text.dropFirst(digits.count).trimmingPrefix { $0 == " " }.description)
    }

    /// A CIDR, or an address alone. `hostBits`: bits past the prefix were set.
    static func network(_ text: String) throws(ScalarFault) -> (network: Network, hostBits: Bool) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let fault = ScalarFault(expected: "a network such as 192.0.2.0/24 or 2001:db8::/32")
        guard let first = parts.first, let bytes = AddressText.parse(first) else { throw fault }
        guard parts.count == 2 else {
            guard let network = Network(address: bytes, prefixLength: bytes.count * 8) else {
                throw fault
            }
            return (network, false)
        }
        guard (1...3).contains(parts[1].count), parts[1].allSatisfy({ $0.isASCII && $0.isNumber }),
            let prefix = Int(parts[1]), let network = Network(address: bytes, prefixLength: prefix)
        else {
            throw ScalarFault(expected: "a prefix length from 0 to \(bytes.count * 8) after the address")
        }
        return (network, network.bytes != bytes)
    }

    /// `host:port`, `[v6]:port`, `:port` or `port`.
    static func address(_ text: String) throws(ScalarFault) -> Configuration.Address {
        let (host, port) = try hostAndPort(text, defaultPort: nil)
        return Configuration.Address(host: host == "*" ? "" : host, port: port)
    }

    /// A broker, with its port made explicit.
    static func broker(_ text: String) throws(ScalarFault) -> String {
        // librdkafka takes `PROTOCOL://` before the host; the port follows it all the same.
        var rest = text
        var scheme = ""
        if let range = text.firstRange(of: "://") {
            scheme = String(text[..<range.upperBound])
            rest = String(text[range.upperBound...])
            guard ["plaintext://", "ssl://", "sasl_plaintext://", "sasl_ssl://"].contains(scheme.lowercased()) else {
                throw ScalarFault(expected: "a broker such as kafka-1:9092")
            }
        }
        let address: Configuration.Address
        do {
            let (host, port) = try hostAndPort(rest, defaultPort: 9092)
            address = Configuration.Address(host: host, port: port)
        } catch {
            throw ScalarFault(expected: "a broker such as kafka-1:9092 or [2001:db8::1]:9092")
        }
        guard !address.host.isEmpty, address.port != 0 else {
            throw ScalarFault(expected: "a broker such as kafka-1:9092 or [2001:db8::1]:9092")
        }
        return scheme + address.description
    }

    private static func hostAndPort(_ text: String, defaultPort: UInt16?) throws(ScalarFault) -> (String, UInt16) {
        let fault = ScalarFault(expected: "an address such as 0.0.0.0:5514, [::1]:5514 or :5514")
        let host: Substring
        var portText: Substring?
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { throw fault }
            host = text[text.index(after: text.startIndex)..<close]
            guard host.contains(":"), AddressText.parse(host) != nil else { throw fault }
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.first == ":" else { throw fault }
            portText = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
            guard !host.contains(":") else {
                throw ScalarFault(expected: "an IPv6 address in brackets, such as [::1]:5514")
            }
        } else if defaultPort == nil {
            host = ""
            portText = text[...]
        } else {
            host = text[...]
        }
        guard isHost(host) else { throw fault }
        guard let portText else {
            guard let defaultPort else { throw fault }
            return (String(host), defaultPort)
        }
        guard !portText.isEmpty, portText.allSatisfy({ $0.isASCII && $0.isNumber }) else { throw fault }
        guard let port = UInt16(portText) else { throw ScalarFault(expected: "a port from 0 to 65535") }
        return (String(host), port)
    }

    /// Empty, `*`, an IP address, or a name of letters, digits, `-`, `_` and dots.
    private static func isHost(_ host: Substring) -> Bool {
        if host.isEmpty || host == "*" || host.contains(":") { return true }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        // Four numbers, or a last label of digits only, can be meant as IPv4 alone.
        if let last = labels.last, !last.isEmpty, last.allSatisfy({ $0.isASCII && $0.isNumber }) {
            return AddressText.parse(host) != nil
        }
        return host.utf8.count <= 253
            && labels.allSatisfy { label in
                !label.isEmpty && label.utf8.count <= 63
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            }
    }
}

// MARK: - Names

extension ScalarText {
    /// Any text that is not empty and holds no control character.
    static func text(_ text: String) throws(ScalarFault) -> String {
        guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw ScalarFault(expected: "text that is not empty, without control characters")
        }
        return text
    }

    /// A name of ours, as it stands in logs, metrics and routes.
    static func name(_ text: String) throws(ScalarFault) -> String {
        guard (1...64).contains(text.count), text.allSatisfy({ isWord($0) || $0 == "." || $0 == "-" }) else {
            throw ScalarFault(expected: "a name of 1 to 64 letters, digits, dots, dashes and underscores")
        }
        return text
    }

    /// Kafka's rule for topic names.
    static func topic(_ text: String) throws(ScalarFault) -> String {
        guard TopicTable.isValid(text) else {
            throw ScalarFault(expected: "a topic name of 1 to 249 letters, digits, dots, dashes and underscores")
        }
        return text
    }

    /// A topic name that holds `{type}` or `{family}`, each at most once.
    static func topicTemplate(_ text: String) throws(ScalarFault) -> String {
        var rest = text
        for placeholder in ["{type}", "{family}"] {
            if let range = rest.firstRange(of: placeholder) { rest.removeSubrange(range) }
        }
        guard rest.count < text.count, rest.count <= 200, rest.isEmpty || TopicTable.isValid(rest + "x") else {
            throw ScalarFault(expected: "a topic name that holds {type} or {family} once, such as {type}-events")
        }
        return text
    }

    /// An event type, such as `DHCP_LEASE`.
    static func eventType(_ text: String) throws(ScalarFault) -> String {
        guard let first = text.first, first.isASCII, first.isLetter,
            text.allSatisfy({ isWord($0) && !$0.isLowercase })
        else {
            throw ScalarFault(expected: "an event type in capitals, such as DHCP_LEASE, or default")
        }
        return text
    }

    /// A field of events, such as `client_ip`.
    static func field(_ text: String) throws(ScalarFault) -> String {
        guard let first = text.first, first.isASCII, first.isLetter, text.allSatisfy({ isWord($0) }) else {
            throw ScalarFault(expected: "the name of an event field, such as ip or host")
        }
        return text
    }

    /// A librdkafka property's name.
    static func property(_ text: String) throws(ScalarFault) -> String {
        guard let first = text.first, first.isASCII, first.isLetter,
            text.allSatisfy({ ($0 == "." || isWord($0)) && !$0.isUppercase })
        else {
            throw ScalarFault(expected: "a librdkafka property, of small letters, digits, dots and underscores")
        }
        return text
    }

    /// Permission bits in octal, `0666` or `666`.
    static func mode(_ text: String) throws(ScalarFault) -> UInt16 {
        let digits = text.hasPrefix("0o") ? String(text.dropFirst(2)) : text
        guard (3...4).contains(digits.count), digits.count == 3 || digits.first == "0",
            digits.allSatisfy({ $0.isASCII && $0.isNumber }), let mode = UInt16(digits, radix: 8)
        else { throw ScalarFault(expected: "permission bits in octal, such as 0666 or 0660") }
        return mode
    }

    /// The path of a unix socket: what fits `sun_path` with its end.
    static func socketPath(_ text: String) throws(ScalarFault) -> String {
        guard (1...107).contains(text.utf8.count), (try? Self.text(text)) != nil else {
            throw ScalarFault(expected: "a path of 1 to 107 bytes")
        }
        return text
    }

    static func timeZone(_ text: String) throws(ScalarFault) -> String {
        guard TimeZoneTable.isKnown(text) else {
            throw ScalarFault(expected: "a time zone such as UTC, Europe/Berlin, +02:00 or local")
        }
        return text
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }
}

// MARK: - Keywords

extension ScalarText {
    /// The longest duration that any setting takes.
    static let day: Duration = .seconds(86_400)

    static let facilities = (0..<Facility.count).map { Facility.keyword($0).description }
    static let severities = (0..<Severity.count).map { Severity.keyword($0).description }

    static func facility(_ text: String) throws(ScalarFault) -> UInt8 {
        if let number = UInt8(text), number < 24 { return number }
        let name = text.lowercased()
        if name == "security" { return 4 }
        if let number = Facility.number(forKeyword: name) { return number }
        throw ScalarFault(
            expected: "a facility such as daemon, local0 or a number from 0 to 23"
                + suggestion(name, facilities))
    }

    static func severity(_ text: String) throws(ScalarFault) -> UInt8 {
        if let number = UInt8(text), number < 8 { return number }
        let name = text.lowercased()
        let other = [
            "panic": "emerg", "emergency": "emerg", "critical": "crit", "error": "err", "warn": "warning",
            "informational": "info",
        ]
        if let number = Severity.number(forKeyword: other[name] ?? name) { return number }
        throw ScalarFault(expected: list(severities) + suggestion(name, severities))
    }

    /// Values with commas between them, blanks around them left out.
    static func separated<Value>(
        _ text: String, _ read: (String) throws(ScalarFault) -> Value
    ) throws(ScalarFault) -> [Value] {
        var values: [Value] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            values.append(try read(trimmed(part)))
        }
        return values
    }

    static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}

// MARK: - Writing

extension ScalarText {
    /// The largest binary unit that gives a whole number.
    static func format(size: Int) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where size != 0 && size % (1 << shift) == 0 {
            return "\(size >> shift)\(unit)"
        }
        return String(size)
    }

    /// The largest unit that gives a whole number.
    static func format(duration: Duration) -> String {
        let value = microseconds(duration)
        if value == 0 { return "0s" }
        let units: [(String, Int64)] = [
            ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000),
        ]
        for (unit, factor) in units where value % factor == 0 { return "\(value / factor)\(unit)" }
        return "\(value)us"
    }

    static func format(mode: UInt16) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// `a, b or c`.
    static func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }

    /// `; did you mean x?`, or nothing.
    static func suggestion(_ word: String, _ names: [String]) -> String {
        Spelling.suggestion(word, names)
    }
}
