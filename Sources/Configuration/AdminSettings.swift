extension Configuration {
    /// `admin`: the HTTP server that says how the service is.
    public struct Admin: Sendable, Equatable {
        /// Where it listens.
        public enum Listen: Sendable, Hashable, CustomStringConvertible {
            /// Nowhere: there is no such server.
            case off
            /// A TCP address.
            case address(Address)
            /// The path of a unix stream socket.
            case unix(String)

            /// As the configuration writes it: `off`, an address or a path.
            public var description: String {
                switch self {
                case .off: "off"
                case .address(let address): address.description
                case .unix(let path): path
                }
            }

            /// As the configuration and the command line write it; nil for anything else.
            public init?(_ text: String) {
                guard let listen = try? ScalarText.adminListen(text) else { return nil }
                self = listen
            }
        }

        /// `listen` as configured; nil = by default. An address that somebody asked for and that cannot be had ends the
        /// start; the default's does not.
        public var configuredListen: Listen?
        /// `max-connections`: connections served at once; one more is closed at once. Default 32.
        public var maximumConnections = 32
        /// `timeout`: how long a request may take to arrive, and an answer to be taken. Default 10 s.
        public var timeout: Duration = .seconds(10)
        /// `max-request-size` in bytes: request line and headers. Default 8 KiB.
        public var maximumRequestSize = 8 << 10

        /// Every default.
        public init() {}

        /// `listen` in force: by default port 9464 of 127.0.0.1.
        public var listen: Listen { configuredListen ?? .address(Address(host: "127.0.0.1", port: 9464)) }
    }
}

extension ScalarText {
    /// `off`, an address with its port, or an absolute path.
    static func adminListen(_ text: String) throws(ScalarFault) -> Configuration.Admin.Listen {
        if ["off", "false", "no"].contains(text.lowercased()) { return .off }
        if text.hasPrefix("/") { return .unix(try socketPath(text)) }
        do {
            return .address(try address(text))
        } catch {
            throw ScalarFault(expected: "an address such as 127.0.0.1:9464, the path of a socket, or off")
        }
    }
}

extension Kind where Value == Configuration.Admin.Listen {
    static let adminListen = Kind(
        unit: "address, path or `off`", read: ScalarText.adminListen, write: { .text($0.description) })
}

extension Tables {
    static let admin = SettingTable(
        "admin", Configuration.Admin(),
        synonyms: ["address": "listen", "port": "listen", "bind": "listen", "path": "listen"],
        [
            Setting<Configuration.Admin>.derived(
                "listen", \.configuredListen, \.listen, .adminListen,
                "where metrics, health and the status page are served over HTTP; `off` = nowhere"
            ).shown("`127.0.0.1:9464`", sample: "null").noted(
                "an absolute path is a unix socket; an address that is written and cannot be had ends the start, "
                    + "while the default that is taken by another is a warning"
            ).example("127.0.0.1:9464").variable("KAFKASTREAMER_ADMIN_LISTEN").afterRestart,
            .one(
                "max-connections", \.maximumConnections, .integer(1...1024),
                "served at once; one more is closed at once"
            ).noted("never more than half of the descriptors that are kept for brokers, spool and files").afterRestart,
            .one(
                "timeout", \.timeout, .duration(.milliseconds(100)...Duration.seconds(600)),
                "how long a request may take to arrive, and an answer to be taken"
            ).afterRestart,
            .one(
                "max-request-size", \.maximumRequestSize, .size(512...(64 << 10)),
                "request line and headers together; a body is not read"
            ).afterRestart,
        ])
}
