extension Configuration {
    mutating func readListeners(_ root: Section) {
        var unnamed: [Int] = []
        for item in root.items("listeners") {
            guard let kind = Section(item.node, path: item.path, findings: Findings(file: root.findings.file)) else {
                root.findings.error(
                    item.path, at: item.node.mark,
                    "found \(Shown.kind(item.node, isSecret: true)), expected keys with values")
                continue
            }
            guard let listener = Listener(item.node, path: item.path, kind: kind, root.findings) else { continue }
            listeners.append(listener)
            if !kind.has("name") {
                unnamed.append(listeners.count - 1)
                listeners[listeners.count - 1].name = ""
            }
        }
        for index in unnamed { listeners[index].name = freeListenerName(listeners[index].type, except: index) }
    }

    /// A name no other listener has: the type, or the type with a number.
    func freeListenerName(_ type: String, except index: Int?) -> String {
        let taken = Set(listeners.indices.filter { $0 != index }.map { listeners[$0].name })
        var name = type
        var number = 1
        while taken.contains(name) {
            number += 1
            name = "\(type)-\(number)"
        }
        return name
    }
}

extension Configuration.Listener {
    static let types = ["udp", "tcp", "unix-datagram", "file"]

    /// Reads an entry of `listeners`; nil where its type is not known, so that nothing else can be said of it.
    fileprivate init?(_ node: SourceNode, path: String, kind: Section, _ findings: Findings) {
        var type = ""
        guard kind.has("type") else {
            findings.error(path, at: node.mark, "type is missing, expected \(ScalarText.list(Self.types))")
            return nil
        }
        let typeNode = kind.node("type")
        if case .scalar(let text, isNull: _) = typeNode?.content { type = text }
        switch type {
        case "udp":
            guard let section = Section(node, path: path, schema: .udp, findings: findings) else { return nil }
            self = .udp(UDP(section))
        case "tcp":
            guard let section = Section(node, path: path, schema: .tcp, findings: findings) else { return nil }
            self = .tcp(TCP(section))
        case "unix-datagram":
            guard let section = Section(node, path: path, schema: .unixDatagram, findings: findings) else { return nil }
            self = .unixDatagram(UnixDatagram(section))
        case "file":
            guard let section = Section(node, path: path, schema: .file, findings: findings) else { return nil }
            self = .file(File(section))
        default:
            let found = typeNode.map { Shown.kind($0) } ?? "nothing"
            findings.error(
                "\(path).type", at: typeNode?.mark ?? node.mark,
                "found \(found), expected \(ScalarText.list(Self.types))" + ScalarText.suggestion(type, Self.types))
            return nil
        }
    }
}

extension Configuration.Listener.UDP {
    fileprivate init(_ section: Section) {
        self.init()
        section.read("name", into: &name, ScalarText.name)
        section.read("address", into: &address, ScalarText.address)
        section.read("threads", into: &threads, SettingText.threads)
        section.read("receive-buffer", into: &receiveBuffer, SettingText.receiveBuffer)
        reception.read(section)
    }
}

extension Configuration.Listener.TCP {
    fileprivate init(_ section: Section) {
        self.init()
        section.read("name", into: &name, ScalarText.name)
        section.read("address", into: &address, ScalarText.address)
        section.read("threads", into: &threads, SettingText.threads)
        section.read("max-connections", into: &maximumConnections) { text throws(ScalarFault) in
            try ScalarText.integer(text, in: 1...1_000_000)
        }
        section.read("idle-timeout", into: &idleTimeout) { text throws(ScalarFault) in
            try ScalarText.duration(text, in: .zero...SettingText.maximumTime, step: .seconds(1))
        }
        section.read("framing", into: &framing, ScalarText.choice)
        reception.read(section)
    }
}

extension Configuration.Listener.UnixDatagram {
    fileprivate init(_ section: Section) {
        self.init(path: "")
        section.require("path", "the path of a socket such as /dev/log")
        section.read("name", into: &name, ScalarText.name)
        section.read("path", into: &path, ScalarText.socketPath)
        section.read("mode", into: &mode, ScalarText.mode)
        section.read("receive-buffer", into: &receiveBuffer, SettingText.receiveBuffer)
        reception.read(section)
    }
}

extension Configuration.Listener.File {
    fileprivate init(_ section: Section) {
        self.init(paths: [])
        section.require("paths", "file names or globs such as /var/log/*.log")
        section.read("name", into: &name, ScalarText.name)
        section.readList("paths", into: &paths, ScalarText.text)
        if let node = section.node("paths") {
            var isEmpty = node.isNull
            if case .sequence(let items) = node.content { isEmpty = items.isEmpty }
            if isEmpty {
                section.findings.error(
                    section.child("paths"), at: node.mark, "found nothing, expected file names or globs")
            }
        }
        section.readList("exclude", into: &exclude, ScalarText.text)
        section.read("start-at", into: &startAt, ScalarText.choice)
        section.read("follow", into: &follow, ScalarText.boolean)
        section.read("program", into: &program, orNull: ScalarText.text)
        section.read("poll-interval", into: &pollInterval, Self.interval)
        reception.read(section)
    }

    private static func interval(_ text: String) throws(ScalarFault) -> Duration {
        try ScalarText.duration(text, in: .milliseconds(10)...Duration.seconds(3600), step: .milliseconds(1))
    }
}

extension Configuration.Listener.Reception {
    fileprivate mutating func read(_ section: Section) {
        section.read("max-message-size", into: &maximumMessageSize, orNull: SettingText.messageSize)
        section.read("rate-limit", into: &rateLimit, SettingText.rate)
        section.read("time-zone", into: &timeZone, ScalarText.timeZone)
        // Unknown keys of the other types' sections are errors already.
        guard section.schemaHolds("allow") else { return }
        section.readNetworks("allow", into: &allow)
        for item in section.items("time-zones") {
            guard
                let entry = Section(item.node, path: item.path, schema: .timeZones, findings: section.findings)
            else { continue }
            entry.require("network", "a network such as 192.0.2.0/24")
            entry.require("time-zone", "a time zone such as Europe/Berlin")
            var networks: [Configuration.Network] = []
            var zone: String?
            entry.readNetworks("network", into: &networks)
            entry.read("time-zone", into: &zone) { text throws(ScalarFault) in try ScalarText.timeZone(text) }
            if let zone {
                for network in networks { timeZones.append(.init(network: network, timeZone: zone)) }
            }
        }
    }
}
