import Admin
import Glibc
import Logging
import Synchronization

/// Log entries as lines on standard error: `2026-11-22T12:00:00.123Z info listening transport=udp …`, or JSON objects.
struct StandardErrorLog: LogHandler {
    /// The threshold and form for all loggers; a reload may change them.
    final class Settings: Sendable {
        struct Values {
            var level = Logger.Level.info
            var isJSON = false
        }
        let values = Mutex(Values())
    }

    /// The process's own: what ends it is said in the same form as its log.
    static let process = Settings()

    /// What was said lately that somebody should see.
    static let recent = RecentWarnings()

    /// Says why the process ends, an entry a line, whatever the level.
    static func fatal(_ text: String) {
        guard process.values.withLock({ $0.isJSON }) else { return Output.error(text) }
        for line in text.split(separator: "\n") { Output.error(json(.critical, String(line), [])) }
    }

    let settings: Settings
    let writer: LogWriter
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(_ settings: Settings, _ writer: LogWriter) {
        self.settings = settings
        self.writer = writer
    }

    var logLevel: Logger.Level {
        get { settings.values.withLock { $0.level } }
        set { settings.values.withLock { $0.level = newValue } }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        for (key, value) in event.metadata ?? [:] { all[key] = value }
        // The order in which a person reads: where, then what.
        let order = ["transport", "address", "path", "topic", "brokers"]
        let pairs = all.sorted { a, b in
            let ranks = (order.firstIndex(of: a.key) ?? 99, order.firstIndex(of: b.key) ?? 99)
            return ranks.0 == ranks.1 ? a.key < b.key : ranks.0 < ranks.1
        }
        if event.level >= .warning {
            let more = pairs.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
            Self.recent.note(level: "\(event.level)", "\(event.message)\(more)")
        }
        writer.write(Self.line(settings, event.level, "\(event.message)", pairs))
    }

    /// A line in the form of the settings.
    static func line(
        _ settings: Settings, _ level: Logger.Level, _ message: String,
        _ pairs: [(key: String, value: Logger.MetadataValue)] = []
    ) -> String {
        settings.values.withLock { $0.isJSON } ? json(level, message, pairs) : text(level, message, pairs)
    }

    private static func text(
        _ level: Logger.Level, _ message: String, _ pairs: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        var line = "\(now()) \(level) \(message)"
        for (key, value) in pairs { line += " \(key)=\(quoted("\(value)"))" }
        // By scalars: a carriage return and a line feed are one character, and would begin a line of somebody else's.
        guard line.utf8.contains(UInt8(ascii: "\n")) else { return line }
        var whole = ""
        for scalar in line.unicodeScalars {
            if scalar == "\n" { whole += "\\n" } else { whole.unicodeScalars.append(scalar) }
        }
        return whole
    }

    private static func json(
        _ level: Logger.Level, _ message: String, _ pairs: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        var line = #"{"timestamp":"\#(now())","level":"\#(level)","message":"\#(escaped(message))""#
        for (key, value) in pairs { line += #","\#(escaped(key))":"\#(escaped("\(value)"))""# }
        return line + "}"
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7F }
        return isPlain ? text : "\"\(escaped(text))\""
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let milliseconds = String(1000 + time.tv_nsec / 1_000_000).dropFirst()
        return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } + ".\(milliseconds)Z"
    }
}
