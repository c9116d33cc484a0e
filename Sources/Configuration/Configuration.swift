import Documents
import Routing
import Spool

/// What the service is told to do: listeners, Kafka, spool, routes, limits, logging.
///
/// Read from YAML with ``load(path:environment:)``; `Configuration()` holds every default and no listener. A default is
/// a property's initial value, here or in the settings of the stage that it belongs to, and said nowhere else. A nil in
/// a setting whose default depends on others (the spool's sizes, the state directory, a listener's message size) means
/// "by default"; a computed property gives the value in force.
public struct Configuration: Sendable, Equatable {
    /// `listeners`: where messages come from, in the order of the file.
    public var listeners: [Listener] = []
    /// `kafka`: where events go.
    public var kafka = Kafka()
    /// `spool`: where events wait for Kafka's delivery report.
    public var spool = SpoolSettings()
    /// `state-directory`: where file checkpoints live; nil = by default, see ``checkpointDirectory(environment:)``.
    public var stateDirectory: String?
    /// `rules.files`: globs of the user's rules files, added to the built-in ones and overriding them by name.
    public var rulesFiles: [String] = []
    /// `routes`: the first that matches a message decides.
    public var routes: [RouteDefinition] = []
    /// `limits`: sizes and rates for all listeners together.
    public var limits = Limits()
    /// `admin`: the HTTP server that says how the service is.
    public var admin = Admin()
    /// `logging`: the service's own log.
    public var logging = Logging()
    /// `shutdown-timeout`: how long a graceful stop waits for delivery.
    public var shutdownTimeout: Duration = .seconds(10)

    /// Every default, and no listener.
    public init() {}

    /// The largest message `listener` accepts, in bytes: its own `max-message-size`, or the one of `limits`.
    public func maximumMessageSize(of listener: Listener) -> Int {
        listener.maximumMessageSize ?? limits.maximumMessageSize
    }

    /// The largest message any listener accepts, in bytes: what the spool's segments are measured against.
    public var largestMessageSize: Int {
        var largest = limits.maximumMessageSize
        for listener in listeners { largest = max(largest, maximumMessageSize(of: listener)) }
        return largest
    }

    /// The directory of the file checkpoints: `state-directory`, else the spool's directory, else
    /// `$XDG_STATE_HOME/kafkastreamer` where that variable is set, else `/var/lib/kafkastreamer`.
    public func checkpointDirectory(environment: [String: String]) -> String {
        if let stateDirectory { return stateDirectory }
        if let directory = spool.directory { return directory }
        if let home = environment["XDG_STATE_HOME"], !home.isEmpty { return home + "/kafkastreamer" }
        return "/var/lib/kafkastreamer"
    }
}

extension Configuration: CustomStringConvertible, CustomDebugStringConvertible {
    /// The configuration in force as YAML: every key with its value, in a stable order, secrets masked.
    public var description: String { Tables.root.render(self).description }
    /// As ``description``.
    public var debugDescription: String { description }

    /// The keys whose change a reload does not take over, those that differ. A secret that changed counts.
    public func changesAfterRestart(from old: Configuration) -> [String] {
        let changed = Tables.root.changesAfterRestart(from: old, to: self)
        // A secret is rendered without its value.
        let isSaid = changed.contains { $0.hasPrefix("kafka.propert") }
        return changed + (isSaid || old.kafka.properties == kafka.properties ? [] : ["kafka.property-files"])
    }
}
