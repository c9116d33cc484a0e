import ArgumentParser
import Configuration
import FoundationEssentials
import Glibc
import Kafka
import Routing

/// `kafkastreamer topics list|create`: the topics that a configuration can publish to.
struct TopicsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics", abstract: "List or create the topics that a configuration can publish to.",
        subcommands: [List.self, Create.self])

    /// How long the brokers may take to answer; the help says so.
    static let patience: Int32 = 15_000

    struct Source: ParsableArguments {
        @Option(
            help:
                "Configuration file. Default: configs/kafka.yaml, else the one in /etc/kafkastreamer, if there is one.")
        var config: String?

        @Option(help: ArgumentHelp("Kafka brokers, host:port, separated by commas.", valueName: "list")) var brokers:
            String?

        @Option(help: "One topic for everything, as run takes it.") var topic: String?

        /// The names of all topics that events can go to, sorted, and a client for their brokers.
        func open() throws -> (names: [String], admin: TopicAdmin) {
            do {
                let blueprint = try Blueprint(try load(), topics: TopicTable())
                let kafka = blueprint.configuration.kafka
                guard !kafka.embedded else {
                    throw Failure(Failure.input, "kafka.embedded: that broker makes its topics when they are used")
                }
                var names = Set(blueprint.routing.topicNames.values)
                if let topic = kafka.limits.deadLetterTopic { names.insert(topic) }
                return (names.sorted(), try TopicAdmin(blueprint.client))
            } catch let error as ConfigurationErrors {
                throw Failure(Failure.input, Blueprint.completing(error).description)
            } catch let error as KafkaError { throw Failure(Failure.input, error.description) }
        }

        private func load() throws -> LoadedConfiguration {
            var loaded = try ConfigurationFile.load(config)
            try loaded.take(topic, "--topic", "kafka.topic")
            try loaded.take(brokers, "--brokers", "kafka.brokers")
            return loaded
        }
    }

    /// Prints each topic, whether the brokers have it, and its partitions and replicas.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the topics: name, exists or missing, partitions, replicas, separated by tabs.",
            discussion: "Ends with 1 when no broker answers within 15 seconds.")

        @OptionGroup var source: Source

        func run() throws {
            let (names, admin) = try source.open()
            let existing = try TopicsCommand.asking { () throws(KafkaError) in
                try admin.topics(timeoutMilliseconds: TopicsCommand.patience)
            }
            for name in names {
                guard let topic = existing[name] else {
                    Output.write("\(name)\tmissing\n")
                    continue
                }
                Output.write("\(name)\texists\t\(topic.partitions)\t\(topic.replicas)\n")
            }
        }
    }

    /// Creates the topics that are missing.
    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create the topics that are missing, and print each.",
            discussion: "Topics that exist are left as they are. Ends with 1 when one could not be created.")

        @OptionGroup var source: Source

        @Option(help: ArgumentHelp("Partitions of a new topic; the brokers' default without it.", valueName: "n"))
        var partitions: Int32?

        @Option(help: ArgumentHelp("Replicas of each partition; the brokers' default without it.", valueName: "r"))
        var replicationFactor: Int32?

        func validate() throws {
            for (flag, value) in [("--partitions", partitions), ("--replication-factor", replicationFactor)] {
                if let value, value < 1 { throw ValidationError("\(flag): \(value) is not 1 or more") }
            }
        }

        func run() throws {
            let (names, admin) = try source.open()
            let shape = TopicAdmin.Shape(partitions: partitions ?? -1, replicationFactor: replicationFactor ?? -1)
            let missing = try TopicsCommand.asking { () throws(KafkaError) in
                let existing = try admin.topics(timeoutMilliseconds: TopicsCommand.patience)
                return names.filter { existing[$0] == nil }
            }
            let refusals = try TopicsCommand.asking { () throws(KafkaError) in
                try admin.create(missing, shape, timeoutMilliseconds: TopicsCommand.patience)
            }
            for name in names {
                if let reason = refusals[name] {
                    Output.error("\(name): not created: \(reason)")
                } else {
                    Output.write("\(name)\t\(missing.contains(name) ? "created" : "exists")\n")
                }
            }
            if !refusals.isEmpty { throw Failure(Failure.input, "") }
        }
    }

    private static func asking<Answer>(_ body: () throws(KafkaError) -> Answer) throws -> Answer {
        do throws(KafkaError) { return try body() } catch { throw Failure(Failure.input, error.description) }
    }
}
