import Base
import Configuration
import Documents
import Inputs
import Logging
import Spool
import Testing

@Suite struct EnvironmentTests {
    private func load(_ yaml: String, _ environment: [String: String]) throws -> LoadedConfiguration {
        try Configuration.parse(yaml: yaml, file: "f", environment: environment)
    }

    @Test func everyVariableOverridesItsKey() throws {
        let loaded = try load(
            "kafka: {brokers: file:1, topic: t}\nspool: {directory: /file}\nlimits: {rate-limit: 1}\n",
            [
                "KAFKA_BROKERS": "a, [::1]:2", "KAFKA_TOPIC": "u", "KAFKASTREAMER_SPOOL_DIRECTORY": "/spool",
                "KAFKASTREAMER_SPOOL_MAX_SIZE": "2GiB", "KAFKASTREAMER_STATE_DIRECTORY": "/state",
                "KAFKASTREAMER_RULES": "/r/*.yaml, /s", "KAFKASTREAMER_MAX_MESSAGE_SIZE": "8KiB",
                "KAFKASTREAMER_RATE_LIMIT": "100", "KAFKASTREAMER_PER_SOURCE_RATE_LIMIT": "10",
                "KAFKASTREAMER_LOG_LEVEL": "debug", "KAFKASTREAMER_LOG_FORMAT": "json",
                "KAFKASTREAMER_SHUTDOWN_TIMEOUT": "3s", "KAFKASTREAMER_EMBEDDED_KAFKA": "no",
                "PATH": "/bin", "KAFKA_HEAP_OPTS": "-Xmx1G",
            ])
        let configuration = loaded.configuration
        #expect(loaded.warnings == [])
        #expect(configuration.kafka.brokers == ["a:9092", "[::1]:2"])
        #expect(configuration.kafka.topic == "u")
        #expect(configuration.spool.directory == "/spool")
        #expect(configuration.spool.maximumSize == 2 << 30)
        #expect(configuration.stateDirectory == "/state")
        #expect(configuration.rulesFiles == ["/r/*.yaml", "/s"])
        #expect(configuration.limits.maximumMessageSize == 8 << 10)
        #expect(configuration.limits.rateLimit == 100)
        #expect(configuration.limits.perSourceRateLimit == 10)
        #expect(configuration.logging.level == .debug)
        #expect(configuration.logging.format == .json)
        #expect(configuration.shutdownTimeout == .seconds(3))
        #expect(configuration.kafka.embedded == false)
        #expect(loaded.marks.value("kafka.topic").description == "environment:KAFKA_TOPIC")
    }

    @Test func namesThatAreNearlyOursAreWarnings() {
        let found = findings(
            "",
            environment: [
                "KAFKA_BROKER": "a", "KAFKA_BOOTSTRAP_SERVERS": "a", "KAFKA_TOPICS": "t", "kafka_topic": "t",
                "KAFKA_SASL_PASSWORD_FIEL": "x", "KAFKASTREAMER_UPD": "1", "KAFKA_HEAP_OPTS": "-Xmx1G",
                "KAFKA_HOME": "/opt/kafka", "KAFKA_BROKER_ID": "1", "KAFKA_LOG4J_OPTS": "x", "KAFKA_JMX_OPTS": "x",
            ])
        #expect(
            found == [
                "environment:KAFKASTREAMER_UPD: warning: unknown variable; did you mean KAFKASTREAMER_UDP?",
                "environment:KAFKA_BOOTSTRAP_SERVERS: warning: the variable is not read; did you mean KAFKA_BROKERS?",
                "environment:KAFKA_BROKER: warning: the variable is not read; did you mean KAFKA_BROKERS?",
                "environment:KAFKA_SASL_PASSWORD_FIEL: warning: the variable is not read; did you mean KAFKA_SASL_PASSWORD_FILE?",
                "environment:KAFKA_TOPICS: warning: the variable is not read; did you mean KAFKA_TOPIC?",
                "environment:kafka_topic: warning: the variable is not read; did you mean KAFKA_TOPIC?",
            ])
    }

    @Test func placeholdersOfOtherProgramsAreNotTakenForTheValue() {
        let found = findings(
            "",
            environment: [
                "KAFKA_SASL_PASSWORD": "a${hunter2}", "KAFKA_SASL_USERNAME": "$(USER)",
                "KAFKASTREAMER_SPOOL_DIRECTORY": "${HOME}/spool",
            ])
        #expect(
            found == [
                "environment:KAFKASTREAMER_SPOOL_DIRECTORY: error: spool.directory: found \"${HOME}/spool\", expected the value itself: ${HOME} is not replaced by a variable's value",
                "environment:KAFKA_SASL_USERNAME: error: kafka.properties.sasl.username: $(USER) is not replaced by a variable's value",
                "environment:KAFKA_SASL_PASSWORD: error: kafka.properties.sasl.password: ${NAME} is not replaced by a variable's value",
            ])
    }

    @Test func embeddedIsTurnedOn() throws {
        #expect(try load("", ["KAFKASTREAMER_EMBEDDED_KAFKA": "true"]).configuration.kafka.embedded)
    }

    @Test func anEmptyVariableIsNotSet() throws {
        let loaded = try load(
            "kafka: {topic: t}", ["KAFKA_TOPIC": "", "KAFKA_SASL_PASSWORD": "", "KAFKA_PROPERTY_X": ""])
        #expect(loaded.configuration.kafka.topic == "t")
        #expect(loaded.configuration.kafka.properties == [])
    }

    @Test func addressesTakeThePlaceOfTheListenersOfTheirType() throws {
        let yaml = """
            listeners:
              - {type: tcp, name: t, threads: 2}
              - {type: udp, name: a, address: "127.0.0.1:1", threads: 3}
              - {type: udp, name: b, address: "127.0.0.1:2", threads: 1}
              - {type: file, paths: /x}
            """
        let loaded = try load(yaml, ["KAFKASTREAMER_UDP": ":3, 127.0.0.1:4"])
        var udp = Configuration.Listener.udp
        udp.name = "a"
        udp.address = Endpoint(host: "", port: 3)
        udp.datagram.threads = 3
        var second = udp
        second.name = "a-2"
        second.address = Endpoint(host: "127.0.0.1", port: 4)
        var tcp = Configuration.Listener.tcp
        tcp.name = "t"
        tcp.stream.threads = 2
        #expect(loaded.configuration.listeners == [tcp, udp, .file(paths: ["/x"]), second])
        #expect(loaded.marks.value("listeners[0].threads").description == "f:2:35")
        #expect(loaded.marks.value("listeners[1].threads").description == "f:3:59")
        #expect(loaded.marks.value("listeners[1].address").description == "environment:KAFKASTREAMER_UDP")
        #expect(loaded.marks.value("listeners[2].paths").description == "f:5:25")
        #expect(loaded.marks.value("listeners[3].threads").description == "environment:KAFKASTREAMER_UDP")

        let none = try load(yaml, ["KAFKASTREAMER_UDP": "off", "KAFKASTREAMER_TCP": "off"])
        #expect(none.configuration.listeners.map(\.type) == ["file"])
        #expect(none.marks.value("listeners[0].paths").description == "f:5:25")

        let added = try load("", ["KAFKASTREAMER_UDP": "514", "KAFKASTREAMER_TCP": "[::1]:601"])
        #expect(added.configuration.listeners.map(\.name) == ["udp", "tcp"])
    }

    @Test func faultsInVariablesAreErrors() throws {
        let found = findings(
            "kafka: {properties: {sasl.password: x}}",
            environment: [
                "KAFKA_BROKERS": "x:y", "KAFKASTREAMER_UDP": "1.2.3:4", "KAFKASTREAMER_LOG_LEVEL": "loud",
                "KAFKA_PROPERTY_LINGER_MS": "3", "KAFKA_PROPERTY_": "3", "KAFKA_SASL_PASSWORD": "hunter2",
                "KAFKA_SASL_PASSWORD_FILE": "/nonexistent", "KAFKA_SASL_USERNAME_FILE": "/nonexistent",
            ])
        #expect(
            found == [
                "environment:KAFKA_BROKERS: error: kafka.brokers: found \"x:y\", expected a broker such as kafka-1:9092 or [2001:db8::1]:9092",
                "environment:KAFKASTREAMER_LOG_LEVEL: error: logging.level: found \"loud\", expected trace, debug, info, notice, warning, error or critical",
                "environment:KAFKASTREAMER_UDP: error: listeners: found \"1.2.3:4\", expected an address such as 0.0.0.0:5514, [::1]:5514 or :5514, or off",
                "environment:KAFKA_SASL_USERNAME_FILE: error: kafka.properties.sasl.username: the file \"/nonexistent\" cannot be read: No such file or directory",
                "environment:KAFKA_SASL_PASSWORD: error: kafka.properties.sasl.password: KAFKA_SASL_PASSWORD_FILE is set as well, expected one of the two",
                "environment:KAFKA_PROPERTY_: error: kafka.properties: expected a librdkafka property after KAFKA_PROPERTY_, such as KAFKA_PROPERTY_SSL_CA_LOCATION",
                "environment:KAFKA_PROPERTY_LINGER_MS: error: kafka.properties.linger.ms: set kafka.linger instead of this property",
            ])
    }

    @Test func propertiesOverrideTheFilesUnderEitherOfTheirNames() throws {
        let loaded = try load(
            "kafka: {properties: {sasl.mechanisms: PLAIN, client.id: x, security.protocol: SSL}}",
            [
                "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_USERNAME": "u",
                "KAFKA_PROPERTY_SSL_CA_LOCATION": "/ca", "KAFKA_PROPERTY_foo__bar_baz": "1",
            ])
        #expect(
            loaded.configuration.kafka.properties == [
                .init(name: "client.id", value: "x"), .init(name: "security.protocol", value: "SASL_SSL"),
                .init(name: "sasl.mechanism", value: "SCRAM-SHA-512"), .init(name: "sasl.username", value: "u"),
                .init(name: "ssl.ca.location", value: "/ca"), .init(name: "foo_bar.baz", value: "1"),
            ])
        #expect(!loaded.marks.isSet("kafka.properties.sasl.mechanisms"))
        #expect(loaded.marks.key("kafka.properties.client.id").description == "f:1:46")
    }
}

@Suite struct SecretTests {
    private let secret = "hunter2-Ω"

    @Test(arguments: ["", "\n", "\r\n"])
    func aSecretFileLosesOneNewline(_ end: String) throws {
        try withFile(Array((secret + end).utf8)) { path in
            let fromFile = try Configuration.parse(
                yaml: "kafka: {property-files: {ssl.key.password: \(path)}}", file: "f")
            #expect(
                fromFile.configuration.kafka.properties == [.init(name: "ssl.key.password", value: secret, file: path)])
            for (variable, name) in [
                ("KAFKA_SASL_PASSWORD_FILE", "sasl.password"), ("KAFKA_PROPERTY_SSL_KEY_PEM_FILE", "ssl.key.pem"),
            ] {
                let loaded = try Configuration.parse(yaml: "", file: "f", environment: [variable: path])
                #expect(loaded.configuration.kafka.properties == [.init(name: name, value: secret, file: path)])
                #expect(loaded.marks.value("kafka.properties.\(name)").description == "environment:\(variable)")
            }
        }
    }

    /// The file is no secret; its content is.
    @Test func aMissingSecretFileIsNamed() {
        let found = findings(
            "kafka: {property-files: {sasl.password: /run/secrets/kafka-password, ssl.key.password: hunter2}}",
            environment: ["KAFKA_SASL_USERNAME_FILE": "/run/secrets/user"])
        #expect(
            found == [
                "f:1:41: error: kafka.property-files.sasl.password: the file \"/run/secrets/kafka-password\" cannot be read: No such file or directory",
                "f:1:88: error: kafka.property-files.ssl.key.password: the file whose name is not shown (it has no /) cannot be read: No such file or directory",
                "environment:KAFKA_SASL_USERNAME_FILE: error: kafka.properties.sasl.username: the file \"/run/secrets/user\" cannot be read: No such file or directory",
            ])
    }

    @Test func onlyTheLastNewlineIsTrimmed() throws {
        try withFile(Array(" a\nb \n\n".utf8)) { path in
            let loaded = try Configuration.parse(yaml: "kafka: {property-files: {ssl.key.pem: \(path)}}", file: "f")
            #expect(loaded.configuration.kafka.properties.first?.value == " a\nb \n")
        }
    }

    @Test(arguments: [
        ([], "is empty, expected a value"), ([10], "is empty, expected a value"),
        ([97, 0], "holds a NUL byte, expected text"), ([255], "not UTF-8, expected UTF-8 text"),
    ])
    func aSecretFileWithoutASecretIsAnError(_ bytes: [UInt8], _ message: String) throws {
        try withFile(bytes) { path in
            let found = findings("kafka: {property-files: {sasl.password: \(path)}}")
            #expect(found.count == 1)
            #expect(found.first?.hasSuffix(message) == true)
        }
    }

    @Test func secretsAreMaskedWhereverTheyArePrinted() throws {
        try withFile(Array(secret.utf8)) { path in
            let loaded = try Configuration.parse(
                yaml: """
                    kafka:
                      properties: {sasl.password: \(secret), ssl.key.pem: \(secret), sasl.oauthbearer.client.secret: \(secret), sasl.username: shown}
                      property-files: {client.id: \(path)}
                    """, file: "f", environment: ["KAFKA_PROPERTY_SSL_KEYSTORE_PASSWORD": secret])
            let configuration = loaded.configuration
            #expect(configuration.kafka.properties.filter { $0.value == secret }.count == 5)
            var dumped = ""
            dump(loaded, to: &dumped)
            for text in [
                configuration.description, String(reflecting: configuration), "\(configuration.kafka)",
                String(reflecting: configuration.kafka), dumped, "\(loaded)",
            ] {
                #expect(!text.contains(secret))
                #expect(text.contains("********") || text.contains(path))
                #expect(text.contains("shown"))
            }
        }
    }

    /// Texts in which the secret stands where it does not belong.
    @Test(arguments: [
        "kafka: {sasl.password: hunter2-Ω}", "kafka: sasl.password hunter2-Ω",
        "kafka: {properties: sasl.password=hunter2-Ω}",
        "kafka: {properties: [hunter2-Ω]}", "kafka: {properties: {sasl.password: [hunter2-Ω]}}",
        "kafka: {properties: {sasl.password=hunter2-Ω: }}", "kafka: {properties: {sasl.password: {hunter2-Ω: }}}",
        "kafka: {sasl.password=hunter2-Ω: }", "kafka:\n  properties:\n    sasl.password: \"hunter2-Ω\n",
        "kafka:\n  properties:\n    sasl.password: hunter2-Ω\n   x: y",
        "kafka: {brokers: \"user:hunter2-Ω@kafka:9092\"}",
        "sasl.password=hunter2-Ω", "- hunter2-Ω",
        "kafka: {properties: {sasl.password: hunter2-Ω, sasl.password: hunter2-Ω}}",
        "kafka: {properties: {sasl.password: @hunter2-Ω}}", "kafka: {properties: {sasl.password: *hunter2-Ω}}",
        "kafka: {properties: {bootstrap.servers: hunter2-Ω}}", "kafka: {properties: {sasl.password: !hunter2-Ω x}}",
    ])
    func noErrorShowsASecret(_ yaml: String) {
        let found = findings(yaml)
        #expect(!found.isEmpty)
        #expect(!found.joined().contains("hunter2"))
    }
}
