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
public protocol DatagramSink: AnyObject {
    /// Takes a batch. It cannot be refused: what does not fit is counted by the sink.
    func receive(_ batch: DatagramBatch)
}

/// Receives datagrams on a thread of its own: UDP or a unix datagram socket.
///
/// Threads: `run` is the receiver's thread, which owns the slots and calls the sink. `stop` and `kernelDrops` come from
/// elsewhere; the socket's descriptor stays open until `close`, after the thread has ended.
public final class DatagramReceiver: @unchecked Sendable {
    /// Datagrams per call.
    static let slotCount: UInt32 = 256

    private let socket: DatagramSocket
    private let slotSize: Int
    private let isStopping = Atomic<Bool>(false)
    private let drops = Mutex((last: UInt32(0), total: UInt64(0)))
    private let logger: Logger

    /// A receiver over a bound socket.
    /// - Parameter maximumSize: longer datagrams are cut there and marked.
    public init(_ socket: DatagramSocket, maximumSize: Int, logger: Logger) {
        self.socket = socket
        slotSize = maximumSize
        self.logger = logger
    }

    /// Datagrams that the kernel dropped since the socket was opened because its buffer was full.
    public var kernelDrops: UInt64 {
        drops.withLock { drops in
            count(&drops)
            return drops.total
        }
    }

    private func count(_ drops: inout (last: UInt32, total: UInt64)) {
        var now: UInt32 = 0
        guard socket.descriptor >= 0, clinux_socket_drops(socket.descriptor, &now) == 0 else { return }
        drops.total += UInt64(now &- drops.last)
        drops.last = now
    }

    /// Receives until `stop`, then takes what the kernel still holds and returns. What goes on arriving does not keep it:
    /// it takes no more than the kernel's buffer can have held.
    public func run(into sink: some DatagramSink) throws(InputError) {
        guard let slots = clinux_datagram_batch_new(Self.slotCount, slotSize) else {
            throw InputError(place: socket.place, operation: "allocate receive slots for", errno: ENOMEM)
        }
        defer { clinux_datagram_batch_free(slots) }
        // When a call brought fewer than it had room for, the thread rests: waking for one or two datagrams at a time
        // costs two to three times as much per datagram, and the kernel's buffer holds what comes meanwhile.
        var rest = timespec(tv_sec: 0, tv_nsec: socket.rest)
        var remaining = socket.mostHeld
        while true {
            let isLast = isStopping.load(ordering: .acquiring)
            let count = clinux_datagram_batch_receive(slots, socket.descriptor, isLast ? 0 : 1)
            if count > 0 {
                if isLast {
                    sink.receive(DatagramBatch(slots: slots, count: Int(count)))
                    remaining -= Int(count)
                    if remaining <= 0 { return }
                    continue
                }
                // The shutdown that wakes this thread looks like one empty datagram from nobody.
                let first = clinux_datagram_at(slots, 0)!.pointee
                let isWoken = count == 1 && first.count == 0 && first.source_length == 0
                if isWoken, isStopping.load(ordering: .acquiring) { continue }
                sink.receive(DatagramBatch(slots: slots, count: Int(count)))
                if count < Self.slotCount, rest.tv_nsec > 0 { nanosleep(&rest, nil) }
                continue
            }
            switch -count {
            case EINTR: continue
            case EAGAIN where isLast: return
            case EAGAIN: continue
            case ECONNREFUSED: continue
            default:
                if isLast { return }
                throw InputError(place: socket.place, operation: "receive on", errno: -count)
            }
        }
    }

    /// Makes `run` end once the kernel's buffer is empty. From any thread.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        // Wakes the blocked receive. On an unconnected socket Linux answers ENOTCONN and wakes it all the same.
        shutdown(socket.descriptor, Int32(SHUT_RD))
    }

    /// Closes the socket, after `run` has returned. Its drops are counted a last time before they are gone with it; the
    /// lock keeps `kernelDrops` from asking another file that has taken the descriptor's number.
    public func close() {
        drops.withLock { drops in
            count(&drops)
            socket.close()
        }
    }
}
