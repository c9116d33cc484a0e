import Documents
import Logging
import Syslog

/// Every setting there is. What is written here is read, checked, printed, documented and taken from the environment.
enum Tables {
    static let root = SettingTable(
        "", Configuration(),
        synonyms: [
            "inputs": "listeners", "sources": "listeners", "listen": "listeners", "outputs": "kafka",
            "sinks": "kafka", "output": "kafka", "buffer": "spool", "queue": "spool", "log": "logging",
            "rulesets": "routes", "data-dir": "state-directory", "data_dir": "state-directory",
        ],
        [
            .listeners,
            .section("kafka", \.kafka, kafka, "where events go"),
            .section("spool", \.spool, spool, "where events wait for Kafka's confirmation"),
            .optional("state-directory", \.stateDirectory, .path, "where file checkpoints live")
                .noted(
                    "`null` = the spool's directory, else `$XDG_STATE_HOME/kafkastreamer` where that variable is set, "
                        + "else `/var/lib/kafkastreamer`"
                ).variable("KAFKASTREAMER_STATE_DIRECTORY").afterRestart,
            .section("rules", \.self, rules, "parsers of your own"),
            .routes,
            .section("limits", \.limits, limits, "sizes and rates"),
            .section("admin", \.admin, admin, "how the service is, over HTTP"),
            .section("logging", \.logging, logging, "the service's own log"),
            .one("shutdown-timeout", \.shutdownTimeout, .upToADay, "how long a stop waits for Kafka before it gives up")
                .variable("KAFKASTREAMER_SHUTDOWN_TIMEOUT"),
        ])

    static let rules = SettingTable(
        "rules", Configuration(), synonyms: ["paths": "files"],
        [
            .list(
                "files", \.rulesFiles, .text("list of globs"), "rules files of your own"
            ).example("[/etc/kafkastreamer/rules/*.yaml]").noted(
                "new parsers, rules for an existing parser (`extends`), or another in its place (the same name)"
            ).variable("KAFKASTREAMER_RULES", "with commas")
        ])

    static let spool = SettingTable(
        "spool", Configuration.Spool(), synonyms: ["path": "directory", "dir": "directory", "max_bytes": "max-size"],
        [
            .optional(
                "directory", \.directory, .path,
                "survives `kill -9`; `null` = in memory, and nothing survives the process"
            ).variable("KAFKASTREAMER_SPOOL_DIRECTORY").afterRestart,
            Setting<Configuration.Spool>.derived(
                "max-size", \.configuredMaximumSize, \.maximumSize,
                .size((1 << 20)...(16 << 40), multiple: Configuration.Spool.sizeUnit),
                "the most the spool takes; `null` = by default"
            ).shown("`64MiB` in memory, `1GiB` in a directory", sample: "null").noted(
                "a quarter of the segments is kept for the backlogs of stuck topics and for dead letters: messages "
                    + "get three quarters"
            ).variable("KAFKASTREAMER_SPOOL_MAX_SIZE").afterRestart,
            Setting<Configuration.Spool>.derived(
                "segment-size", \.configuredSegmentSize, \.segmentSize,
                .size(Configuration.Spool.sizeUnit...(1 << 30), multiple: Configuration.Spool.sizeUnit),
                "what is filled, sent and freed at once; `null` = by default"
            ).shown("`4MiB` in memory, `16MiB` in a directory", sample: "null").afterRestart,
            .one("sync", \.sync, .cases(), "what an event survives once it is taken").noted(
                "`process` survives a crash of the process; `interval` and `always` survive the loss of power, up to "
                    + "`sync-interval` and to the last message"
            ).afterRestart,
            .one("sync-interval", \.syncInterval, .duration(.milliseconds(1)...ScalarText.day), "for `sync: interval`")
                .afterRestart,
        ])

    static let limits = SettingTable(
        "limits", Configuration.Limits(),
        synonyms: ["max-line-length": "max-message-size", "maxmessagesize": "max-message-size"],
        [
            .one("max-message-size", \.maximumMessageSize, .messageSize, "what is longer is cut and marked")
                .variable("KAFKASTREAMER_MAX_MESSAGE_SIZE"),
            .one("rate-limit", \.rateLimit, .rate(), "over all listeners; 0 = none")
                .variable("KAFKASTREAMER_RATE_LIMIT"),
            .one(
                "per-source-rate-limit", \.perSourceRateLimit, .rate(),
                "for one source address; 0 = none"
            ).variable("KAFKASTREAMER_PER_SOURCE_RATE_LIMIT"),
            .one(
                "burst", \.burst, .rate("messages"),
                "what a limit lets through at once after a rest; 0 = as many as its rate, one second's worth"),
            .one("source-prefix", \.sourcePrefix, .integer(1...128), "bits of an IPv6 address that make one source")
                .noted("for `per-source-rate-limit` and `max-connections-per-source`"),
        ])

    static let logging = SettingTable(
        "logging", Configuration.Logging(),
        [
            .one("level", \.level, .cases(also: ["warn": "warning"]), "how urgent an entry must be")
                .variable("KAFKASTREAMER_LOG_LEVEL"),
            .one("format", \.format, .cases(), "one entry a line, on standard error")
                .variable("KAFKASTREAMER_LOG_FORMAT"),
        ])
}

extension Setting {
    /// A value that depends on others where the file does not say it: what is printed is what is in force.
    static func derived<Value>(
        _ key: String, _ path: SettingPath<Root, Value?>, _ inForce: any KeyPath<Root, Value> & Sendable,
        _ kind: Kind<Value>, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, unit: kind.unit, meaning: meaning, hint: kind.hint,
            read: { section, root in section.read(key, into: &root[keyPath: path], orNull: kind.read) },
            render: { kind.write($0[keyPath: inForce]) },
            assign: { text, root throws(ScalarFault) in root[keyPath: path] = try kind.read(text) })
    }
}

/// A table without the type of what it is about.
struct AnyTable: Sendable {
    let names: KeyNames
    let rows: [SettingRow]
    let keysAfterRestart: [String]

    init<Root>(_ table: SettingTable<Root>) {
        names = table.names
        rows = table.rows
        keysAfterRestart = table.keysAfterRestart
    }
}

extension Tables {
    /// Every mapping by its path, in the order of the reference.
    static let all: [AnyTable] =
        [AnyTable(root)] + ListenerType.all.map(\.table) + [
            AnyTable(timeZones), AnyTable(kafka), AnyTable(spool), AnyTable(rules), AnyTable(route), AnyTable(match),
            AnyTable(limits), AnyTable(admin), AnyTable(logging),
        ]
}

extension Configuration {
    /// The keys whose change a reload does not take over, those that differ. A secret that changed counts.
    public func changesAfterRestart(from old: Configuration) -> [String] {
        var changed =
            Tables.root.changesAfterRestart(from: old, to: self)
            + Tables.kafka.changesAfterRestart(from: old.kafka, to: kafka)
            + Tables.spool.changesAfterRestart(from: old.spool, to: spool)
            + Tables.admin.changesAfterRestart(from: old.admin, to: admin)
        // A secret is rendered without its value.
        let isSaid = changed.contains { $0.hasPrefix("kafka.propert") }
        if !isSaid, old.kafka.properties != kafka.properties { changed.append("kafka.property-files") }
        return changed
    }
}
