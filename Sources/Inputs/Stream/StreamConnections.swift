import NIOCore
import Synchronization

/// The connections of a stream listener: who may come in, who is there, and what has been seen.
///
/// Threads: the acceptor admits, event loops add and remove, anybody asks for counts; one lock guards it all, taken when a
/// connection comes, goes, or begins or ends to be held up.
final class StreamConnections: Sendable {
    /// A connection that is not done with, open or not.
    struct Connection: Sendable {
        let peer: PeerAddress
        /// Takes what has arrived and closes.
        let quiesce: @Sendable (_ talking: TimeAmount, _ holding: TimeAmount) -> Void
        let done: EventLoopFuture<Void>
    }

    private struct State {
        var settings: StreamListenerSettings
        var readings = SocketReadings()
        var connections: [UInt64: Connection] = [:]
        var nextID: UInt64 = 0
        /// Open connections by source; none without a limit for it.
        var ofSource: [PeerAddress: Int] = [:]
    }

    private let state: Mutex<State>

    init(_ settings: StreamListenerSettings) { state = Mutex(State(settings: settings)) }

    var settings: StreamListenerSettings { state.withLock { $0.settings } }
    var readings: SocketReadings { state.withLock { $0.readings } }
    var all: [Connection] { state.withLock { Array($0.connections.values) } }

    /// Goes over to other settings; gives the connections that they do not allow.
    func use(_ settings: StreamListenerSettings) -> [Connection] {
        state.withLock { state in
            state.settings = settings
            return state.connections.values.filter { !settings.allows($0.peer) }
        }
    }

    /// Whether a connection may come in, which is counted in any case.
    func admit(_ peer: PeerAddress, descriptor: Int32) -> Bool {
        state.withLock { state in
            let refusal = Self.refusal(state, peer, descriptor)
            if let refusal {
                state.readings[keyPath: refusal] += 1
                state.readings.lastRefused = peer
            } else {
                state.readings.openConnections += 1
                state.readings.acceptedConnections += 1
                state.ofSource[peer.source(prefix: state.settings.sourcePrefix), default: 0] += 1
            }
            return refusal == nil
        }
    }

    /// What counts a refusal of this connection; nil when it is none.
    private static func refusal(
        _ state: borrowing State, _ peer: PeerAddress, _ descriptor: Int32
    ) -> WritableKeyPath<SocketReadings, UInt64>? {
        let settings = state.settings
        if !settings.allows(peer) { return \.refusedByNetwork }
        if state.readings.openConnections >= settings.maximumConnections { return \.refusedByLimit }
        let most = settings.maximumConnectionsPerSource
        if most > 0, state.ofSource[peer.source(prefix: settings.sourcePrefix), default: 0] >= most {
            return \.refusedBySource
        }
        let isLow = Int(descriptor) >= DescriptorLimit.current - settings.reservedDescriptors
        return isLow ? \.refusedForDescriptors : nil
    }

    /// The system could not accept a connection.
    func starved() { state.withLock { $0.readings.acceptFailures += 1 } }

    /// A connection lives on an event loop now.
    func add(_ connection: Connection) {
        let id = state.withLock { state in
            state.nextID += 1
            state.connections[state.nextID] = connection
            return state.nextID
        }
        connection.done.whenComplete { _ in self.state.withLock { state in state.connections[id] = nil } }
    }

    /// An admitted connection has closed.
    func left(_ peer: PeerAddress) {
        state.withLock { state in
            state.readings.openConnections -= 1
            state.readings.closedConnections += 1
            let source = peer.source(prefix: state.settings.sourcePrefix)
            // Another prefix since it came: the counts under the old one go when their connections are gone.
            let left = state.ofSource[source, default: 1] - 1
            state.ofSource[source] = left > 0 ? left : nil
        }
    }

    /// A connection's bytes have to wait for room, or no longer.
    func changeHeld(by count: Int) { state.withLock { $0.readings.heldConnections += count } }
    /// A connection ended with an error.
    func failed() { state.withLock { $0.readings.failedConnections += 1 } }
    /// A connection was closed because nothing came.
    func wasIdle() { state.withLock { $0.readings.idleConnections += 1 } }
}
