import Base

/// How a stream listener accepts and treats its connections.
public struct StreamListenerSettings: ListenerSettings, Equatable {
    /// An address, or a name that resolves to one; empty = every IPv4 address.
    public var host = ""
    /// The port; 0 = a free one.
    public var port: UInt16 = 0
    /// Whether it binds although another listener of this process still has a part of its address and shares it.
    public var isShared = false
    /// Event loops.
    public var threads = 1
    /// Connections at the same time; more are closed at once and counted.
    public var maximumConnections = 1000
    /// Of those, how many may come from one source: an IPv4 address, or an IPv6 network of `sourcePrefix` bits; 0 = as
    /// many as there may be in all.
    public var maximumConnectionsPerSource = 0
    /// Bits of an IPv6 address that make a source, 1 to 128: one host has a whole /64 to choose addresses from.
    public var sourcePrefix = 64
    /// Seconds without a byte after which a connection is closed; 0 = never.
    public var idleSeconds: Int64 = 86_400
    /// Seconds without a byte after which the system asks the peer whether it is still there, four times at most in a
    /// minute; 0 = never. A peer that is gone without a word is found out so, however long the idle time.
    public var keepaliveSeconds: Int32 = 60
    /// Descriptors that connections leave free for brokers, the spool and files.
    public var reservedDescriptors = DescriptorLimit.reserve
    /// At a stop: a peer that is never quiet is read for so many milliseconds more.
    public var stopReadingMilliseconds: Int64 = 1000
    /// At a stop: what has been read is held for the sink for so many milliseconds, then given up.
    public var stopWaitingMilliseconds: Int64 = 5000
    /// Who may connect; empty = everyone.
    public var allowed: [Network] = []

    /// Every default for an address.
    public init(host: String = "", port: UInt16 = 0) {
        self.host = host
        self.port = port
    }

    /// ``host`` and ``port``.
    public var address: Endpoint {
        get { Endpoint(host: host, port: port) }
        set { (host, port) = (newValue.host, newValue.port) }
    }

    /// Whether an address may connect.
    func allows(_ peer: PeerAddress) -> Bool { allowed.isEmpty || allowed.contains { $0.contains(peer) } }
}
