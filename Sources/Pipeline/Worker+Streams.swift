import Dispatch
import Inputs
import Spool
import Syslog

/// What a worker keeps of one stream connection.
public final class StreamConnection {
    var decoder: FrameDecoder
    let peer: UnsafeMutablePointer<Peer>
    /// The plan that the peer was made under: its zone and its rights are those of the listener then.
    var planVersion: Int
    /// The decoder's count when it was last added to the worker's.
    var resynchronisations: UInt64 = 0

    init(maximumFrameSize: Int, mode: FrameDecoder.Mode, peer: Peer, planVersion: Int) {
        decoder = FrameDecoder(maximumFrameSize: maximumFrameSize, mode: mode)
        self.peer = .allocate(capacity: 1)
        self.peer.initialize(to: peer)
        self.planVersion = planVersion
    }

    deinit { peer.deallocate() }
}

extension Worker: StreamSink {
    /// A connection's own decoder and peer.
    public func open(peer: PeerAddress) -> StreamConnection {
        StreamConnection(
            maximumFrameSize: listener.maximumMessageSize, mode: listener.framing, peer: peers.make(peer),
            planVersion: planVersion)
    }

    /// Begins a batch of a connection, whose peer follows the listener's settings of the plan in force.
    private func beginBatch(_ connection: StreamConnection) {
        beginBatch()
        guard connection.planVersion != planVersion else { return }
        connection.planVersion = planVersion
        connection.peer.pointee = peers.make(connection.peer.pointee.address)
    }

    /// Takes the frames in a run of bytes until there is no room or the rate is used up.
    public func receive(
        _ bytes: UnsafeRawBufferPointer, on connection: inout StreamConnection, resume: @escaping @Sendable () -> Void
    ) -> StreamIntake {
        beginBatch(connection)
        if isFarAhead { return StreamIntake(taken: 0, blocked: .forNanoseconds(Self.pause)) }
        var blocked = StreamIntake.Blocked.no
        let peer = UnsafePointer(connection.peer)
        let taken = connection.decoder.decode(Span<UInt8>(_unsafeBytes: bytes)) { frame, flags in
            take(frame, flags, peer, &blocked)
        }
        noteResynchronisations(connection)
        endBatch()
        if blocked == .untilRoom {
            if spool.refusal == nil {
                spool.whenRoom(resume)
            } else {
                // The disk refused a segment, and nobody says when it would take one again: it is asked.
                blocked = .forNanoseconds(Self.askAgain)
            }
        }
        return StreamIntake(taken: taken, blocked: blocked)
    }

    private static var askAgain: Int64 { 200_000_000 }

    /// The last frame of a stream that has ended.
    public func finish(_ connection: inout StreamConnection, resume: @escaping @Sendable () -> Void) -> Bool {
        beginBatch(connection)
        var blocked = StreamIntake.Blocked.no
        let peer = UnsafePointer(connection.peer)
        let done = connection.decoder.finish { frame, flags in
            // A last frame is not held up by a rate: its connection is gone.
            if accept(frame, flags, peer) { return .next }
            blocked = .untilRoom
            return .stop
        }
        noteResynchronisations(connection)
        endBatch()
        if blocked == .untilRoom {
            if spool.refusal == nil {
                spool.whenRoom(resume)
            } else {
                DispatchQueue.global().asyncAfter(
                    deadline: .now() + .nanoseconds(Int(Self.askAgain)), execute: resume)
            }
        }
        return done
    }

    private func take(
        _ frame: Span<UInt8>, _ flags: FrameDecoder.Flags, _ peer: UnsafePointer<Peer>,
        _ blocked: inout StreamIntake.Blocked
    ) -> FrameDecoder.Verdict {
        let wait = rateWait(peer.pointee.address)
        if wait > 0 {
            counters[.rateWaits] &+= 1
            blocked = .forNanoseconds(Int64(clamping: wait))
            return .stop
        }
        if accept(frame, flags, peer) { return .next }
        blocked = .untilRoom
        return .stop
    }

    private func accept(_ frame: Span<UInt8>, _ flags: FrameDecoder.Flags, _ peer: UnsafePointer<Peer>) -> Bool {
        accept(frame, isTruncated: flags.contains(.truncated), peer: peer)
    }

    private func noteResynchronisations(_ connection: StreamConnection) {
        let total = connection.decoder.resynchronisations
        counters[.resynchronised] += total - connection.resynchronisations
        connection.resynchronisations = total
    }
}
