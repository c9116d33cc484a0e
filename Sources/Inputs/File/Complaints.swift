import Logging

/// What is said of files that are not read: each once for as long as the reason stays, and no more lines than a person
/// reads, whatever somebody does in a directory.
struct Complaints {
    private struct Written {
        var reason: String
        var at: Int64
    }
    private let logger: Logger
    private var written: [FilePath: Written] = [:]
    private var windowEnd: Int64 = 0
    private var inWindow = 0
    private var leftOut = 0

    /// Lines in a window of so many ns.
    private static let budget = 20
    private static let window: Int64 = 10_000_000_000
    private static let mostWritten = 65536

    init(_ logger: Logger) { self.logger = logger }

    /// Says it unless it has been said.
    mutating func say(_ path: FilePath, _ reason: String, level: Logger.Level = .warning, now: Int64) {
        if written[path]?.reason == reason {
            written[path]?.at = now
            return
        }
        if written.count >= Self.mostWritten { written = written.filter { now - $0.value.at < Self.window } }
        if written.count < Self.mostWritten { written[path] = Written(reason: reason, at: now) }
        write(level, "file: \(reason)", ["path": "\(path)"], now: now)
    }

    /// Whether something was said of it, which is then forgotten.
    mutating func settle(_ path: FilePath) -> String? { written.removeValue(forKey: path)?.reason }

    /// Writes one line, or counts it when there were many.
    mutating func write(_ level: Logger.Level, _ text: String, _ metadata: Logger.Metadata, now: Int64) {
        flush(now: now)
        inWindow += 1
        guard inWindow <= Self.budget else {
            leftOut += 1
            return
        }
        logger.log(level: level, "\(text)", metadata: metadata)
    }

    /// Says how many lines were left out, once the window is over.
    mutating func flush(now: Int64) {
        guard now >= windowEnd else { return }
        windowEnd = now + Self.window
        inWindow = 0
        guard leftOut > 0 else { return }
        logger.notice("files: more of such lines were left out", metadata: ["lines": "\(leftOut)"])
        leftOut = 0
    }
}
