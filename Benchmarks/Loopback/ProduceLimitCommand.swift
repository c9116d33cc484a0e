import ArgumentParser
import Crdkafka
import Glibc
import Synchronization

// The main thread produces; one thread serves delivery reports, which count in ReportCounts. librdkafka hands that
// object to the report callback as its opaque pointer.

/// `produce-limit`: preallocated JSON of the size of real events to the same topics, and nothing else.
struct ProduceLimitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce-limit", abstract: "Produce preallocated events and await their delivery reports.",
        discussion: "Prints ready; for each line `COUNT [RATE]` on standard input it produces that many, at most RATE "
            + "a second, and prints delivered=N failed=N when every report is in.")

    @Option(help: "Bootstrap servers.") var brokers: String
    @Option(help: "Bytes of text added to each message.") var padding = 0
    @Option(help: "Milliseconds between bursts when there is a rate.") var interval = 1.0
    @Option(help: "A librdkafka property, name=value, past those of the benchmark; may be repeated.")
    var property: [String] = []

    func validate() throws {
        guard padding >= 0, interval > 0, property.allSatisfy({ $0.contains("=") }) else {
            throw ValidationError("--padding must not be negative, --interval positive, --property name=value")
        }
    }

    /// Events in the ring; a multiple of the mix.
    private static let ringSize = 8192

    func run() throws {
        let mix = MessageMix(seconds: time(nil), padding: padding)
        let counts = ReportCounts()
        let client = try KafkaClient(
            RD_KAFKA_PRODUCER,
            properties: ProducerProperties.common + [("bootstrap.servers", brokers)]
                + property.map { pair in
                    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    return (String(parts[0]), String(parts[1]))
                }
        ) { configuration in
            rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(counts).toOpaque())
            rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
                guard let message, let opaque else { return }
                Unmanaged<ReportCounts>.fromOpaque(opaque).takeUnretainedValue()
                    .count(failed: message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR)
            }
        }
        let ring = EventRing(mix: mix, size: Self.ringSize)
        let topics = try mix.topics.map { name -> OpaquePointer in
            guard let topic = rd_kafka_topic_new(client.handle, name, nil) else {
                throw Failure("topic \(name): \(kafkaWords(rd_kafka_last_error()))")
            }
            return topic
        }
        defer { for topic in topics { rd_kafka_topic_destroy(topic) } }
        let topicOfKind = mix.lines.map { line in topics[mix.topics.firstIndex(of: line.topic)!] }

        let poller = try Poller(client.handle)
        defer { poller.stop() }
        emit("ready")
        while let request = readLine(strippingNewline: true) {
            let words = request.split(separator: " ")
            guard let count = words.first.flatMap({ Int($0) }), count >= 0 else {
                throw Failure("expected a count, got: \(request)")
            }
            let rate = words.count > 1 ? Double(words[1]) : nil
            let before = counts.total
            try produce(count, rate: rate, ring, topicOfKind)
            counts.wait(until: before + count)
            emit("delivered=\(counts.delivered) failed=\(counts.failed)")
        }
    }

    private func produce(_ count: Int, rate: Double?, _ ring: EventRing, _ topicOfKind: [OpaquePointer]) throws {
        let started = monotonicSeconds()
        var sent = 0
        while sent < count {
            // At a rate: what is due, in bursts, which is how a receiver that rests gets it.
            let due = rate.map { min(count - sent, Int((monotonicSeconds() - started) * $0) + 1 - sent) } ?? count
            for _ in 0..<max(0, due) {
                let event = ring.events[sent % ring.events.count]
                let code = rd_kafka_produce(
                    topicOfKind[sent % topicOfKind.count], RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_BLOCK,
                    event.bytes, event.count, nil, 0, nil)
                guard code == 0 else { throw Failure("rd_kafka_produce: \(kafkaWords(rd_kafka_last_error()))") }
                sent += 1
            }
            if rate != nil && sent < count { sleepUntil(monotonicSeconds() + interval / 1000) }
        }
    }
}

/// The events, in one block of memory that lives as long as the process: librdkafka borrows them.
private struct EventRing {
    let events: [(bytes: UnsafeMutablePointer<UInt8>, count: Int)]

    init(mix: MessageMix, size: Int) {
        events = (0..<size).map { number in
            let event = mix.sampleEvent(number)
            let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: event.count)
            bytes.initialize(from: event, count: event.count)
            return (bytes, event.count)
        }
    }
}

/// Counts delivery reports. Only the polling thread writes.
private final class ReportCounts: Sendable {
    private let good = Atomic<Int>(0)
    private let bad = Atomic<Int>(0)

    func count(failed: Bool) {
        if failed { bad.wrappingAdd(1, ordering: .releasing) } else { good.wrappingAdd(1, ordering: .releasing) }
    }

    var delivered: Int { good.load(ordering: .acquiring) }
    var failed: Int { bad.load(ordering: .acquiring) }
    var total: Int { delivered + failed }

    /// Looks every 2 ms: cheap, and no report has to wake anybody.
    func wait(until target: Int) {
        while total < target { sleepUntil(monotonicSeconds() + 0.002) }
    }
}

/// The thread that serves delivery reports.
private final class Poller: Sendable {
    private let stopping = Atomic<Bool>(false)
    private let stopped = Atomic<Bool>(false)

    init(_ handle: OpaquePointer) throws {
        let address = UInt(bitPattern: handle)
        try startThread { [self] in
            let handle = OpaquePointer(bitPattern: address)
            while !stopping.load(ordering: .acquiring) { rd_kafka_poll(handle, 100) }
            stopped.store(true, ordering: .releasing)
        }
    }

    /// Returns when the thread touches the handle no longer.
    func stop() {
        stopping.store(true, ordering: .releasing)
        while !stopped.load(ordering: .acquiring) { sleepUntil(monotonicSeconds() + 0.005) }
    }
}
