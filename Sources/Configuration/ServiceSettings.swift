import Logging

extension Configuration {
    /// `limits`: what one message, one sender and all of them may take.
    public struct Limits: Sendable, Equatable {
        /// `max-message-size` in bytes: what is longer is cut and marked. Default 64 KiB.
        public var maximumMessageSize = 64 << 10
        /// `rate-limit` in messages per second over all listeners; 0 = none.
        public var rateLimit = 0
        /// `per-source-rate-limit` in messages per second for one source address; 0 = none.
        public var perSourceRateLimit = 0
        /// `burst`: messages a limit lets through at once after a rest; 0 = as many as its rate, one second's worth.
        public var burst = 0
        /// `source-prefix`: bits of an IPv6 address that make one source, 1 to 128. Default 64: what one machine is given.
        public var sourcePrefix = 64

        /// Every default.
        public init() {}
    }

    /// `logging`: the service's own log, on standard error.
    public struct Logging: Sendable, Equatable {
        /// How urgent an entry must be to be written.
        public typealias Level = Logger.Level
        /// The form of an entry.
        public enum Format: String, Sendable, CaseIterable {
            /// `2026-11-22T12:00:00.123Z info message key=value`.
            case text
            /// One JSON object a line.
            case json
        }
        /// `level`. Default `info`.
        public var level = Level.info
        /// `format`. Default `text`.
        public var format = Format.text

        /// Every default.
        public init() {}
    }

    /// `spool`: the memory or the directory where events wait for Kafka's delivery report.
    public struct Spool: Sendable, Equatable {
        /// When a committed event is forced to the disk.
        public enum Sync: String, Sendable, CaseIterable {
            /// Never by us: it survives the end of the process, `kill -9` included, not the loss of power.
            case process
            /// Every ``Configuration/Spool/syncInterval``.
            case interval
            /// Before a sender is told that its message was taken; commits are grouped.
            case always
        }
        /// `directory`; nil = in memory, and nothing survives the process.
        public var directory: String?
        /// `max-size` in bytes as configured; nil = by default.
        public var configuredMaximumSize: Int?
        /// `segment-size` in bytes as configured; nil = by default.
        public var configuredSegmentSize: Int?
        /// `sync`. Default `process`. Of a directory only.
        public var sync = Sync.process
        /// `sync-interval`. Default 1 s. Used by `sync: interval`.
        public var syncInterval: Duration = .seconds(1)

        /// Every default.
        public init() {}

        /// Bytes the spool may take: `max-size`, by default 64 MiB in memory and 1 GiB in a directory.
        public var maximumSize: Int { configuredMaximumSize ?? (directory == nil ? 64 << 20 : 1 << 30) }
        /// Bytes of a segment: `segment-size`, by default 4 MiB in memory and 16 MiB in a directory.
        public var segmentSize: Int { configuredSegmentSize ?? (directory == nil ? 4 << 20 : 16 << 20) }

        /// Sizes are multiples of this many bytes.
        public static let sizeUnit = 64 << 10
        /// A segment holds at least this many messages of the largest size.
        public static let messagesPerSegment = 16
    }
}
