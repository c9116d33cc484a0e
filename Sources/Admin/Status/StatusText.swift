import Inputs
import Kafka
import Pipeline
import Spool

/// How the service is, as lines for a terminal.
enum StatusText {
    /// The few lines of `kafkastreamer status`.
    static func summary(_ seen: Observation, _ rates: Rates, now: Int64) -> String {
        let reasons = seen.unreadiness
        var lines = [
            (reasons.isEmpty ? "ready" : "not ready: " + reasons.joined(separator: "; "))
                + ", version \(seen.version), up \(duration(Double(now) / 1000 - Double(seen.process.startTime)))"
        ]
        let ledger = seen.ledger
        lines.append(
            row(
                "messages",
                "\(ledger.received) received (\(rate(rates.received))), \(ledger.delivered) delivered "
                    + "(\(rate(rates.delivered))), \(ledger.pending) pending, \(ledger.rejectedTotal) rejected"))
        for reason in Rejection.allCases {
            if let count = ledger.rejected[reason], count > 0 {
                lines.append(row("rejected", "\(count) \(reason.name)"))
            }
        }
        if !ledger.isBalanced { lines.append(row("ledger", "DOES NOT BALANCE")) }
        let up = seen.kafka.brokers.filter(\.value.isUp).keys.sorted()
        var kafka = seen.isAway ? "away" : "reachable"
        if !up.isEmpty { kafka += ", connected to " + up.prefix(5).joined(separator: ", ") }
        if up.count > 5 { kafka += " and \(up.count - 5) more" }
        lines.append(row("Kafka", kafka))
        if let median = rates.latency(0.5), let most = rates.latency(0.99) {
            lines.append(row("delivery", "half within \(milliseconds(median)), 99 % within \(milliseconds(most))"))
        }
        let used = (seen.spool.allocated - seen.spool.free) * seen.spool.segmentSize
        var spool = "\(size(used)) of \(size(seen.spool.maximum * seen.spool.segmentSize)) in use"
        if ledger.pending > 0 { spool += ", the oldest message waits for \(duration(seen.oldestAge))" }
        if !seen.spool.hasRoom { spool += ", NO ROOM" }
        lines.append(row("spool", spool))
        if !seen.heldTopics.isEmpty { lines.append(row("held", seen.heldTopics.joined(separator: ", "))) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The screen of `kafkastreamer top`.
    static func screen(
        _ seen: Observation, _ rates: Rates, now: Int64, samples: [String: String],
        warnings: [RecentWarnings.Entry]
    ) -> String {
        var text = summary(seen, rates, now: now)
        text += table(
            "INPUT", ["protocol", "per second", "received", "unmatched", "rejected", "open"],
            seen.listeners.sorted { $0.name < $1.name }.map { listener in
                let counts = listener.counts
                return [
                    listener.name, listener.transport, rate(rates.listener(listener.name)), "\(counts.received)",
                    "\(counts.unmatched)", "\(counts.rejected.values.reduce(0, +))",
                    "\(counts.sockets.openConnections)",
                ]
            })
        text += table(
            "TOPIC", ["per second", "committed", "delivered", "held"],
            seen.labels.topics.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(10).map { name, committed in
                [
                    name, rate(rates.topic(name)), "\(committed)", "\(seen.deliveredByTopic[name] ?? 0)",
                    seen.heldTopics.contains(name) ? "HELD" : "",
                ]
            })
        text += table(
            "PROGRAM", ["per second", "messages", "unmatched"],
            seen.labels.programs.sorted { ($1.value.committed, $0.key) < ($0.value.committed, $1.key) }.prefix(10).map {
                name, counts in
                [
                    name.isEmpty ? "(none)" : name, rate(rates.program(name)), "\(counts.committed)",
                    "\(counts.unmatched)",
                ]
            })
        let last = warnings.suffix(3)
        if !last.isEmpty { text += "\n" + last.map { "\($0.level): \($0.text)\n" }.joined() }
        return text
    }

    // MARK: Pieces

    private static func row(_ name: String, _ text: String) -> String {
        name + String(repeating: " ", count: max(1, 10 - name.count)) + text
    }

    private static func table(_ title: String, _ heads: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "" }
        var text = "\n" + padded(title, 32) + heads.map { padded($0, 12, right: true) }.joined() + "\n"
        for row in rows {
            text += padded(row[0], 32) + row.dropFirst().map { padded($0, 12, right: true) }.joined() + "\n"
        }
        return text
    }

    private static func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
        let shown = text.count > width - 1 ? String(text.prefix(width - 2)) + "…" : text
        let blank = String(repeating: " ", count: width - shown.count)
        return right ? blank + shown : shown + blank
    }

    static func rate(_ value: Double) -> String {
        value >= 10 || value == 0
            ? "\(Int(value.rounded()))/s" : "\(Int((value * 10).rounded()) / 10).\(Int((value * 10).rounded()) % 10)/s"
    }

    private static func milliseconds(_ value: Int64) -> String {
        value == .max ? "more than an hour" : value < 1000 ? "\(value) ms" : duration(Double(value) / 1000)
    }

    static func duration(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds))
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m\(whole % 60)s"
        case ..<86_400: return "\(whole / 3600)h\(whole / 60 % 60)m"
        default: return "\(whole / 86_400)d\(whole / 3600 % 24)h"
        }
    }

    static func size(_ bytes: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
