import Base

extension Configuration {
    /// An IPv4 or IPv6 network.
    public typealias Network = Base.Network

    /// Where a listener binds.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        /// An IP address (without brackets) or a name; empty = all IPv4 interfaces, as `0.0.0.0`.
        public var host: String
        /// The port; 0 = any that is free.
        public var port: UInt16

        /// A host and a port.
        public init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }

        /// An address as the configuration and the command line write it: `host:port`, `[v6]:port`, `:port` or
        /// `port`; nil for anything else.
        public init?(_ text: String) {
            guard let address = try? ScalarText.address(text) else { return nil }
            self = address
        }

        /// `host:port`, with brackets round IPv6.
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }
}

extension Configuration {
    /// A duration as the file writes it (`500us`, `5ms`, `10s`, `1m`, `2h`, `1d`, `0`), for arguments of the command;
    /// nil for anything else and for more than a day.
    public static func duration(_ text: String) -> Duration? {
        try? ScalarText.duration(text, in: .zero...ScalarText.day)
    }

    /// A size as the file writes it (`65536`, `64KiB`, `1MB`), in bytes, for arguments of the command; nil for
    /// anything else.
    public static func size(_ text: String) -> Int? { try? ScalarText.size(text, in: 0...Int.max) }

    /// Brokers with commas between them, each with its port (9092 where none is written), for arguments of the
    /// command; nil where one is no broker.
    public static func brokers(_ text: String) -> [String]? { try? ScalarText.separated(text, ScalarText.broker) }

    /// Whether a text can be a topic's name.
    public static func isTopic(_ text: String) -> Bool { (try? ScalarText.topic(text)) != nil }

    /// A name for one more listener of a type: the type, with a number where it is taken.
    public func listenerName(forType type: String) -> String {
        Self.freeName(type, Set(listeners.map(\.name)))
    }
}

/// Paths and globs as text.
enum PathText {
    /// Whether both name the same place, whatever is written without meaning: `//`, `/./` and a `/` at the end.
    static func isSame(_ one: String, _ other: String) -> Bool { normal(one) == normal(other) }

    private static func normal(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
