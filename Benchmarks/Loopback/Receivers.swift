import Foundation

/// A started receiver and where it listens.
struct Receiver {
    let child: Child
    let address: String
    /// What it writes on standard error.
    let log: String
    /// The exit codes of a graceful stop.
    var graceful: Set<Int32> = [0]
}

/// Starts receivers in a directory of the run.
struct ReceiverStarter {
    let streamer: String
    let rsyslogd: String
    let brokers: String
    let directory: String

    func start(_ product: Product, _ transport: Transport) throws -> Receiver {
        switch product {
        case .streamer: try startStreamer(transport, spool: false)
        case .streamerSpool: try startStreamer(transport, spool: true)
        case .rsyslog: try startRsyslog(transport, .init(style: .actionPerType, diskQueue: false))
        case .rsyslogOneAction: try startRsyslog(transport, .init(style: .oneAction, diskQueue: false))
        case .rsyslogDisk: try startRsyslog(transport, .init(style: .actionPerType, diskQueue: true))
        case .receiveLoop: try startLimit(transport, .loop)
        case .receiveNIO: try startLimit(transport, .nio)
        case .receiveRest: try startLimit(transport, .rest)
        case .produceLimit: throw Failure("the produce limit receives nothing")
        }
    }

    private func startLimit(_ transport: Transport, _ method: ReceiveMethod) throws -> Receiver {
        let child = try Child(
            "receive-limit",
            [try ownExecutable(), "receive-limit", "--transport", transport.rawValue, "--method", method.rawValue])
        return Receiver(child: child, address: try child.value("address", within: 10), log: "")
    }

    private func startStreamer(_ transport: Transport, spool: Bool) throws -> Receiver {
        let log = directory + "/kafkastreamer.log"
        var arguments = [streamer, "run", "--\(transport.rawValue)", "127.0.0.1:0", "--brokers", brokers]
        if spool { arguments += ["--spool", directory + "/spool"] }
        // The working directory holds no configuration, so the defaults are in force.
        let child = try Child("kafkastreamer", arguments, directory: directory, errors: log, outputToErrors: true)
        var address: String?
        try waitFor("kafkastreamer to be ready", child, log) {
            let lines = try readFile(log).split(separator: "\n").map(String.init)
            address = lines.first { $0.contains(" listening ") && $0.contains("transport=\(transport.rawValue)") }
                .flatMap { keyedValue("address", in: $0) }
            return address != nil && lines.contains { $0.hasSuffix(" notice ready") || $0.contains(" notice ready ") }
        }
        return Receiver(child: child, address: address ?? "", log: log)
    }

    private func startRsyslog(_ transport: Transport, _ configuration: RsyslogConfiguration) throws -> Receiver {
        let port = try SocketAddress.freePort(transport)
        let log = directory + "/rsyslogd.log"
        let text = configuration.text(transport: transport, port: port, brokers: brokers, directory: directory)
        try text.write(toFile: directory + "/rsyslog.conf", atomically: false, encoding: .utf8)
        try configuration.ruleBase.write(toFile: directory + "/rules.rb", atomically: false, encoding: .utf8)
        let child = try Child(
            "rsyslogd", [rsyslogd, "-n", "-f", directory + "/rsyslog.conf", "-i", directory + "/rsyslogd.pid"],
            directory: directory, errors: log, outputToErrors: true)
        try waitFor("rsyslogd to listen", child, log) { try SocketAddress.isBound(transport, port: port) }
        // It goes on after most faults of its configuration, with an action less: that would not be the same work.
        let said = try readFile(log).split(separator: "\n").filter { !$0.contains("CONFWARN") }
        guard said.isEmpty else { throw Failure("rsyslogd: \(said.joined(separator: " / "))") }
        return Receiver(child: child, address: "127.0.0.1:\(port)", log: log)
    }

    private func waitFor(_ what: String, _ child: Child, _ log: String, _ condition: () throws -> Bool) throws {
        let deadline = monotonicSeconds() + 20
        while try !condition() {
            if let code = child.wait(within: 0) {
                throw Failure("\(child.name) ended with exit code \(code): \(try readFile(log))")
            }
            guard monotonicSeconds() < deadline else {
                throw Failure("waited 20 s for \(what): \(try readFile(log))")
            }
            sleepUntil(monotonicSeconds() + 0.02)
        }
    }
}
