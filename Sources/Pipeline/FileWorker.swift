import Base
import Dispatch
import Glibc
import Inputs
import Spool
import Synchronization

/// A worker whose messages are lines of files. Owned by its follower's thread.
public final class FileWorker: FileSink, @unchecked Sendable {
    private let worker: Worker
    private let peer: UnsafeMutablePointer<Peer>
    private var isBatchOpen = false
    private var mustPause = false
    private var wait: UInt64 = 0
    private let roomComes = RoomComes()

    /// One wait for room at a time: an outage of hours must not leave a waiter behind for every look at the stop flag.
    private final class RoomComes: Sendable {
        let isAsked = Atomic<Bool>(false)
        let semaphore = DispatchSemaphore(value: 0)
    }

    init(_ worker: Worker) {
        self.worker = worker
        peer = .allocate(capacity: 1)
        peer.initialize(to: worker.peers.make(.none))
    }

    deinit { peer.deallocate() }

    /// A file's lines will come.
    public func open(_ origin: OriginIdentity, at position: UInt64) -> Origin {
        worker.spool.openOrigin(origin, at: position, until: .kept)
    }

    /// No more lines of a file will come.
    public func close(_ origin: Origin) { worker.spool.closeOrigin(origin) }

    /// Takes a line; false when there is no room or the rate is used up.
    public func receive(line: UnsafeRawBufferPointer, isTruncated: Bool, origin: Origin, position: UInt64)
        -> Bool
    {
        if !isBatchOpen {
            worker.beginBatch()
            isBatchOpen = true
            mustPause = worker.isFarAhead
        }
        wait = mustPause ? UInt64(Worker.pause) : 0
        if mustPause { return false }
        // An empty line is no message, as between frames of a stream.
        if line.isEmpty || (line.count == 1 && line[0] == 13) { return true }
        wait = worker.rateWait(.none)
        if wait > 0 {
            worker.counters[.rateWaits] &+= 1
            return false
        }
        let isTaken = worker.accept(
            Span<UInt8>(_unsafeBytes: line), isTruncated: isTruncated, peer: peer, origin: origin, position: position)
        if isTaken { return true }
        worker.counters[.roomWaits] &+= 1
        return false
    }

    /// Publishes what was taken.
    public func endBatch() {
        guard isBatchOpen else { return }
        isBatchOpen = false
        worker.endBatch()
    }

    /// Waits for what `receive` lacked, at most a moment, so that a stop is noticed.
    public func waitForRoom() {
        if wait > 0 {
            SystemClock.rest(nanoseconds: min(Int64(wait), 100_000_000))
            return
        }
        if !roomComes.isAsked.exchange(true, ordering: .acquiringAndReleasing) {
            worker.spool.whenRoom { [roomComes] in
                roomComes.isAsked.store(false, ordering: .releasing)
                roomComes.semaphore.signal()
            }
        }
        _ = roomComes.semaphore.wait(timeout: .now() + .milliseconds(200))
    }

    /// No more lines will come.
    public func close() { worker.close() }
}

extension Origin: FileOrigin {
    /// Of its records, how many from the first on are settled without a gap.
    public var settledCount: UInt64 { settled.count }
}
