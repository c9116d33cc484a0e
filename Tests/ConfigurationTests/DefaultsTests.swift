import Foundation
import Testing

@testable import Configuration

/// A configuration with one listener of each type and one route, all else by default, as text by path.
private func defaults() throws -> [String: String] {
    var configuration = Configuration()
    configuration.listeners = [
        .udp(.init()), .tcp(.init()), .unixDatagram(.init(path: "/p")), .file(.init(paths: ["p"])),
    ]
    configuration.routes = [.init(name: "r")]
    let root = try #require(try SourceReader.read(configuration.description, file: "rendered"))
    var values: [String: String] = [:]
    for entry in entries(root) {
        switch entry.key {
        case "listeners":
            values[entry.key] = "[]"
            for (listener, node) in zip(configuration.listeners, items(entry.value)) {
                for inner in entries(node) { values["listeners[\(listener.type)].\(inner.key)"] = text(inner.value) }
            }
        case "routes":
            values[entry.key] = "[]"
            for inner in items(entry.value).flatMap(entries) {
                values["routes[].\(inner.key)"] = text(inner.value)
                for last in entries(inner.value) { values["routes[].\(inner.key).\(last.key)"] = text(last.value) }
            }
        default:
            values[entry.key] = text(entry.value)
            for inner in entries(entry.value) { values["\(entry.key).\(inner.key)"] = text(inner.value) }
        }
    }
    return values
}

private func entries(_ node: SourceNode) -> [SourceEntry] {
    if case .mapping(let entries) = node.content { return entries }
    return []
}

private func items(_ node: SourceNode) -> [SourceNode] {
    if case .sequence(let items) = node.content { return items }
    return []
}

private func text(_ node: SourceNode) -> String {
    switch node.content {
    case .scalar(let text, isNull: _): text
    case .sequence(let items): "[" + items.map(text).joined(separator: ", ") + "]"
    case .mapping: "{}"
    }
}

/// The rows of the reference, by the path their heading names.
private func documented() throws -> [(section: String, key: String, cells: [String])] {
    var rows: [(String, String, [String])] = []
    var section: String?
    for line in try contents("docs/configuration.md").split(separator: "\n") {
        if line.hasPrefix("#") {
            section = line.hasPrefix("### `") ? String(line.dropFirst(5).dropLast()) : nil
        } else if let section, line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            rows.append((section, String(cells[0].dropFirst().dropLast()), cells))
        }
    }
    return rows
}

@Suite struct DefaultsTests {
    @Test func everyDocumentedDefaultIsTheCodes() throws {
        let defaults = try defaults()
        var compared = 0
        for (section, key, cells) in try documented() {
            let sections = section == "listeners[all]" ? Schema.listenerTypes.map { "listeners[\($0)]" } : [section]
            for section in sections {
                let path = section == "top level" ? key : "\(section).\(key)"
                guard cells[1].hasPrefix("`"), !cells[1].hasPrefix("`route-1`") else {
                    #expect(["required", "section"].contains(cells[1]) || key == "name", "\(path): \(cells[1])")
                    continue
                }
                let first = cells[1].split(separator: "`")[0]
                #expect(defaults[path] == String(first), "\(path)")
                compared += 1
            }
        }
        #expect(compared > 60)
    }

    @Test func everyKeyIsDocumentedAndNoOther() throws {
        let rows = try documented()
        var known: [String] = []
        for (path, schema) in Schema.all {
            for key in schema.keys {
                let isShared =
                    path.hasPrefix("listeners[") && !path.hasPrefix("listeners[]") && Schema.reception.contains(key)
                known.append((isShared ? "listeners[all]" : path.isEmpty ? "top level" : path) + " " + key)
            }
        }
        #expect(Set(known) == Set(rows.map { "\($0.section) \($0.key)" }))
        #expect(Set(rows.map { "\($0.section) \($0.key)" }).count == rows.count)
    }

    @Test func everyEnvironmentVariableIsDocumentedAndNoOther() throws {
        let reference = try contents("docs/configuration.md")
        let table = try #require(
            reference.components(separatedBy: "## Environment").last?.components(separatedBy: "\n## ").first)
        let rows = table.split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
            String($0.split(separator: "`")[1])
        }
        let known =
            EnvironmentOverrides.variables.map(\.name) + EnvironmentOverrides.properties.map(\.name)
            + [EnvironmentOverrides.propertyPrefix + "…"]
        #expect(Set(rows) == Set(known))
        for (name, path) in EnvironmentOverrides.variables where !path.hasPrefix("listeners") {
            #expect(table.contains("| `\(name)` | `\(path)`"), "\(name)")
        }
    }

    @Test func kafkaYamlLoadsWithoutAWarning() throws {
        let loaded = try Configuration.load(path: repository + "/configs/kafka.yaml", environment: [:])
        #expect(loaded.warnings == [])
        var expected = Configuration()
        expected.listeners = [.udp(.init()), .tcp(.init())]
        for (name, parser, programs, key) in [
            ("dhcpd", "dhcp_log_parser", ["dhcpd"], "mac"), ("named", "dns_log_parser", ["named"], "client_ip"),
            ("systemd", "systemd_log_parser", ["systemd", "systemd-*"], "host"),
        ] {
            var route = Configuration.Route(name: name)
            route.match.programs = programs
            route.parser = .named(parser)
            route.key = key
            expected.routes.append(route)
        }
        #expect(loaded.configuration == expected)
    }

    @Test func everyCommentedKeyOfKafkaYamlIsItsDefault() throws {
        let text = try contents("configs/kafka.yaml")
        var count = 0
        let uncommented = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            guard let hash = line.firstIndex(of: "#"), line[..<hash].allSatisfy({ $0 == " " }) else {
                return String(line)
            }
            let rest = line[line.index(after: hash)...]
            guard let first = rest.first, first != " " else { return String(line) }
            count += 1
            return String(line[..<hash]) + String(rest)
        }.joined(separator: "\n")
        #expect(count > 40)
        let plain = try Configuration.parse(yaml: text, file: "kafka.yaml")
        let full = try Configuration.parse(yaml: uncommented, file: "kafka.yaml")
        #expect(full.warnings == [])
        #expect(full.configuration == plain.configuration)
    }

    @Test func theListenersInCommentsOfKafkaYamlAreDefaults() throws {
        let text = try contents("configs/kafka.yaml")
        let uncommented = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let isKey = line.hasPrefix("  # - ") || line.hasPrefix("  #   ")
            return isKey ? "  " + String(line.dropFirst(4)) : String(line)
        }.joined(separator: "\n")
        let loaded = try Configuration.parse(yaml: uncommented, file: "kafka.yaml")
        #expect(loaded.warnings == [])
        #expect(loaded.configuration.listeners.count == 4)
        #expect(loaded.configuration.listeners[2] == .unixDatagram(.init(path: "/dev/log")))
        #expect(loaded.configuration.listeners[3] == .file(.init(paths: ["/var/log/dhcpd.log"])))
    }

    @Test func everyKeyStandsInKafkaYaml() throws {
        let text = try contents("configs/kafka.yaml")
        for (path, schema) in Schema.all where path != "listeners[].time-zones[]" {
            for key in schema.keys { #expect(text.contains("\(key):"), "\(path) \(key)") }
        }
    }

    @Test(arguments: ["container-sidecar", "central-receiver", "try-out"])
    func everyExampleLoadsWithoutAWarning(_ name: String) throws {
        let loaded = try Configuration.load(path: "\(repository)/configs/examples/\(name).yaml", environment: [:])
        #expect(loaded.warnings == [])
    }

    @Test(arguments: [
        "", "# nothing\n", "---\n",
        "kafka:\nspool:\nlisteners:\nroutes:\nrules:\nlimits:\nlogging:\nstate-directory: ~\n",
    ])
    func aTextThatSetsNothingGivesTheDefaults(_ yaml: String) throws {
        let loaded = try Configuration.parse(yaml: yaml, file: "f")
        #expect(loaded.configuration == Configuration())
        #expect(loaded.warnings == [])
    }

    @Test func defaultsThatDependOnOthersFollowThem() {
        var configuration = Configuration()
        #expect(configuration.spool.maximumSize == 64 << 20)
        #expect(configuration.spool.segmentSize == 4 << 20)
        #expect(configuration.checkpointDirectory(environment: [:]) == "/var/lib/kafkastreamer")
        #expect(configuration.checkpointDirectory(environment: ["XDG_STATE_HOME": "/s"]) == "/s/kafkastreamer")
        configuration.spool.directory = "/spool"
        #expect(configuration.spool.maximumSize == 1 << 30)
        #expect(configuration.spool.segmentSize == 16 << 20)
        #expect(configuration.checkpointDirectory(environment: ["XDG_STATE_HOME": "/s"]) == "/spool")
        configuration.stateDirectory = "/state"
        #expect(configuration.checkpointDirectory(environment: [:]) == "/state")
        configuration.limits.maximumMessageSize = 1000
        var udp = Configuration.Listener.UDP()
        #expect(configuration.maximumMessageSize(of: .udp(udp)) == 1000)
        udp.reception.maximumMessageSize = 2000
        configuration.listeners = [.udp(udp)]
        #expect(configuration.maximumMessageSize(of: .udp(udp)) == 2000)
        #expect(configuration.largestMessageSize == 2000)
        #expect(configuration.kafka.inFlightPerTopic == 10_000)
        configuration.kafka.inFlight = 2
        #expect(configuration.kafka.inFlightPerTopic == 1)
        #expect(configuration.kafka.defaultTopic(forType: "DHCP_LEASE") == "dhcp-lease-events")
        configuration.kafka.topicTemplate = "logs.{type}"
        #expect(configuration.kafka.defaultTopic(forType: "SYSLOG") == "logs.syslog")
        configuration.kafka.topic = "all"
        #expect(configuration.kafka.defaultTopic(forType: "SYSLOG") == "all")
    }
}
