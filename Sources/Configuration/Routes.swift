extension Configuration {
    /// One entry of `routes`.
    public struct Route: Sendable, Equatable {
        /// Which rules read the message's text.
        public enum Parser: Sendable, Equatable {
            /// The parser whose rules name the message's program; none where there is no such parser.
            case auto
            /// No parser: the event is of type `SYSLOG`.
            case none
            /// The parser of this name.
            case named(String)
        }
        /// An entry of `topics`.
        public struct TypeTopic: Sendable, Equatable {
            /// The event type, such as `DHCP_LEASE`.
            public var type: String
            /// Its topic.
            public var topic: String

            /// The topic of an event type.
            public init(type: String, topic: String) {
                self.type = type
                self.topic = topic
            }
        }
        /// `name`, unique. Default `route-1` and so on, by position.
        public var name: String
        /// `match`: all conditions must hold; none = every message.
        public var match = Match()
        /// `parser`. Default `auto`.
        public var parser = Parser.auto
        /// `topic`: the topic of every event of the route; nil = by `topics`.
        public var topic: String?
        /// `topics`, without its `default`, in the order of the file.
        public var topics: [TypeTopic] = []
        /// `topics.default`: the topic of the types `topics` does not name; nil = as `kafka` says.
        public var defaultTopic: String?
        /// `key`: the event field whose value is the record's key; nil = no key.
        public var key: String?
        /// `drop`: the message is counted as rejected and goes nowhere. Default false.
        public var drop = false

        /// A route that takes every message.
        public init(name: String) { self.name = name }
    }

    /// `match` of a route. A list that is empty sets no condition; one value of a list suffices.
    public struct Match: Sendable, Equatable {
        /// `program`: program tags; `*` stands for any run of characters, `?` for one.
        public var programs: [String] = []
        /// `facility`: numbers 0 to 23, ascending.
        public var facilities: [UInt8] = []
        /// `severity`: numbers 0 (emerg) to 7 (debug), ascending. `severity: warning` gives 0 to 4.
        public var severities: [UInt8] = []
        /// `host`: host names as in the message; wildcards as in ``programs``.
        public var hosts: [String] = []
        /// `source`: networks of the sender's address.
        public var sources: [Network] = []
        /// `listener`: names of listeners.
        public var listeners: [String] = []

        /// Every message.
        public init() {}

        /// Whether every message matches, by no condition or by ones that always hold.
        public var matchesEverything: Bool {
            (programs.isEmpty || programs.contains { !$0.isEmpty && $0.allSatisfy { $0 == "*" } })
                && (hosts.isEmpty || hosts.contains { !$0.isEmpty && $0.allSatisfy { $0 == "*" } })
                && (facilities.isEmpty || facilities.count == 24)
                && (severities.isEmpty || severities.count == 8)
                && sources.isEmpty && listeners.isEmpty
        }
    }
}
