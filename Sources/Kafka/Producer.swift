import Crdkafka
import Glibc
import Logging
import Spool

/// The producer of one sender, which a fatal error ends and `renew` replaces. Owned by the sender's thread.
///
/// A fatal error (an idempotent producer that lost its place in a partition) is for good: librdkafka takes nothing more.
/// Every record that the old producer held comes back first, with a purge error; the new one is fed with them.
final class Producer {
    /// What became of a record that was to be handed over.
    enum Handover {
        /// librdkafka has it; a report will come.
        case taken
        /// No room, or the producer is dying: later.
        case notNow
        /// librdkafka refused it at once: no report will come.
        case refused(rd_kafka_resp_err_t)
    }

    private let configuration: ClientConfiguration
    private let topics: TopicTable
    private let log: ClientLog
    private let logger: Logger
    private let wakeDescriptor: Int32
    private unowned let owner: Sender
    private var handle: ProducerHandle?
    /// Whether a fatal error has ended the producer.
    private(set) var isFatal = false

    init(
        _ configuration: ClientConfiguration, topics: TopicTable, wakeDescriptor: Int32, owner: Sender,
        log: ClientLog, logger: Logger
    ) throws(KafkaError) {
        self.configuration = configuration
        self.topics = topics
        self.wakeDescriptor = wakeDescriptor
        self.owner = owner
        self.log = log
        self.logger = logger
        handle = try ProducerHandle(configuration, wakeDescriptor: wakeDescriptor, owner: owner)
    }

    /// Hands one record to librdkafka, which reads its value in place until the report comes.
    func produce(_ record: Record, _ index: Int) -> Handover {
        guard handle != nil, !isFatal else { return .notNow }
        let error = handle!.produce(
            topic: index, name: { topics.name(at: UInt32($0)) }, value: record.value, valueCount: record.valueCount,
            key: record.key, keyCount: record.keyCount, timestamp: record.timestamp, opaque: record.base)
        switch error {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return .taken
        case RD_KAFKA_RESP_ERR__QUEUE_FULL: return .notNow
        case RD_KAFKA_RESP_ERR__FATAL:
            isFatal = true
            return .notNow
        default: return .refused(error)
        }
    }

    /// Serves reports and errors that wait. Returns how many.
    func serve() -> Int32 { handle?.serve() ?? 0 }

    func noteFatal() { isFatal = true }

    /// Makes a new producer in the place of one that a fatal error ended, once all reports of the old one have come.
    /// - Parameter isStopping: whether to give up waiting for them.
    /// - Parameter resending: how many records wait to be handed over again, for the log.
    func renew(isStopping: () -> Bool, resending: () -> Int) {
        // Every report is waited for: a record without one would stay in flight for ever.
        while !isStopping(), (handle?.outstanding() ?? 0) > 0 {
            handle?.purge()
            handle?.serve(waiting: 100)
        }
        handle = nil
        do throws(KafkaError) {
            handle = try ProducerHandle(configuration, wakeDescriptor: wakeDescriptor, owner: owner)
            isFatal = false
            logger.warning("producer renewed after a fatal error", metadata: ["resending": "\(resending())"])
        } catch {
            log.note(level: .error, facility: "RENEW", text: error.description)
            poll(nil, 0, 1000)
        }
    }

    /// Ends the producer: what is unsent is taken back before its handle goes, for its memory is the spool's.
    func end() {
        handle?.purge()
        _ = handle?.serve()
        handle = nil
    }
}
