import Base
import Documents

extension Configuration {
    /// `admin`: the HTTP server that says how the service is.
    public struct Admin: Sendable, Equatable {
        /// Where it listens.
        public enum Listen: Sendable, Hashable, CustomStringConvertible {
            /// Nowhere: there is no such server.
            case off
            /// A TCP address.
            case address(Endpoint)
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

            /// As the configuration and the command line write it: `off`, an address with its port, or an absolute path.
            public init(_ text: String) throws(ValueFault) {
                if ["off", "false", "no"].contains(text.lowercased()) {
                    self = .off
                } else if text.hasPrefix("/") {
                    self = .unix(try Kind.socketPath.read(text))
                } else {
                    do throws(ValueFault) {
                        self = .address(try Endpoint(text))
                    } catch {
                        throw ValueFault("an address such as 127.0.0.1:9464, the path of a socket, or off")
                    }
                }
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
        public var listen: Listen { configuredListen ?? .address(Endpoint(host: "127.0.0.1", port: 9464)) }
    }
}

extension Kind where Value == Configuration.Admin.Listen {
    static let adminListen = Kind(
        unit: "address, path or `off`",
        read: { text throws(ValueFault) in try Configuration.Admin.Listen(text) }, write: { .text($0.description) })
}

extension Tables {
    static let admin = SettingTable(
        "admin", Configuration.Admin(),
        synonyms: ["address": "listen", "port": "listen", "bind": "listen", "path": "listen"],
        [
            .optional(
                "listen", \.configuredListen, .adminListen, inForce: \Configuration.Admin.listen,
                "where metrics, health and the status page are served over HTTP; `off` = nowhere"
            ).shown("`127.0.0.1:9464`").noted(
                "an absolute path is a unix socket; an address that is written and cannot be had ends the start, "
                    + "while the default that is taken by another is a warning"
            ).variable("KAFKASTREAMER_ADMIN_LISTEN").afterRestart,
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
