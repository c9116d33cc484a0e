import Logging

/// What the senders of a pool say together, so that each change of state is one line.
struct PoolNews: Sendable {
    let connection: ConnectionNews
    let topics: TopicNews

    init(_ logger: Logger) {
        connection = ConnectionNews(logger)
        topics = TopicNews(logger)
    }
}
