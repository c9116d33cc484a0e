import Crdkafka
import Synchronization

/// The last statistics of each producer, as librdkafka wrote them. They are read when somebody asks and not before: the
/// text grows with topics and partitions.
///
/// Threads: a sender's thread puts them here, anybody reads; a lock guards the table.
final class ClientStatistics: Sendable {
    /// A text that librdkafka allocated.
    private final class Text: @unchecked Sendable {
        let bytes: UnsafeBufferPointer<UInt8>
        init(_ start: UnsafeMutablePointer<CChar>, _ count: Int) {
            bytes = UnsafeBufferPointer(
                start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
        }
        deinit { rd_kafka_mem_free(nil, UnsafeMutableRawPointer(mutating: bytes.baseAddress)) }
    }

    private let texts = Mutex<[ObjectIdentifier: Text]>([:])

    /// Takes a text over.
    func take(_ start: UnsafeMutablePointer<CChar>, _ count: Int, of producer: ObjectIdentifier) {
        let text = Text(start, count)
        // What it replaces is freed outside the lock.
        let last = texts.withLock { texts in
            defer { texts[producer] = text }
            return texts[producer]
        }
        _ = last
    }

    /// A producer has ended.
    func forget(_ producer: ObjectIdentifier) {
        let last = texts.withLock { $0.removeValue(forKey: producer) }
        _ = last
    }

    /// What they say, all producers together.
    var readings: KafkaReadings {
        let all = texts.withLock { Array($0.values) }
        var readings = KafkaReadings()
        for text in all { StatisticsReader(text.bytes).fold(into: &readings) }
        return readings
    }
}

/// What librdkafka says of its queues and brokers, all producers together; as of its last statistics.
public struct KafkaReadings: Sendable, Equatable {
    /// One broker.
    public struct Broker: Sendable, Equatable {
        /// Whether a connection to it is up.
        public var isUp = false
        /// Requests that were sent.
        public var requests: UInt64 = 0
        /// Requests that wait to be sent, and those that wait for their answer.
        public var waiting: UInt64 = 0
        /// Errors while sending and receiving.
        public var errors: UInt64 = 0
        /// Requests that nobody answered in time.
        public var timeouts: UInt64 = 0
        /// Bytes sent.
        public var bytes: UInt64 = 0
        /// From a request to its answer, microseconds: on average and the 99th percentile, over the last interval.
        public var roundTripMean: UInt64 = 0
        /// The 99th percentile of the same.
        public var roundTripMost: UInt64 = 0

        /// A broker of which nothing is known.
        public init() {}
    }

    /// Messages in librdkafka's queues and on their way.
    public var queuedMessages: UInt64 = 0
    /// Their bytes.
    public var queuedBytes: UInt64 = 0
    /// Brokers by name, `host:port`.
    public var brokers: [String: Broker] = [:]

    /// Nothing is known.
    public init() {}
}
