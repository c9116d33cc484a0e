import Base
import Documents
import Inputs
import Syslog

extension Tables {
    private typealias Entry = Setting<Configuration.Listener>

    /// The tables of an entry of `listeners`, by its type.
    static let listeners = [udp, tcp, unixDatagram, file]

    static let udp = SettingTable(
        "listeners[udp]", Configuration.Listener.udp, synonyms: network,
        identity + [
            .one("address", \.datagram.address, .address, ""),
            .one("threads", \.datagram.threads, .threads, "receiving threads; more than one share the port"),
            .one(
                "receive-buffer", \.datagram.receiveBuffer, .receiveBuffer, "bytes asked of the kernel for each socket"
            )
            .noted("it is read back, and a smaller grant is a warning in the log"),
        ] + reception + senders)

    static let tcp = SettingTable(
        "listeners[tcp]", Configuration.Listener.tcp,
        synonyms: network.merging(["connection-limit": "max-connections"]) { $1 },
        identity + [
            .one("address", \.stream.address, .address, ""),
            .one("threads", \.stream.threads, .threads, "event loops"),
            .one("max-connections", \.stream.maximumConnections, .integer(1...1_000_000), "connections open at once"),
            .one(
                "max-connections-per-source", \.stream.maximumConnectionsPerSource, .integer(0...1_000_000),
                "of these, from one source; 0 = all"
            ).noted(
                "an IPv4 address, or an IPv6 network of `limits.source-prefix` bits; further ones are closed at once "
                    + "and counted"),
            .one(
                "idle-timeout", \.stream.idleSeconds, .duration(0...86_400, in: .s),
                "a connection that sent nothing for this long is closed; 0 = never"
            ).noted("peers that are gone are found by `keepalive` long before"),
            .one(
                "keepalive", \.stream.keepaliveSeconds, .duration(0...7200, in: .s),
                "after so long without a byte the system asks whether the peer is there; 0 = never"
            ).noted("a peer that is gone is found within two minutes"),
            .one(
                "framing", \.framing,
                .words([("detect", .detect), ("octet-counting", .octetCounting), ("delimited", .delimited)]),
                "how messages are told apart, RFC 6587"
            ).noted("`detect` decides frame by frame"),
        ] + reception + senders)

    static let unixDatagram = SettingTable(
        "listeners[unix-datagram]", Configuration.Listener.unixDatagram(path: ""),
        synonyms: ["address": "path", "socket": "path"],
        identity + [
            .one("path", \.datagram.path, .socketPath, "the socket, such as `/dev/log`").mandatory(
                "the path of a socket such as /dev/log"),
            .one("mode", \.datagram.mode, .mode, "who may send"),
            .one("receive-buffer", \.datagram.receiveBuffer, .receiveBuffer, "bytes asked of the kernel")
                .noted("as for UDP"),
        ] + reception)

    static let file = SettingTable(
        "listeners[file]", Configuration.Listener.file(paths: []),
        synonyms: [
            "path": "paths", "files": "paths", "include": "paths", "read-from": "start-at", "read_from": "start-at",
            "tag": "program",
        ],
        identity + [
            .list(
                "paths", \.file.paths, .text("list of names or globs"), needed: "file names or globs", "the files"
            ).mandatory("file names or globs such as /var/log/*.log").noted(
                "`**` stands for any depth (not through symbolic links); a file that exists by the very text of a glob "
                    + "is read as well"),
            .list(
                "exclude", \.file.exclude, .text("list of globs"), "files that `paths` matches and that are left alone"),
            .one(
                "start-at", \.file.fromBeginning, .words([("beginning", true), ("end", false)]),
                "where the files that are there at the first start are begun"
            ).noted("a file that comes later is read from its beginning"),
            .one(
                "follow", \.file.follow, .boolean,
                "go on through growth, rotation and truncation; `false` = read to the end once"),
            .optional(
                "program", \.program, .text(), "the program tag of lines without a syslog header; `null` = none"
            ).noted("a line that begins with a time has a header"),
            .one(
                "poll-interval", \.file.pollMilliseconds, .duration(10...3_600_000, in: .ms),
                "how often a followed file is looked at"),
            .one(
                "rotated-wait", \.file.rotatedSeconds, .duration(0...86_400, in: .s),
                "how long a renamed or deleted file is held open after its last bytes came"
            ).noted("then its last line is taken even without an end"),
            .one(
                "late-writes", \.file.lateHours, .duration(0...720, in: .h),
                "how long a renamed file is looked at for late lines after its last bytes came"),
            .one(
                "close-after", \.file.quietSeconds, .duration(0...86_400, in: .s),
                "a file without a new byte for so long gives its descriptor back; it is still looked at"),
            .one(
                "max-open-files", \.file.maximumOpenFiles, .integer(0...1_000_000),
                "most files open at once; 0 = half of the descriptors the process may open"
            ).noted("more files are read in turns"),
        ] + reception)

    static let timeZones = SettingTable(
        "listeners[].time-zones[]", Configuration.Listener.SenderZone(), synonyms: ["zone": "time-zone"],
        [
            .list("network", \.networks, Kind<Network>.network.described("network, or a list of them"), "the senders")
                .mandatory("a network such as 192.0.2.0/24"),
            .optional("time-zone", \.timeZone, .timeZone, "their zone").mandatory("a time zone such as Europe/Berlin"),
        ])

    private static let network = ["port": "address", "host": "address", "bind": "address", "listen": "address"]

    private static let identity = [
        Entry.one("name", \.name, .name, "what routes and the log call it").shown(
            "the type, with `-2`, `-3` … where it is taken"),
        // The type was read before: it says which table this is.
        Entry(
            key: "type", unit: "`udp`, `tcp`, `unix-datagram`, `file`", meaning: "", shownDefault: "required",
            read: { _, _ in }, render: { .text($0.type) }),
    ]

    private static let reception = [
        Entry.optional(
            "max-message-size", \.maximumMessageSize, .messageSize,
            "what is longer is cut and marked; `null` = `limits.max-message-size`"),
        .one("rate-limit", \.rateLimit, .rate(), "0 = none"),
        .one("time-zone", \.timeZone, .timeZone, "of RFC 3164 times, which name none"),
    ]

    /// What only senders with an address have.
    private static let senders = [
        Entry.entries("time-zones", \.timeZones, timeZones, "time zones of some senders") { _ in .init() }
            .noted("the first entry that holds the sender's address counts")
            .example("[{network: 192.0.2.0/24, time-zone: Europe/Berlin}]"),
        .list("allow", \.allow, Kind<Network>.network.described("list of networks"), "who may send; empty = everybody")
            .example("[10.0.0.0/8, 2001:db8::/32]")
            .noted("others are counted as rejected for `acl`"),
    ]

    /// The keys of every type, which the reference says once.
    static let sharedKeys = (identity + reception).map(\.key)
}

// MARK: - The list

extension Setting where Root == Configuration {
    /// `listeners`: what an entry may hold, its `type` says.
    static var listeners: Setting {
        Setting(
            key: "listeners", unit: "list", meaning: "where messages come from", note: "see below",
            tables: Tables.listeners,
            read: { section, configuration in configuration.readListeners(section) },
            render: { configuration in
                .sequence(
                    configuration.listeners.map { listener in
                        Tables.listeners.first { $0.defaults.type == listener.type }?.render(listener) ?? .mapping([])
                    })
            })
    }
}

extension Configuration {
    fileprivate mutating func readListeners(_ root: Section) {
        let first = listeners.count
        for item in root.items("listeners") {
            // An entry that cannot be read has its place and its name all the same: later findings count from it.
            listeners.append(.read(item.node, item.path, root.diagnostics) ?? .unread(item.node))
        }
        let isNamed = listeners.indices.map { root.diagnostics.marks.isSet("listeners[\($0)].name") }
        for index in first..<listeners.count where !isNamed[index] { listeners[index].name = "" }
        for index in first..<listeners.count where !isNamed[index] {
            listeners[index].name = freeName(listeners[index].type)
        }
    }

    /// A name for one more listener of a type: the type, with a number where it is taken.
    public func freeName(_ type: String) -> String {
        let taken = Set(listeners.map(\.name))
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
    /// Stands for an entry that cannot be read.
    fileprivate static func unread(_ node: SourceNode) -> Configuration.Listener {
        var listener = Self.file(paths: [])
        if case .mapping(let entries) = node.content,
            case .scalar(let name, isNull: false) = entries.first(where: { $0.key == "name" })?.value.content
        {
            listener.name = name
        }
        return listener
    }

    /// Reads an entry of `listeners`; nil where its type is not known, so that nothing else can be said of it.
    fileprivate static func read(
        _ node: SourceNode, _ path: String, _ diagnostics: Diagnostics
    ) -> Configuration.Listener? {
        let names = Tables.listeners.map(\.defaults.type)
        guard case .mapping = node.content else {
            diagnostics.error(
                path, at: node.mark, "found \(Excerpt.kind(node, isSecret: true)), expected keys with values")
            return nil
        }
        // What keys may stand here is not known before the type is.
        guard let entry = Section(node, path: path, Diagnostics(marks: diagnostics.marks)),
            let type = entry.node("type")
        else {
            let isMerged = diagnostics.marks.isSet("\(path).<<") ? "; merge keys (<<) are not read" : ""
            diagnostics.error(path, at: node.mark, "type is missing, expected \(Spelling.list(names))" + isMerged)
            return nil
        }
        var name = ""
        if case .scalar(let text, isNull: _) = type.content { name = text }
        guard let table = Tables.listeners.first(where: { $0.defaults.type == name }) else {
            let isShort = name.count > 2 ? names.first { $0.hasPrefix(name) } : nil
            diagnostics.error(
                "\(path).type", at: type.mark,
                "found \(Excerpt.kind(type)), expected \(Spelling.list(names))"
                    + (isShort.map { "; did you mean \($0)?" } ?? Spelling.suggestion(name, names)))
            return nil
        }
        var listener = table.defaults
        table.read(node, path: path, into: &listener, diagnostics)
        return listener
    }
}
