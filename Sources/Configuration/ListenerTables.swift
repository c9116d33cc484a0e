import Base
import Documents
import Syslog

/// A type of listener: its keys, and how it stands in the configuration.
struct ListenerType: Sendable {
    let name: String
    let table: AnyTable
    let read: @Sendable (SourceNode, _ path: String, Findings) -> Configuration.Listener?
    /// The keys with their values; nil for a listener of another type.
    let render: @Sendable (Configuration.Listener) -> YAMLText?

    init<Settings>(
        _ table: SettingTable<Settings>, _ wrap: @escaping @Sendable (Settings) -> Configuration.Listener,
        _ unwrap: @escaping @Sendable (Configuration.Listener) -> Settings?
    ) {
        name = wrap(table.defaults).type
        self.table = AnyTable(table)
        read = { node, path, findings in
            var settings = table.defaults
            return table.read(node, path: path, into: &settings, findings) ? wrap(settings) : nil
        }
        render = { unwrap($0).map { table.render($0) } }
    }

    static let all = [
        ListenerType(Tables.udp, { .udp($0) }, { if case .udp(let udp) = $0 { udp } else { nil } }),
        ListenerType(Tables.tcp, { .tcp($0) }, { if case .tcp(let tcp) = $0 { tcp } else { nil } }),
        ListenerType(
            Tables.unixDatagram, { .unixDatagram($0) }, { if case .unixDatagram(let unix) = $0 { unix } else { nil } }),
        ListenerType(Tables.file, { .file($0) }, { if case .file(let file) = $0 { file } else { nil } }),
    ]
    static let names = all.map(\.name)

    /// The keys of every type, which the reference says once.
    static let sharedKeys = ["name", "type", "max-message-size", "rate-limit", "time-zone"]
}

extension Tables {
    static let udp = SettingTable(
        "listeners[udp]", Configuration.Listener.UDP(), synonyms: network,
        identity("udp") + [
            .one("address", \.address, .address, ""),
            .one("threads", \.threads, .threads, "receiving threads; more than one share the port"),
            .one("receive-buffer", \.receiveBuffer, .receiveBuffer, "bytes asked of the kernel for each socket")
                .noted("it is read back, and a smaller grant is a warning in the log"),
        ] + reception() + senders())

    static let tcp = SettingTable(
        "listeners[tcp]", Configuration.Listener.TCP(),
        synonyms: network.merging(["connection-limit": "max-connections"]) { $1 },
        identity("tcp") + [
            .one("address", \.address, .address, ""),
            .one("threads", \.threads, .threads, "event loops"),
            .one("max-connections", \.maximumConnections, .integer(1...1_000_000), "connections open at once"),
            .one(
                "max-connections-per-source", \.maximumConnectionsPerSource, .integer(0...1_000_000),
                "of these, from one source; 0 = all"
            ).noted(
                "an IPv4 address, or an IPv6 network of `limits.source-prefix` bits; further ones are closed at once "
                    + "and counted"),
            .one(
                "idle-timeout", \.idleTimeout, .duration(.zero...ScalarText.day, step: .seconds(1)),
                "a connection that sent nothing for this long is closed; 0 = never"
            ).noted("peers that are gone are found by `keepalive` long before"),
            .one(
                "keepalive", \.keepalive, .duration(.zero...Duration.seconds(7200), step: .seconds(1)),
                "after so long without a byte the system asks whether the peer is there; 0 = never"
            ).noted("a peer that is gone is found within two minutes"),
            .one(
                "framing", \.framing,
                .words([("detect", .detect), ("octet-counting", .octetCounting), ("delimited", .delimited)]),
                "how messages are told apart, RFC 6587"
            ).noted("`detect` decides frame by frame"),
        ] + reception() + senders())

    static let unixDatagram = SettingTable(
        "listeners[unix-datagram]", Configuration.Listener.UnixDatagram(path: ""),
        synonyms: ["address": "path", "socket": "path"],
        identity("unix-datagram") + [
            .one("path", \.path, .socketPath, "the socket, such as `/dev/log`").mandatory(
                "the path of a socket such as /dev/log"),
            .one("mode", \.mode, .mode, "who may send"),
            .one("receive-buffer", \.receiveBuffer, .receiveBuffer, "bytes asked of the kernel").noted("as for UDP"),
        ] + reception())

    static let file = SettingTable(
        "listeners[file]", Configuration.Listener.File(paths: []),
        synonyms: [
            "path": "paths", "files": "paths", "include": "paths", "read-from": "start-at", "read_from": "start-at",
            "tag": "program",
        ],
        identity("file") + [
            .list("paths", \.paths, .text("list of names or globs"), "the files").mandatory(
                "file names or globs such as /var/log/*.log", empty: "file names or globs"
            ).noted(
                "`**` stands for any depth (not through symbolic links); a file that exists by the very text of a glob "
                    + "is read as well"),
            .list("exclude", \.exclude, .text("list of globs"), "files that `paths` matches and that are left alone"),
            .one("start-at", \.startAt, .cases(), "where the files that are there at the first start are begun")
                .noted("a file that comes later is read from its beginning"),
            .one(
                "follow", \.follow, .boolean,
                "go on through growth, rotation and truncation; `false` = read to the end once"),
            .optional(
                "program", \.program, .text(), "the program tag of lines without a syslog header; `null` = none"
            )
            .noted("a line that begins with a time has a header"),
            .one(
                "poll-interval", \.pollInterval,
                .duration(.milliseconds(10)...Duration.seconds(3600), step: .milliseconds(1)),
                "how often a followed file is looked at"),
            .one(
                "rotated-wait", \.rotatedWait, .duration(.zero...ScalarText.day, step: .seconds(1)),
                "how long a renamed or deleted file is held open after its last bytes came"
            ).noted("then its last line is taken even without an end"),
            .one(
                "late-writes", \.lateWrites, .duration(.zero...Duration.seconds(720 * 3600), step: .seconds(3600)),
                "how long a renamed file is looked at for late lines after its last bytes came"),
            .one(
                "close-after", \.closeAfter, .duration(.zero...ScalarText.day, step: .seconds(1)),
                "a file without a new byte for so long gives its descriptor back; it is still looked at"),
            .one(
                "max-open-files", \.maximumOpenFiles, .integer(0...1_000_000),
                "most files open at once; 0 = half of the descriptors the process may open"
            ).noted("more files are read in turns"),
        ] + reception())

    static let timeZones = SettingTable(
        "listeners[].time-zones[]", ZoneEntry(), synonyms: ["zone": "time-zone"],
        [
            .networks("network", \.networks, "the senders", unit: "network, or a list of them")
                .mandatory("a network such as 192.0.2.0/24"),
            .optional("time-zone", \.timeZone, .timeZone, "their zone").mandatory("a time zone such as Europe/Berlin"),
        ])

    private static let network = ["port": "address", "host": "address", "bind": "address", "listen": "address"]

    private static func identity<Settings: ReceptionHolder>(_ type: String) -> [Setting<Settings>] {
        [
            Setting.one("name", \Settings.name, .name, "what routes and the log call it").shown(
                "the type, with `-2`, `-3` … where it is taken"),
            // The type was read before: it says which table this is.
            Setting(
                key: "type", unit: "`udp`, `tcp`, `unix-datagram`, `file`", meaning: "", shownDefault: "required",
                read: { _, _ in }, render: { _ in .text(type) }),
        ]
    }

    private static func reception<Settings: ReceptionHolder>() -> [Setting<Settings>] {
        [
            .optional(
                "max-message-size", \Settings.reception.maximumMessageSize, .messageSize,
                "what is longer is cut and marked; `null` = `limits.max-message-size`"),
            .one("rate-limit", \Settings.reception.rateLimit, .rate(), "0 = none"),
            .one("time-zone", \Settings.reception.timeZone, .timeZone, "of RFC 3164 times, which name none"),
        ]
    }

    /// What only senders with an address have.
    private static func senders<Settings: ReceptionHolder>() -> [Setting<Settings>] {
        [
            Setting(
                key: "time-zones", unit: "list", meaning: "time zones of some senders",
                note: "the first entry that holds the sender's address counts",
                hint: "such as [{network: 192.0.2.0/24, time-zone: Europe/Berlin}]",
                read: { section, settings in
                    for item in section.items("time-zones") {
                        var entry = ZoneEntry()
                        timeZones.read(item.node, path: item.path, into: &entry, section.findings)
                        guard let zone = entry.timeZone else { continue }
                        settings.reception.timeZones += entry.networks.map { .init(network: $0, timeZone: zone) }
                    }
                },
                render: { settings in
                    .sequence(
                        settings.reception.timeZones.map {
                            timeZones.render(ZoneEntry(networks: [$0.network], timeZone: $0.timeZone))
                        })
                }),
            .networks("allow", \Settings.reception.allow, "who may send; empty = everybody")
                .example("[10.0.0.0/8, 2001:db8::/32]")
                .noted("others are counted as rejected for `acl`"),
        ]
    }
}

/// An entry of `time-zones` while it is read.
struct ZoneEntry: Sendable {
    var networks: [Network] = []
    var timeZone: String?
}

extension Setting {
    /// Networks; bits past a prefix are a warning.
    static func networks(
        _ key: String, _ path: SettingPath<Root, [Network]>, _ meaning: String, unit: String = "list of networks"
    ) -> Setting {
        Setting(
            key: key, unit: unit, meaning: meaning,
            read: { section, root in section.readNetworks(key, into: &root[keyPath: path]) },
            render: { .list($0[keyPath: path].map(\.description)) })
    }

    /// A key that must be there, and for a list, hold something.
    func mandatory(_ expected: String, empty: String? = nil) -> Setting {
        var setting = shown("required")
        setting.hint = "required"
        setting.read = { [key, read] section, root in
            section.require(key, expected)
            read(section, &root)
            guard let empty, let node = section.node(key) else { return }
            if case .sequence(let items) = node.content, !items.isEmpty { return }
            if case .scalar(_, isNull: false) = node.content { return }
            if case .mapping = node.content { return }
            section.findings.error(section.child(key), at: node.mark, "found nothing, expected \(empty)")
        }
        return setting
    }
}

extension Setting where Root == Configuration {
    /// `listeners`: what an entry may hold, its `type` says.
    static var listeners: Setting {
        Setting(
            key: "listeners", unit: "list", meaning: "where messages come from", note: "see below",
            read: { section, configuration in configuration.readListeners(section) },
            render: { configuration in
                .sequence(
                    configuration.listeners.map { listener in
                        ListenerType.all.lazy.compactMap { $0.render(listener) }.first ?? .mapping([])
                    })
            })
    }
}

extension Configuration {
    fileprivate mutating func readListeners(_ root: Section) {
        var unnamed: [Int] = []
        for item in root.items("listeners") {
            // Something stands for an entry that cannot be read: later findings count from the same place.
            var listener = Listener.file(.init(name: "", paths: []))
            // What keys may stand here is not known before the type is.
            if let entry = Section(item.node, path: item.path, findings: Findings(file: root.findings.file)) {
                if let read = Listener.read(item.node, item.path, entry, root.findings) {
                    listener = read
                } else if case .scalar(let name, isNull: false) = entry.node("name")?.content {
                    listener.name = name
                }
                if !entry.has("name") { listener.name = "" }
            } else {
                root.findings.error(
                    item.path, at: item.node.mark,
                    "found \(Shown.kind(item.node, isSecret: true)), expected keys with values")
            }
            listeners.append(listener)
            if listener.name.isEmpty { unnamed.append(listeners.count - 1) }
        }
        var taken = Set(listeners.map(\.name))
        for index in unnamed {
            listeners[index].name = Self.freeName(listeners[index].type, taken)
            taken.insert(listeners[index].name)
        }
    }

    /// A name no other listener has: the type, or the type with a number.
    static func freeName(_ type: String, _ taken: Set<String>) -> String {
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
    /// Reads an entry of `listeners`; nil where its type is not known, so that nothing else can be said of it.
    fileprivate static func read(
        _ node: SourceNode, _ path: String, _ entry: Section, _ findings: Findings
    ) -> Configuration.Listener? {
        let expected = ScalarText.list(ListenerType.names)
        guard let typeNode = entry.node("type") else {
            findings.error(path, at: node.mark, "type is missing, expected \(expected)")
            return nil
        }
        var name = ""
        if case .scalar(let text, isNull: _) = typeNode.content { name = text }
        if let type = ListenerType.all.first(where: { $0.name == name }) { return type.read(node, path, findings) }
        findings.error(
            "\(path).type", at: typeNode.mark,
            "found \(Shown.kind(typeNode)), expected \(expected)" + ScalarText.suggestion(name, ListenerType.names))
        return nil
    }
}
