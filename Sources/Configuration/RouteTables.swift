import Base
import Documents
import Events
import Routing

extension Tables {
    static let route = SettingTable(
        "routes[]", RouteDefinition(name: "route-1"),
        synonyms: ["when": "match", "filter": "match", "discard": "drop"],
        [
            .one("name", \.name, .name, "").shown("`route-1`, `route-2` … by position"),
            .section("match", \.self, match, "the conditions; none = every message"),
            .one("parser", \.parser, .parser, "what reads the message").noted(
                "`auto` = by the message's program; `none` = the event is of type `SYSLOG`"),
            .topic,
            .topics,
            .optional("key", \.key, .field, "its value is the record's key; `null` = no key").noted(
                "records with the same value keep their order"),
            .optional("format", \.format, .cases(), "how the events are written; `null` = as `kafka.format` says")
                .noted(
                    "`raw` = the message's own bytes, as received"),
            .one("drop", \.drop, .boolean, "the message is counted as rejected and goes nowhere"),
        ])

    static let match = SettingTable(
        "routes[].match", RouteDefinition(name: ""),
        synonyms: [
            "tag": "program", "programname": "program", "app-name": "program", "appname": "program",
            "hostname": "host", "level": "severity", "priority": "severity", "fromhost-ip": "source",
            "network": "source", "listeners": "listener",
        ],
        [
            .list("program", \.programs, .text("list with wildcards"), "program tags"),
            .list(
                "facility", \.facilities, .facility, order: { items, _ in Set(items).sorted() },
                "`daemon`, `local0`, … or 0 to 23"
            ).noted(words(Kind.facilities)),
            .list(
                "severity", \.severities, .severity,
                order: { items, isList in
                    // One alone stands for itself and all that are more urgent.
                    if !isList, let bound = items.first { Array(0...bound) } else { Set(items).sorted() }
                },
                "one = that or more urgent; a list = just these"
            ).noted(words(Kind.severities) + ", or 0 to 7"),
            .list("host", \.hosts, .text("list with wildcards"), "host names as in the message"),
            .list("source", \.sources, Kind<Network>.network.described("list of networks"), "the sender's address"),
            .list("listener", \.listeners, Kind<String>.name.described("list"), "names of listeners"),
        ])

    private static func words(_ words: [String]) -> String { words.map { "`\($0)`" }.joined(separator: " ") }
}

extension Kind where Value == RouteDefinition.Parser {
    fileprivate static let parser = Kind<String>.name.described("`auto`, `none`, a parser's name").map(
        { name -> RouteDefinition.Parser in
            switch name {
            case "auto": .auto
            case "none": .none
            default: .named(name)
            }
        },
        back: { parser -> String in
            switch parser {
            case .auto: "auto"
            case .none: "none"
            case .named(let name): name
            }
        })
}

extension Setting where Root == RouteDefinition {
    /// The topic of all events; where `topics` names some, of the others, and is written there.
    fileprivate static var topic: Setting {
        var setting = Setting.optional("topic", \.topic, .topic, "one topic for every event of the route")
        setting.render = { route in
            if route.topics.isEmpty, let topic = route.topic { .text(topic) } else { .plain("null") }
        }
        return setting
    }

    fileprivate static var topics: Setting {
        var setting = Setting.map(
            "topics", "type: topic", "topics by event type; `default` is for the types not named",
            read: { entry, section, route in route.readTopic(entry, section) },
            render: { route in
                guard !route.topics.isEmpty else { return [] }
                var topics = route.topics.sorted { $0.key < $1.key }.map { ($0.key, YAMLText.text($0.value)) }
                if let topic = route.topic { topics.append(("default", .text(topic))) }
                return topics
            }
        ).noted("not together with `topic`").example("{DHCP_LEASE: leases, default: dhcp}")
        setting.read = { [read = setting.read] section, route in
            if route.topic != nil, let node = section.node("topics"), case .mapping(let entries) = node.content,
                !entries.isEmpty
            {
                section.diagnostics.error(
                    section.child("topics"), at: node.mark, "topic is set as well, expected one of the two")
            }
            read(section, &route)
        }
        return setting
    }
}

extension RouteDefinition {
    fileprivate mutating func readTopic(_ entry: SourceEntry, _ section: Section) {
        let path = section.child(Excerpt.key(entry.key))
        guard let topic = section.scalar(entry.value, path: path, Kind<String>.topic.read) else { return }
        if entry.key == "default" {
            self.topic = topic
            return
        }
        do throws(ValueFault) {
            topics[try Kind<String>.eventType.read(entry.key)] = topic
        } catch {
            section.diagnostics.error(
                path, at: entry.mark, "found \"\(Excerpt.key(entry.key))\", expected \(error.expected)")
        }
    }
}
