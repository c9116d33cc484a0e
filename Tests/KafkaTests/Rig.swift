import Glibc
import Kafka
import Logging
import Spool
import Synchronization
import Testing

/// One record as a consumer saw it.
struct Received: Equatable {
    var partition: Int32
    var key: String?
    var value: String
    var timestamp: Int64
}

struct Timeout: Error, CustomStringConvertible {
    var description: String
}

/// Waits for a condition; a generous deadline turns a hang into a failure.
func wait(for what: String, seconds: Int = 120, _ condition: () throws -> Bool) throws {
    let limit = time(nil) + seconds
    while try !condition() {
        guard time(nil) < limit else { throw Timeout(description: "waited \(seconds) s for \(what)") }
        poll(nil, 0, 5)
    }
}

/// A directory of its own for a test, removed with its files at the end.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/kafka-tests-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        path = try template.withUnsafeBufferPointer {
            String(cString: try #require(made == nil ? nil : $0.baseAddress))
        }
    }

    deinit {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink(path + "/" + name)
            }
            closedir(stream)
        }
        rmdir(path)
    }
}

/// Keeps what is logged.
final class LogRecorder: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            recorder.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}

/// A broker, a spool and a pool, as the pipeline puts them together.
final class Rig {
    static let timestamp: Int64 = 1_762_264_929_120

    let broker: EmbeddedBroker
    let spool: Spool
    let topics = TopicTable()
    let pool: ProducerPool
    let recovered: RecoveredRecords
    let log = LogRecorder()
    private var isStopped = false

    init(
        broker: EmbeddedBroker? = nil, producers: Int = 1, limits: ProducerPool.Limits = ProducerPool.Limits(),
        directory: TemporaryDirectory? = nil, segments: Int = 64, properties: [(String, String)] = []
    ) throws {
        let broker = try broker ?? EmbeddedBroker()
        self.broker = broker
        spool = try Spool(
            SpoolSettings(directory: directory?.path, maximumSize: segments * 65536, segmentSize: 65536))
        let topics = topics
        recovered = try spool.recover { topics.index(of: $0) }
        var configuration = ClientConfiguration([("bootstrap.servers", broker.bootstrapServers)])
        configuration.set("reconnect.backoff.ms", "20")
        configuration.set("reconnect.backoff.max.ms", "100")
        configuration.set("topic.metadata.refresh.fast.interval.ms", "50")
        configuration.set("topic.metadata.refresh.interval.ms", "300")
        for (name, value) in properties { configuration.set(name, value) }
        pool = try ProducerPool(
            count: producers, configuration: configuration, limits: limits, spool: spool, topics: topics,
            replay: recovered.replay, logger: log.logger)
    }

    deinit { stop() }

    func stop() {
        if !isStopped { pool.stop() }
        isStopped = true
    }

    func makeSource() -> Source {
        let writer = spool.makeWriter()
        return Source(writer: writer, wake: pool.attach(writer.chain), topics: topics)
    }

    func waitDelivered(_ count: Int) throws {
        do {
            try wait(for: "\(count) deliveries") { pool.counts.delivered >= UInt64(count) }
        } catch {
            throw Timeout(description: "\(error); \(pool.counts); log: \(log.all.suffix(5))")
        }
    }

    /// Everything in a topic, read to its end.
    func contents(of topic: String) throws -> [Received] {
        var received: [Received] = []
        let consumer = try Consumer(ClientConfiguration([("bootstrap.servers", broker.bootstrapServers)]))
        _ = try consumer.assign([topic], from: .beginning, timeoutMilliseconds: 30_000)
        try consumer.run(untilEnd: true) { message in
            received.append(
                Received(
                    partition: message.partition, key: message.key.map { String(decoding: $0, as: UTF8.self) },
                    value: String(decoding: message.value, as: UTF8.self), timestamp: message.timestamp))
            return true
        }
        return received
    }

    func values(of topic: String) throws -> [String] { try contents(of: topic).map(\.value) }
}

/// A worker's side.
final class Source {
    let writer: SpoolWriter
    private let wake: SenderWake
    private let topics: TopicTable

    init(writer: SpoolWriter, wake: SenderWake, topics: TopicTable) {
        self.writer = writer
        self.wake = wake
        self.topics = topics
    }

    func tryWrite(
        _ value: String, key: String = "", topic: String, origin: Origin? = nil, position: UInt64 = 0
    ) -> Bool {
        let bytes = Array((value + key).utf8)
        if writer.room.count < bytes.count, !writer.roll() || writer.room.count < bytes.count { return false }
        writer.room.copyBytes(from: bytes)
        let count = value.utf8.count
        Array(topic.utf8).withUnsafeBytes {
            writer.commit(
                valueCount: count, keyStart: count, keyCount: key.utf8.count, keyCopyCount: key.utf8.count,
                topicIndex: topics.index(of: topic), topicName: $0, timestamp: Rig.timestamp,
                origin: origin, position: position)
        }
        wake()
        return true
    }

    /// A turn of its sender.
    func wakeSender() { wake() }

    /// Waits for room when there is none.
    func write(
        _ value: String, key: String = "", topic: String, origin: Origin? = nil, position: UInt64 = 0
    ) throws {
        try untilRoom { tryWrite(value, key: key, topic: topic, origin: origin, position: position) }
    }

    private func untilRoom(_ done: () -> Bool) throws {
        if !done() { try wait(for: "room in the spool", done) }
    }
}

/// Values in the order of their first occurrence.
func unique(_ values: [String]) -> [String] {
    var seen: Set<String> = []
    return values.filter { seen.insert($0).inserted }
}
