import Base
import Configuration
import Documents
import Foundation
import Glibc
import Inputs
import Kafka
import Routing
import Spool
import Syslog
import Testing

/// A text and every line that reading it must find.
struct Fault: Sendable, CustomTestStringConvertible {
    var yaml: String
    var expected: [String]
    var testDescription: String { yaml }

    init(_ yaml: String, _ expected: String...) {
        self.yaml = yaml
        self.expected = expected
    }
}

private let syntaxFaults = [
    Fault(
        "kafka: [a\nspool:",
        "f:2:6: error: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence that begins on line 1"
    ),
    Fault(
        "kafka:\n\tbrokers: a",
        "f:2:1: error: not valid YAML: a tab stands here, expected spaces"),
    Fault("a: *x", "f:1:4: error: not valid YAML: found undefined alias"),
    Fault("---\nkafka:\n---\nspool:\n", "f:3:1: error: a second document begins here, expected one"),
    Fault("kafka:\n  topic: a\u{1}b", "f:2:11: error: the character U+0001 is not allowed in YAML"),
    Fault("rules: !include x.yaml", "f:1:8: error: tags such as !include are not read; expected a plain value"),
    Fault("[a]: b", "f:1:1: error: a key is a list or a mapping, expected a name"),
    Fault("- a", "f:1:1: error: found a list, expected keys with values"),
    Fault("just text", "f:1:1: error: found text, expected keys, each with a colon and a value"),
    Fault(
        "\u{FEFF}kafk: 1", "f:1:1: error: kafk: unknown key \"kafk\"; did you mean kafka?"),
    Fault(
        "limits:\r\n  burts: 1\r\n", "f:2:3: error: limits.burts: unknown key \"burts\"; did you mean burst?"),
]

private let keyFaults = [
    Fault("kafak: {}", "f:1:1: error: kafak: unknown key \"kafak\"; did you mean kafka?"),
    Fault("kafka:\n  brokerz: a", "f:2:3: error: kafka.brokerz: unknown key \"brokerz\"; did you mean brokers?"),
    Fault(
        "kafka:\n  max_in_flight: 1\n  topicTemplate: x",
        "f:2:3: error: kafka.max_in_flight: unknown key \"max_in_flight\"; did you mean in-flight?",
        "f:3:3: error: kafka.topicTemplate: unknown key \"topicTemplate\"; did you mean topic-template?"),
    Fault(
        "kafka:\n  bootstrap.servers: a",
        "f:2:3: error: kafka.bootstrap.servers: unknown key \"bootstrap.servers\"; did you mean brokers?"),
    Fault(
        "kafka:\n  sasl.username: a",
        "f:2:3: error: kafka.sasl.username: unknown key \"sasl.username\"; librdkafka properties go under kafka.properties"
    ),
    Fault("segment-size: 1MiB", "f:1:1: error: segment-size: unknown key \"segment-size\"; it belongs under spool"),
    Fault(
        "logging: {shutdown-timeout: 1s}",
        "f:1:11: error: logging.shutdown-timeout: unknown key \"shutdown-timeout\"; it belongs to the top level"),
    Fault("logging: {<<: 1}", "f:1:11: error: logging.<<: unknown key \"<<\"; merge keys are not read"),
    Fault("logging: {colour: 1}", "f:1:11: error: logging.colour: unknown key \"colour\", expected format or level"),
    Fault(
        "limits: {burst: 1, rate-limit: 2, burst: 3}",
        "f:1:35: error: limits.burst: the key \"burst\" stands twice, first on line 1"),
    Fault(
        "limits:\n  rate-limit: 1\n  \"rate-limit\": 2\n  'rate-limit': 3\nlimits: {}",
        "f:3:3: error: limits.rate-limit: the key \"rate-limit\" stands twice, first on line 2",
        "f:4:3: error: limits.rate-limit: the key \"rate-limit\" stands twice, first on line 2",
        "f:5:1: error: limits: the key \"limits\" stands twice, first on line 1"),
    Fault(
        "listeners:\n  - type: udp\n    port: 514\n    typo: 1\n    typo: 2",
        "f:3:5: error: listeners[0].port: unknown key \"port\"; did you mean address?",
        "f:4:5: error: listeners[0].typo: unknown key \"typo\"; did you mean type?",
        "f:5:5: error: listeners[0].typo: the key \"typo\" stands twice, first on line 4"),
]

private let listenerFaults = [
    Fault("listeners: udp", "f:1:12: error: listeners: found text, expected a list"),
    Fault(
        "listeners:\n  - udp\n  - {}\n  -",
        "f:2:5: error: listeners[0]: found text, expected keys with values",
        "f:3:5: error: listeners[1]: type is missing, expected udp, tcp, unix-datagram or file",
        "f:4:4: error: listeners[2]: found nothing, expected keys with values"),
    Fault(
        "listeners: [{type: upd}]",
        "f:1:20: error: listeners[0].type: found \"upd\", expected udp, tcp, unix-datagram or file; did you mean udp?"),
    Fault(
        "listeners: [{type: [udp]}]",
        "f:1:20: error: listeners[0].type: found a list, expected udp, tcp, unix-datagram or file"),
    Fault(
        "listeners: [{type: udp, address: \"0.0.0.0:99999\"}]",
        "f:1:34: error: listeners[0].address: found \"0.0.0.0:99999\", expected a port from 0 to 65535"),
    Fault(
        "listeners: [{type: udp, address: \"::1:514\"}]",
        "f:1:34: error: listeners[0].address: found \"::1:514\", expected an IPv6 address in brackets, such as [::1]:5514"
    ),
    Fault(
        "listeners: [{type: tcp, address: 1.2.3.400:5}]",
        "f:1:34: error: listeners[0].address: found \"1.2.3.400:5\", expected an address such as 0.0.0.0:5514, [::1]:5514 or :5514"
    ),
    Fault(
        "listeners: [{type: tcp, threads: 65}]",
        "f:1:34: error: listeners[0].threads: found \"65\", expected a whole number from 1 to 64"),
    Fault(
        "listeners: [{type: tcp, threads: two}]",
        "f:1:34: error: listeners[0].threads: found \"two\", expected a whole number from 1 to 64"),
    Fault(
        "listeners: [{type: tcp, framing: octet_counting}]",
        "f:1:34: error: listeners[0].framing: found \"octet_counting\", expected detect, octet-counting or delimited; did you mean octet-counting?"
    ),
    Fault(
        "listeners: [{type: tcp, idle-timeout: 10}]",
        "f:1:39: error: listeners[0].idle-timeout: found \"10\", expected a unit: 10ms, 10s, 10m or 10h"),
    Fault(
        "listeners: [{type: tcp, idle-timeout: 25h}]",
        "f:1:39: error: listeners[0].idle-timeout: found \"25h\", expected a duration from 0s to 1d"),
    Fault(
        "listeners: [{type: udp, receive-buffer: 8M}]",
        "f:1:41: error: listeners[0].receive-buffer: found \"8M\", expected 8MiB (by 1024) or 8MB (by 1000)"),
    Fault(
        "listeners: [{type: udp, receive-buffer: 99999999999999999TiB}]",
        "f:1:41: error: listeners[0].receive-buffer: found \"99999999999999999TiB\", expected a size from 4KiB to 1GiB"),
    Fault(
        "listeners: [{type: udp, time-zone: Europe/Berlim}]",
        "f:1:36: error: listeners[0].time-zone: found \"Europe/Berlim\", expected a time zone such as UTC, Europe/Berlin, +02:00 or local"
    ),
    Fault(
        "listeners: [{type: udp, allow: [10.0.0.0/8, 10.0.0.0/33, foo]}]",
        "f:1:45: error: listeners[0].allow[1]: found \"10.0.0.0/33\", expected a prefix length from 0 to 32 after the address",
        "f:1:58: error: listeners[0].allow[2]: found \"foo\", expected a network such as 192.0.2.0/24 or 2001:db8::/32"),
    Fault(
        "listeners: [{type: udp, allow: [10.1.0.0/8]}]",
        "f:1:33: warning: listeners[0].allow[0]: the address has bits past its prefix; it is taken as 10.0.0.0/8"),
    Fault(
        "listeners: [{type: udp, time-zones: [{network: 10.0.0.0/8}, {time-zone: UTC}]}]",
        "f:1:38: error: listeners[0].time-zones[0]: time-zone is missing, expected a time zone such as Europe/Berlin",
        "f:1:61: error: listeners[0].time-zones[1]: network is missing, expected a network such as 192.0.2.0/24"),
    Fault(
        "listeners: [{type: unix-datagram}]",
        "f:1:13: error: listeners[0]: path is missing, expected the path of a socket such as /dev/log"),
    Fault(
        "listeners: [{type: unix-datagram, path: /x, mode: 0999}]",
        "f:1:51: error: listeners[0].mode: found \"0999\", expected permission bits in octal, such as 0666 or 0660"),
    Fault(
        "listeners: [{type: unix-datagram, path: /x, allow: []}]",
        "f:1:45: error: listeners[0].allow: unknown key \"allow\", expected max-message-size, mode, name, path, rate-limit, receive-buffer, time-zone or type"
    ),
    Fault(
        "listeners: [{type: file}, {type: file, paths: []}]",
        "f:1:13: error: listeners[0]: paths is missing, expected file names or globs such as /var/log/*.log",
        "f:1:47: error: listeners[1].paths: found an empty list, expected file names or globs"),
    Fault(
        "listeners: [{type: udp, name: a}, {type: tcp, name: a}]",
        "f:1:53: error: listeners[1].name: \"a\" is the name of listeners[0] already"),
    Fault(
        "listeners: [{type: udp, address: \":514\"}, {type: udp, address: \"1.2.3.4:514\"}]",
        "f:1:64: error: listeners[1].address: 1.2.3.4:514 is taken by listeners[0], :514"),
    Fault(
        "listeners: [{type: tcp}, {type: tcp}]",
        "f:1:26: error: listeners[1].address: 0.0.0.0:5514 is taken by listeners[0], 0.0.0.0:5514"),
    // A socket on [::] takes IPv4 as well: the second could not be bound.
    Fault(
        "listeners: [{type: udp, address: \"[::]:1\"}, {type: udp, address: \"0.0.0.0:1\"}, {type: tcp, address: \":1\"}, {type: udp, address: \":0\"}, {type: udp, address: \":0\"}]",
        "f:1:66: error: listeners[1].address: 0.0.0.0:1 is taken by listeners[0], [::]:1"),
    Fault(
        "listeners: [{type: tcp, address: \"127.0.0.1:1\"}, {type: tcp, address: \"[::0]:1\"}, {type: tcp, address: \"localhost:1\"}]",
        "f:1:71: error: listeners[1].address: [::0]:1 is taken by listeners[0], 127.0.0.1:1",
        "f:1:104: error: listeners[2].address: localhost:1 is taken by listeners[0], 127.0.0.1:1",
        "f:1:104: error: listeners[2].address: localhost:1 is taken by listeners[1], [::0]:1"),
    Fault(
        "listeners: [{type: udp, address: \"[fd00::1]:1\"}, {type: udp, address: \"0.0.0.0:1\"}, {type: udp, address: \"[fd00::2]:1\"}, {type: tcp, address: \"[::]:1\"}]"
    ),
    Fault(
        "listeners: [{type: unix-datagram, path: /run/log}, {type: unix-datagram, path: //run/./log}]",
        "f:1:80: error: listeners[1].path: \"//run/./log\" is taken by listeners[0]"),
    // A faulty entry keeps its place, and its name: nothing is said of routes that name it.
    Fault(
        "listeners: [{type: upd, name: a}, {type: udp}, {type: udp}]\nroutes: [{match: {listener: a}}]",
        "f:1:20: error: listeners[0].type: found \"upd\", expected udp, tcp, unix-datagram or file; did you mean udp?",
        "f:1:48: error: listeners[2].address: 0.0.0.0:5514 is taken by listeners[1], 0.0.0.0:5514"),
    // What is found of an item points at it, also behind one that was left out.
    Fault(
        "listeners: [{type: udp, allow: [x, 10.1.0.0/8]}]",
        "f:1:33: error: listeners[0].allow[0]: found \"x\", expected a network such as 192.0.2.0/24 or 2001:db8::/32",
        "f:1:36: warning: listeners[0].allow[1]: the address has bits past its prefix; it is taken as 10.0.0.0/8"),
    Fault(
        "listeners: [{type: udp, name: u}]\nroutes: [{match: {listener: [\"?\", u, v]}}]",
        "f:2:30: error: routes[0].match.listener[0]: found \"?\", expected a name of 1 to 64 letters, digits, dots, dashes and underscores",
        "f:2:38: error: routes[0].match.listener[1]: no listener is called \"v\", expected u"),
    Fault(
        "listeners: [{type: file, paths: [/a, /b]}, {type: file, paths: /b}]",
        "f:1:64: error: listeners[1].paths[0]: \"/b\" is read by listeners[0] already"),
]

private let kafkaFaults = [
    Fault(
        "kafka: sasl.password=hunter2", "f:1:8: error: kafka: found text, expected keys, each with a colon and a value"),
    Fault(
        "kafka: {brokers: [a, \"b:x\", \"c:0\"]}",
        "f:1:22: error: kafka.brokers[1]: found \"b:x\", expected a broker such as kafka-1:9092 or [2001:db8::1]:9092",
        "f:1:29: error: kafka.brokers[2]: found \"c:0\", expected a broker such as kafka-1:9092 or [2001:db8::1]:9092"),
    Fault("kafka: {brokers: []}", "f:1:18: error: kafka.brokers: found an empty list, expected at least one broker"),
    Fault(
        "kafka: {brokers: }",
        "f:1:18: error: kafka.brokers: found nothing, expected at least one broker"),
    Fault(
        "kafka: {brokers: \"a,,b\"}",
        "f:1:18: error: kafka.brokers: found \"a,,b\", expected a broker such as kafka-1:9092 or [2001:db8::1]:9092"),
    Fault("kafka: {embedded: maybe}", "f:1:19: error: kafka.embedded: found \"maybe\", expected true or false"),
    Fault(
        "kafka: {topic: a b}",
        "f:1:16: error: kafka.topic: found \"a b\", expected a topic name of 1 to 249 letters, digits, dots, dashes and underscores"
    ),
    Fault(
        "kafka: {topic-template: \"{typ}-x\"}",
        "f:1:25: error: kafka.topic-template: found \"{typ}-x\", expected a topic name that holds {type} or {family} once, such as {type}-events"
    ),
    Fault("kafka: {topic-template: \"{family}-events\"}"), Fault("kafka: {topic-template: \"{family}.{type}\"}"),
    Fault(
        "kafka: {topic-template: \"{type}{type}\"}",
        "f:1:25: error: kafka.topic-template: found \"{type}{type}\", expected a topic name that holds {type} or {family} once, such as {type}-events"
    ),
    Fault(
        "kafka: {in-flight: 10, in-flight-per-topic: 11}",
        "f:1:45: error: kafka.in-flight-per-topic: found 11, expected no more than in-flight, 10"),
    Fault("kafka: {linger: 500us}", "f:1:17: error: kafka.linger: found \"500us\", expected a multiple of 1ms"),
    Fault(
        "kafka: {compression: lz5}",
        "f:1:22: error: kafka.compression: found \"lz5\", expected none, gzip, snappy, lz4 or zstd; did you mean lz4?"),
    Fault(
        "kafka:\n  properties:\n    acks: {a: 1}\n    linger.ms: 5\n    sasl.mechanism: PLAIN\n    sasl.mechanisms: PLAIN",
        "f:3:11: error: kafka.properties.acks: found a mapping, expected one value",
        "f:4:5: error: kafka.properties.linger.ms: set kafka.linger instead of this property",
        "f:6:5: error: kafka.properties.sasl.mechanisms: the property is set twice: sasl.mechanism is another name of it"
    ),
    Fault(
        "kafka: {properties: {sasl.password=hunter2}}",
        "f:1:22: error: kafka.properties: found another key, expected a librdkafka property, of small letters, digits, dots and underscores"
    ),
    Fault(
        "kafka: {properties: {sasl.password: [hunter2]}}",
        "f:1:37: error: kafka.properties.sasl.password: found a list, expected one value"),
    Fault(
        "kafka: {property-files: {sasl.password: /nonexistent/key}}",
        "f:1:41: error: kafka.property-files.sasl.password: the file \"/nonexistent/key\" cannot be read: No such file or directory"
    ),
    Fault(
        "kafka: {property-files: {sasl.password: /}}",
        "f:1:41: error: kafka.property-files.sasl.password: the file \"/\" cannot be read: Is a directory"),
    Fault(
        "kafka: {properties: {partitioner: random}}",
        "f:1:35: warning: kafka.properties.partitioner: a key's partition is not the one Java clients choose; the default is murmur2_random"
    ),
    Fault(
        "kafka: {embedded: true, brokers: a}", "f:1:34: warning: kafka.brokers: has no effect: kafka.embedded is true"),
]

private let otherFaults = [
    Fault(
        "spool: {segment-size: 64MiB}",
        "f:1:23: error: spool.max-size: 64MiB holds fewer than 2 segments of 64MiB"),
    // What other programs replace is not taken for the value.
    Fault(
        "kafka:\n  properties:\n    sasl.password: ${PW}\n    client.id: a${HOST:-x}b",
        "f:3:20: error: kafka.properties.sasl.password: ${NAME} is not replaced by a variable's value; set the variable KAFKA_SASL_PASSWORD, or name a file under kafka.property-files",
        "f:4:16: error: kafka.properties.client.id: ${HOST:-x} is not replaced by a variable's value; set the variable KAFKA_PROPERTY_CLIENT_ID, or name a file under kafka.property-files"
    ),
    Fault(
        "spool: {directory: \"${HOME}/spool\"}",
        "f:1:20: error: spool.directory: found \"${HOME}/spool\", expected the value itself: ${HOME} is not replaced by a variable's value"
    ),
    Fault(
        "kafka: {properties: {a: $(PW), b: \"{{ pw }}\", c: $PW, d: \"${x y}\", e: $pw, f: a$PW, g: $1, h: \"{{}}\"}}",
        "f:1:25: error: kafka.properties.a: $(PW) is not replaced by a variable's value; set the variable KAFKA_PROPERTY_A, or name a file under kafka.property-files",
        "f:1:35: error: kafka.properties.b: {{ pw }} is not replaced by a variable's value; set the variable KAFKA_PROPERTY_B, or name a file under kafka.property-files",
        "f:1:50: error: kafka.properties.c: $PW is not replaced by a variable's value; set the variable KAFKA_PROPERTY_C, or name a file under kafka.property-files"
    ),
    Fault("spool: {directory: \"/a$b${/$}{c}\"}"),
    Fault(
        "spool: {max-size: 1000000}",
        "f:1:19: error: spool.max-size: found \"1000000\", expected a size from 1MiB to 16TiB"),
    Fault("spool: {max-size: 2MB}", "f:1:19: error: spool.max-size: found \"2MB\", expected a multiple of 64KiB"),
    Fault(
        "spool: {segment-size: 64KiB}",
        "f:1:23: error: spool.segment-size: 64KiB holds fewer than 16 messages of max-message-size (64KiB), expected at least 1MiB"
    ),
    Fault(
        "limits: {max-message-size: 300000}",
        "f:1:28: error: spool.segment-size: 4MiB holds fewer than 16 messages of max-message-size (300000), expected at least 4736KiB"
    ),
    Fault("spool: {max-size: 4MiB}", "f:1:19: error: spool.max-size: 4MiB holds fewer than 2 segments of 4MiB"),
    Fault(
        "spool: {max-size: 8MiB}\nlisteners: [{type: udp, threads: 2}]",
        "f:1:19: warning: spool.max-size: 8MiB gives 2 segments of 4MiB to 2 receiving threads, each of which fills its own; expected at least 12MiB"
    ),
    Fault("spool: {sync: always}", "f:1:15: warning: spool.sync: has no effect without spool.directory"),
    Fault(
        "spool: {directory: /x, sync-interval: 2s}",
        "f:1:39: warning: spool.sync-interval: has no effect: sync is process"),
    Fault(
        "limits: {rate-limit: -1}",
        "f:1:22: error: limits.rate-limit: found \"-1\", expected a whole number from 0 to 1000000000"),
    Fault(
        "limits: {rate-limit: 99999999999999999999}",
        "f:1:22: error: limits.rate-limit: found \"99999999999999999999\", expected a whole number from 0 to 1000000000"
    ),
    Fault(
        "limits: {burst: 5}", "f:1:17: warning: limits.burst: has no effect without rate-limit or per-source-rate-limit"
    ),
    Fault(
        "logging: {level: inof}",
        "f:1:18: error: logging.level: found \"inof\", expected trace, debug, info, notice, warning, error or critical; did you mean info?"
    ),
    Fault(
        "shutdown-timeout: 99999999999999999999s",
        "f:1:19: error: shutdown-timeout: found \"99999999999999999999s\", expected a duration from 0s to 1d"
    ),
    Fault(
        "shutdown-timeout: 9999999999999999s",
        "f:1:19: error: shutdown-timeout: found \"9999999999999999s\", expected a duration from 0s to 1d"),
    Fault("rules: {files: {a: b}}", "f:1:16: error: rules.files: found a mapping, expected one value"),
    Fault("rules: {files: [[a]]}", "f:1:17: error: rules.files[0]: found a list, expected one value"),
]

private let routeFaults = [
    Fault(
        "routes: [{match: {severity: eror, facility: [deamon, 24]}}]",
        "f:1:29: error: routes[0].match.severity: found \"eror\", expected emerg, alert, crit, err, warning, notice, info or debug; did you mean err?",
        "f:1:46: error: routes[0].match.facility[0]: found \"deamon\", expected a facility such as daemon, local0 or a number from 0 to 23; did you mean daemon?",
        "f:1:54: error: routes[0].match.facility[1]: found \"24\", expected a facility such as daemon, local0 or a number from 0 to 23"
    ),
    Fault(
        "listeners: [{type: udp, name: u}]\nroutes: [{match: {listener: [u, v]}}]",
        "f:2:33: error: routes[0].match.listener[1]: no listener is called \"v\", expected u"),
    Fault(
        "routes: [{match: {listener: v}}]",
        "f:1:29: error: routes[0].match.listener: no listener is called \"v\", none are configured"),
    Fault(
        "routes: [{topic: a, topics: {default: b}}]",
        "f:1:29: error: routes[0].topics: topic is set as well, expected one of the two"),
    Fault(
        "routes: [{topics: {dhcp_lease: a, DHCP_NAK: \"b c\"}}]",
        "f:1:20: error: routes[0].topics.dhcp_lease: found \"dhcp_lease\", expected an event type in capitals, such as DHCP_LEASE, or default",
        "f:1:45: error: routes[0].topics.DHCP_NAK: found \"b c\", expected a topic name of 1 to 249 letters, digits, dots, dashes and underscores"
    ),
    Fault(
        "routes: [{name: a, match: {program: x}}, {name: a, match: {program: y}}]",
        "f:1:49: error: routes[1].name: \"a\" is the name of routes[0] already"),
    Fault(
        "routes:\n  - match: {program: \"*\"}\n  - match: {program: x}",
        "f:3:5: warning: routes[1]: is never reached: routes[0] takes every message"),
    Fault("routes:\n  - {}\n  - {}", "f:3:5: warning: routes[1]: is never reached: routes[0] takes every message"),
    Fault(
        "routes:\n  - match: {severity: 3}\n  - match: {severity: [err, crit, 0, alert]}",
        "f:3:5: warning: routes[1]: is never reached: routes[0] has the same match"),
    Fault(
        "routes: [{drop: true, topic: t}]",
        "f:1:30: warning: routes[0].topic: has no effect: the route drops its messages"),
    Fault(
        "routes: [{match: {tag: x}, parsre: y}]",
        "f:1:19: error: routes[0].match.tag: unknown key \"tag\"; did you mean program?",
        "f:1:28: error: routes[0].parsre: unknown key \"parsre\"; did you mean parser?"),
]

@Suite struct ErrorTests {
    @Test(arguments: syntaxFaults + keyFaults + listenerFaults + kafkaFaults + otherFaults + routeFaults)
    func aFaultIsNamedWithItsPlaceAndWhatWasExpected(_ fault: Fault) {
        #expect(findings(fault.yaml) == fault.expected)
    }

    @Test func allErrorsAreReportedAtOnceInTheOrderOfTheFile() throws {
        let yaml = """
            shutdown-timeout: soon
            listeners:
              - type: udp
                address: nowhere
              - type: tpc
            kafka:
              producers: 0
              brokerz: x
              producers: 1
            spool:
              sync: interval
            routes:
              - match: {program: [""]}
                topic: "?"
            """
        let error = try #require(throws: ConfigurationErrors.self) {
            try Configuration.parse(
                yaml: yaml, file: "f", environment: ["KAFKASTREAMER_RATE_LIMIT": "many", "KAFKASTREAMER_LOGLEVEL": "x"])
        }
        #expect(
            error.errors.map { "\($0.mark.line):\($0.mark.column) \($0.path)" } == [
                "1:19 shutdown-timeout", "4:14 listeners[0].address", "5:11 listeners[1].type", "7:14 kafka.producers",
                "8:3 kafka.brokerz", "9:3 kafka.producers", "13:23 routes[0].match.program[0]", "14:12 routes[0].topic",
                "0:0 limits.rate-limit",
            ])
        #expect(
            error.warnings.map(\.description) == [
                "f:11:9: warning: spool.sync: has no effect without spool.directory",
                "environment:KAFKASTREAMER_LOGLEVEL: warning: unknown variable; did you mean KAFKASTREAMER_LOG_LEVEL?",
            ])
        #expect(error.description.split(separator: "\n").count == error.errors.count + error.warnings.count)
    }

    @Test func aFileThatCannotBeReadSaysWhy() throws {
        let missing = try #require(throws: ConfigurationErrors.self) {
            try Configuration.load(path: "/nonexistent/kafka.yaml", environment: [:])
        }
        #expect(missing.description == "/nonexistent/kafka.yaml: error: cannot be read: No such file or directory")
        try withFile(Array("kafka:\n  topic: a".utf8) + [0xFF]) { path in
            let error = try #require(throws: ConfigurationErrors.self) {
                try Configuration.load(path: path, environment: [:])
            }
            #expect(error.description == "\(path):2:11: error: not UTF-8, expected UTF-8 text")
        }
        try withFile([UInt8](repeating: 35, count: Configuration.maximumFileSize + 1)) { path in
            let error = try #require(throws: ConfigurationErrors.self) {
                try Configuration.load(path: path, environment: [:])
            }
            #expect(error.description == "\(path): error: is longer than 1MiB")
        }
    }

    @Test func laterFindingsGetThePlaceOfTheirKey() throws {
        let loaded = try Configuration.parse(
            yaml:
                "kafka:\n  properties:\n    foo.bar: 1\n    b: 2\nroutes:\n  - parser: odd\n  - match: {program: x}\n",
            file: "f", environment: ["KAFKA_PROPERTY_FOO_BAZ": "1"])
        #expect(
            loaded.issue(property: "foo.bar", "refused").description
                == "f:3:5: error: kafka.properties.foo.bar: refused")
        #expect(
            loaded.issue(property: "foo.baz", "refused").description
                == "environment:KAFKA_PROPERTY_FOO_BAZ: error: kafka.properties.foo.baz: refused")
        #expect(
            loaded.issue(at: "routes[0].parser", "unknown").description == "f:6:13: error: routes[0].parser: unknown")
        // Not in the file: the nearest that encloses it.
        #expect(loaded.issue(at: "routes[1].parser", "unknown").mark.line == 7)
        #expect(
            loaded.issue(at: "spool.directory", "full", severity: .warning).description
                == "f: warning: spool.directory: full")
    }

    @Test func deepNestingAndGrowingAliasesAreErrors() throws {
        #expect(findings(String(repeating: "[", count: 200_000)).count == 1)
        #expect(findings(String(repeating: "- ", count: 200_000)).count == 1)
        #expect(findings(String(repeating: "[", count: 900) + String(repeating: "]", count: 900)).count == 1)
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...6 {
            let item = "*a\(level - 1)"
            yaml += "a\(level): &a\(level) [" + Array(repeating: item, count: 10).joined(separator: ", ") + "]\n"
        }
        let found = findings(yaml)
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("more than 100000 values, aliases written out") == true)
    }

    /// A tree of values compares keys; one that is an alias to aliases kept it busy for hours.
    @Test func anAliasAsAKeyIsRefusedAtOnce() {
        var yaml = "a0: &a0 [x, x]\n"
        for level in 1...60 { yaml += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(findings(yaml + "? *a60\n: v\n") == ["f:62:3: error: a key is a list or a mapping, expected a name"])
        #expect(findings("? &x\n  *x\n: v\n").count == 1)
        #expect(findings("? {a: b}\n: v\n") == ["f:1:3: error: a key is a list or a mapping, expected a name"])
        // An alias to a name is a name.
        #expect(findings("spool: {directory: &d sync}\n? *d\n: v").first?.contains("unknown key \"sync\"") == true)
    }

    @Test func thousandsOfFaultsAreNotAllListed() throws {
        let unknown = (0..<1500).map { "k\($0): 1\n" }.joined()
        let error = try #require(throws: ConfigurationErrors.self) {
            try Configuration.parse(yaml: unknown, file: "f")
        }
        #expect(error.errors.count == 101)
        #expect(error.errors.last?.description == "f:101:1: error: further faults are not listed")
        let keys = (0..<60_000).map { "k\($0): 1\n" }.joined()
        #expect(findings(keys) == ["f:2001:1: error: more than 2000 keys in one mapping"])
        let listeners = "listeners:\n" + String(repeating: "  - {type: udp, address: \"127.0.0.1:0\"}\n", count: 3000)
        #expect(findings(listeners) == ["f:2002:5: error: listeners: more than 2000 entries in this list"])
        let items = "rules:\n  files: [" + String(repeating: "a,", count: 60_000) + "]"
        #expect(findings(items).first?.hasSuffix("more than 20000 items in one list") == true)
    }

    @Test(arguments: [
        ("/dev/zero", "it is a device or a socket, expected a regular file"), ("/dev", "Is a directory"),
        ("", "no name"),
    ])
    func whatIsNoRegularFileIsNotRead(_ path: String, _ reason: String) throws {
        let error = try #require(throws: ConfigurationErrors.self) {
            try Configuration.load(path: path, environment: [:])
        }
        #expect(error.description == "\(path): error: cannot be read: \(reason)")
    }

    /// Opening one waits for its writer, who may never come.
    @Test func aPipeIsNotWaitedFor() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("fifo-\(UUID().uuidString)").path
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let error = try #require(throws: ConfigurationErrors.self) {
            try Configuration.load(path: path, environment: [:])
        }
        #expect(error.description == "\(path): error: cannot be read: it is a pipe, expected a regular file")
        #expect(findings("kafka: {property-files: {sasl.password: \(path)}}").first?.contains("it is a pipe") == true)
    }

    @Test func nothingToReadIsSaidWithItsReason() throws {
        let empty = try Configuration.parse(yaml: "kafka:\nlisteners: []\n", file: "f")
        #expect(
            empty.missingListeners?.description
                == "f:2:12: error: listeners: there are none, so there is nothing to read; expected at least one, such as {type: udp}"
        )
        let off = try Configuration.parse(
            yaml: "listeners: [{type: udp}]", file: "f", environment: ["KAFKASTREAMER_UDP": "off"])
        #expect(
            off.missingListeners?.description
                == "environment:KAFKASTREAMER_UDP: error: listeners: no listener is left, so there is nothing to read")
        #expect(try Configuration.parse(yaml: "listeners: [{type: udp}]", file: "f").missingListeners == nil)
    }
}
