import Base
import Crdkafka
import Glibc
import Logging
import Synchronization

/// librdkafka's log lines and errors in our log: with the client's name, and folded when they repeat.
///
/// Threads: called from any of librdkafka's threads; a lock guards the table of what was said lately.
final class ClientLog: Sendable {
    private struct Recent {
        var level: Logger.Level
        var last: String
        var since: Int
        var folded: Int
        /// Seconds until what was folded is said; they double as long as the line goes on.
        var pause = ClientLog.foldSeconds
    }

    private let logger: Logger
    private let recent = Mutex<[String: Recent]>([:])
    /// Seconds during which the same line is counted instead of printed, at first and at most.
    static let foldSeconds = 30
    static let mostFoldSeconds = 3600
    /// Different lines remembered; beyond it the table is printed and emptied.
    static let mostLines = 128

    init(_ logger: Logger) { self.logger = logger }

    func note(level: Logger.Level, facility: String, text: String) {
        // Numbers change from line to line (milliseconds, counts, ports of one broker) and do not make it another one.
        let shape = facility + Self.shape(of: text)
        let now = Int(SystemClock.monotonic / 1_000_000_000)
        var lines: [(Logger.Level, String)] = []
        recent.withLock { recent in
            if recent[shape] != nil {
                recent[shape]?.folded += 1
                recent[shape]?.last = text
            } else {
                recent[shape] = Recent(level: level, last: text, since: now, folded: 0)
                lines.append((level, text))
            }
            lines += Self.takeDue(&recent, now: now, all: recent.count > Self.mostLines)
        }
        for (level, line) in lines { logger.log(level: level, "\(line)", metadata: ["facility": "\(facility)"]) }
    }

    /// An error in librdkafka's words: a connection's is a warning, for it is waited out.
    func note(_ error: rd_kafka_resp_err_t, _ text: String) {
        let level: Logger.Level = ConnectionHint.isConnection(error) ? .warning : .error
        note(level: level, facility: String(cString: rd_kafka_err2name(error)), text: text)
    }

    /// The text with one sign for each run of digits.
    static func shape(of text: String) -> String {
        var shape = ""
        for character in text where !(character.isNumber && shape.last == "#") {
            shape.append(character.isNumber ? "#" : character)
        }
        return shape
    }

    /// Prints what was folded and is due; called now and then by the sender.
    func flush(all: Bool = false) {
        let now = Int(SystemClock.monotonic / 1_000_000_000)
        let lines = recent.withLock { Self.takeDue(&$0, now: now, all: all) }
        for (level, line) in lines { logger.log(level: level, "\(line)") }
    }

    private static func takeDue(_ recent: inout [String: Recent], now: Int, all: Bool) -> [(Logger.Level, String)] {
        var lines: [(Logger.Level, String)] = []
        for (shape, entry) in recent where all || now - entry.since >= entry.pause {
            recent[shape] = nil
            guard entry.folded > 0 else { continue }
            lines.append((entry.level, "\(entry.last) (repeated \(entry.folded) times in \(now - entry.since) s)"))
            guard !all else { continue }
            let pause = min(entry.pause * 2, mostFoldSeconds)
            recent[shape] = Recent(level: entry.level, last: entry.last, since: now, folded: 0, pause: pause)
        }
        return lines
    }

    /// librdkafka's syslog-style level in ours.
    static func level(_ syslog: Int32) -> Logger.Level {
        switch syslog {
        case ...2: .critical
        case 3: .error
        case 4: .warning
        case 5: .notice
        case 6: .info
        default: .debug
        }
    }
}
