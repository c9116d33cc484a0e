/// What strangers may take of the admin server.
public struct AdminLimits: Sendable, Equatable {
    /// Connections served at once; one more is closed at once.
    public var connections: Int
    /// Of those, how many may stay for a stream of events; one more is told to come later.
    public var streams: Int { max(1, connections / 2) }
    /// How long a request may take to arrive, and an answer to be taken; ms.
    public var milliseconds: Int64
    /// Bytes of request line and headers, and of a body, which is not read.
    public var requestBytes: Int

    /// Limits.
    public init(connections: Int = 32, milliseconds: Int64 = 10_000, requestBytes: Int = 8 << 10) {
        self.connections = connections
        self.milliseconds = milliseconds
        self.requestBytes = requestBytes
    }
}
