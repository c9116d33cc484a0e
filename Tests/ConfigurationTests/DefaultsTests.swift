import Base
import Documents
import Foundation
import Inputs
import Kafka
import Routing
import Spool
import Syslog
import Testing

@testable import Configuration

@Suite struct DefaultsTests {
    @Test(arguments: [("docs/configuration.md", false), ("configs/kafka.yaml", true)])
    func whatIsGeneratedIsNotStale(_ path: String, _ isSample: Bool) throws {
        let text = try contents(path)
        #expect(SettingDocuments.updated(text, isSample: isSample) == text, "run `make docs`")
    }

    /// A table whose heading is missing would be left out, and nobody would know.
    @Test func everyMappingHasItsTableInTheReference() throws {
        let reference = try contents("docs/configuration.md")
        let headings = ["listeners[all]"] + Tables.all.map { $0.path.isEmpty ? "top level" : $0.path }
        for heading in headings { #expect(reference.contains("\n### `\(heading)`\n"), "\(heading)") }
        #expect(reference.contains("\nThese take effect at the next start only: `state-directory`, "))
    }

    @Test func everyEnvironmentVariableIsOnesOwn() {
        let names = Tables.variables.map(\.name) + EnvironmentOverrides.addresses.map(\.0)
        #expect(Set(names).count == names.count && names.count > 13)
    }

    @Test func kafkaYamlLoadsWithoutAWarning() throws {
        let loaded = try Configuration.load(path: repository + "/configs/kafka.yaml", environment: [:])
        #expect(loaded.warnings == [])
        var expected = Configuration()
        expected.listeners = [.udp, .tcp]
        for (name, parser, programs, key) in [
            ("dhcpd", "dhcp_log_parser", ["dhcpd"], "mac"), ("named", "dns_log_parser", ["named"], "client_ip"),
            ("systemd", "systemd_log_parser", ["systemd", "systemd-*"], "host"),
        ] {
            var route = RouteDefinition(name: name)
            route.programs = programs
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
        #expect(loaded.configuration.listeners[2] == .unixDatagram(path: "/dev/log"))
        #expect(loaded.configuration.listeners[3] == .file(paths: ["/var/log/dhcpd.log"]))
    }

    @Test func everyKeyStandsInKafkaYaml() throws {
        let text = try contents("configs/kafka.yaml")
        for table in Tables.all where table.path != "listeners[].time-zones[]" {
            for key in table.keys { #expect(text.contains("\(key):"), "\(table.path) \(key)") }
        }
    }

    @Test(arguments: startingPoints)
    func everyStartingPointLoadsWithoutAWarning(_ name: String) throws {
        let loaded = try Configuration.load(path: "\(repository)/configs/examples/\(name)", environment: [:])
        #expect(loaded.warnings == [])
        #expect(!loaded.configuration.listeners.isEmpty)
    }

    @Test(arguments: ["edge-relay", "dhcp-server", "dns-resolver", "container-sidecar", "central-receiver"])
    func eachUseHasAStartingPoint(_ name: String) throws {
        #expect(startingPoints.contains("\(name).yaml"))
        #expect(try contents("docs/configuration.md").contains("(../configs/examples/\(name).yaml)"))
    }

    @Test(arguments: ["central", "daemonset", "sidecar"])
    func theConfigurationOfAManifestLoadsWithoutAWarning(_ name: String) throws {
        let loaded = try Configuration.load(
            path: "\(repository)/examples/kubernetes/\(name)/kafkastreamer.yaml", environment: [:])
        #expect(loaded.warnings == [])
        #expect(!loaded.configuration.listeners.isEmpty)
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
        var udp = Configuration.Listener.udp
        #expect(configuration.maximumMessageSize(of: udp) == 1000)
        udp.maximumMessageSize = 2000
        configuration.listeners = [udp]
        #expect(configuration.maximumMessageSize(of: udp) == 2000)
        #expect(configuration.largestMessageSize == 2000)
        #expect(configuration.kafka.limits.share == 10_000)
        configuration.kafka.limits.inFlight = 2
        #expect(configuration.kafka.limits.share == 1)
        #expect(configuration.kafka.defaultTopic(forType: "DHCP_LEASE") == "dhcp-lease-events")
        configuration.kafka.topicTemplate = "logs.{type}"
        #expect(configuration.kafka.defaultTopic(forType: "SYSLOG") == "logs.syslog")
        configuration.kafka.topic = "all"
        #expect(configuration.kafka.defaultTopic(forType: "SYSLOG") == "all")
    }
}
