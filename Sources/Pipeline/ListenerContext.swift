import Inputs
import Syslog

/// What a worker knows of the listener it serves.
public struct ListenerContext: Sendable {
    /// The zone of 3164 times from a network.
    public struct NetworkZone: Sendable {
        /// The network.
        public var network: StreamListenerSettings.AllowedNetwork
        /// Its zone.
        public var zone: LocalZone
        /// A network and its zone.
        public init(network: StreamListenerSettings.AllowedNetwork, zone: LocalZone) {
            self.network = network
            self.zone = zone
        }
    }

    /// Its name, for routes.
    public var name: String
    /// The zone of times that do not say theirs.
    public var zone = LocalZone.utc
    /// Zones by source; the first network that holds the address decides.
    public var networkZones: [NetworkZone] = []
    /// Who may send (datagrams; a stream's connections are refused by its listener); empty = everyone.
    public var allowed: [StreamListenerSettings.AllowedNetwork] = []
    /// Longest message, bytes.
    public var maximumMessageSize = 64 * 1024
    /// How stream frames are told apart.
    public var framing = FrameDecoder.Mode.detect
    /// The program of lines without a header, nil for none.
    public var program: String?
    /// The listener's own rate, nil for none.
    public var rate: RateLimiter?

    /// A listener with the defaults.
    public init(name: String) { self.name = name }
}
