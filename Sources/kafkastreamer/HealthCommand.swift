import Admin
import ArgumentParser

/// `kafkastreamer health`: for a container's health check, by the binary itself.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Ask a running instance whether it is live.",
        discussion: "Exit code 0: it is. 1: it is not, or nobody answers within the time.")

    @OptionGroup var address: AdminAddress

    @Flag(help: "Ask whether it is ready: it accepts messages and has room for them.")
    var ready = false

    @Option(help: ArgumentHelp("How long to wait for each step of the answer.", valueName: "ms"))
    var timeout = 5_000

    func run() throws {
        guard timeout >= 1 else { throw Failure(Failure.usage, "--timeout: \(timeout) is not 1 or more milliseconds") }
        let reply = try address.get(ready ? "/readyz" : "/healthz", milliseconds: timeout)
        Output.write(reply.body.split(separator: "\n").map { TerminalText.line($0) + "\n" }.joined())
        if reply.status != 200 { throw Failure(Failure.input, "") }
    }
}
