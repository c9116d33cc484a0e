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
    /// Whether what is committed survives the process, so that a checkpoint need not wait for Kafka.
    private let isDurable: Bool
    private let roomComes = RoomComes()
    /// The origins of files by fingerprint.
    private var origins: [UInt32: Origin] = [:]

    /// One wait for room at a time: an outage of hours must not leave a waiter behind for every look at the stop flag.
    private final class RoomComes: Sendable {
        let isAsked = Atomic<Bool>(false)
        let semaphore = DispatchSemaphore(value: 0)
    }

    init(_ worker: Worker) {
        self.worker = worker
        peer = .allocate(capacity: 1)
        peer.initialize(to: worker.peers.make(.none))
        isDurable = worker.spool.settings.directory != nil
    }

    deinit { peer.deallocate() }

    /// Takes a line; false when there is no room or the rate is used up.
    public func receive(line: UnsafeRawBufferPointer, isTruncated: Bool, origin: UInt32, position: UInt64) -> Bool {
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
        if wait > 0 { return false }
        return worker.accept(
            line, isTruncated: isTruncated, peer: peer, origin: self.origin(origin, position), position: position)
    }

    private func origin(_ fingerprint: UInt32, _ position: UInt64) -> Origin {
        if let origin = origins[fingerprint] { return origin }
        let identity = OriginIdentity(high: 0, low: UInt64(fingerprint))
        let origin = worker.spool.openOrigin(identity, at: position, until: .kept)
        origins[fingerprint] = origin
        return origin
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
            var rest = timespec(tv_sec: 0, tv_nsec: Int(min(wait, 100_000_000)))
            nanosleep(&rest, nil)
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
    public func close() {
        worker.close()
        for origin in origins.values { worker.spool.closeOrigin(origin) }
    }

    /// Records committed so far.
    public var committedCount: UInt64 { worker.writer.committed }

    /// Of those, how many from the start are safe.
    public var settledCount: UInt64 { isDurable ? worker.writer.committed : worker.writer.chain.settledCount }
}
