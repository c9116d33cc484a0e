import ArgumentParser

/// The loopback benchmark: this project and its peers on the same messages, with the limits of the machine beside.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kafkastreamer-bench",
        abstract: "Measure messages per CPU-second from a syslog socket to Kafka's acknowledgement.",
        subcommands: [
            RunCommand.self, BrokerCommand.self, SendCommand.self, WatermarksCommand.self, ReceiveLimitCommand.self,
            ProduceLimitCommand.self, RulesCommand.self, ExecCommand.self,
        ])
}
