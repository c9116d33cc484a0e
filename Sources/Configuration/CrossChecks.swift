import Base
import Documents
import Inputs
import Kafka
import Routing
import Spool

/// What no setting can tell by itself: rules between settings.
///
/// A rule gives what is wrong with a configuration, nothing where it holds.
struct CrossCheck: Sendable {
    struct Finding {
        var path: String
        var message: String
        /// Another part that it is about. Where one of the two could not be read, a default stands in its place, and
        /// nothing follows from that.
        var other: String?
        /// The key that is to be changed, where it is not the one that the message is about.
        var place: String?
    }
    private let severity: SourceIssue.Severity
    private let find: @Sendable (Configuration, KeyMarks) -> [Finding]

    /// Says what all rules find.
    static func report(_ configuration: Configuration, _ diagnostics: Diagnostics) {
        // What could not be read, and not what a rule before this one found.
        let unread = diagnostics.errors.map(\.path)
        let isRead = { (path: String) in
            !unread.contains { $0 == path || $0.hasPrefix(path + ".") || $0.hasPrefix(path + "[") }
        }
        for check in all {
            for finding in check.find(configuration, diagnostics.marks)
            where isRead(finding.path) && finding.other.map(isRead) ?? true {
                let mark = diagnostics.marks.value(finding.place ?? finding.path)
                switch check.severity {
                case .error: diagnostics.error(finding.path, at: mark, finding.message)
                case .warning: diagnostics.warning(finding.path, at: mark, finding.message)
                }
            }
        }
    }

    /// A rule about one key: nil where it holds.
    private static func rule(
        _ severity: SourceIssue.Severity, _ path: String,
        _ fault: @escaping @Sendable (Configuration, KeyMarks) -> String?
    ) -> CrossCheck {
        CrossCheck(severity: severity) { configuration, marks in
            fault(configuration, marks).map { [Finding(path: path, message: $0)] } ?? []
        }
    }

    /// A key that is set and that other settings make void.
    private static func noEffect(
        _ path: String, _ reason: String, when isVoid: @escaping @Sendable (Configuration) -> Bool
    ) -> CrossCheck {
        rule(.warning, path) { configuration, marks in
            marks.isSet(path) && isVoid(configuration) ? "has no effect\(reason)" : nil
        }
    }
}

extension CrossCheck {
    private static let all =
        [
            names("listeners") { $0.listeners.map(\.name) }, places,
            noEffect("kafka.brokers", ": kafka.embedded is true") { $0.kafka.embedded },
            windowOfTopic,
            noEffect("kafka.topic-template", ": kafka.topic takes every event") { $0.kafka.topic != nil },
            partitioner, segmentOfMessages, segmentsOfSpool, segmentsOfWriters,
            noEffect("spool.sync", " without spool.directory") {
                $0.spool.directory == nil && $0.spool.sync != .process
            },
            rule(.warning, "spool.sync-interval") { configuration, _ in
                let spool = configuration.spool
                return spool.sync != .interval && spool.syncMilliseconds != SpoolSettings().syncMilliseconds
                    ? "has no effect: sync is \(spool.sync.rawValue)" : nil
            },
            names("routes") { $0.routes.map(\.name) }, unreachedRoutes, keysOfDroppingRoutes,
            noEffect("limits.burst", " without rate-limit or per-source-rate-limit") { configuration in
                let limits = configuration.limits
                return limits.burst > 0 && limits.rateLimit == 0 && limits.perSourceRateLimit == 0
            },
            rule(.warning, "limits.per-source-rate-limit") { configuration, _ in
                let limits = configuration.limits
                return limits.rateLimit > 0 && limits.perSourceRateLimit > limits.rateLimit
                    ? "\(limits.perSourceRateLimit) is never reached: rate-limit is \(limits.rateLimit)" : nil
            },
        ] as [CrossCheck]

    private static let windowOfTopic = CrossCheck(severity: .error) { configuration, _ in
        let limits = configuration.kafka.limits
        guard limits.share > limits.inFlight else { return [] }
        return [
            Finding(
                path: "kafka.in-flight-per-topic",
                message: "found \(limits.share), expected no more than in-flight, \(limits.inFlight)",
                other: "kafka.in-flight")
        ]
    }

    // MARK: Lists

    /// Entries of a list that have the same name.
    private static func names(_ list: String, _ names: @escaping @Sendable (Configuration) -> [String]) -> CrossCheck {
        CrossCheck(severity: .error) { configuration, _ in
            var first: [String: Int] = [:]
            return names(configuration).enumerated().compactMap { index, name in
                guard let other = first[name] else {
                    first[name] = index
                    return nil
                }
                return Finding(
                    path: "\(list)[\(index)].name", message: "\"\(name)\" is the name of \(list)[\(other)] already")
            }
        }
    }

    /// Listeners that cannot be opened beside each other, or read the same files.
    private static let places = CrossCheck(severity: .error) { configuration, _ in
        let listeners = configuration.listeners
        return listeners.indices.flatMap { index in
            listeners[..<index].enumerated().flatMap { other, earlier in
                conflicts(listeners[index], "listeners[\(index)]", with: earlier, "listeners[\(other)]")
            }
        }
    }

    private static func conflicts(
        _ listener: Configuration.Listener, _ path: String, with earlier: Configuration.Listener, _ name: String
    ) -> [Finding] {
        switch (earlier.input, listener.input) {
        case (.udp(let first), .udp(let second)) where first.address.overlaps(second.address):
            [
                Finding(
                    path: "\(path).address", message: "\(second.address) is taken by \(name), \(first.address)",
                    other: "\(name).address")
            ]
        case (.tcp(let first), .tcp(let second)) where first.address.overlaps(second.address):
            [
                Finding(
                    path: "\(path).address", message: "\(second.address) is taken by \(name), \(first.address)",
                    other: "\(name).address")
            ]
        case (.unixDatagram(let first), .unixDatagram(let second)) where isSame(first.path, second.path):
            [Finding(path: "\(path).path", message: "\(Excerpt.value(second.path)) is taken by \(name)")]
        case (.file(let first), .file(let second)):
            second.paths.enumerated().compactMap { index, glob in
                first.paths.contains { isSame($0, glob) }
                    ? Finding(
                        path: "\(path).paths[\(index)]", message: "\(Excerpt.value(glob)) is read by \(name) already")
                    : nil
            }
        default: []
        }
    }

    /// Whether both name the same place, whatever is written without meaning: `//`, `/./` and a `/` at the end.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        let parts = { (path: String) in path.split(separator: "/").filter { $0 != "." } }
        return one.hasPrefix("/") == other.hasPrefix("/") && parts(one) == parts(other)
    }

    private static let unreachedRoutes = CrossCheck(severity: .warning) { configuration, _ in
        let routes = configuration.routes
        let catchAll = routes.firstIndex(where: \.takesEverything) ?? routes.count
        return routes.indices.compactMap { index in
            if index > catchAll {
                return Finding(
                    path: "routes[\(index)]", message: "is never reached: routes[\(catchAll)] takes every message",
                    other: "routes[\(catchAll)]")
            }
            return routes[..<index].firstIndex { $0.hasSameConditions(as: routes[index]) }.map {
                Finding(
                    path: "routes[\(index)]", message: "is never reached: routes[\($0)] has the same match",
                    other: "routes[\($0)]")
            }
        }
    }

    private static let keysOfDroppingRoutes = CrossCheck(severity: .warning) { configuration, marks in
        configuration.routes.indices.filter { configuration.routes[$0].drop }.flatMap { index in
            Tables.route.keys.filter { !["name", "match", "drop"].contains($0) }.map { "routes[\(index)].\($0)" }
                .filter { marks.isSet($0) }.map {
                    Finding(path: $0, message: "has no effect: the route drops its messages")
                }
        }
    }

    // MARK: Kafka and the spool

    /// What costs something and is legal; values that break a promise are refused (`PropertyCheck`).
    private static let partitioner = CrossCheck(severity: .warning) { configuration, _ in
        configuration.kafka.properties.filter { $0.name == "partitioner" && $0.value.lowercased() != "murmur2_random" }
            .map {
                Finding(
                    path: "kafka.properties.\($0.name)",
                    message: "a key's partition is not the one Java clients choose; the default is murmur2_random")
            }
    }

    private static let segmentOfMessages = CrossCheck(severity: .error) { configuration, marks in
        let needed = configuration.largestMessageSize * SpoolSettings.messagesPerSegment
        let segment = configuration.spool.segmentSize
        guard segment < needed else { return [] }
        let unit = SpoolSettings.sizeUnit
        // Where no segment size was set it is the message size that is too large.
        let keys =
            ["spool.segment-size", "limits.max-message-size"]
            + configuration.listeners.indices.map { "listeners[\($0)].max-message-size" }
        return [
            Finding(
                path: keys[0],
                message: "\(SizeText.format(segment)) holds fewer than \(SpoolSettings.messagesPerSegment) messages of "
                    + "max-message-size (\(SizeText.format(configuration.largestMessageSize))), expected at least "
                    + SizeText.format((needed + unit - 1) / unit * unit),
                other: "limits.max-message-size", place: keys.first { marks.isSet($0) })
        ]
    }

    private static let segmentsOfSpool = CrossCheck(severity: .error) { configuration, marks in
        let spool = configuration.spool
        guard spool.segments < 2 else { return [] }
        return [
            Finding(
                path: "spool.max-size",
                message: "\(SizeText.format(spool.maximumSize)) holds fewer than 2 segments of "
                    + SizeText.format(spool.segmentSize),
                other: "spool.segment-size",
                // Where the file sets one of the two, that is the one to change.
                place: ["spool.max-size", "spool.segment-size"].first { marks.isSet($0) })
        ]
    }

    private static let segmentsOfWriters = rule(.warning, "spool.max-size") { configuration, _ in
        let spool = configuration.spool
        let writers = configuration.listeners.reduce(0) { $0 + $1.threads }
        guard spool.segments >= 2, spool.segments <= writers else { return nil }
        return "\(SizeText.format(spool.maximumSize)) gives \(spool.segments) segments of "
            + "\(SizeText.format(spool.segmentSize)) to \(writers) receiving threads, each of which fills its own; "
            + "expected at least \(SizeText.format((writers + 1) * spool.segmentSize))"
    }
}

extension Configuration {
    /// Routes that name listeners which are not there. Arguments of the command may take listeners away: it is looked
    /// for in the file alone.
    func checkListenerReferences(_ diagnostics: Diagnostics) {
        let names = listeners.map(\.name)
        let expected = names.isEmpty ? "none are configured" : "expected \(Spelling.list(names))"
        for (index, route) in routes.enumerated() {
            for (item, name) in route.listeners.enumerated() where !names.contains(name) {
                let list = "routes[\(index)].match.listener"
                let path = diagnostics.marks.isSet("\(list)[\(item)]") ? "\(list)[\(item)]" : list
                diagnostics.error(path, "no listener is called \"\(name)\", \(expected)")
            }
        }
    }
}
