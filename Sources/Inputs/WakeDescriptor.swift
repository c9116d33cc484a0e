import CLinux
import Glibc

/// Wakes a thread that waits in `poll`. Any thread may call `wake`; the thread that waits owns the rest.
final class WakeDescriptor: Sendable {
    /// Readable once `wake` was called.
    let descriptor: Int32

    /// - Parameter place: named in the error when the system has no descriptor for it.
    init(for place: String) throws(InputError) {
        descriptor = clinux_eventfd()
        guard descriptor >= 0 else { throw InputError(place: place, operation: "wait for", errno: -descriptor) }
    }

    deinit { close(descriptor) }

    func wake() {
        var one: UInt64 = 1
        // Full only when 2^64 - 2 wakes are pending, and then the thread is woken all the same.
        _ = write(descriptor, &one, 8)
    }

    /// Forgets the calls of `wake` so far.
    func reset() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }

    /// Waits until a socket can be read, `wake` was called, or the time is over.
    /// - Parameters:
    ///   - socket: -1 = none.
    ///   - milliseconds: -1 = without end.
    func wait(for socket: Int32, milliseconds: Int32) {
        // A tuple and not an array: this is called for nearly every datagram of a quiet socket.
        var waits = (
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        )
        withUnsafeMutableBytes(of: &waits) {
            _ = poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 2, milliseconds)
        }
        if waits.0.revents != 0 { reset() }
    }
}
