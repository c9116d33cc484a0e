/// The keys of a mapping, and what is commonly written instead of them.
struct Schema {
    var keys: [String]
    /// Names used elsewhere for what a key here sets.
    var synonyms: [String: String] = [:]

    static let root = Schema(
        keys: [
            "listeners", "kafka", "spool", "state-directory", "rules", "routes", "limits", "logging",
            "shutdown-timeout",
        ],
        synonyms: [
            "inputs": "listeners", "sources": "listeners", "listen": "listeners", "outputs": "kafka",
            "sinks": "kafka", "output": "kafka", "buffer": "spool", "queue": "spool", "log": "logging",
            "rulesets": "routes", "data-dir": "state-directory", "data_dir": "state-directory",
        ])
    static let reception = ["name", "type", "max-message-size", "rate-limit", "time-zone"]
    static let udp = Schema(
        keys: reception + ["address", "threads", "receive-buffer", "time-zones", "allow"], synonyms: network)
    static let tcp = Schema(
        keys: reception + [
            "address", "threads", "max-connections", "idle-timeout", "framing", "time-zones", "allow",
        ],
        synonyms: network.merging(["connection-limit": "max-connections", "keepalive": "idle-timeout"]) { $1 })
    static let unixDatagram = Schema(
        keys: reception + ["path", "mode", "receive-buffer"], synonyms: ["address": "path", "socket": "path"])
    static let file = Schema(
        keys: reception + [
            "paths", "exclude", "start-at", "follow", "program", "poll-interval",
        ],
        synonyms: [
            "path": "paths", "files": "paths", "include": "paths", "read-from": "start-at", "read_from": "start-at",
            "tag": "program",
        ])
    static let timeZones = Schema(keys: ["network", "time-zone"], synonyms: ["zone": "time-zone"])
    static let kafka = Schema(
        keys: [
            "brokers", "producers", "embedded", "topic", "topic-template", "dead-letter-topic", "in-flight",
            "in-flight-per-topic", "linger", "compression", "properties", "property-files",
        ],
        synonyms: [
            "bootstrap.servers": "brokers", "bootstrap-servers": "brokers", "bootstrap_servers": "brokers",
            "broker": "brokers", "hosts": "brokers", "linger.ms": "linger", "librdkafka_options": "properties",
            "librdkafka-options": "properties", "confparam": "properties", "compression.codec": "compression",
        ])
    static let spool = Schema(
        keys: ["directory", "max-size", "segment-size", "sync", "sync-interval"],
        synonyms: ["path": "directory", "dir": "directory", "max_bytes": "max-size"])
    static let rules = Schema(keys: ["files"], synonyms: ["paths": "files"])
    static let route = Schema(
        keys: ["name", "match", "parser", "topic", "topics", "key", "drop"],
        synonyms: ["when": "match", "filter": "match", "discard": "drop"])
    static let match = Schema(
        keys: ["program", "facility", "severity", "host", "source", "listener"],
        synonyms: [
            "tag": "program", "programname": "program", "app-name": "program", "appname": "program",
            "hostname": "host", "level": "severity", "priority": "severity", "fromhost-ip": "source",
            "network": "source", "listeners": "listener",
        ])
    static let limits = Schema(
        keys: ["max-message-size", "rate-limit", "per-source-rate-limit", "burst"],
        synonyms: ["max-line-length": "max-message-size", "maxmessagesize": "max-message-size"])
    static let logging = Schema(keys: ["level", "format"])

    static let listenerTypes = Configuration.Listener.types

    private static let network = ["port": "address", "host": "address", "bind": "address", "listen": "address"]

    /// Every key by the path of its mapping, as the documentation lists them.
    static let all: [(path: String, schema: Schema)] = [
        ("", root), ("listeners[udp]", udp), ("listeners[tcp]", tcp), ("listeners[unix-datagram]", unixDatagram),
        ("listeners[file]", file), ("listeners[].time-zones[]", timeZones), ("kafka", kafka), ("spool", spool),
        ("rules", rules), ("routes[]", route), ("routes[].match", match), ("limits", limits), ("logging", logging),
    ]

    /// What was meant by a key that is not here.
    func hint(for key: String) -> String {
        if key == "<<" { return "; merge keys are not read" }
        if let name = synonyms[key] ?? Spelling.nearest(to: key, among: keys) { return "; did you mean \(name)?" }
        if keys == Schema.kafka.keys, key.contains(".") { return "; librdkafka properties go under kafka.properties" }
        let places = Schema.all.filter { $0.schema.keys.contains(key) && $0.schema.keys != keys }.map(\.path)
        if let place = places.first, places.count == 1 || !place.hasPrefix("listeners") {
            return place.isEmpty ? "; it belongs to the top level" : "; it belongs under \(place)"
        }
        return ", expected " + ScalarText.list(keys.sorted())
    }
}
