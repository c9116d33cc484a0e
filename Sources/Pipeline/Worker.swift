import Base
import Events
import Glibc
import Inputs
import Kafka
import Parsers
import Routing
import Spool
import Synchronization
import Syslog

/// Runs the whole way from a frame's bytes to a committed record, synchronously, on memory it owns.
///
/// Threads: a worker belongs to one thread (a receiver's, an event loop's, a follower's), which makes all calls but
/// `snapshot`. What it shares: the plan, exchanged between batches; the spool's segment pool, touched once per segment;
/// its published counters, behind a lock taken once per batch; and the wake of its sender, once per batch.
public final class Worker: @unchecked Sendable {
    private let plan: CurrentPlan
    /// Which plan is in use; what was made of another plan's listener is made anew.
    private(set) var planVersion: Int
    private var rates: Rates
    private var hasRates: Bool

    private(set) var listener: ListenerContext
    let spool: Spool
    let writer: SpoolWriter
    private let wakeSender: SenderWake
    private let ownPeers: Owned<PeerTable>

    private let ownReader: Owned<MessageReader>
    private let ownRouter: Owned<Router>

    /// What this worker counts; published at the end of a batch.
    private let ownCounters: Owned<WorkerCounters>
    private let registry: CounterRegistry
    private let programs: ProgramNames
    private let tap: Tap
    /// Whether anybody watched when the batch began.
    private var isTapped = false
    private let samples: UnmatchedSamples
    private let ownSampled: Owned<SampledPrograms>
    /// Messages committed by the end of the last batch.
    private var told: UInt64 = 0
    private let segmentsAhead: Int

    /// Time of the batch, Unix ns.
    private var received: Int64 = 0
    /// The same on the monotonic clock, for rates.
    private(set) var now: UInt64 = 0

    init(
        _ listener: ListenerContext, plan: CurrentPlan, spool: Spool, writer: SpoolWriter, wake: SenderWake,
        registry: CounterRegistry, tap: Tap, samples: UnmatchedSamples
    ) {
        let value = plan.current
        let current = value.plan
        let listener = current.listeners[listener.identity] ?? listener
        self.listener = listener
        self.plan = plan
        self.spool = spool
        self.writer = writer
        wakeSender = wake
        self.registry = registry
        planVersion = value.version
        programs = plan.programs
        self.tap = tap
        self.samples = samples
        ownSampled = Owned(SampledPrograms(capacity: programs.capacity))
        let published = PublishedCounters(listener: listener.name, identity: listener.identity)
        ownCounters = Owned(WorkerCounters(published, value.layout))
        registry.add(published)
        rates = Rates(source: current.sourceRate, listener: listener.rate, service: current.rate)
        hasRates = !rates.areNone
        ownReader = Owned(MessageReader(current.routing.parsers, program: listener.program))
        ownRouter = Owned(Router(current.routing, listeners: [listener.name], programs: programs))
        ownPeers = Owned(PeerTable(listener))
        segmentsAhead = max(2, (16 << 20) / spool.settings.segmentSize)
    }

    // What every message changes, each in memory of its own (`Owned`).

    private var reader: MessageReader {
        @inline(__always) _read { yield ownReader.value }
        @inline(__always) _modify { yield &ownReader.value }
    }
    private var router: Router {
        @inline(__always) _read { yield ownRouter.value }
        @inline(__always) _modify { yield &ownRouter.value }
    }
    var peers: PeerTable {
        @inline(__always) _read { yield ownPeers.value }
        @inline(__always) _modify { yield &ownPeers.value }
    }
    var counters: WorkerCounters {
        @inline(__always) _read { yield ownCounters.value }
        @inline(__always) _modify { yield &ownCounters.value }
    }

    private var sampled: SampledPrograms {
        @inline(__always) _read { yield ownSampled.value }
        @inline(__always) _modify { yield &ownSampled.value }
    }

    /// What is known of a sender. A call of its own: an accessor that lends takes memory where it is called from outside.
    func peer(_ address: PeerAddress) -> UnsafePointer<Peer> { UnsafePointer(peers.peer(address)) }

    /// How long a worker that is far ahead lets streams and files wait, ns.
    static var pause: Int64 { 1_000_000 }

    /// Reads the clocks and goes to the plan in force.
    func beginBatch() {
        received = SystemClock.realTime
        now = UInt64(SystemClock.monotonic)
        isTapped = tap.isWatched
        sampled.beginBatch(now)
        if plan.version != planVersion { adoptPlan() }
    }

    private func adoptPlan() {
        let value = plan.current
        let current = value.plan
        planVersion = value.version
        counters.use(value.layout)
        if let told = current.listeners[listener.identity] {
            if told.name != listener.name { counters.published.rename(told.name) }
            listener = told
            peers = PeerTable(told)
        }
        rates = Rates(source: current.sourceRate, listener: listener.rate, service: current.rate)
        hasRates = !rates.areNone
        reader.use(current.routing.parsers, program: listener.program)
        router = Router(current.routing, listeners: [listener.name], programs: programs)
    }

    /// Makes what was committed durable as configured, tells the sender and publishes the counts.
    func endBatch() {
        if counters[.committed] != told {
            do throws(SpoolError) {
                try writer.endBatch()
                told = counters[.committed]
            } catch {
                // The records are in the page cache and go to Kafka all the same; what is lost is the promise of `sync:
                // always`, and that is said.
                spool.note(error)
            }
            wakeSender()
        }
        publish()
    }

    private func publish() {
        counters[.abandonedMatches] = reader.abandonedMatches
        counters.publish()
    }

    /// No more messages will come: what was counted is published, and the last segment can be recycled when its records
    /// are settled.
    public func close() {
        endBatch()
        writer.finish()
        wakeSender()
        registry.end(counters.published)
    }

    /// Whether the message may pass now: 0, or nanoseconds until it may.
    @inline(__always)
    func rateWait(_ source: PeerAddress) -> UInt64 {
        hasRates ? rates.take(source, now) : 0
    }

    /// Whether a stream or a file had better wait a moment: Kafka takes records, and this worker is further ahead of it
    /// than the processor's caches reach. Reading on would only move the queue from the sender's socket to cold memory,
    /// at twice the cost a message (docs/performance.md). While Kafka takes nothing, the spool fills as it is meant to.
    var isFarAhead: Bool {
        writer.chain.count > segmentsAhead && wakeSender.isDelivering(now)
    }

    func reject(_ reason: Rejection) { counters.reject(reason) }

    /// Takes one frame: parsed, routed, matched, encoded into the spool and committed. False when the spool has no room;
    /// nothing is counted then.
    func accept(
        _ frame: Span<UInt8>, isTruncated: Bool, peer: UnsafePointer<Peer>, origin: Origin? = nil, position: UInt64 = 0
    ) -> Bool {
        let taken = reader.read(
            frame, receivedSeconds: received / 1_000_000_000, zone: peers.zones[peer.pointee.zone]
        ) { encoder, bytes, header -> Taken in
            let address = UnsafeRawBufferPointer(
                start: UnsafeRawPointer(peer) + Peer.addressOffset, count: Int(peer.pointee.address.count))
            let decision = router.decide(bytes, header, MessageSource(address: address, listener: 0))
            if decision.route.isDropped {
                reject(.route)
                return .whole
            }
            let type = encoder.match(bytes, header, parser: decision.parser)
            let topic = decision.route.topic(of: type)
            let envelope = envelope(of: peer, isTruncated: isTruncated)
            // No room, or not enough of it: an empty segment, once.
            while !write(bytes, header, by: &encoder, envelope, decision.route, topic, origin, position) {
                if writer.room.count >= writer.maximumValueCount { return .tooLarge(decision) }
                guard writer.roll() else { return .noRoom }
            }
            counters.commit(
                match: encoder.matchNumber, type: type, topic: topic.index, program: decision.program,
                isTruncated: isTruncated)
            if header.fault != nil { counters[.headerFaults] &+= 1 }
            if type == .syslog, sampled.wants(decision.program) {
                samples.note(decision.program, bytes.extracting(header.body.offsets))
            }
            return .whole
        }
        switch taken {
        case .whole: return true
        case .noRoom: return false
        case .tooLarge(let decision):
            acceptCut(frame, peer, decision, origin, position)
            return true
        }
    }

    /// What became of a frame.
    private enum Taken {
        case whole
        case noRoom
        /// Its event is larger than an empty segment, which is there.
        case tooLarge(Router.Decision)
    }

    /// Takes a frame whose event is too large for the empty segment that is there: it is cut until it fits, and marked.
    @inline(never)
    private func acceptCut(
        _ frame: Span<UInt8>, _ peer: UnsafePointer<Peer>, _ decision: Router.Decision, _ origin: Origin?,
        _ position: UInt64
    ) {
        var count = frame.count / 2
        while true {
            let isDone = reader.read(
                frame.extracting(..<count), receivedSeconds: received / 1_000_000_000,
                zone: peers.zones[peer.pointee.zone]
            ) { encoder, bytes, header in
                let type = encoder.match(bytes, header, parser: .none)
                let topic = decision.route.topic(of: type)
                let envelope = envelope(of: peer, isTruncated: true)
                guard write(bytes, header, by: &encoder, envelope, decision.route, topic, origin, position) else {
                    return false
                }
                if header.fault != nil { counters[.headerFaults] &+= 1 }
                counters.commit(
                    match: encoder.matchNumber, type: type, topic: topic.index, program: decision.program,
                    isTruncated: true)
                return true
            }
            if isDone { return }
            count /= 2
        }
    }

    @inline(__always)
    private func envelope(of peer: UnsafePointer<Peer>, isTruncated: Bool) -> Envelope {
        let text = UnsafeRawBufferPointer(
            start: UnsafeRawPointer(peer) + Peer.textOffset, count: peer.pointee.textCount)
        return Envelope(receivedNanoseconds: received, peer: text, truncated: isTruncated)
    }

    /// Writes the event of the last match into the segment and commits it. False when it does not fit.
    @inline(__always)
    private func write(
        _ bytes: Span<UInt8>, _ header: SyslogMessage, by encoder: inout EventEncoder, _ envelope: Envelope,
        _ route: Route, _ topic: TopicChoice, _ origin: Origin?, _ position: UInt64
    ) -> Bool {
        let room = writer.room
        guard room.count > 0,
            let event = encoder.encode(
                bytes, header, as: route.format, envelope: envelope, key: route.key, into: room)
        else { return false }
        if isTapped, route.format == .json { tap.offer(UnsafeRawBufferPointer(rebasing: room[..<event.byteCount])) }
        writer.commit(
            valueCount: event.byteCount, keyStart: event.keyStart, keyCount: event.keyCount,
            keyCopyCount: event.keyCopyCount, topicIndex: topic.index, topicName: topic.name,
            timestamp: received / 1_000_000, origin: origin, position: position)
        return true
    }
}
