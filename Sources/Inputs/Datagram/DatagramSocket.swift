import Base
import CLinux
import Glibc
import Logging
import Synchronization

/// A bound datagram socket.
///
/// Threads: the receiver's thread receives on `descriptor`, replaces it and closes it; a lock keeps `kernelDrops`, which
/// comes from anywhere, from asking another file that has taken the descriptor's number.
public final class DatagramSocket: Sendable {
    private struct State {
        /// -1 once closed.
        var descriptor: Int32
        var lastDrops: UInt32 = 0
        var drops: UInt64 = 0
        /// What stands at the path of a unix socket as long as it is ours.
        var file: FileIdentity?
        /// What was last said of a path that cannot be made anew.
        var complaint: InputError?

        mutating func countDrops() {
            var now: UInt32 = 0
            guard descriptor >= 0, clinux_socket_drops(descriptor, &now) == 0 else { return }
            drops += UInt64(now &- lastDrops)
            lastDrops = now
        }
    }

    private let state: Mutex<State>
    private let unix: UnixSocketAddress?
    private let receiveBuffer: Atomic<Int>
    private let mode: Atomic<UInt16>
    /// `host:port` as bound, or the path.
    public let place: String

    private init(
        descriptor: Int32, place: String, receiveBuffer: Int, unix: UnixSocketAddress? = nil, mode: UInt16 = 0
    ) {
        state = Mutex(State(descriptor: descriptor, file: unix?.file))
        self.place = place
        self.unix = unix
        self.receiveBuffer = Atomic(receiveBuffer)
        self.mode = Atomic(mode)
    }

    deinit { close() }

    /// The descriptor; -1 once closed.
    var descriptor: Int32 { state.withLock { $0.descriptor } }

    /// Whether it is a unix socket.
    var isUnix: Bool { unix != nil }

    /// The most datagrams that its receive buffer can hold: the kernel charges even an empty one more than 256 bytes.
    var mostHeld: Int { max(1024, kernelBuffer / 256) }

    /// Nanoseconds that the receiver may rest between two calls: at 200,000 datagrams a second, which the kernel charges
    /// about 1 KiB each, they fill a quarter of the buffer; at most 3 ms. A unix socket's queue is counted in datagrams,
    /// few of them, and a sender waits when it is full: no rest there.
    var rest: Int { isUnix ? 0 : min(3_000_000, kernelBuffer / 1024 / 4 * 5_000) }

    /// Bytes that the kernel may hold, its own bookkeeping included.
    private var kernelBuffer: Int {
        SocketOption.get(descriptor, SOL_SOCKET, SO_RCVBUF).map { Int($0) } ?? 212_992
    }

    /// Datagrams that the kernel dropped since the socket was opened because its buffer was full.
    var kernelDrops: UInt64 {
        state.withLock { state in
            state.countDrops()
            return state.drops
        }
    }

    // MARK: Opening

    /// Binds a UDP socket.
    /// - Parameters:
    ///   - host: an address, or a name that resolves to one; empty = every IPv4 address.
    ///   - port: 0 = a free one.
    ///   - shared: whether several sockets share the port (`SO_REUSEPORT`), one per thread.
    ///   - receiveBuffer: bytes of kernel memory for what waits; the kernel's clamp is read back and warned about.
    public static func udp(
        host: String, port: UInt16, shared: Bool, receiveBuffer: Int, logger: Logger
    ) throws(InputError) -> DatagramSocket {
        let address = try SocketAddress.resolve(host: host, port: port, type: Int32(SOCK_DGRAM.rawValue))
        let descriptor = try address.open(Int32(SOCK_DGRAM.rawValue), "udp", shared: shared)
        setReceiveBuffer(descriptor, receiveBuffer, place: address.text, logger: logger)
        return DatagramSocket(
            descriptor: descriptor, place: SocketAddress.local(of: descriptor).text, receiveBuffer: receiveBuffer)
    }

    /// Binds a unix datagram socket. A socket that an earlier process left at the path is replaced; one that a living
    /// process has, of whatever type, and anything else there, is an error.
    /// - Parameter mode: permission bits of the socket's file.
    public static func unix(
        path: String, mode: UInt16, receiveBuffer: Int, logger: Logger
    ) throws(InputError) -> DatagramSocket {
        let address = try UnixSocketAddress(path)
        try address.removeLeftOver()
        let descriptor = try address.bind(Int32(SOCK_DGRAM.rawValue), "unix datagram socket", mode: mode)
        setReceiveBuffer(descriptor, receiveBuffer, place: path, logger: logger)
        return DatagramSocket(
            descriptor: descriptor, place: path, receiveBuffer: receiveBuffer, unix: address, mode: mode)
    }

    private static func setReceiveBuffer(_ descriptor: Int32, _ wanted: Int, place: String, logger: Logger) {
        let value = Int32(clamping: wanted)
        // With CAP_NET_ADMIN the limit of net.core.rmem_max does not hold.
        if !SocketOption.set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, value) {
            SocketOption.set(descriptor, SOL_SOCKET, SO_RCVBUF, value)
        }
        // The kernel doubles what it was asked for, for its own bookkeeping.
        if let got = SocketOption.get(descriptor, SOL_SOCKET, SO_RCVBUF), Int(got) / 2 < wanted {
            logger.warning(
                "receive buffer smaller than asked: raise net.core.rmem_max",
                metadata: ["address": "\(place)", "asked": "\(wanted)", "got": "\(got / 2)"])
        }
    }

    // MARK: While it is open

    /// Takes other settings; what does not apply to its kind is left alone.
    func use(receiveBuffer wanted: Int, mode bits: UInt16, logger: Logger) {
        if receiveBuffer.exchange(wanted, ordering: .relaxed) != wanted {
            Self.setReceiveBuffer(descriptor, wanted, place: place, logger: logger)
        }
        if let unix, mode.exchange(bits, ordering: .relaxed) != bits, !hasLostItsPath { chmod(unix.path, mode_t(bits)) }
    }

    /// Lets others of this user bind the same port, or no longer.
    func share(_ isShared: Bool) {
        if !isUnix { SocketOption.set(descriptor, SOL_SOCKET, SO_REUSEPORT, isShared ? 1 : 0) }
    }

    /// Whether nothing stands at the path of a unix socket any more. What somebody else has put there is left alone, and
    /// is no loss that could be mended.
    var hasLostItsPath: Bool {
        guard let unix else { return false }
        return unix.file == nil
    }

    /// Binds the path of a unix socket anew.
    /// - Parameter drain: takes what waits in the old socket, to which nothing more can be sent by then.
    func replace(logger: Logger, drain: () throws(InputError) -> Void) throws(InputError) {
        guard let unix else { return }
        let bits = mode.load(ordering: .relaxed)
        let next = try unix.bind(Int32(SOCK_DGRAM.rawValue), "unix datagram socket", mode: bits)
        Self.setReceiveBuffer(next, receiveBuffer.load(ordering: .relaxed), place: place, logger: logger)
        // Those who are connected to the old one are told, and connect to the new one.
        shutdown(descriptor, Int32(SHUT_RD))
        defer {
            state.withLock { state in
                Glibc.close(state.descriptor)
                state.descriptor = next
                state.file = unix.file
                state.complaint = nil
            }
        }
        try drain()
    }

    /// Says that the path cannot be made anew, once per reason.
    func complain(_ error: InputError, _ logger: Logger) {
        let isNews = state.withLock { state in
            defer { state.complaint = error }
            return state.complaint != error
        }
        if isNews { logger.error("socket file was removed: \(error)", metadata: ["path": "\(place)"]) }
    }

    func close() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            state.countDrops()
            Glibc.close(state.descriptor)
            state.descriptor = -1
            // What another program has put at the path since is not ours to remove.
            if let unix, let file = state.file, unix.file == file { unlink(unix.path) }
        }
    }
}
