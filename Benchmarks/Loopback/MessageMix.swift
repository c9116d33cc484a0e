import Glibc

/// One kind of line in the mix: its bytes as sent, where the running number stands, and the event it must become.
struct MixLine: Sendable {
    /// The syslog message without framing, the running number as zeros.
    let bytes: [UInt8]
    /// Where the digits of the running number stand in `bytes`.
    let numberOffsets: [Int]
    /// The topic of the event.
    let topic: String
    /// The field whose value holds the running number, and the fields with their values; `#` stands for the number.
    let numberField: String
    let fields: [(name: String, value: String)]
    /// The text after the tag, `#` for the number.
    let content: String
    let host: String
    let program: String
    let processID: String
}

/// The messages that every receiver in the benchmark gets: lines of dhcpd, named and systemd in turn, about 113 bytes
/// on average, each with a running number inside a field, so that arrival can be checked message by message.
///
/// Message `n` has the line kind `n % lines.count`.
struct MessageMix: Sendable {
    /// Digits of the running number.
    static let numberWidth = 9
    /// One more than the largest running number.
    static let numberLimit = 1_000_000_000

    let lines: [MixLine]
    /// The topics, in the order of first use.
    let topics: [String]
    /// The time in every header, as RFC 3339 in UTC.
    let timestamp: String

    /// - Parameters:
    ///   - seconds: Unix time for the headers.
    ///   - padding: bytes of text added to the end of each line, for longer messages.
    init(seconds: Int, padding: Int = 0) {
        var clock = time_t(seconds)
        var parts = tm()
        gmtime_r(&clock, &parts)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let hour = two(parts.tm_hour) + ":" + two(parts.tm_min) + ":" + two(parts.tm_sec)
        let day = parts.tm_mday < 10 ? " \(parts.tm_mday)" : "\(parts.tm_mday)"
        let stamp = months[Int(parts.tm_mon)] + " " + day + " " + hour
        timestamp = "\(parts.tm_year + 1900)-" + two(parts.tm_mon + 1) + "-" + two(parts.tm_mday) + "T" + hour + "Z"

        func line(
            _ type: String, _ host: String, _ program: String, _ pid: String, _ content: String, number: String,
            _ fields: [(String, String)]
        ) -> MixLine {
            let filler = padding == 0 ? "" : " " + String(repeating: "x", count: padding - 1)
            let marked = "<30>\(stamp) \(host) \(program)[\(pid)]: \(content)\(filler)"
            var bytes: [UInt8] = []
            var offsets: [Int] = []
            for byte in marked.utf8 {
                if byte == UInt8(ascii: "#") {
                    offsets.append(bytes.count)
                    bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Self.numberWidth))
                } else {
                    // A number sign of the line itself is written as `~` in the table below.
                    bytes.append(byte == UInt8(ascii: "~") ? UInt8(ascii: "#") : byte)
                }
            }
            return MixLine(
                bytes: bytes, numberOffsets: offsets, topic: MessageMix.topic(ofType: type), numberField: number,
                fields: [("type", type)] + fields, content: content + filler, host: host, program: program,
                processID: pid)
        }

        let mac = "00:16:3e:5a:0c:21"
        lines = [
            line(
                "DHCP_DISCOVER", "gw1", "dhcpd", "812", "DHCPDISCOVER from \(mac) (pc-#) via eth0", number: "hostname",
                [("mac", mac), ("hostname", "pc-#"), ("interface", "eth0")]),
            line(
                "DNS_QUERY", "ns1", "named", "1021",
                "client @0x7f2b1c0a5e18 10.20.31.7~51234 (h#.example.com): query: h#.example.com IN A +E(0)K (10.20.30.53)",
                number: "query_name",
                [
                    ("client_ip", "10.20.31.7"), ("client_port", "51234"), ("query_name", "h#.example.com"),
                    ("query_class", "IN"), ("query_type", "A"), ("flags", "+E(0)K"), ("server_ip", "10.20.30.53"),
                ]),
            line(
                "DHCP_OFFER", "gw1", "dhcpd", "812", "DHCPOFFER on 10.20.30.40 to \(mac) (pc-#) via eth0",
                number: "hostname",
                [("ip", "10.20.30.40"), ("mac", mac), ("hostname", "pc-#"), ("interface", "eth0")]),
            line(
                "SYSTEMD_UNIT", "web1", "systemd", "1", "Started backup-#.service - Nightly backup of 7.",
                number: "unit", [("unit", "backup-#.service"), ("state", "started")]),
            line(
                "DHCP_REQUEST", "gw1", "dhcpd", "812",
                "DHCPREQUEST for 10.20.30.40 (10.20.30.1) from \(mac) (pc-#) via eth0", number: "hostname",
                [
                    ("ip", "10.20.30.40"), ("mac", mac), ("hostname", "pc-#"), ("interface", "eth0"),
                    ("server_ip", "10.20.30.1"),
                ]),
            line(
                "DNS_QUERY", "ns1", "named", "1021",
                "client 10.20.31.9~40404 (h#.example.com): query: h#.example.com IN AAAA + (10.20.30.53)",
                number: "query_name",
                [
                    ("client_ip", "10.20.31.9"), ("client_port", "40404"), ("query_name", "h#.example.com"),
                    ("query_class", "IN"), ("query_type", "AAAA"), ("flags", "+"), ("server_ip", "10.20.30.53"),
                ]),
            line(
                "DHCP_LEASE", "gw1", "dhcpd", "812", "DHCPACK on 10.20.30.40 to \(mac) (pc-#) via eth0",
                number: "hostname",
                [("ip", "10.20.30.40"), ("mac", mac), ("hostname", "pc-#"), ("interface", "eth0")]),
            line(
                "SYSTEMD_UNIT", "web1", "systemd", "1", "Stopped backup-#.service - Nightly backup of 7.",
                number: "unit", [("unit", "backup-#.service"), ("state", "stopped")]),
        ]
        var seen: [String] = []
        for line in lines where !seen.contains(line.topic) { seen.append(line.topic) }
        topics = seen
    }

    /// `DHCP_LEASE` is published to `dhcp-lease-events`.
    static func topic(ofType type: String) -> String {
        String(type.lowercased().map { $0 == "_" ? "-" : $0 }) + "-events"
    }

    /// The mean size of a message in bytes, without framing.
    var meanSize: Double { Double(lines.reduce(0) { $0 + $1.bytes.count }) / Double(lines.count) }

    /// How many of the messages `first ..< first + count` belong on each topic.
    func expectedCounts(first: Int, count: Int) -> [String: Int] {
        var counts: [String: Int] = [:]
        for (kind, line) in lines.enumerated() {
            let size = lines.count
            // Numbers below `limit` that are `kind` modulo the number of kinds.
            func below(_ limit: Int) -> Int { limit > kind ? (limit - kind - 1) / size + 1 : 0 }
            counts[line.topic, default: 0] += below(first + count) - below(first)
        }
        return counts
    }

    /// The event of message `number` in the shape that this project publishes, for the produce limit.
    func sampleEvent(_ number: Int) -> [UInt8] {
        let line = lines[number % lines.count]
        let digits = Self.digits(number)
        let fields = line.fields.map { "\"\($0.name)\":\"\(Self.fill($0.value, digits))\"" }.joined(separator: ",")
        let text = Self.fill(line.content, digits)
        let event =
            "{\(fields),\"timestamp\":\"\(timestamp)\",\"source\":\"\(line.program)_log_parser\",\"message\":\"\(text)\","
            + "\"syslog\":{\"facility\":\"daemon\",\"severity\":\"info\",\"host\":\"\(line.host)\","
            + "\"program\":\"\(line.program)\",\"pid\":\"\(line.processID)\","
            + "\"received\":\"\(timestamp.dropLast()).123Z\",\"peer\":\"127.0.0.1\"}}"
        return Array(event.utf8)
    }

    /// `value` with the running number in place of `#`, and `#` in place of `~`.
    static func fill(_ value: String, _ digits: String) -> String {
        var text = ""
        for character in value {
            switch character {
            case "#": text += digits
            case "~": text += "#"
            default: text.append(character)
            }
        }
        return text
    }

    static func digits(_ number: Int) -> String {
        let plain = String(number)
        return String(repeating: "0", count: max(0, numberWidth - plain.count)) + plain
    }
}

private func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }

/// Writes the nine digits of `number` at `target`.
@inline(__always)
func writeNumber(_ number: Int, at target: UnsafeMutablePointer<UInt8>) {
    var rest = UInt32(truncatingIfNeeded: number)
    var index = MessageMix.numberWidth - 1
    while index >= 0 {
        let quotient = rest / 10
        target[index] = UInt8(truncatingIfNeeded: rest &- quotient &* 10) &+ 0x30
        rest = quotient
        index -= 1
    }
}
