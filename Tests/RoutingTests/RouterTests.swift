import Base
import Events
import Parsers
import Routing
import TestSupport
import Testing

@Suite("Routes")
struct RouterTests {
    private static func topics(_ definitions: [RouteDefinition], _ samples: [Sample]) throws -> [String] {
        let routes = try Routes(definitions, listeners: ["one", "two"])
        var router = Router(routes.table, listeners: routes.listeners)
        // Asked twice: once computed, once remembered.
        let first = samples.map { router.ask($0).topic }
        #expect(samples.map { router.ask($0).topic } == first)
        return first
    }

    @Test("The first route that matches decides")
    func firstWins() throws {
        let topics = try Self.topics(
            [
                Routes.route("a", topic: "a") { $0.programs = ["dhcpd", "x*"] },
                Routes.route("b", topic: "b") { $0.programs = ["*d"] },
                Routes.route("c", topic: "c"), Routes.route("never", topic: "never"),
            ], ["dhcpd", "xinetd", "named", "cron", ""].map { Sample(program: $0) })
        #expect(topics == ["a", "a", "b", "c", "c"])
    }

    @Test("A route's format, or the service's where it does not say one", arguments: FormatName.allCases)
    func formats(service: FormatName) throws {
        let routes = try Routes(
            [
                Routes.route("a", topic: "a") {
                    $0.programs = ["a"]
                    $0.format = .raw
                },
                Routes.route("b", topic: "b") {
                    $0.programs = ["b"]
                    $0.format = .json
                },
                Routes.route("c", topic: "c") { $0.programs = ["c"] },
            ], format: service)
        var router = Router(routes.table, listeners: routes.listeners)
        let formats = ["a", "b", "c", "d"].map { router.ask(Sample(program: $0)).format }
        #expect(formats == [.raw, .json, service, service])
    }

    @Test("A message without a program matches * and no name")
    func emptyProgram() throws {
        let topics = try Self.topics(
            [
                Routes.route("a", topic: "a") { $0.programs = ["?*"] },
                Routes.route("b", topic: "b") { $0.programs = ["*"] },
            ],
            [Sample(), Sample(program: "x")])
        #expect(topics == ["b", "a"])
    }

    @Test("Facility and severity are sets of their own")
    func priority() throws {
        let topics = try Self.topics(
            [
                Routes.route("a", topic: "a") {
                    $0.facilities = [0, 23]
                    $0.severities = [0, 7]
                }
            ],
            [
                Sample(facility: 0, severity: 0), Sample(facility: 23, severity: 7), Sample(facility: 22, severity: 7),
                Sample(facility: 23, severity: 6),
            ])
        #expect(topics == ["a", "a", "syslog-default", "syslog-default"])
    }

    @Test("Hosts, sources and listeners are conditions beside the program")
    func others() throws {
        let definitions = [
            Routes.route("host", topic: "host") { $0.hosts = ["gw?", "*.example.org"] },
            Routes.route("v4", topic: "v4") { $0.sources = [.init(bytes: [192, 0, 2, 128], prefixLength: 25)] },
            Routes.route("v6", topic: "v6") {
                $0.sources = [.init(bytes: [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 12), prefixLength: 32)]
            },
            Routes.route("listener", topic: "listener") {
                $0.listeners = ["two"]
                $0.programs = ["cron"]
            },
        ]
        let v6: [UInt8] = [0x20, 1, 0x0d, 0xb8, 9] + [UInt8](repeating: 1, count: 11)
        let samples: [(Sample, String)] = [
            (Sample(program: "cron", host: "gw1"), "host"), (Sample(program: "cron", host: "a.example.org"), "host"),
            (Sample(program: "cron", host: "gw12"), "syslog-default"),
            (Sample(program: "cron", address: [192, 0, 2, 200]), "v4"),
            (Sample(program: "cron", address: [192, 0, 2, 127]), "syslog-default"),
            (Sample(program: "cron", address: v6), "v6"), (Sample(program: "cron", listener: 1), "listener"),
            (Sample(program: "crond", listener: 1), "syslog-default"), (Sample(program: "cron"), "syslog-default"),
        ]
        #expect(try Self.topics(definitions, samples.map(\.0)) == samples.map(\.1))
    }

    @Test("A network of any length holds what equals its first bits", arguments: 0...32)
    func prefixLengths(_ length: Int) {
        var random = SeededGenerator(seed: UInt64(length) + 1)
        for _ in 0..<300 {
            let network = UInt32(truncatingIfNeeded: random.next())
            let address =
                random.int(0...1) == 0
                ? UInt32(truncatingIfNeeded: random.next()) : network ^ (1 << UInt32(random.int(0...31)))
            let expected = length == 0 || (network ^ address) >> UInt32(32 - length) == 0
            let bytes = { (value: UInt32) in withUnsafeBytes(of: value.bigEndian) { Array($0) } }
            let definition = RouteDefinition.Network(bytes: bytes(network), prefixLength: length)
            #expect(bytes(address).withUnsafeBytes { definition.contains($0) } == expected)
        }
    }

    @Test("auto takes the program's parser, none takes none, a name takes that one")
    func parser() throws {
        let routes = try Routes([
            Routes.route("plain") {
                $0.programs = ["plain-*"]
                $0.parser = .none
            },
            Routes.route("forced") {
                $0.programs = ["forced"]
                $0.parser = .named("dhcp_log_parser")
            },
        ])
        var router = Router(routes.table, listeners: ["one"])
        let parsers = ["plain-dhcpd", "forced", "dhcpd", "systemd", "unknown", ""].map {
            router.ask(Sample(program: $0)).parser
        }
        #expect(parsers == ["none", "dhcp_log_parser", "dhcp_log_parser", "systemd_log_parser", "none", "none"])
    }

    @Test("A type's topic goes before the route's, the route's before the default, everythingTo before all")
    func topics() throws {
        let definition = Routes.route("r", topic: "rest") {
            $0.topics = ["DHCP_LEASE": "leases"]
            $0.key = "mac"
        }
        let routes = try Routes([definition])
        var router = Router(routes.table, listeners: ["one"])
        let lease = router.ask(Sample(), type: "DHCP_LEASE")
        #expect(lease.topic == "leases" && router.ask(Sample(), type: "DHCP_NAK").topic == "rest")
        #expect(lease.index != router.ask(Sample(), type: "DHCP_NAK").index)
        #expect(lease.key == Routes.parsers.vocabulary.fieldID(named: "mac"))
        let none = try Routes([])
        var byDefault = Router(none.table, listeners: ["one"])
        #expect(byDefault.ask(Sample(), type: "DHCP_LEASE").topic == "dhcp_lease-default")
        #expect(byDefault.ask(Sample(), type: "DHCP_LEASE").key == nil)
        let all = try Routes([definition], everythingTo: "all")
        var everything = Router(all.table, listeners: ["one"])
        #expect(everything.ask(Sample(), type: "DHCP_LEASE").topic == "all" && everything.ask(Sample()).topic == "all")
    }

    @Test("A dropped route says so")
    func drop() throws {
        let routes = try Routes([
            Routes.route("noise") {
                $0.programs = ["noise"]
                $0.drop = true
            }
        ])
        var router = Router(routes.table, listeners: ["one"])
        #expect(router.ask(Sample(program: "noise")).isDropped && !router.ask(Sample(program: "other")).isDropped)
    }

    @Test("Made-up, long and colliding program names never get another's route", arguments: [11, 12] as [UInt64])
    func manyPrograms(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let definitions = [
            Routes.route("crit", topic: "crit") {
                $0.programs = ["p*1"]
                $0.severities = [2]
            },
            Routes.route("a", topic: "a") { $0.programs = ["p*1", "?-*"] },
            Routes.route("b", topic: "b") { $0.programs = ["*x*"] },
        ]
        let routes = try Routes(definitions)
        var router = Router(routes.table, listeners: ["one"])
        func expected(_ program: String, _ severity: UInt8) -> String {
            let isP = program.hasPrefix("p") && program.hasSuffix("1") && program.utf8.count > 1
            if isP && severity == 2 { return "crit" }
            if isP || (program.utf8.count >= 2 && program.dropFirst().hasPrefix("-")) { return "a" }
            return program.contains("x") ? "b" : "syslog-default"
        }
        for round in 0..<20_000 {
            var program = (0..<random.int(0...6)).map { _ in random.pick(["p", "1", "x", "-", "q"]) }.joined()
            switch random.int(0...9) {
            case 0: program += String(repeating: "y", count: random.int(55...200)) + random.pick(["1", "x", ""])
            case 1...3: program += "\(round)"
            default: break
            }
            let severity = UInt8(random.int(0...7))
            let got = router.ask(Sample(program: program, severity: severity)).topic
            #expect(got == expected(program, severity), "seed \(seed) program \(program) severity \(severity)")
            if got != expected(program, severity) { return }
        }
    }
}
