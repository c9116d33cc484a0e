import ArgumentParser
import Glibc

/// `send`: the message mix over TCP or UDP.
struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Send the message mix to a receiver.",
        discussion: "Prints sent, bytes, and when the first and last message left (monotonic clock, seconds).")

    @Option(help: "tcp or udp.") var transport: Transport
    @Option(help: "Address and port of the receiver.") var to: String
    @Option(help: "Messages to send.") var count: Int
    @Option(help: "Running number of the first message.") var first = 0
    @Option(help: "Messages per second over UDP.") var rate = 30000.0
    @Option(help: "Connections over TCP.") var connections = 1
    @Option(help: "octet-counted or lf.") var framing: Framing = .octetCounted
    @Option(help: "Bytes of text added to each message.") var padding = 0
    @Option(help: "Unix time for the headers; now when not given.") var clock: Int?

    func validate() throws {
        guard count >= 0, first >= 0, first + count <= MessageMix.numberLimit else {
            throw ValidationError("--first + --count must be at most \(MessageMix.numberLimit)")
        }
        guard connections >= 1, rate > 0, padding >= 0 else {
            throw ValidationError("--connections and --rate must be positive, --padding not negative")
        }
    }

    func run() throws {
        let mix = MessageMix(seconds: clock ?? time(nil), padding: padding)
        let address = try SocketAddress(to)
        let started: Double
        let bytes: Int
        switch transport {
        case .tcp:
            let sender = try StreamSender(mix: mix, framing: framing, connections: connections, to: address)
            started = monotonicSeconds()
            bytes = try sender.send(first: first, count: count)
        case .udp:
            let sender = try DatagramSender(mix: mix, to: address)
            started = monotonicSeconds()
            bytes = try sender.send(first: first, count: count, rate: rate)
        }
        emit("sent=\(count) bytes=\(bytes) started=\(started) finished=\(monotonicSeconds())")
    }
}

extension Transport: ExpressibleByArgument {}
extension Framing: ExpressibleByArgument {}
