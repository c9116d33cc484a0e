import Documents
import Logging
import Routing
import Spool

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
            .entries("routes", \.routes, route, "which parser, topic and key a message gets") {
                .init(name: "route-\($0 + 1)")
            },
            .section("limits", \.limits, limits, "sizes and rates"),
            .section("admin", \.admin, admin, "how the service is, over HTTP"),
            .section("logging", \.logging, logging, "the service's own log"),
            .one("shutdown-timeout", \.shutdownTimeout, .upToADay, "how long a stop waits for Kafka before it gives up")
                .variable("KAFKASTREAMER_SHUTDOWN_TIMEOUT"),
        ])

    static let rules = SettingTable(
        "rules", Configuration(), synonyms: ["paths": "files"],
        [
            .list("files", \.rulesFiles, .text("list of globs"), "rules files of your own")
                .example("[/etc/kafkastreamer/rules/*.yaml]").noted(
                    "new parsers, rules for an existing parser (`extends`), or another in its place (the same name)"
                ).variable("KAFKASTREAMER_RULES", "with commas")
        ])

    static let spool = SettingTable(
        "spool", SpoolSettings(), synonyms: ["path": "directory", "dir": "directory", "max_bytes": "max-size"],
        [
            .optional(
                "directory", \.directory, .path,
                "survives `kill -9`; `null` = in memory, and nothing survives the process"
            ).variable("KAFKASTREAMER_SPOOL_DIRECTORY").afterRestart,
            spoolSize(
                "max-size", \.configuredMaximumSize, \.maximumSize, (1 << 20)...(16 << 40),
                "the most the spool takes; `null` = by default"
            ).noted(
                "a quarter of the segments is kept for the backlogs of stuck topics and for dead letters: messages "
                    + "get three quarters"
            ).variable("KAFKASTREAMER_SPOOL_MAX_SIZE"),
            spoolSize(
                "segment-size", \.configuredSegmentSize, \.segmentSize, SpoolSettings.sizeUnit...(1 << 30),
                "what is filled, sent and freed at once; `null` = by default"),
            .one("sync", \.sync, .cases(), "what an event survives once it is taken").noted(
                "`process` survives a crash of the process; `interval` and `always` survive the loss of power, up to "
                    + "`sync-interval` and to the last message"
            ).afterRestart,
            .one("sync-interval", \.syncMilliseconds, .duration(1...86_400_000, in: .ms), "for `sync: interval`")
                .afterRestart,
        ])

    /// A size that depends on whether there is a directory, by default.
    private static func spoolSize(
        _ key: String, _ path: SettingPath<SpoolSettings, Int?>,
        _ inForce: any KeyPath<SpoolSettings, Int> & Sendable, _ range: ClosedRange<Int>, _ meaning: String
    ) -> Setting<SpoolSettings> {
        let sizes = [nil, "/"].map { SizeText.format(SpoolSettings(directory: $0)[keyPath: inForce]) }
        return Setting.optional(
            key, path, .size(range, multiple: SpoolSettings.sizeUnit), inForce: inForce, meaning
        ).shown("`\(sizes[0])` in memory, `\(sizes[1])` in a directory").afterRestart
    }

    static let limits = SettingTable(
        "limits", Configuration.Limits(),
        synonyms: ["max-line-length": "max-message-size", "maxmessagesize": "max-message-size"],
        [
            .one("max-message-size", \.maximumMessageSize, .messageSize, "what is longer is cut and marked")
                .variable("KAFKASTREAMER_MAX_MESSAGE_SIZE"),
            .one("rate-limit", \.rateLimit, .rate(), "over all listeners; 0 = none")
                .variable("KAFKASTREAMER_RATE_LIMIT"),
            .one("per-source-rate-limit", \.perSourceRateLimit, .rate(), "for one source address; 0 = none")
                .variable("KAFKASTREAMER_PER_SOURCE_RATE_LIMIT"),
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
