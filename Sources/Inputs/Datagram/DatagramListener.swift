import Base
import Logging
import Synchronization

/// How a datagram listener receives.
public struct DatagramListenerSettings: ListenerSettings, Equatable {
    /// What it binds.
    public enum Place: Sendable, Equatable {
        /// A UDP address; an empty host = every IPv4 address, port 0 = a free one.
        case udp(host: String, port: UInt16)
        /// A unix socket and the permission bits of its file.
        case unix(path: String, mode: UInt16)
    }

    /// What it binds.
    public var place: Place
    /// Whether it binds although another listener of this process still has a part of its address and shares it.
    public var isShared = false
    /// Threads, each with a socket of its own; more than one share the port. A unix socket has one.
    public var threads = 1
    /// Bytes of kernel memory for what waits, for each socket.
    public var receiveBuffer = 8 << 20
    /// Longer datagrams are cut there and marked.
    public var maximumSize = 64 << 10

    /// Every default for a place.
    public init(_ place: Place) { self.place = place }

    /// Where a UDP listener binds.
    public var address: Endpoint {
        get {
            if case .udp(let host, let port) = place {
                Endpoint(host: host, port: port)
            } else {
                Endpoint(host: "", port: 0)
            }
        }
        set { place = .udp(host: newValue.host, port: newValue.port) }
    }

    /// The path of a unix socket.
    public var path: String {
        get { if case .unix(let path, _) = place { path } else { "" } }
        set { place = .unix(path: newValue, mode: mode) }
    }

    /// The permission bits of a unix socket.
    public var mode: UInt16 {
        get { if case .unix(_, let mode) = place { mode } else { 0 } }
        set { place = .unix(path: path, mode: newValue) }
    }
}

/// Datagrams of one address: UDP, or a unix datagram socket.
///
/// Threads: each receiver has a thread of its own with its sink. `start`, `use`, `stop` and `finish` come from whoever
/// runs the listener, one after the other.
public final class DatagramListener<Sink: DatagramSink>: Listener {
    private let sockets: [DatagramSocket]
    private let receivers: [DatagramReceiver]
    private let threads = Mutex<[SystemThread]>([])
    private let logger: Logger

    private init(_ sockets: [DatagramSocket], _ receivers: [DatagramReceiver], _ logger: Logger) {
        self.sockets = sockets
        self.receivers = receivers
        self.logger = logger
    }

    /// Binds, or inspects, everything that can fail.
    public static func open(_ settings: DatagramListenerSettings, logger: Logger) throws(InputError) -> DatagramListener
    {
        let sockets = try bind(settings, logger)
        var receivers: [DatagramReceiver] = []
        for socket in sockets {
            receivers.append(try DatagramReceiver(socket, maximumSize: settings.maximumSize, logger: logger))
        }
        return DatagramListener(sockets, receivers, logger)
    }

    private static func bind(_ settings: DatagramListenerSettings, _ logger: Logger) throws(InputError)
        -> [DatagramSocket]
    {
        switch settings.place {
        case .unix(let path, let mode):
            return [
                try DatagramSocket.unix(
                    path: path, mode: mode, receiveBuffer: settings.receiveBuffer, logger: logger)
            ]
        case .udp(let host, var port):
            var sockets: [DatagramSocket] = []
            for _ in 0..<settings.threads {
                let socket = try DatagramSocket.udp(
                    host: host, port: port, shared: settings.isShared || settings.threads > 1,
                    receiveBuffer: settings.receiveBuffer,
                    logger: logger)
                // With port 0 the first socket finds a free one, and the others share it.
                if port == 0, let found = UInt16(socket.place.split(separator: ":").last ?? "") { port = found }
                sockets.append(socket)
            }
            return sockets
        }
    }

    /// Where it listens.
    public var place: String { sockets[0].place }

    /// Sets it going.
    public func start(
        sink: @escaping @Sendable () -> Sink, ended: @escaping @Sendable (InputError?) -> Void
    ) throws(InputError) {
        let prefix = sockets[0].isUnix ? "unix" : "udp"
        for (index, receiver) in receivers.enumerated() {
            let thread = try SystemThread.start("\(prefix)-\(index)") {
                let sink = sink()
                do throws(InputError) {
                    try receiver.run(into: sink)
                } catch {
                    ended(error)
                }
                sink.close()
            }
            threads.withLock { $0.append(thread) }
        }
    }

    /// Goes over to other settings.
    public func use(_ new: DatagramListenerSettings) -> [String] {
        for receiver in receivers { receiver.use(maximumSize: new.maximumSize) }
        for socket in sockets { socket.use(receiveBuffer: new.receiveBuffer, mode: new.mode, logger: logger) }
        return sockets[0].isUnix || new.threads == sockets.count ? [] : ["threads"]
    }

    /// Lets a successor bind an address that overlaps with its own, or no longer. Threads of one port share it for good.
    public func share(_ isShared: Bool) {
        for socket in sockets { socket.share(isShared || sockets.count > 1) }
    }

    /// Takes what has arrived, and ends.
    public func stop() async {
        for receiver in receivers { receiver.stop() }
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { await thread.end() }
        for receiver in receivers { receiver.close() }
    }

    /// Nothing is left to do: what was delivered is of no interest here.
    public func finish() {}

    /// What its sockets have seen.
    public var readings: SocketReadings {
        var readings = SocketReadings()
        for receiver in receivers { readings.kernelDrops += receiver.kernelDrops }
        return readings
    }
}
