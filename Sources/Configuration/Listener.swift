import Base
import Inputs
import Syslog

extension Configuration {
    /// One entry of `listeners`.
    public struct Listener: Sendable, Equatable {
        /// What is listened on, with what its input has to know.
        public enum Input: Sendable, Equatable {
            /// `type: udp`: one message a datagram.
            case udp(DatagramListenerSettings)
            /// `type: tcp`: a stream of messages a connection.
            case tcp(StreamListenerSettings)
            /// `type: unix-datagram`: a socket such as `/dev/log`.
            case unixDatagram(DatagramListenerSettings)
            /// `type: file`: log files, one message a line.
            case file(FileFollowerSettings)
        }

        /// The time zone of some senders.
        public struct SenderZone: Sendable, Equatable {
            /// `network`: one, or a list.
            public var networks: [Network] = []
            /// `time-zone`: a name ``TimeZoneTable`` knows.
            public var timeZone: String?

            /// The zone of some networks.
            public init(networks: [Network] = [], timeZone: String? = nil) {
                self.networks = networks
                self.timeZone = timeZone
            }
        }

        /// `name`, unique in a valid configuration.
        public var name: String
        /// What is listened on.
        public var input: Input
        /// `max-message-size` in bytes; nil = that of `limits`.
        public var maximumMessageSize: Int?
        /// `rate-limit` in messages per second; 0 = none.
        public var rateLimit = 0
        /// `time-zone`: of RFC 3164 times, which carry none; a name ``TimeZoneTable`` knows.
        public var timeZone = "UTC"
        /// `time-zones`: of senders in a network, the first that holds the sender's address. UDP and TCP only.
        public var timeZones: [SenderZone] = []
        /// `allow`: the networks that may send; empty = all. UDP and TCP only.
        public var allow: [Network] = []
        /// `framing`: how messages are told apart. TCP only.
        public var framing = FrameDecoder.Mode.detect
        /// `program`: the program tag of lines that have no syslog header; nil = none. Files only.
        public var program: String?

        /// Every default.
        /// - Parameter name: nil = by its type.
        public init(_ input: Input, name: String? = nil) {
            self.input = input
            self.name = ""
            self.name = name ?? type
        }

        /// A UDP listener with every default.
        public static let udp = Listener(.udp(DatagramListenerSettings(.udp(host: "0.0.0.0", port: 5514))))
        /// A TCP listener with every default.
        public static let tcp = Listener(.tcp(StreamListenerSettings(host: "0.0.0.0", port: 5514)))
        /// A unix datagram listener with every default.
        public static func unixDatagram(path: String) -> Listener {
            Listener(.unixDatagram(DatagramListenerSettings(.unix(path: path, mode: 0o666))))
        }
        /// A file listener with every default.
        public static func file(paths: [String]) -> Listener {
            Listener(.file(FileFollowerSettings(listener: "", paths: paths)))
        }

        /// The `type` as it is written in the file.
        public var type: String {
            switch input {
            case .udp: "udp"
            case .tcp: "tcp"
            case .unixDatagram: "unix-datagram"
            case .file: "file"
            }
        }

        /// Threads of its own that write to the spool: each holds one segment.
        public var threads: Int {
            switch input {
            case .udp(let settings): settings.threads
            case .tcp(let settings): settings.threads
            case .unixDatagram, .file: 1
            }
        }

        /// Where a UDP or TCP listener binds; nil for the other types, which ignore one.
        public var address: Endpoint? {
            get {
                switch input {
                case .udp(let settings): settings.address
                case .tcp(let settings): settings.address
                case .unixDatagram, .file: nil
                }
            }
            set {
                guard let newValue else { return }
                switch input {
                case .udp: datagram.address = newValue
                case .tcp: stream.address = newValue
                case .unixDatagram, .file: break
                }
            }
        }
    }
}

// The settings of one type, for whoever knows that it is one of this type.
extension Configuration.Listener {
    /// The settings of a UDP or unix datagram listener.
    public var datagram: DatagramListenerSettings {
        get {
            switch input {
            case .udp(let settings), .unixDatagram(let settings): settings
            case .tcp, .file: preconditionFailure("\(type) has no datagrams")
            }
        }
        set { if case .udp = input { input = .udp(newValue) } else { input = .unixDatagram(newValue) } }
    }

    /// The settings of a TCP listener.
    public var stream: StreamListenerSettings {
        get {
            guard case .tcp(let settings) = input else { preconditionFailure("\(type) is no stream") }
            return settings
        }
        set { input = .tcp(newValue) }
    }

    /// The settings of a file listener.
    public var file: FileFollowerSettings {
        get {
            guard case .file(let settings) = input else { preconditionFailure("\(type) has no files") }
            return settings
        }
        set { input = .file(newValue) }
    }
}
