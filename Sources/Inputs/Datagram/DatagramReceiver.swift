import Base
import CLinux
import Glibc
import Logging
import Synchronization

/// One datagram, valid during the call that gives it.
public struct Datagram {
    /// Its bytes, cut at the slot's size.
    public let bytes: UnsafeRawBufferPointer
    /// Whether it was longer than the slot.
    public let isTruncated: Bool
    /// The sender's socket address.
    public let source: UnsafeRawBufferPointer
}

/// What `recvmmsg` brought in one call.
public struct DatagramBatch {
    let slots: OpaquePointer
    /// How many datagrams.
    public let count: Int

    /// A datagram of the batch.
    public subscript(index: Int) -> Datagram {
        let slot = clinux_datagram_at(slots, UInt32(index))!.pointee
        return Datagram(
            bytes: UnsafeRawBufferPointer(start: slot.bytes, count: Int(slot.count)), isTruncated: slot.truncated != 0,
            source: UnsafeRawBufferPointer(start: slot.source, count: Int(slot.source_length)))
    }
}

/// Where datagrams go. All calls come on the receiver's thread.
public protocol DatagramSink: InputSink {
    /// Takes a batch. It cannot be refused: what does not fit is counted by the sink.
    func receive(_ batch: DatagramBatch)
}

/// Receives datagrams on a thread of its own: UDP or a unix datagram socket.
///
/// Threads: `run` is the receiver's thread, which owns the slots, looks after the socket's path and calls the sink. `use`,
/// `stop` and `kernelDrops` come from elsewhere; the socket stays open until `close`, after the thread has ended.
public final class DatagramReceiver: Sendable {
    /// Datagrams per call.
    static let slotCount: UInt32 = 256
    /// How often the path of a unix socket is looked at, ms.
    static let pathInterval: Int32 = 1000

    private let socket: DatagramSocket
    private let slotSize: Atomic<Int>
    private let isStopping: Atomic<Bool>
    private let wake: WakeDescriptor
    private let logger: Logger

    /// A receiver over a bound socket.
    /// - Parameter maximumSize: longer datagrams are cut there and marked.
    public init(_ socket: DatagramSocket, maximumSize: Int, logger: Logger) throws(InputError) {
        // What can fail goes first: the optimiser cannot take a half-made object apart that holds an atomic.
        wake = try WakeDescriptor(for: socket.place)
        self.socket = socket
        slotSize = Atomic(maximumSize)
        isStopping = Atomic(false)
        self.logger = logger
    }

    /// Datagrams that the kernel dropped since the socket was opened because its buffer was full.
    public var kernelDrops: UInt64 { socket.kernelDrops }

    /// Cuts datagrams at another size, from the next batch on.
    public func use(maximumSize: Int) {
        slotSize.store(maximumSize, ordering: .releasing)
        wake.wake()
    }

    /// Receives until `stop`, then takes what the kernel still holds and returns. What goes on arriving does not keep it:
    /// it takes no more than the kernel's buffer can have held.
    public func run(into sink: some DatagramSink) throws(InputError) {
        while !isStopping.load(ordering: .acquiring) { try receive(sink, size: slotSize.load(ordering: .acquiring)) }
    }

    /// Receives with slots of one size, until `stop` or `use`.
    private func receive(_ sink: some DatagramSink, size: Int) throws(InputError) {
        guard let slots = clinux_datagram_batch_new(Self.slotCount, size) else {
            throw InputError(place: socket.place, operation: "allocate receive slots for", errno: ENOMEM)
        }
        defer { clinux_datagram_batch_free(slots) }
        // When a call brought fewer than it had room for, the thread rests: waking for one or two datagrams at a time
        // costs two to three times as much per datagram, and the kernel's buffer holds what comes meanwhile.
        var nextLook = SystemClock.monotonic + Int64(Self.pathInterval) * 1_000_000
        while slotSize.load(ordering: .acquiring) == size {
            if isStopping.load(ordering: .acquiring) { return try drain(slots, sink, atMost: socket.mostHeld) }
            let count = try receive(slots)
            if count > 0 {
                sink.receive(DatagramBatch(slots: slots, count: count))
                if count < Self.slotCount { SystemClock.rest(nanoseconds: Int64(socket.rest)) }
            } else {
                wake.wait(for: socket.descriptor, milliseconds: socket.isUnix ? Self.pathInterval : -1)
            }
            if socket.isUnix, SystemClock.monotonic >= nextLook {
                nextLook = SystemClock.monotonic + Int64(Self.pathInterval) * 1_000_000
                try lookAfterPath(slots, sink)
            }
        }
    }

    /// Datagrams received; 0 when there are none now.
    private func receive(_ slots: OpaquePointer) throws(InputError) -> Int {
        while true {
            let count = clinux_datagram_batch_receive(slots, socket.descriptor, 0)
            switch -count {
            case EAGAIN: return 0
            // The second one is an answer to what was sent from this port, which is nothing of ours.
            case EINTR, ECONNREFUSED: continue
            case 1...: throw InputError(place: socket.place, operation: "receive on", errno: -count)
            default: return Int(count)
            }
        }
    }

    /// Takes what the kernel holds.
    private func drain(_ slots: OpaquePointer, _ sink: some DatagramSink, atMost: Int) throws(InputError) {
        var remaining = atMost
        while remaining > 0 {
            let count = try receive(slots)
            if count == 0 { return }
            sink.receive(DatagramBatch(slots: slots, count: count))
            remaining -= count
        }
    }

    /// Makes a unix socket anew whose path somebody has removed; what waits in the old one is taken first.
    private func lookAfterPath(_ slots: OpaquePointer, _ sink: some DatagramSink) throws(InputError) {
        guard socket.hasLostItsPath else { return }
        do throws(InputError) {
            try socket.replace(logger: logger) { () throws(InputError) in
                try drain(slots, sink, atMost: socket.mostHeld)
            }
            logger.warning("socket file was removed and is made again", metadata: ["path": "\(socket.place)"])
        } catch {
            socket.complain(error, logger)
        }
    }

    /// Makes `run` end once the kernel's buffer is empty. From any thread.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        wake.wake()
    }

    /// Closes the socket, after `run` has returned. Its drops are counted a last time before they are gone with it.
    public func close() { socket.close() }
}
