import Base
import Configuration
import Documents
import Testing

/// Files as people write them at night, and what they are told. A line each: the text, then all that is found.
private let oddFiles = [
    // Signs that YAML does not take.
    Fault("listeners:\n\t- type: udp", "f:2:1: error: not valid YAML: a tab stands here, expected spaces"),
    Fault("kafka:\n  brokers:\n\t  - a", "f:3:1: error: not valid YAML: a tab stands here, expected spaces"),
    Fault("kafka: {topic: @x}", "f:1:16: error: not valid YAML: text that begins with @ needs quotes"),
    Fault(
        "listeners: [{type: udp, address: *:514}]",
        "f:1:34: error: not valid YAML: text that begins with * needs quotes"),
    Fault(
        "listeners:\n  - type: udp\n   address: x",
        "f:3:4: error: not valid YAML: did not find expected '-' indicator while parsing a block collection that begins on line 2"
    ),
    Fault(
        "kafka:\n  topic: \"abc\nspool:\n",
        "f:4:1: error: not valid YAML: found unexpected end of stream while scanning a quoted scalar that begins on line 2"
    ),
    // Shapes that are nearly right.
    Fault("listeners:\n  type: udp\n  address: \"127.0.0.1:0\""),
    Fault("listeners:\n  - type udp", "f:2:5: error: listeners[0]: found text, expected keys with values"),
    Fault("{\"listeners\": [{\"type\": \"udp\", \"address\": \"127.0.0.1:0\"}]}"),
    Fault("%YAML 1.1\n---\nlisteners: [{type: udp}]"),
    Fault(
        "kafka: [a]\nspool: 3\nlimits: {rate-limit: [1]}",
        "f:1:8: error: kafka: found a list, expected keys with values",
        "f:2:8: error: spool: found text, expected keys, each with a colon and a value",
        "f:3:22: error: limits.rate-limit: found a list, expected one value"),
    Fault(
        "routes: [{match: dhcpd}]",
        "f:1:18: error: routes[0].match: found text, expected keys, each with a colon and a value"),
    Fault(
        "listeners:\n  - &l {type: udp, name: a, address: \":1\"}\n  - *l",
        "f:2:26: error: listeners[1].name: \"a\" is the name of listeners[0] already",
        "f:2:38: error: listeners[1].address: :1 is taken by listeners[0], :1"),
    Fault(
        "listeners:\n  - <<: {type: udp}\n    address: \":1\"",
        "f:2:5: error: listeners[0]: type is missing, expected udp, tcp, unix-datagram or file; merge keys (<<) are not read"
    ),
    Fault(
        "kafka: {topic: a}\nkafka: {topic: b}", "f:2:1: error: kafka: the key \"kafka\" stands twice, first on line 1"),
    // Numbers, sizes, durations.
    Fault(
        "limits: {max-message-size: -1}\nspool: {max-size: 1.5GiB}",
        "f:1:28: error: limits.max-message-size: found \"-1\", expected a whole number with a unit or none, such as 65536, 64KiB, 1MiB or 2GB",
        "f:2:19: error: spool.max-size: found \"1.5GiB\", expected a whole number with a unit or none, such as 65536, 64KiB, 1MiB or 2GB"
    ),
    Fault(
        "spool: {max-size: 99999999999999999999GiB}\nshutdown-timeout: 99999999999999999999d",
        "f:1:19: error: spool.max-size: found \"99999999999999999999GiB\", expected a size from 1MiB to 16TiB",
        "f:2:19: error: shutdown-timeout: found \"99999999999999999999d\", expected a duration from 0s to 1d"),
    Fault(
        "shutdown-timeout: 1h30m\nkafka: {linger: 0.5ms}",
        "f:1:19: error: shutdown-timeout: found \"1h30m\", expected a whole number with a unit, such as 5ms, 10s, 1m or 2h",
        "f:2:17: error: kafka.linger: found \"0.5ms\", expected a whole number with a unit, such as 5ms, 10s, 1m or 2h"),
    Fault(
        "limits: {rate-limit: 0x10, burst: \"1,000\"}",
        "f:1:22: error: limits.rate-limit: found \"0x10\", expected a whole number from 0 to 1000000000",
        "f:1:35: error: limits.burst: found \"1,000\", expected a whole number from 0 to 1000000000"),
    Fault("kafka: {embedded: 1}", "f:1:19: error: kafka.embedded: found \"1\", expected true or false"),
    // Addresses and paths.
    Fault(
        "listeners: [{type: udp, address: \"[fe80::1%eth0]:514\"}, {type: tcp, address: \"fe80::1%eth0:514\"}]",
        "f:1:34: error: listeners[0].address: found \"[fe80::1%eth0]:514\", expected an IPv6 address without a zone (%…)",
        "f:1:78: error: listeners[1].address: found \"fe80::1%eth0:514\", expected an IPv6 address in brackets, such as [::1]:5514"
    ),
    // What could not be read stands in nobody's way.
    Fault(
        "listeners: [{type: udp}, {type: udp, name: b, address: \"::\"}]",
        "f:1:56: error: listeners[1].address: found \"::\", expected an IPv6 address in brackets, such as [::1]:5514"),
    Fault(
        "listeners: [{type: udp, address: \"127.0.0.1:$PORT\"}]",
        "f:1:34: error: listeners[0].address: found \"127.0.0.1:$PORT\", expected an address such as 0.0.0.0:5514, [::1]:5514 or :5514"
    ),
    Fault("listeners: [{type: tcp, address: \"0.0.0.0:0\"}]"),
    Fault(
        "listeners: [{type: unix-datagram, path: /\(String(repeating: "x", count: 120))}]",
        "f:1:41: error: listeners[0].path: found \"/\(String(repeating: "x", count: 47))…\", expected a path of 1 to 107 bytes"
    ),
    Fault(
        "listeners: [{type: unix}]",
        "f:1:20: error: listeners[0].type: found \"unix\", expected udp, tcp, unix-datagram or file; did you mean unix-datagram?"
    ),
    Fault(
        "listeners: [{type: udp, allow: [10.0.0.0/255.0.0.0, any]}]",
        "f:1:33: error: listeners[0].allow[0]: found \"10.0.0.0/255.0.0.0\", expected a prefix length from 0 to 32 after the address",
        "f:1:53: error: listeners[0].allow[1]: found \"any\", expected a network such as 192.0.2.0/24 or 2001:db8::/32"),
    Fault(
        "listeners: [{type: unix-datagram, path: /x, mode: 438}]",
        "f:1:51: error: listeners[0].mode: found \"438\", expected permission bits in octal, such as 0666 or 0660"),
    // Texts.
    Fault(
        "kafka: {topic: \"logs-*\", brokers: [\"'kafka:9092'\"], compression: lzma}",
        "f:1:16: error: kafka.topic: found \"logs-*\", expected a topic name of 1 to 249 letters, digits, dots, dashes and underscores",
        "f:1:36: error: kafka.brokers[0]: found \"'kafka:9092'\", expected a broker such as kafka-1:9092 or [2001:db8::1]:9092",
        "f:1:66: error: kafka.compression: found \"lzma\", expected none, gzip, snappy, lz4 or zstd"),
    Fault(
        "kafka: {topic: \"\", brokers: \"\"}\nspool: {directory: \"\"}",
        "f:1:16: error: kafka.topic: found \"\", expected a topic name of 1 to 249 letters, digits, dots, dashes and underscores",
        "f:1:29: error: kafka.brokers: found \"\", expected a broker such as kafka-1:9092 or [2001:db8::1]:9092",
        "f:2:20: error: spool.directory: found \"\", expected text that is not empty, without control characters"),
    Fault("kafka: {topic: 2026-11-04}"), Fault("kafka: {topic: yes}"),
    // A route whose conditions could not be read takes nothing away from those behind it.
    Fault(
        "routes:\n  - match: {severity: 9}\n  - match: {program: x}",
        "f:2:23: error: routes[0].match.severity: found \"9\", expected emerg, alert, crit, err, warning, notice, info or debug"
    ),
]

@Suite struct OddFileTests {
    @Test(arguments: oddFiles)
    func whatIsFoundSaysWhereAndWhatWasExpected(_ fault: Fault) { #expect(findings(fault.yaml) == fault.expected) }
}
