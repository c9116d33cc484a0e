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
            .keywords("facility", \.facilities, .facility, "`daemon`, `local0`, … or 0 to 23")
                .noted(words(ScalarText.facilities)),
            .keywords(
                "severity", \.severities, .severity, "one = that or more urgent; a list = just these", least: true
            )
            .noted(words(ScalarText.severities) + ", or 0 to 7"),
            .list("host", \.hosts, .text("list with wildcards"), "host names as in the message"),
            .networks("source", \.sources, "the sender's address"),
            .list("listener", \.listeners, .name.described("list"), "names of listeners"),
        ])

    private static func words(_ words: [String]) -> String { words.map { "`\($0)`" }.joined(separator: " ") }
}

extension Kind where Value == RouteDefinition.Parser {
    fileprivate static let parser = Kind(
        unit: "`auto`, `none`, a parser's name",
        read: { text throws(ScalarFault) in
            switch text {
            case "auto": .auto
            case "none": .none
            default: .named(try ScalarText.name(text))
            }
        },
        write: { parser in
            switch parser {
            case .auto: .text("auto")
            case .none: .text("none")
            case .named(let name): .text(name)
            }
        })
}

extension Setting where Root == RouteDefinition {
    /// Numbers of the syslog header by their keywords, ascending, each once.
    /// - Parameter least: one alone stands for itself and all that are more urgent.
    fileprivate static func keywords(
        _ key: String, _ path: SettingPath<Root, [UInt8]>, _ kind: Kind<UInt8>, _ meaning: String, least: Bool = false
    ) -> Setting {
        Setting(
            key: key, unit: kind.unit, meaning: meaning,
            read: { section, route in
                var numbers = route[keyPath: path]
                section.readList(key, into: &numbers, kind.read)
                if least, case .scalar = section.node(key)?.content, let bound = numbers.first {
                    numbers = Array(0...bound)
                }
                route[keyPath: path] = Array(Set(numbers)).sorted()
            },
            render: { .sequence($0[keyPath: path].map { kind.write($0) }) })
    }

    /// The topic of all events; where `topics` names some, of the others, and is written there.
    fileprivate static var topic: Setting {
        var setting = Setting.optional("topic", \.topic, .topic, "one topic for every event of the route")
        setting.render = { route in
            if route.topics.isEmpty, let topic = route.topic { .text(topic) } else { .plain("null") }
        }
        return setting
    }

    fileprivate static var topics: Setting {
        Setting(
            key: "topics", unit: "type: topic", meaning: "topics by event type; `default` is for the types not named",
            note: "not together with `topic`", hint: "such as {DHCP_LEASE: leases, default: dhcp}",
            read: { section, route in route.readTopics(section) },
            render: { route in
                guard !route.topics.isEmpty else { return .mapping([]) }
                var topics = route.topics.sorted { $0.key < $1.key }.map { ($0.key, YAMLText.text($0.value)) }
                if let topic = route.topic { topics.append(("default", .text(topic))) }
                return .mapping(topics)
            })
    }
}

extension RouteDefinition {
    fileprivate mutating func readTopics(_ section: Section) {
        guard let node = section.node("topics"),
            let list = Section(node, path: section.child("topics"), findings: section.findings)
        else { return }
        if !list.inOrder.isEmpty, topic != nil {
            section.findings.error(list.path, at: node.mark, "topic is set as well, expected one of the two")
        }
        for entry in list.inOrder {
            let path = list.child(Shown.key(entry.key))
            guard let topic = list.scalar(entry.value, path: path, ScalarText.topic) else { continue }
            if entry.key == "default" {
                self.topic = topic
                continue
            }
            do throws(ScalarFault) {
                topics[try ScalarText.eventType(entry.key)] = topic
            } catch {
                section.findings.error(
                    path, at: entry.mark, "found \"\(Shown.key(entry.key))\", expected \(error.expected)")
            }
        }
    }
}

extension Setting where Root == Configuration {
    static var routes: Setting {
        Setting(
            key: "routes", unit: "list", meaning: "which parser, topic and key a message gets",
            read: { section, configuration in
                for (index, item) in section.items("routes").enumerated() {
                    var route = RouteDefinition(name: "route-\(index + 1)")
                    Tables.route.read(item.node, path: item.path, into: &route, section.findings)
                    configuration.routes.append(route)
                }
            },
            render: { .sequence($0.routes.map { Tables.route.render($0) }) })
    }
}
