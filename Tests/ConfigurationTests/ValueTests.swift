import Documents
import Base
import Configuration
import Routing
import Syslog
import Testing

@Suite struct ValueTests {
    private func udp(_ settings: String) throws -> Configuration.Listener.UDP {
        let loaded = try Configuration.parse(yaml: "listeners: [{type: udp, \(settings)}]", file: "f")
        guard case .udp(let listener) = loaded.configuration.listeners.first else { throw Wrong() }
        return listener
    }

    private struct Wrong: Error {}

    @Test(arguments: [
        ("65536", 65536), ("64KiB", 65536), ("64 kib", 65536), ("64KB", 64000), ("1MiB", 1 << 20), ("2MB", 2_000_000),
        ("1GiB", 1 << 30), ("4096B", 4096), ("\"8MiB\"", 8 << 20),
    ])
    func sizes(_ text: String, _ bytes: Int) throws {
        #expect(try udp("receive-buffer: \(text)").receiveBuffer == bytes)
    }

    @Test(arguments: [
        ("5ms", Duration.milliseconds(5)), ("500us", .microseconds(500)), ("10s", .seconds(10)), ("1m", .seconds(60)),
        ("2h", .seconds(7200)), ("1d", .seconds(86400)), ("0", .zero), ("0s", .zero),
    ])
    func durations(_ text: String, _ duration: Duration) throws {
        #expect(
            try Configuration.parse(yaml: "shutdown-timeout: \(text)", file: "f").configuration.shutdownTimeout
                == duration)
    }

    @Test(
        arguments: [
            ("0.0.0.0:5514", "0.0.0.0", 5514), ("[::1]:514", "::1", 514), (":514", "", 514), ("514", "", 514),
            ("*:514", "", 514), ("localhost:0", "localhost", 0),
            ("log-host.example.com:65535", "log-host.example.com", 65535),
        ] as [(String, String, UInt16)])
    func addresses(_ text: String, _ host: String, _ port: UInt16) throws {
        let expected = Configuration.Address(host: host, port: port)
        #expect(try udp("address: \"\(text)\"").address == expected)
        #expect(Configuration.Address(text) == expected)
        #expect(Configuration.Address(expected.description) == expected)
    }

    @Test(arguments: [
        "", ":", "host", "host:", "host:65536", "host:-1", "a b:1", "[::1]", "[::1]1", "[1.2.3.4]:1", "::1:1",
        "[::g]:1",
        "1.2.3:4", "01.2.3.4:5", "-:x", "a..b:1", "[:1", "é:1",
    ])
    func textsThatAreNoAddress(_ text: String) {
        #expect(Configuration.Address(text) == nil)
    }

    @Test(
        arguments: [
            ("192.0.2.0/24", [192, 0, 2, 0], 24), ("192.0.2.7", [192, 0, 2, 7], 32), ("0.0.0.0/0", [0, 0, 0, 0], 0),
            ("2001:db8::/32", [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 32),
            ("::ffff:192.0.2.1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1], 128),
            ("1:2:3:4:5:6:7::", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0], 128),
            ("::/0", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0),
        ] as [(String, [UInt8], Int)])
    func networks(_ text: String, _ bytes: [UInt8], _ prefix: Int) throws {
        let network = try #require(try udp("allow: [\"\(text)\"]").reception.allow.first)
        #expect(network.bytes == bytes)
        #expect(network.prefixLength == prefix)
        #expect(try udp("allow: [\"\(network)\"]").reception.allow == [network])
    }

    @Test(arguments: [
        "1.2.3", "1.2.3.4.5", "256.0.0.0", "01.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8/8", "::/129",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", "1:2:3:4:5:6:7:8::", "12345::", "1.2.3.4::", "::1.2.3",
        "",
    ])
    func textsThatAreNoNetwork(_ text: String) {
        #expect(findings("listeners: [{type: udp, allow: [\"\(text)\"]}]").count == 1)
    }

    @Test func aNetworkHoldsTheAddressesOfItsPrefix() throws {
        let network = try #require(Configuration.Network(address: [10, 255, 7, 9], prefixLength: 9))
        #expect(network.description == "10.128.0.0/9")
        #expect(network.contains([10, 128, 0, 0]) && network.contains([10, 255, 255, 255]))
        #expect(!network.contains([10, 127, 255, 255]) && !network.contains([11, 128, 0, 0]))
        #expect(!network.contains([UInt8](repeating: 0, count: 16)) && !network.contains([]))
        #expect(Configuration.Network(address: [1, 2], prefixLength: 0) == nil)
        #expect(Configuration.Network(address: [1, 2, 3, 4], prefixLength: 33) == nil)
    }

    @Test(arguments: [
        ("fe80:0:0:1:0:0:0:1", "fe80:0:0:1::1"), ("0:0:1:0:0:0:0:0", "0:0:1::"), ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
        ("::", "::"), ("::1", "::1"), ("ABCD::0001", "abcd::1"),
    ])
    func ipv6IsWrittenInItsShortestForm(_ text: String, _ short: String) throws {
        #expect(try udp("allow: [\"\(text)\"]").reception.allow.first?.description == short + "/128")
    }

    @Test func aRouteReadsAllItsKeys() throws {
        let yaml = """
            listeners: [{type: udp}]
            routes:
              - name: r
                match:
                  program: [dhcpd, "CRON*"]
                  facility: [local7, daemon, 0, security]
                  severity: warning
                  host: "gw?"
                  source: [10.0.0.0/8, "2001:db8::/32"]
                  listener: udp
                parser: none
                topics: {DHCP_LEASE: a, default: c, DHCP_NAK: b}
                key: client_ip
              - match: {severity: [debug, error]}
                parser: mine
                topic: x.y
                drop: no
            """
        let routes = try Configuration.parse(yaml: yaml, file: "f").configuration.routes
        var first = RouteDefinition(name: "r")
        first.programs = ["dhcpd", "CRON*"]
        first.facilities = [0, 3, 4, 23]
        first.severities = [0, 1, 2, 3, 4]
        first.hosts = ["gw?"]
        first.sources = [
            try #require(.init(address: [10, 0, 0, 0], prefixLength: 8)),
            try #require(.init(address: [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 12), prefixLength: 32)),
        ]
        first.listeners = ["udp"]
        first.parser = .none
        first.topics = ["DHCP_LEASE": "a", "DHCP_NAK": "b"]
        first.topic = "c"
        first.key = "client_ip"
        var second = RouteDefinition(name: "route-2")
        second.severities = [3, 7]
        second.parser = .named("mine")
        second.topic = "x.y"
        #expect(routes == [first, second])
        #expect(!first.takesEverything)
    }

    @Test func oneEntryIsAListOfOne() throws {
        let loaded = try Configuration.parse(
            yaml: "listeners: {type: udp, address: \":1\"}\nroutes:\n  match: {program: x}\n  topic: y", file: "f")
        var udp = Configuration.Listener.UDP()
        udp.address = .init(host: "", port: 1)
        #expect(loaded.configuration.listeners == [.udp(udp)])
        #expect(loaded.configuration.routes.map(\.topic) == ["y"])
        #expect(loaded.marks.value("routes[0].topic").description == "f:4:10")
    }

    @Test func aMatchWhoseConditionsAlwaysHoldTakesEverything() {
        var match = RouteDefinition(name: "r")
        #expect(match.takesEverything)
        match.programs = ["x", "**"]
        match.severities = Array(0...7)
        match.facilities = Array(0...23)
        #expect(match.takesEverything)
        match.severities = [0]
        #expect(!match.takesEverything)
    }

    @Test func listenersReadAllTheirKeys() throws {
        let yaml = """
            listeners:
              - {type: tcp, address: ":1", threads: 2, max-connections: 3, max-connections-per-source: 2, idle-timeout: 4m, keepalive: 0, framing: octet-counting, max-message-size: 1KiB, rate-limit: 1_000, time-zone: "+02:00", allow: 10.0.0.1}
              - {type: unix-datagram, path: /dev/log, mode: 0600, receive-buffer: 1MiB}
              - {type: file, paths: [/a, "/b*"], exclude: /b1, start-at: end, follow: off, program: app, poll-interval: 1s, rotated-wait: 1m, late-writes: 0h, close-after: 3s, max-open-files: 7}
              - {type: tcp, address: ":2", time-zones: [{network: [10.0.0.0/8, 11.0.0.0/8], time-zone: Asia/Kolkata}]}
            """
        let listeners = try Configuration.parse(yaml: yaml, file: "f").configuration.listeners
        var tcp = Configuration.Listener.TCP()
        tcp.address = .init(host: "", port: 1)
        tcp.threads = 2
        tcp.maximumConnections = 3
        tcp.maximumConnectionsPerSource = 2
        tcp.idleTimeout = .seconds(240)
        tcp.keepalive = .zero
        tcp.framing = .octetCounting
        tcp.reception.maximumMessageSize = 1024
        tcp.reception.rateLimit = 1000
        tcp.reception.timeZone = "+02:00"
        tcp.reception.allow = [try #require(.init(address: [10, 0, 0, 1], prefixLength: 32))]
        var unix = Configuration.Listener.UnixDatagram(path: "/dev/log")
        unix.mode = 0o600
        unix.receiveBuffer = 1 << 20
        var file = Configuration.Listener.File(paths: ["/a", "/b*"])
        file.exclude = ["/b1"]
        file.startAt = .end
        file.follow = false
        file.program = "app"
        file.pollInterval = .seconds(1)
        file.rotatedWait = .seconds(60)
        file.lateWrites = .zero
        file.closeAfter = .seconds(3)
        file.maximumOpenFiles = 7
        var second = Configuration.Listener.TCP(name: "tcp-2")
        second.address = .init(host: "", port: 2)
        second.reception.timeZones = [
            .init(network: try #require(.init(address: [10, 0, 0, 0], prefixLength: 8)), timeZone: "Asia/Kolkata"),
            .init(network: try #require(.init(address: [11, 0, 0, 0], prefixLength: 8)), timeZone: "Asia/Kolkata"),
        ]
        #expect(listeners == [.tcp(tcp), .unixDatagram(unix), .file(file), .tcp(second)])
    }

    @Test func argumentsOfTheCommandAreReadLikeTheFile() {
        #expect(Configuration.duration("3s") == .seconds(3) && Configuration.duration("0") == .zero)
        #expect(
            ["", "3", "-1s", "s", "25h", "99999999999999999999h", "3 0s"].allSatisfy {
                Configuration.duration($0) == nil
            })
        #expect(Configuration.size("64KiB") == 65536 && Configuration.size("0") == 0)
        #expect(["", "-1", "K", "64K", "9999999999TiB"].allSatisfy { Configuration.size($0) == nil })
        #expect(Configuration.brokers("a,b:1, ssl://c") == ["a:9092", "b:1", "ssl://c:9092"])
        #expect(["", "a,", "a:b", "http://a", "a b"].allSatisfy { Configuration.brokers($0) == nil })
        #expect(Configuration.isTopic("a.b-C_1") && !Configuration.isTopic("a b") && !Configuration.isTopic(".."))
        var configuration = Configuration()
        #expect(configuration.listenerName(forType: "udp") == "udp")
        configuration.listeners = [.udp(.init()), .tcp(.init(name: "udp-2"))]
        #expect(configuration.listenerName(forType: "udp") == "udp-3")
    }

    @Test func aChangedConfigurationIsCheckedAgain() throws {
        var loaded = try Configuration.parse(
            yaml: "listeners: [{type: udp, name: u}]\nroutes: [{match: {listener: u}}]", file: "f")
        loaded.configuration.listeners = [.tcp(.init())]
        #expect(try loaded.revalidated().configuration == loaded.configuration)
        loaded.configuration.listeners.append(.tcp(.init()))
        let error = try #require(throws: ConfigurationErrors.self) { try loaded.revalidated() }
        #expect(error.errors.map(\.path) == ["listeners[1].name", "listeners[1].address"])
    }
}

@Suite struct TimeZoneTests {
    @Test func transitionsAreThoseOfTheZone() throws {
        let berlin = try #require(TimeZoneTable.transitions(for: "Europe/Berlin", around: 2026...2026))
        #expect(berlin.initialOffset == 3600)
        #expect(berlin.transitions.map(\.0) == [1_774_746_000, 1_792_890_000])
        #expect(berlin.transitions.map(\.1) == [7200, 3600])
        // A change of the standard time that is no daylight saving: Moscow, 26 October 2014.
        let moscow = try #require(TimeZoneTable.transitions(for: "Europe/Moscow", around: 2013...2016))
        #expect(moscow.transitions.map(\.0) == [1_414_274_400])
        #expect(moscow.initialOffset == 14400 && moscow.transitions.map(\.1) == [10800])
        let kolkata = try #require(TimeZoneTable.transitions(for: "Asia/Kolkata"))
        #expect(kolkata.initialOffset == 19800 && kolkata.transitions.isEmpty)
    }

    @Test(arguments: ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Tehran"])
    func transitionsAscendAndChangeTheOffset(_ name: String) throws {
        let table = try #require(TimeZoneTable.transitions(for: name))
        var offset = table.initialOffset
        var last = Int64.min
        for (at, next) in table.transitions {
            #expect(at > last && next != offset && abs(next) <= 14 * 3600)
            (last, offset) = (at, next)
        }
        #expect(table.transitions.count > 20)
    }

    @Test(
        arguments: [("UTC", 0), ("Z", 0), ("+02:00", 7200), ("-0530", -19800), ("+14:00", 50400)] as [(String, Int32)])
    func fixedOffsetsHaveNoTransition(_ name: String, _ offset: Int32) throws {
        let table = try #require(TimeZoneTable.transitions(for: name))
        #expect(table.initialOffset == offset && table.transitions.isEmpty)
    }

    @Test func theMachinesZoneIsKnown() { #expect(TimeZoneTable.isKnown("local")) }

    @Test(arguments: [
        "", "BST", "CEST", "Berlin", "europe/berlin", "+2", "+15:00", "+02:60", "+2:000", "GMT+2", "Europe/Berlin\0",
        "../UTC", "Foo/Bar",
    ])
    func namesOfNoZone(_ name: String) {
        #expect(!TimeZoneTable.isKnown(name))
        #expect(TimeZoneTable.transitions(for: name) == nil)
    }
}
