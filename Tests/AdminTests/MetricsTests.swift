import Foundation
import Inputs
import Kafka
import Parsers
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import Admin

@Suite("Metrics")
struct MetricsTests {
    private static let lease =
        "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.0.2.101 to 00:11:22:33:44:55 (laptop-01) via eth0"

    @Test("docs/metrics.md says what the table says")
    func document() throws {
        let text = try String(contentsOfFile: repository + "/docs/metrics.md", encoding: .utf8)
        #expect(text == MetricsDocument.text, "run `make docs`")
    }

    @Test("Names are unique and end as Prometheus wants them to")
    func names() {
        let names = MetricTable.all.map(\.name)
        #expect(Set(names).count == names.count && names.count > 50)
        for metric in MetricTable.all {
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
            #expect(metric.help.hasSuffix("."), "\(metric.name)")
            #expect(metric.name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") })
            #expect(
                metric.labels.isEmpty || metric.name.hasSuffix("_info") || metric.labels == ["state"]
                    || !metric.bound.isEmpty, "\(metric.name): what bounds its series?")
        }
    }

    @Test("promtool finds nothing to say of what is written")
    func promtool() throws {
        let bench = try AdminBench()
        bench.send([Self.lease, "<13>Nov  4 14:02:09 gw1 app: hello", "no header"])
        var seen = bench.observer.observe()
        seen.files["file"] = .init()
        seen.kafka.brokers["127.0.0.1:9092"] = .init()
        seen.heldTopics = ["dns-query-events"]
        let (code, output) = try run(
            ["promtool", "check", "metrics"], input: Exposition.write(seen, .prometheus))
        #expect(code == 0 && output.isEmpty, "\(output)")
    }

    @Test("What a sender writes cannot end its quotes or its line")
    func hostileLabels() {
        var seen = Observation()
        seen.labels.programs = ["a\"} 1\nfake_total 5\\": ProgramCounts(committed: 1, unmatched: 0)]
        for form in [MetricsForm.prometheus, .openMetrics] {
            let text = String(decoding: Exposition.write(seen, form), as: UTF8.self)
            #expect(text.contains(#"kafkastreamer_program_messages_total{program="a\"} 1\nfake_total 5\\"} 1"#))
            #expect(!text.contains("\nfake_total"))
        }
    }

    @Test(
        "The form is the one that the client prefers",
        arguments: [
            ("", MetricsForm.prometheus), ("*/*", .prometheus), ("text/plain;version=0.0.4", .prometheus),
            ("application/openmetrics-text; version=1.0.0", .openMetrics),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
            ),
            ("text/plain, application/openmetrics-text;q=0.5", .prometheus),
            ("application/openmetrics-text;q=0, text/plain", .prometheus), (",;,q=", .prometheus),
        ])
    func forms(_ accept: String, _ form: MetricsForm) { #expect(MetricsForm(accept: accept) == form) }

    @Test("OpenMetrics has an end, units, and counters by the name of their family")
    func openMetrics() throws {
        let text = String(decoding: Exposition.write(Observation(), .openMetrics), as: UTF8.self)
        #expect(text.hasSuffix("# EOF\n"))
        #expect(text.contains("# TYPE kafkastreamer_delivered_messages counter\n"))
        #expect(text.contains("\nkafkastreamer_delivered_messages_total 0\n"))
        #expect(text.contains("# UNIT kafkastreamer_spool_used_bytes bytes\n"))
        #expect(text.contains("kafkastreamer_delivery_seconds_bucket{le=\"1.0\"} 0\n"))
        #expect(!String(decoding: Exposition.write(Observation(), .prometheus), as: UTF8.self).contains("EOF"))
    }

    @Test("In every scrape what was received is delivered, pending or rejected, while workers and senders count")
    func sums() async throws {
        let bench = try AdminBench()
        bench.producers.start()
        let isDone = Atomic<Bool>(false)
        let pipeline = bench.pipeline
        let thread = Thread {
            let worker = pipeline.makeWorker(ListenerContext(name: "tcp"))
            var connection = worker.open(peer: .none)
            let bytes = Array("\(Self.lease)\n<13>Nov  4 14:02:09 gw1 noise: dropped by a route\n".utf8)
            for _ in 0..<4000 {
                var taken = 0
                while taken < bytes.count {
                    taken += bytes[taken...].withUnsafeBytes {
                        worker.receive($0, on: &connection, resume: {}).taken
                    }
                }
            }
            worker.close()
            isDone.store(true, ordering: .releasing)
        }
        thread.start()
        var scrapes = 0
        var last = 0.0
        while true {
            let isLast = isDone.load(ordering: .acquiring)
            let samples = bench.scrape()
            func sum(_ name: String) -> Double {
                samples.filter { $0.key == name || $0.key.hasPrefix(name + "{") }.values.reduce(0, +)
            }
            let received = sum("kafkastreamer_received_messages_total")
            let delivered = sum("kafkastreamer_delivered_messages_total")
            #expect(
                received == delivered + sum("kafkastreamer_pending_messages")
                    + sum("kafkastreamer_rejected_messages_total"))
            #expect(delivered >= last, "a counter fell")
            last = delivered
            scrapes += 1
            if isLast, scrapes > 3, sum("kafkastreamer_pending_messages") == 0 { break }
            await Task.yield()
        }
        let samples = bench.scrape()
        #expect(last == 4000)
        #expect(
            samples[#"kafkastreamer_rejected_messages_total{listener="tcp",protocol="tcp",reason="route"}"#] == 4000)
        #expect(samples[#"kafkastreamer_program_messages_total{program="dhcpd"}"#] == last)
        #expect(samples[#"kafkastreamer_type_messages_total{type="DHCP_LEASE"}"#] == last)
        #expect(samples[#"kafkastreamer_topic_delivered_messages_total{topic="dhcp_lease"}"#] == last)
        #expect(samples["kafkastreamer_delivery_seconds_count"] == (last / 16).rounded(.down))
        #expect(samples[#"kafkastreamer_parsed_messages_total{listener="tcp",protocol="tcp"}"#] == last)
        try await eventually("librdkafka says that its broker is up") {
            bench.scrape()["kafkastreamer_broker_up{broker=\"\(bench.broker.bootstrapServers)\"}"] == 1
        }
    }

    @Test("Header faults, unmatched lines and the age of the oldest message are counted")
    func content() async throws {
        let bench = try AdminBench()
        bench.send(["<999>Nov  4 14:02:09 gw1 app: a priority that there is not", "<13>Nov  4 14:02:09 gw1 app: hello"])
        let labels = #"{listener="tcp",protocol="tcp"}"#
        var samples = bench.scrape()
        #expect(samples["kafkastreamer_header_faults_total" + labels] == 1)
        #expect(samples["kafkastreamer_unmatched_messages_total" + labels] == 2)
        #expect(samples["kafkastreamer_pending_messages"] == 2)
        #expect(samples["kafkastreamer_spool_used_bytes"] == Double(1 << 20))
        bench.broker.stopBroker(1)
        bench.producers.start()
        try await eventually("the oldest message has an age") {
            samples = bench.scrape()
            return samples["kafkastreamer_spool_oldest_age_seconds"]! > 0
        }
        bench.broker.startBroker(1)
        try await eventually("everything is delivered, and nothing has an age any more") {
            samples = bench.scrape()
            return samples["kafkastreamer_pending_messages"] == 0
                && samples["kafkastreamer_spool_oldest_age_seconds"] == 0
        }
    }
}
