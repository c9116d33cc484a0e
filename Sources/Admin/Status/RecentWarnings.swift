import Synchronization

/// The last things of the service's log that somebody should see.
///
/// Threads: any; a lock. What is said in the log is bounded already, so that this is rare.
public final class RecentWarnings: Sendable {
    /// An entry of the log.
    struct Entry: Sendable {
        /// Unix time, ms.
        var time: Int64
        var level: String
        var text: String
    }

    /// Entries that are kept.
    static let most = 50
    /// Characters of one.
    static let longest = 500
    private let entries = Mutex<[Entry]>([])

    /// None yet.
    public init() {}

    /// Keeps an entry, and forgets the oldest for it.
    public func note(level: String, _ text: String) {
        let entry = Entry(time: Observer.milliseconds(), level: level, text: String(text.prefix(Self.longest)))
        entries.withLock { entries in
            if entries.count >= Self.most { entries.removeFirst() }
            entries.append(entry)
        }
    }

    var all: [Entry] { entries.withLock { $0 } }
}
