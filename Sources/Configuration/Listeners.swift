import Base
import Syslog

/// What all types of listener have, so that one table says it of all of them.
protocol ReceptionHolder: Sendable {
    var name: String { get set }
    var reception: Configuration.Listener.Reception { get set }
}

extension Configuration {
    /// One entry of `listeners`.
    public enum Listener: Sendable, Equatable {
        /// `type: udp`.
        case udp(UDP)
        /// `type: tcp`.
        case tcp(TCP)
        /// `type: unix-datagram`.
        case unixDatagram(UnixDatagram)
        /// `type: file`.
        case file(File)

        /// `type: udp`: one message a datagram.
        public struct UDP: Sendable, Equatable, ReceptionHolder {
            /// `name`. Default: the type, with `-2`, `-3` … where it is taken.
            public var name: String
            /// `address`. Default `0.0.0.0:5514`.
            public var address = Address(host: "0.0.0.0", port: 5514)
            /// `threads`: receiving threads, 1 to 64; more than one share the port. Default 1.
            public var threads = 1
            /// `receive-buffer`: bytes asked of the kernel for each socket. Default 8 MiB.
            public var receiveBuffer = 8 << 20
            /// What every listener has.
            public var reception = Reception()

            /// Every default.
            public init(name: String = "udp") { self.name = name }
        }

        /// `type: tcp`: a stream of messages a connection, framed by RFC 6587.
        public struct TCP: Sendable, Equatable, ReceptionHolder {
            /// How messages are told apart in a stream.
            public typealias Framing = FrameDecoder.Mode
            /// `name`. Default: the type, with `-2`, `-3` … where it is taken.
            public var name: String
            /// `address`. Default `0.0.0.0:5514`.
            public var address = Address(host: "0.0.0.0", port: 5514)
            /// `max-connections`: connections open at once. Default 1000.
            public var maximumConnections = 1000
            /// `max-connections-per-source`: of them, those of one source (`limits.source-prefix`); 0 = all. Default 0.
            public var maximumConnectionsPerSource = 0
            /// `idle-timeout`: a connection that sent nothing for this long is closed; 0 = never. Default a day.
            /// Whole seconds.
            public var idleTimeout: Duration = .seconds(86_400)
            /// `keepalive`: after so long without a byte the system asks the peer whether it is there; 0 = never.
            /// Default 60 s. Whole seconds.
            public var keepalive: Duration = .seconds(60)
            /// `framing`. Default `detect`.
            public var framing = Framing.detect
            /// `threads`: event loops, 1 to 64. Default 1.
            public var threads = 1
            /// What every listener has.
            public var reception = Reception()

            /// Every default.
            public init(name: String = "tcp") { self.name = name }
        }

        /// `type: unix-datagram`: a socket such as `/dev/log`.
        public struct UnixDatagram: Sendable, Equatable, ReceptionHolder {
            /// `name`. Default: the type, with `-2`, `-3` … where it is taken.
            public var name: String
            /// `path` of the socket, at most 107 bytes. Required.
            public var path: String
            /// `mode`: the socket's permission bits, written in octal. Default `0666`: every local program may send.
            public var mode: UInt16 = 0o666
            /// `receive-buffer`: bytes asked of the kernel. Default 8 MiB.
            public var receiveBuffer = 8 << 20
            /// What every listener has. `allow` and `time-zones` are empty: a local sender has no address.
            public var reception = Reception()

            /// Every default for a socket at `path`.
            public init(name: String = "unix-datagram", path: String) {
                self.name = name
                self.path = path
            }
        }

        /// `type: file`: log files, one message a line.
        public struct File: Sendable, Equatable, ReceptionHolder {
            /// Where a file is begun that has no checkpoint.
            public enum Start: String, Sendable, CaseIterable {
                case beginning, end
            }
            /// `name`. Default: the type, with `-2`, `-3` … where it is taken.
            public var name: String
            /// `paths`: file names or globs. Required.
            public var paths: [String]
            /// `exclude`: globs of files that `paths` matches and that are left alone.
            public var exclude: [String] = []
            /// `start-at`. Default `beginning`.
            public var startAt = Start.beginning
            /// `follow`: go on through growth, rotation and truncation; false = read to the end once. Default true.
            public var follow = true
            /// `program`: the program tag of lines that have no syslog header; nil = none.
            public var program: String?
            /// `poll-interval`: how often a followed file is looked at for new lines. Default 200 ms. Whole milliseconds.
            public var pollInterval: Duration = .milliseconds(200)
            /// `rotated-wait`: how long a file that lost its name is held open after its last bytes came. Default 5 s.
            /// Whole seconds.
            public var rotatedWait: Duration = .seconds(5)
            /// `late-writes`: how long such a file is looked at for late lines. Default 24 h. Whole hours.
            public var lateWrites: Duration = .seconds(86_400)
            /// `close-after`: a file that is quiet for so long gives its descriptor back. Default 10 s. Whole seconds.
            public var closeAfter: Duration = .seconds(10)
            /// `max-open-files`: most files open at once; 0 = half of the descriptors the process may open.
            public var maximumOpenFiles = 0
            /// What every listener has. `allow` and `time-zones` are empty: a file has no address.
            public var reception = Reception()

            /// Every default for the files `paths` matches.
            public init(name: String = "file", paths: [String]) {
                self.name = name
                self.paths = paths
            }
        }

        /// The settings that all types of listener share.
        public struct Reception: Sendable, Equatable {
            /// `max-message-size` in bytes; nil = that of `limits`.
            public var maximumMessageSize: Int?
            /// `rate-limit` in messages per second; 0 = none. Default 0.
            public var rateLimit = 0
            /// `time-zone`: of RFC 3164 times, which carry none; a name ``TimeZoneTable`` knows. Default `UTC`.
            public var timeZone = "UTC"
            /// `time-zones`: of senders in a network, the first that holds the sender's address. UDP and TCP only.
            public var timeZones: [NetworkTimeZone] = []
            /// `allow`: the networks that may send; empty = all. UDP and TCP only.
            public var allow: [Network] = []

            /// Every default.
            public init() {}
        }

        /// The time zone of a network's senders.
        public struct NetworkTimeZone: Sendable, Equatable {
            /// `network`.
            public var network: Network
            /// `time-zone`: a name ``TimeZoneTable`` knows.
            public var timeZone: String

            /// The zone of a network.
            public init(network: Network, timeZone: String) {
                self.network = network
                self.timeZone = timeZone
            }
        }

        /// The `type` as it is written in the file.
        public var type: String {
            switch self {
            case .udp: "udp"
            case .tcp: "tcp"
            case .unixDatagram: "unix-datagram"
            case .file: "file"
            }
        }

        /// What every listener has, of whichever type this one is.
        private var shared: any ReceptionHolder {
            get {
                switch self {
                case .udp(let listener): listener
                case .tcp(let listener): listener
                case .unixDatagram(let listener): listener
                case .file(let listener): listener
                }
            }
            set {
                switch newValue {
                case let listener as UDP: self = .udp(listener)
                case let listener as TCP: self = .tcp(listener)
                case let listener as UnixDatagram: self = .unixDatagram(listener)
                case let listener as File: self = .file(listener)
                default: preconditionFailure("no type of listener")
                }
            }
        }

        /// The listener's name, unique in a valid configuration.
        public var name: String {
            get { shared.name }
            set { shared.name = newValue }
        }

        /// What every listener has.
        public var reception: Reception { shared.reception }

        /// `max-message-size` in bytes; nil = that of `limits`.
        public var maximumMessageSize: Int? { reception.maximumMessageSize }

        /// Threads of its own that write to the spool: each holds one segment.
        public var threads: Int {
            switch self {
            case .udp(let listener): listener.threads
            case .tcp(let listener): listener.threads
            case .unixDatagram, .file: 1
            }
        }
    }
}
