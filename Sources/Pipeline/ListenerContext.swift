import Base
import Inputs
import Syslog

/// What a worker knows of the listener it serves.
public struct ListenerContext: Sendable {
    /// The zone of 3164 times from a network.
    public struct NetworkZone: Sendable {
        /// The network.
        public var network: Network
        /// Its zone.
        public var zone: LocalZone
        /// A network and its zone.
        public init(network: Network, zone: LocalZone) {
            self.network = network
            self.zone = zone
        }
    }

    /// What it is across reloads: its workers find their context in a new plan by this.
    public var identity: String
    /// Its name, for routes.
    public var name: String
    /// The zone of times that do not say theirs.
    public var zone = LocalZone.utc
    /// Zones by source; the first network that holds the address decides.
    public var networkZones: [NetworkZone] = []
    /// Who may send (datagrams; a stream's connections are refused by its listener); empty = everyone.
    public var allowed: [Network] = []
    /// Longest message, bytes.
    public var maximumMessageSize = 64 * 1024
    /// How stream frames are told apart.
    public var framing = FrameDecoder.Mode.detect
    /// The program of lines without a header, nil for none.
    public var program: String?
    /// The listener's own rate, nil for none.
    public var rate: RateLimiter?

    /// A listener with the defaults.
    /// - Parameter identity: nil = its name.
    public init(name: String, identity: String? = nil) {
        self.name = name
        self.identity = identity ?? name
    }
}
