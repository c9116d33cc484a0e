import Crdkafka
import Logging
import Spool

/// The two producers of a sender: the first for all lanes that are well, and one for those that went aside, made when it
/// is needed. A refusal ends the first (so that nothing overtakes what was refused) or makes it renumber; repeated tries
/// of a topic that nobody repairs would do so for ever, to the harm of all others. Owned by the sender's thread.
final class Producers {
    private var configuration: ClientConfiguration
    private let topics: TopicTable
    private let wakeDescriptor: Int32
    private unowned(unsafe) let owner: Sender
    private let log: ClientLog
    private let news: ConnectionNews
    private let first: Producer
    private var aside: Producer?
    /// When the second was last used; monotonic ns.
    private var usedAt: UInt64 = 0

    /// How long the second producer stays without use; ns.
    static let idleTime: UInt64 = 60_000_000_000

    init(
        _ configuration: ClientConfiguration, topics: TopicTable, wakeDescriptor: Int32, owner: Sender, log: ClientLog,
        news: ConnectionNews
    ) throws(KafkaError) {
        self.configuration = configuration
        self.topics = topics
        self.wakeDescriptor = wakeDescriptor
        self.owner = owner
        self.log = log
        self.news = news
        first = try Producer(
            configuration, topics: topics, wakeDescriptor: wakeDescriptor, owner: owner, log: log, news: news)
    }

    /// Hands a record to the first producer.
    func produce(_ record: Record, _ index: Int) -> Producer.Handover { first.produce(record, index) }

    /// Hands a record to the second producer.
    func produceAside(_ record: Record, _ index: Int, _ now: UInt64) -> Producer.Handover {
        usedAt = now
        if aside == nil { aside = makeAside() }
        return aside?.produce(record, index) ?? .notNow
    }

    /// Goes over to other settings: both are made anew.
    func use(_ configuration: ClientConfiguration, _ now: UInt64) {
        self.configuration = configuration
        first.use(configuration, now)
        aside?.use(asideConfiguration, now)
    }

    private var asideConfiguration: ClientConfiguration {
        var configuration = configuration
        // A refusal is what it is for: it renumbers and goes on.
        configuration.set("enable.gapless.guarantee", "false")
        // A run is handed over in one go; all of it to one partition is one batch.
        // Long enough to read a whole run from the disk, and large enough whatever was configured for the first.
        configuration.set("linger.ms", "25")
        configuration.set("batch.size", "1000000")
        configuration.set("message.max.bytes", String(max(1_000_000, configuration.maximumMessageBytes)))
        configuration.set("batch.num.messages", String(max(10_000, Runs.mostRecordsEver)))
        return configuration
    }

    private func makeAside() -> Producer? {
        do throws(KafkaError) {
            return try Producer(
                asideConfiguration, topics: topics, wakeDescriptor: wakeDescriptor, owner: owner, log: log, news: news)
        } catch {
            log.note(level: .error, facility: "ASIDE", text: error.description)
            return nil
        }
    }

    /// Serves reports and errors that wait. Returns how many.
    func serve() -> Int32 { first.serve() + (aside?.serve() ?? 0) }

    /// Whether one of them is being renewed, which goes on with time.
    var isRenewing: Bool { first.isRenewing || aside?.isRenewing ?? false }

    /// Goes on with renewals.
    func tend(_ now: UInt64) {
        first.tend(now)
        aside?.tend(now)
    }

    /// Ends the second producer when nobody has used it for a while.
    func dropIdle(_ now: UInt64, isInUse: Bool) {
        guard let aside, !isInUse, now &- usedAt > Self.idleTime else { return }
        aside.end()
        self.aside = nil
    }

    /// Ends both.
    func end() {
        first.end()
        aside?.end()
        aside = nil
    }
}
