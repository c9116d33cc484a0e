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

    private let ownHeader = Owned(HeaderParser())
    private let ownEncoder: Owned<EventEncoder>
    private let ownRouter: Owned<Router>
    private var program: [UInt8]
    private var scratch: [UInt8] = []

    /// What this worker counts; published at the end of a batch.
    private let ownCounters: Owned<WorkerCounters>
    private let registry: CounterRegistry
    private let programs: ProgramNames
    /// Messages committed by the end of the last batch.
    private var told: UInt64 = 0
    private let segmentsAhead: Int

    /// Time of the batch, Unix ns.
    private var received: Int64 = 0
    /// The same on the monotonic clock, for rates.
    private(set) var now: UInt64 = 0

    init(
        _ listener: ListenerContext, plan: CurrentPlan, spool: Spool, writer: SpoolWriter, wake: SenderWake,
        registry: CounterRegistry
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
        let published = PublishedCounters(listener: listener.name, identity: listener.identity)
        ownCounters = Owned(WorkerCounters(published, value.layout))
        registry.add(published)
        rates = Rates(source: current.sourceRate, listener: listener.rate, service: current.rate)
        hasRates = !rates.areNone
        program = Array((listener.program ?? "").utf8)
        ownEncoder = Owned(EventEncoder(current.routing.parsers))
        ownRouter = Owned(Router(current.routing, listeners: [listener.name], programs: programs))
        ownPeers = Owned(PeerTable(listener))
        segmentsAhead = max(2, (16 << 20) / spool.settings.segmentSize)
    }

    // What every message changes, each in memory of its own (`Owned`).

    private var header: HeaderParser {
        @inline(__always) _read { yield ownHeader.value }
        @inline(__always) _modify { yield &ownHeader.value }
    }
    private var encoder: EventEncoder {
        @inline(__always) _read { yield ownEncoder.value }
        @inline(__always) _modify { yield &ownEncoder.value }
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

    /// How long a worker that is far ahead lets streams and files wait, ns.
    static var pause: Int64 { 1_000_000 }

    /// Reads the clocks and goes to the plan in force.
    func beginBatch() {
        received = SystemClock.realTime
        now = UInt64(SystemClock.monotonic)
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
            program = Array((told.program ?? "").utf8)
            peers = PeerTable(told)
        }
        rates = Rates(source: current.sourceRate, listener: listener.rate, service: current.rate)
        hasRates = !rates.areNone
        encoder.use(current.routing.parsers)
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
        counters[.abandonedMatches] = encoder.abandonedMatches
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
        _ frame: UnsafeRawBufferPointer, isTruncated: Bool, peer: UnsafePointer<Peer>,
        origin: Origin? = nil, position: UInt64 = 0
    ) -> Bool {
        var message = read(frame, peer)
        let bytes = hasProgram(message) ? giveProgram(frame, &message) : frame
        let address = UnsafeRawBufferPointer(
            start: UnsafeRawPointer(peer) + Peer.addressOffset, count: Int(peer.pointee.address.count))
        let decision = router.decide(bytes, message, MessageSource(address: address, listener: 0))
        if decision.route.isDropped {
            reject(.route)
            return true
        }
        var span = Span<UInt8>(_unsafeBytes: bytes)
        var type = encoder.match(span, message, parser: decision.parser)
        var topic = decision.route.topic(of: type)
        let text = UnsafeRawBufferPointer(
            start: UnsafeRawPointer(peer) + Peer.textOffset, count: peer.pointee.textCount)
        var envelope = Envelope(receivedNanoseconds: received, peer: text, truncated: isTruncated)
        var keptCount = frame.count
        var room = writer.room
        while true {
            if room.count > 0,
                let event = encoder.encode(span, message, envelope: envelope, key: decision.route.key, into: room),
                // The unescaped copy of a key goes behind the event.
                !event.keyHasEscapes || event.keyCount <= room.count - event.byteCount
            {
                commit(event, in: room, topic, origin, position)
                break
            }
            // No room, or not enough of it: an empty segment, once.
            if room.count < writer.maximumValueCount {
                guard writer.roll() else { return false }
                room = writer.room
                continue
            }
            // Even an empty segment is too small for this event: it is cut, marked, and tried again.
            envelope.truncated = true
            keptCount /= 2
            let kept = UnsafeRawBufferPointer(rebasing: frame.prefix(keptCount))
            message = read(kept, peer)
            span = Span<UInt8>(_unsafeBytes: hasProgram(message) ? giveProgram(kept, &message) : kept)
            type = encoder.match(span, message, parser: .none)
            topic = decision.route.topic(of: type)
        }
        counters.commit(
            match: encoder.matchNumber, type: type, topic: topic.index, program: decision.program,
            isTruncated: envelope.truncated)
        return true
    }

    @inline(__always)
    private func read(_ bytes: UnsafeRawBufferPointer, _ peer: UnsafePointer<Peer>) -> SyslogMessage {
        header.parse(
            Span<UInt8>(_unsafeBytes: bytes), receivedSeconds: received / 1_000_000_000,
            zone: peers.zones[peer.pointee.zone])
    }

    /// Whether the listener's program is to be given to the line: it has no header.
    @inline(__always)
    private func hasProgram(_ message: SyslogMessage) -> Bool { message.format == .unstructured && !program.isEmpty }

    /// Gives a line the listener's program: a copy of the line with the program behind it, so that nothing else of the
    /// line moves.
    @inline(never)
    private func giveProgram(
        _ line: UnsafeRawBufferPointer, _ message: inout SyslogMessage
    ) -> UnsafeRawBufferPointer {
        scratch.removeAll(keepingCapacity: true)
        scratch += line
        scratch += program
        message.program = ByteRange(start: UInt32(clamping: line.count), count: UInt32(clamping: program.count))
        // The array is not touched again before the message is committed: its memory stays where it is.
        return scratch.withUnsafeBytes { UnsafeRawBufferPointer(start: $0.baseAddress, count: $0.count) }
    }

    private func commit(
        _ event: EncodedEvent, in room: UnsafeMutableRawBufferPointer, _ topic: TopicChoice, _ origin: Origin?,
        _ position: UInt64
    ) {
        var keyStart = event.keyStart
        var keyCount = event.keyCount
        var keyCopy = 0
        if event.keyHasEscapes {
            // The key is the value itself, not the way JSON writes it: an unescaped copy goes behind the event.
            keyCopy = JSONText.unescape(
                UnsafeRawBufferPointer(rebasing: room[keyStart..<keyStart + keyCount]),
                into: UnsafeMutableRawBufferPointer(rebasing: room[event.byteCount...]))
            keyStart = event.byteCount
            keyCount = keyCopy
        }
        writer.commit(
            valueCount: event.byteCount, keyStart: keyStart, keyCount: keyCount, keyCopyCount: keyCopy,
            topicIndex: topic.index, topicName: topic.name, timestamp: received / 1_000_000, origin: origin,
            position: position)
    }
}
