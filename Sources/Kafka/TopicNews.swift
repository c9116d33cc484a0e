import Crdkafka
import Logging
import Synchronization

/// What is said of topics: each change of state once, topics with the same news in one line, whichever of several
/// producers met it first.
///
/// Threads: any sender's; a lock guards the table. It is off the hot path.
final class TopicNews: Sendable {
    private struct Held {
        /// Senders whose lane it holds.
        var senders: Set<Int> = []
        /// Reasons that were said; one topic may have several in turn.
        var said: Set<String> = []
    }

    private struct State {
        var held: [String: Held] = [:]
        /// Topics by what is to be said of them, with the longest time where there is one.
        var news: [(text: String, level: Logger.Level, topics: [String], duration: UInt64)] = []

        mutating func add(_ text: String, _ level: Logger.Level, _ topic: String, _ duration: UInt64 = 0) {
            guard let index = news.firstIndex(where: { $0.text == text }) else {
                return news.append((text, level, [topic], duration))
            }
            news[index].duration = max(news[index].duration, duration)
            if !news[index].topics.contains(topic) { news[index].topics.append(topic) }
        }
    }

    private let logger: Logger
    private let state = Mutex(State())
    /// Topics that a line names; of more, the number is said.
    private static let mostNames = 5

    init(_ logger: Logger) { self.logger = logger }

    /// A sender's lane is held.
    func hold(_ topic: String, _ reason: String, sender: Int) {
        state.withLock { state in
            var held = state.held[topic] ?? Held()
            held.senders.insert(sender)
            let isNews = held.said.insert(reason).inserted
            state.held[topic] = held
            guard isNews else { return }
            state.add("held, their events wait: \(reason)", .error, topic)
        }
    }

    /// A sender's lane that was held moves again, after a time in ns.
    func move(_ topic: String, after duration: UInt64, sender: Int) {
        state.withLock { state in
            guard var held = state.held[topic] else { return }
            held.senders.remove(sender)
            state.held[topic] = held.senders.isEmpty ? nil : held
            if held.senders.isEmpty { state.add("moving again", .notice, topic, duration) }
        }
    }

    /// A hold that was over before it was said.
    func note(_ topic: String, _ reason: String, for duration: UInt64) {
        state.withLock { $0.add("held and moving again: \(reason)", .warning, topic, duration) }
    }

    /// Topics that are held now, sorted.
    var held: [String] { state.withLock { $0.held.keys.sorted() } }

    /// Says what there is. Called now and then, so that topics with the same news share a line.
    func flush() {
        let news = state.withLock { state in
            defer { state.news = [] }
            return state.news
        }
        for item in news {
            let names = item.topics.prefix(Self.mostNames).joined(separator: ", ")
            let more = item.topics.count > Self.mostNames ? " and \(item.topics.count - Self.mostNames) more" : ""
            let subject = item.topics.count == 1 ? "topic" : "topics"
            let text = item.topics.count == 1 ? item.text.replacing("their events", with: "its events") : item.text
            let time = item.duration > 0 ? " after \(Self.seconds(item.duration))" : ""
            logger.log(level: item.level, "\(subject) \(names)\(more) \(text)\(time)")
        }
    }

    /// A duration as it is said: tenths of a second below ten.
    static func seconds(_ nanoseconds: UInt64) -> String {
        let tenths = (nanoseconds + 50_000_000) / 100_000_000
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10) s" : "\(tenths / 10) s"
    }
}
