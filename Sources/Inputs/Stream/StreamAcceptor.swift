import CLinux
import Glibc
import Synchronization

/// Accepts connections on a thread of its own, each with the address it came from: a peer that has gone by the time its
/// connection is accepted is no less known.
///
/// Threads: `run` is the acceptor's thread. `stop` comes from elsewhere.
final class StreamAcceptor: Sendable {
    /// A connection: its descriptor, which the receiver of this owns, and where it came from.
    typealias Take = (_ descriptor: Int32, _ peer: PeerAddress) -> Void

    private let descriptor: Int32
    private let place: String
    private let isStopping: Atomic<Bool>
    private let wake: WakeDescriptor
    /// Milliseconds that a first failure is waited out; each further one twice as long, up to the last.
    private static let firstRest: Int32 = 50
    private static let longestRest: Int32 = 1000

    /// - Parameter descriptor: a listening socket that does not block; it stays the caller's.
    init(_ descriptor: Int32, place: String) throws(InputError) {
        // What can fail goes first: the optimiser cannot take a half-made object apart that holds an atomic.
        wake = try WakeDescriptor(for: place)
        isStopping = Atomic(false)
        self.descriptor = descriptor
        self.place = place
    }

    /// Accepts until `stop`, and then what is queued by then.
    /// - Parameter starved: the system had no descriptor or memory for a connection; it stays queued, and is tried again
    ///   after a rest, as everything else in the process needs descriptors too.
    func run(_ take: Take, starved: () -> Void) throws(InputError) {
        var rest = Self.firstRest
        while true {
            let isLast = isStopping.load(ordering: .acquiring)
            let (descriptor, peer) = accept()
            switch -descriptor {
            case ..<1:
                take(descriptor, peer)
                rest = Self.firstRest
            case EAGAIN where isLast: return
            case EAGAIN: wake.wait(for: self.descriptor, milliseconds: -1)
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                starved()
                if isLast { return }
                // The socket stays readable all the while: waiting for it would be no wait.
                wake.wait(for: -1, milliseconds: rest)
                rest = min(rest * 2, Self.longestRest)
            case EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP, EFAULT:
                throw InputError(place: place, operation: "accept connections on", errno: -descriptor)
            // An error of that one connection (accept(2) passes on what the network said of it), or of a firewall.
            default: if isLast { return }
            }
        }
    }

    private func accept() -> (Int32, PeerAddress) {
        var source = sockaddr_storage()
        return withUnsafeMutableBytes(of: &source) { bytes in
            var length: UInt32 = 0
            let accepted = clinux_accept(descriptor, bytes.baseAddress, &length)
            return (accepted, accepted < 0 ? .none : PeerAddress(bytes.baseAddress!, length: Int(length)))
        }
    }

    /// Makes `run` end.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        wake.wake()
    }
}
