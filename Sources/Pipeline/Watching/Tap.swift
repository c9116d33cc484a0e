import CLinux
import Events
import Synchronization

/// Shows events to whoever watches, as they are committed. Lossy: a watcher that does not keep up misses events and is told
/// how many, and nothing waits for it.
///
/// Threads: workers offer, a watcher takes, both behind a lock; while nobody watches a worker reads one flag per batch.
public final class Tap: Sendable {
    private let watches = Mutex<[Watch]>([])
    private let watched = Atomic<Bool>(false)

    /// Watchers at once.
    public static let mostWatches = 16

    init() {}

    /// Whether anybody watches.
    var isWatched: Bool { watched.load(ordering: .relaxed) }

    /// Begins to watch.
    /// - Returns: nil when there are as many watchers as there may be.
    public func watch(_ filter: TapFilter) -> Watch? {
        watches.withLock { watches in
            guard watches.count < Self.mostWatches else { return nil }
            let watch = Watch(filter)
            watches.append(watch)
            watched.store(true, ordering: .relaxed)
            return watch
        }
    }

    /// Watches no more.
    public func end(_ watch: Watch) {
        watches.withLock { watches in
            watches.removeAll { $0 === watch }
            watched.store(!watches.isEmpty, ordering: .relaxed)
        }
    }

    /// Shows an event.
    @inline(never)
    func offer(_ event: UnsafeRawBufferPointer) {
        for watch in watches.withLock({ $0 }) { watch.offer(event) }
    }

    /// One watcher's events that it has not taken.
    public final class Watch: Sendable {
        private struct State {
            var events: [[UInt8]] = []
            var byteCount = 0
            var lost: UInt64 = 0
        }
        private let filter: TapFilter
        private let state = Mutex(State())
        /// Events and bytes that are kept for a watcher.
        static let mostEvents = 2_000
        static let mostBytes = 1 << 20

        init(_ filter: TapFilter) { self.filter = filter }

        func offer(_ event: UnsafeRawBufferPointer) {
            guard filter.matches(event) else { return }
            state.withLock { state in
                guard state.events.count < Self.mostEvents, state.byteCount + event.count <= Self.mostBytes else {
                    state.lost += 1
                    return
                }
                state.events.append(Array(event))
                state.byteCount += event.count
            }
        }

        /// What came since the last call, and how many events found no room.
        public func take() -> (events: [[UInt8]], lost: UInt64) {
            state.withLock { state in
                defer { state = State() }
                return (state.events, state.lost)
            }
        }
    }
}

/// Which events a watcher wants: those that have every one of some members.
public struct TapFilter: Sendable {
    /// A member's bytes as an event has them, and whether something else may follow at once: a number's digits do.
    private struct Needle: Sendable {
        var bytes: [UInt8]
        var isClosed: Bool
    }
    /// One of each must be there.
    private var members: [[Needle]] = []

    /// Every event.
    public init() {}

    /// Wants a member of this value, text or number or boolean, in the event or in an object in it: of `syslog.host` the
    /// last part counts.
    public mutating func require(_ field: String, _ value: String) {
        let name = field.split(separator: ".").last.map(String.init) ?? field
        let key = JSONText.encoded(name) + [UInt8(ascii: ":")]
        members.append([
            Needle(bytes: key + JSONText.encoded(value), isClosed: true),
            Needle(bytes: key + Array(value.utf8), isClosed: false),
        ])
    }

    /// Whether an event has them. A text in an event cannot be taken for a member: its quotes are escaped.
    func matches(_ event: UnsafeRawBufferPointer) -> Bool {
        members.allSatisfy { needles in needles.contains { Self.find($0, in: event) } }
    }

    private static func find(_ needle: Needle, in event: UnsafeRawBufferPointer) -> Bool {
        var from = 0
        return needle.bytes.withUnsafeBytes { bytes in
            while from < event.count,
                let found = clinux_find(event.baseAddress! + from, event.count - from, bytes.baseAddress!, bytes.count)
            {
                let end = event.baseAddress!.distance(to: UnsafeRawPointer(found)) + bytes.count
                if needle.isClosed || end >= event.count || ",}]".utf8.contains(event[end]) { return true }
                from = end
            }
            return false
        }
    }
}
