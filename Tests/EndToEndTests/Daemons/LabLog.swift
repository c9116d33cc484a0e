import Foundation
import Glibc
import Kafka
import Testing

/// The way of a daemon's messages in a lab: `/dev/log` → rsyslog → TCP → `kafkastreamer` → Kafka. rsyslog writes
/// what it takes into a file as well, which says how many events there have to be.
final class LabLog {
    let broker: EmbeddedBroker
    let streamer: Streamer
    let rsyslog: RsyslogProcess
    private let file: String
    private let directory: TemporaryDirectory
    private static let topic = "lab"
    private static let mark = "the lab's last message"

    /// The socket for ``NetworkLab/init(syslogSocket:in:)``.
    var socket: String { rsyslog.socket }

    init(in directory: TemporaryDirectory) throws {
        self.directory = directory
        broker = try EmbeddedBroker()
        file = directory.file("lab.log")
        // One partition keeps the order.
        try broker.createTopic(Self.topic, partitions: 1)
        streamer = try Streamer.ready(
            ["--brokers", broker.bootstrapServers, "--tcp", "127.0.0.1:0", "--topic", Self.topic], in: directory)
        do {
            let forwarding = try RsyslogProcess.example(
                "60-kafkastreamer-tcp.conf", port: streamer.address("tcp").port)
            rsyslog = try RsyslogProcess(
                actions: """
                    global(processInternalMessages="off")
                    template(name="lab" type="string" string="<%PRI%>%TIMESTAMP% %HOSTNAME% %syslogtag%%msg%\\n")
                    action(type="omfile" file="\(file)" template="lab")
                    \(forwarding)
                    """, in: directory)
        } catch {
            streamer.end()
            throw error
        }
    }

    func end() {
        rsyslog.end()
        streamer.end()
    }

    /// The lines that rsyslog took so far.
    var lines: [Substring] {
        // A host name in a message may be in any encoding.
        let text = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    }

    /// Waits for a line that holds `text`, among those after the first `count`, while `process` runs.
    func wait(for text: String, after count: Int = 0, from process: LabProcess? = nil) throws {
        do {
            try eventually("a message with “\(text)”") {
                if lines.dropFirst(count).contains(where: { $0.contains(text) }) { return true }
                if let process, process.process.exit != nil { throw HarnessError(process.process.transcript) }
                return false
            }
        } catch {
            throw HarnessError("\(error)\n--- the lab's log:\n\(lines.suffix(20).joined(separator: "\n"))")
        }
    }

    /// Ends the way once everything that was logged has gone it.
    /// - Parameter programs: whose events to give.
    /// - Returns: the events read back from Kafka, in order.
    func finish(programs: Set<String>) throws -> [ConsumedEvent] {
        try Logger.run(["--socket", socket, "--tag", "lab", Self.mark])
        try wait(for: Self.mark)
        let count = lines.count
        try streamer.waitForDelivery(of: count)
        try rsyslog.stop()
        try streamer.stopExpectingDelivery(of: count)
        let events = try Kcat.events(broker.bootstrapServers, topics: [Self.topic])
        #expect(events.count == count, "rsyslog took \(count) messages and \(events.count) are in Kafka")
        return events.filter { programs.contains($0.envelope("program") ?? "") }
    }

    /// Expects that at most one message of a hundred was unknown to the rules.
    static func expectTyped(
        _ events: [ConsumedEvent], of daemon: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let untyped = events.filter { $0.type == "SYSLOG" }
        print("\(daemon): \(events.count) messages, \(events.count - untyped.count) of them became typed events")
        #expect(!events.isEmpty, sourceLocation: sourceLocation)
        #expect(
            untyped.count * 100 <= events.count,
            """
            \(untyped.count) of \(events.count) messages of \(daemon) are unknown:
            \(untyped.map(\.message).joined(separator: "\n"))
            """, sourceLocation: sourceLocation)
    }
}
