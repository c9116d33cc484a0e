import Base
import Configuration
import Documents
import Inputs
import Kafka
import Routing
import Spool
import Syslog
import Testing

@Suite struct ValueTests {
    private func udp(_ settings: String) throws -> Configuration.Listener {
        let loaded = try Configuration.parse(yaml: "listeners: [{type: udp, \(settings)}]", file: "f")
        return try #require(loaded.configuration.listeners.first)
    }

    @Test(arguments: [
        ("65536", 65536), ("64KiB", 65536), ("64 kib", 65536), ("64KB", 64000), ("1MiB", 1 << 20), ("2MB", 2_000_000),
        ("1GiB", 1 << 30), ("4096B", 4096), ("\"8MiB\"", 8 << 20),
    ])
    func sizes(_ text: String, _ bytes: Int) throws {
        #expect(try udp("receive-buffer: \(text)").datagram.receiveBuffer == bytes)
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
        let expected = Endpoint(host: host, port: port)
        #expect(try udp("address: \"\(text)\"").address == expected)
        #expect(try Endpoint(expected.description) == expected)
    }

    @Test(arguments: [
        "", ":", "host", "host:", "host:65536", "host:-1", "a b:1", "[::1]", "[::1]1", "[1.2.3.4]:1", "::1:1",
        "[::g]:1",
        "1.2.3:4", "01.2.3.4:5", "-:x", "a..b:1", "[:1", "é:1",
    ])
    func textsThatAreNoAddress(_ text: String) {
        #expect(throws: ValueFault.self) { try Endpoint(text) }
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
        let network = try #require(try udp("allow: [\"\(text)\"]").allow.first)
        #expect(network.bytes == bytes)
        #expect(network.prefixLength == prefix)
        #expect(try udp("allow: [\"\(network)\"]").allow == [network])
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
        let network = try #require(Network(address: [10, 255, 7, 9], prefixLength: 9))
        #expect(network.description == "10.128.0.0/9")
        #expect(network.contains([10, 128, 0, 0]) && network.contains([10, 255, 255, 255]))
        #expect(!network.contains([10, 127, 255, 255]) && !network.contains([11, 128, 0, 0]))
        #expect(!network.contains([UInt8](repeating: 0, count: 16)) && !network.contains([]))
        #expect(Network(address: [1, 2], prefixLength: 0) == nil)
        #expect(Network(address: [1, 2, 3, 4], prefixLength: 33) == nil)
    }

    @Test(arguments: [
        ("fe80:0:0:1:0:0:0:1", "fe80:0:0:1::1"), ("0:0:1:0:0:0:0:0", "0:0:1::"), ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
        ("::", "::"), ("::1", "::1"), ("ABCD::0001", "abcd::1"),
    ])
    func ipv6IsWrittenInItsShortestForm(_ text: String, _ short: String) throws {
        #expect(try udp("allow: [\"\(text)\"]").allow.first?.description == short + "/128")
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
        var udp = Configuration.Listener.udp
        udp.address = Endpoint(host: "", port: 1)
        #expect(loaded.configuration.listeners == [udp])
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
        var tcp = Configuration.Listener.tcp
        tcp.address = Endpoint(host: "", port: 1)
        tcp.stream.threads = 2
        tcp.stream.maximumConnections = 3
        tcp.stream.maximumConnectionsPerSource = 2
        tcp.stream.idleSeconds = 240
        tcp.stream.keepaliveSeconds = 0
        tcp.framing = .octetCounting
        tcp.maximumMessageSize = 1024
        tcp.rateLimit = 1000
        tcp.timeZone = "+02:00"
        tcp.allow = [try Network("10.0.0.1")]
        var unix = Configuration.Listener.unixDatagram(path: "/dev/log")
        unix.datagram.mode = 0o600
        unix.datagram.receiveBuffer = 1 << 20
        var file = Configuration.Listener.file(paths: ["/a", "/b*"])
        file.file.exclude = ["/b1"]
        file.file.fromBeginning = false
        file.file.follow = false
        file.program = "app"
        file.file.pollMilliseconds = 1000
        file.file.rotatedSeconds = 60
        file.file.lateHours = 0
        file.file.quietSeconds = 3
        file.file.maximumOpenFiles = 7
        var second = Configuration.Listener.tcp
        second.name = "tcp-2"
        second.address = Endpoint(host: "", port: 2)
        second.timeZones = [
            .init(networks: [try Network("10.0.0.0/8"), try Network("11.0.0.0/8")], timeZone: "Asia/Kolkata")
        ]
        #expect(listeners == [tcp, unix, file, second])
    }

    @Test(arguments: [
        ("shutdown-timeout", "3", "found \"3\", expected a unit: 3ms, 3s, 3m or 3h"),
        (
            "shutdown-timeout", "99999999999999999999h",
            "found \"99999999999999999999h\", expected a duration from 0s to 1d"
        ),
        ("kafka.brokers", "a,", "found \"a,\", expected a broker such as kafka-1:9092 or [2001:db8::1]:9092"),
        (
            "kafka.brokers", "http://a",
            "found \"http://a\", expected a broker such as kafka-1:9092 or [2001:db8::1]:9092"
        ),
        (
            "kafka.topic", "a b",
            "found \"a b\", expected a topic name of 1 to 249 letters, digits, dots, dashes and underscores"
        ),
        ("limits.rate-limit", "-1", "found \"-1\", expected a whole number from 0 to 1000000000"),
        (
            "spool.directory", "${HOME}",
            "found \"${HOME}\", expected the value itself: ${HOME} is not replaced by a variable's value"
        ),
    ])
    func argumentsOfTheCommandAreReadLikeTheFile(_ path: String, _ text: String, _ message: String) throws {
        var loaded = try Configuration.parse(yaml: "", file: "f")
        let issue = try #require(throws: SourceIssue.self) { try loaded.set(path, to: text, by: "--flag") }
        #expect(issue.description == "--flag: error: \(path): \(message)")
        #expect(loaded == (try Configuration.parse(yaml: "", file: "f")))
    }

    @Test func anArgumentIsThePlaceOfWhatItSets() throws {
        var loaded = try Configuration.parse(yaml: "kafka: {brokers: x, in-flight: 3}", file: "f")
        try loaded.set("kafka.brokers", to: "a,b:1, ssl://c", by: "--brokers")
        try loaded.set("kafka.embedded", to: "true", by: "--embedded-kafka")
        #expect(loaded.configuration.kafka.brokers == ["a:9092", "b:1", "ssl://c:9092"])
        #expect(
            try loaded.revalidated().warnings.map(\.description)
                == ["--brokers: warning: kafka.brokers: has no effect: kafka.embedded is true"])
    }

    @Test func aListenerWithoutANameGetsOneThatIsFree() {
        var configuration = Configuration()
        #expect(configuration.freeName("udp") == "udp")
        var tcp = Configuration.Listener.tcp
        tcp.name = "udp-2"
        configuration.listeners = [.udp, tcp]
        #expect(configuration.freeName("udp") == "udp-3")
    }

    @Test func aChangedConfigurationIsCheckedAgain() throws {
        var loaded = try Configuration.parse(
            yaml: "listeners: [{type: udp, name: u}]\nroutes: [{match: {listener: u}}]", file: "f")
        loaded.configuration.listeners = [.tcp]
        #expect(try loaded.revalidated().configuration == loaded.configuration)
        loaded.configuration.listeners.append(.tcp)
        let error = try #require(throws: ConfigurationErrors.self) { try loaded.revalidated() }
        #expect(error.errors.map(\.path) == ["listeners[1].name", "listeners[1].address"])
    }
}
