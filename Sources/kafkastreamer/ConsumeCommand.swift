import ArgumentParser
import Configuration
import FoundationEssentials
import Glibc
import Kafka

/// `kafkastreamer consume TOPIC…`: prints topics, from any broker.
struct ConsumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume", abstract: "Print topics, one record per line, from any broker.",
        discussion: """
            Control signs in keys are escaped; in values they are on a terminal only. Ends with 1 when no broker answers \
            for 15 seconds.
            """)

    /// How long no broker may answer; the help says so.
    static let patience: Int32 = 15_000

    @Argument(help: "Topics; * stands for any text.")
    var topics: [String]

    @Option(help: ArgumentHelp("Kafka brokers, host:port, separated by commas.", valueName: "list"))
    var brokers: String?

    @Option(help: ArgumentHelp("Configuration file with brokers and librdkafka properties.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Stop after so many records.", valueName: "n"))
    var count: Int?

    @Flag(help: "Stop when every partition has been read to its end.")
    var exitAtEnd = false

    @Option(
        name: [.customLong("from"), .customLong("offset")],
        help: ArgumentHelp(
            "Where to begin: beginning, end, how long ago (15m), or a time (2026-11-27T10:00:00Z).",
            valueName: "place"))
    var from = "beginning"

    @Option(help: ArgumentHelp("Only records with this key.", valueName: "key"))
    var key: String?

    @Flag(help: "Indent what is JSON, one line a member.")
    var pretty = false

    @Flag(help: "Print the topic and a tab before each record.")
    var printTopic = false

    @Flag(help: "Print the key and a tab before each record.")
    var printKey = false

    func run() throws {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        guard let start = PlaceInTime.start(from, now: Int64(now.tv_sec) * 1000) else {
            throw Failure(
                Failure.usage,
                "--from: '\(from)' is not beginning, end, a duration such as 15m, or a time such as 2026-11-27T10:00:00Z"
            )
        }
        if let count, count < 1 { throw Failure(Failure.usage, "--count: \(count) is not 1 or more") }
        var client = ClientConfiguration()
        do {
            let loaded = try ConfigurationFile.load(config, isNamedOnly: true)
            let servers = brokers.map { [$0] } ?? loaded.configuration.kafka.brokers
            client.set("bootstrap.servers", servers.joined(separator: ","))
            for property in loaded.configuration.kafka.properties { client.set(property.name, property.value) }
            let consumer = try Consumer(client)
            _ = try consumer.assign(topics, from: start, timeoutMilliseconds: Self.patience)
            var left = count ?? .max
            let isTerminal = isatty(1) == 1
            // https://no-color.org
            let hasColours = isTerminal && Self.variable("NO_COLOR").isEmpty && Self.variable("TERM") != "dumb"
            let json = pretty || hasColours ? PrettyJSON(isIndented: pretty, hasColours: hasColours) : nil
            let wanted = key.map { Array($0.utf8) }
            try consumer.run(untilEnd: exitAtEnd, patienceMilliseconds: Self.patience) { message in
                if let wanted, message.key.map({ $0.elementsEqual(wanted) }) != true { return true }
                if printTopic { Output.write(message.topic + "\t") }
                if printKey { Output.write((message.key.map { PrintableText.escaped($0, .field) } ?? "") + "\t") }
                if let text = json?.text(message.value) {
                    Output.write(text + "\n")
                } else if isTerminal, !PrintableText.isPlain(message.value) {
                    Output.write(PrintableText.escaped(message.value, .value) + "\n")
                } else {
                    Output.line(message.value)
                }
                // Somebody may be watching, or the next stage of a pipe waiting.
                Output.flush()
                left -= 1
                return left > 0
            }
        } catch let error as ConfigurationErrors {
            throw Failure(Failure.input, error.description)
        } catch let error as KafkaError {
            throw Failure(Failure.input, error.description)
        }
    }

    /// A variable of the environment; empty where it is not set.
    private static func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
}
