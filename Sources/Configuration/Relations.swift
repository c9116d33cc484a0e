import Base
import Routing

extension Configuration {
    /// What no setting can tell by itself: settings against each other.
    func checkRelations(_ findings: Findings) {
        checkListeners(findings)
        checkKafka(findings)
        checkSpool(findings)
        checkRoutes(findings)
        checkLimits(findings)
    }

    private func checkLimits(_ findings: Findings) {
        if limits.burst > 0, limits.rateLimit == 0, limits.perSourceRateLimit == 0 {
            findings.warning("limits.burst", "has no effect without rate-limit or per-source-rate-limit")
        }
        if limits.rateLimit > 0, limits.perSourceRateLimit > limits.rateLimit {
            findings.warning(
                "limits.per-source-rate-limit",
                "\(limits.perSourceRateLimit) is never reached: rate-limit is \(limits.rateLimit)")
        }
    }

    private func checkKafka(_ findings: Findings) {
        if kafka.embedded, findings.marks.isSet("kafka.brokers") {
            findings.warning("kafka.brokers", "has no effect: kafka.embedded is true")
        }
        if kafka.inFlightPerTopic > kafka.inFlight {
            findings.error(
                "kafka.in-flight-per-topic",
                "found \(kafka.inFlightPerTopic), expected no more than in-flight, \(kafka.inFlight)")
        }
        if kafka.topic != nil, findings.marks.isSet("kafka.topic-template") {
            findings.warning("kafka.topic-template", "has no effect: kafka.topic takes every event")
        }
        for property in kafka.properties {
            if let risk = property.risk { findings.warning("kafka.properties.\(property.name)", risk) }
        }
    }

    private func checkSpool(_ findings: Findings) {
        let segment = ScalarText.format(size: spool.segmentSize)
        let needed = largestMessageSize * Spool.messagesPerSegment
        if spool.segmentSize < needed {
            let unit = Spool.sizeUnit
            let least = ScalarText.format(size: (needed + unit - 1) / unit * unit)
            // Where no segment size was set it is the message size that is too large.
            let paths =
                ["spool.segment-size", "limits.max-message-size"]
                + listeners.indices.map { "listeners[\($0)].max-message-size" }
            findings.error(
                "spool.segment-size", at: findings.marks.value(paths.first { findings.marks.isSet($0) } ?? paths[0]),
                "\(segment) holds fewer than \(Spool.messagesPerSegment) messages of max-message-size "
                    + "(\(ScalarText.format(size: largestMessageSize))), expected at least \(least)")
        }
        let segments = spool.maximumSize / spool.segmentSize
        let writers = listeners.reduce(0) { $0 + $1.threads }
        if segments < 2 {
            // Where the file sets one of the two, that is the one to change.
            let isOfSegment = !findings.marks.isSet("spool.max-size") && findings.marks.isSet("spool.segment-size")
            findings.error(
                "spool.max-size", at: findings.marks.value(isOfSegment ? "spool.segment-size" : "spool.max-size"),
                "\(ScalarText.format(size: spool.maximumSize)) holds fewer than 2 segments of \(segment)")
        } else if segments <= writers {
            findings.warning(
                "spool.max-size",
                "\(ScalarText.format(size: spool.maximumSize)) gives \(segments) segments of \(segment) to "
                    + "\(writers) receiving threads, each of which fills its own; expected at least "
                    + "\(ScalarText.format(size: (writers + 1) * spool.segmentSize))")
        }
        if spool.directory == nil, spool.sync != .process {
            findings.warning("spool.sync", "has no effect without spool.directory")
        }
        if spool.sync != .interval, findings.marks.isSet("spool.sync-interval"), spool.syncInterval != .seconds(1) {
            findings.warning("spool.sync-interval", "has no effect: sync is \(spool.sync.rawValue)")
        }
    }

    private func checkListeners(_ findings: Findings) {
        for (index, listener) in listeners.enumerated() {
            let path = "listeners[\(index)]"
            for (other, earlier) in listeners[..<index].enumerated() {
                if earlier.name == listener.name {
                    findings.error("\(path).name", "\"\(listener.name)\" is the name of listeners[\(other)] already")
                }
                checkPlaces(path, listener, earlier, other, findings)
            }
        }
    }

    private func checkPlaces(
        _ path: String, _ listener: Listener, _ earlier: Listener, _ other: Int, _ findings: Findings
    ) {
        switch (earlier, listener) {
        case (.udp(let first), .udp(let second)) where first.address.overlaps(second.address):
            findings.error("\(path).address", "\(second.address) is taken by listeners[\(other)], \(first.address)")
        case (.tcp(let first), .tcp(let second)) where first.address.overlaps(second.address):
            findings.error("\(path).address", "\(second.address) is taken by listeners[\(other)], \(first.address)")
        case (.unixDatagram(let first), .unixDatagram(let second)) where PathText.isSame(first.path, second.path):
            findings.error("\(path).path", "\(Shown.value(second.path)) is taken by listeners[\(other)]")
        case (.file(let first), .file(let second)):
            for (index, glob) in second.paths.enumerated()
            where first.paths.contains(where: { PathText.isSame($0, glob) }) {
                findings.error("\(path).paths[\(index)]", "\(Shown.value(glob)) is read by listeners[\(other)] already")
            }
        default: break
        }
    }

    private func checkRoutes(_ findings: Findings) {
        var catchAll: Int?
        for (index, route) in routes.enumerated() {
            let path = "routes[\(index)]"
            if let other = routes[..<index].firstIndex(where: { $0.name == route.name }) {
                findings.error("\(path).name", "\"\(route.name)\" is the name of routes[\(other)] already")
            }
            if let catchAll {
                findings.warning(path, "is never reached: routes[\(catchAll)] takes every message")
            } else if let other = routes[..<index].firstIndex(where: { $0.hasSameConditions(as: route) }) {
                findings.warning(path, "is never reached: routes[\(other)] has the same match")
            }
            if catchAll == nil, route.takesEverything { catchAll = index }
            if route.drop {
                for key in ["parser", "topic", "topics", "key"] where findings.marks.isSet("\(path).\(key)") {
                    findings.warning("\(path).\(key)", "has no effect: the route drops its messages")
                }
            }
        }
    }

    /// Routes that name listeners which are not there.
    func checkListenerReferences(_ findings: Findings) {
        let names = listeners.map(\.name)
        for (index, route) in routes.enumerated() {
            for (item, name) in route.listeners.enumerated() where !names.contains(name) {
                let list = "routes[\(index)].match.listener"
                let path = findings.marks.isSet("\(list)[\(item)]") ? "\(list)[\(item)]" : list
                let expected = names.isEmpty ? "none are configured" : "expected \(ScalarText.list(names))"
                findings.error(path, "no listener is called \"\(name)\", \(expected)")
            }
        }
    }
}

extension Configuration.Address {
    /// Whether both cannot be bound: the same port of the same address, or of one address and all of them. Sockets on
    /// `[::]` take IPv4 as well.
    func overlaps(_ other: Configuration.Address) -> Bool {
        guard port == other.port, port != 0 else { return false }
        switch (place, other.place) {
        case (.everything, _), (_, .everything): return true
        case (.everyIPv4, let place), (let place, .everyIPv4): return !place.isIPv6
        case (let mine, let others): return mine == others
        }
    }

    private enum Place: Equatable {
        case everything, everyIPv4
        case address([UInt8])
        case name(String)

        var isIPv6: Bool {
            if case .address(let bytes) = self { return bytes.count == 16 }
            return false
        }
    }

    private var place: Place {
        if host.isEmpty { return .everyIPv4 }
        // A name is resolved when it is bound; this one means the same everywhere.
        let text = host.lowercased() == "localhost" ? "127.0.0.1" : host
        guard let bytes = AddressText.parse(text[...]) else { return .name(host.lowercased()) }
        if bytes.allSatisfy({ $0 == 0 }) { return bytes.count == 16 ? .everything : .everyIPv4 }
        let isMapped = bytes.count == 16 && bytes[..<12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return .address(isMapped ? Array(bytes[12...]) : bytes)
    }
}
