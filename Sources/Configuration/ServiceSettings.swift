import Logging

extension Configuration {
    /// `limits`: what one message, one sender and all of them may take.
    public struct Limits: Sendable, Equatable {
        /// `max-message-size` in bytes: what is longer is cut and marked.
        public var maximumMessageSize = 64 << 10
        /// `rate-limit` in messages per second over all listeners; 0 = none.
        public var rateLimit = 0
        /// `per-source-rate-limit` in messages per second for one source address; 0 = none.
        public var perSourceRateLimit = 0
        /// `burst`: messages a limit lets through at once after a rest; 0 = as many as its rate, one second's worth.
        public var burst = 0
        /// `source-prefix`: bits of an IPv6 address that make one source. By default what one machine is given.
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
        /// `level`.
        public var level = Level.info
        /// `format`.
        public var format = Format.text

        /// Every default.
        public init() {}
    }
}
