import Admin
import ArgumentParser

/// `kafkastreamer status`: whether a running instance is ready, and where its messages are.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Ask a running instance how it is.",
        discussion: """
            Exit code 0: it accepts messages and has room for them, with Kafka or in its spool. 1: it does not, or nobody \
            answers.
            """)

    @OptionGroup var address: AdminAddress

    func run() throws {
        let reply = try address.get("/status")
        Output.write(reply.body.split(separator: "\n").map { TerminalText.line($0) + "\n" }.joined())
        if reply.status != 200 { throw Failure(Failure.input, "") }
    }
}

/// Text of another process, which holds names that senders chose.
enum TerminalText {
    static func line(_ text: Substring) -> String {
        var text = String(text)
        return text.withUTF8 { PrintableText.escaped(UnsafeRawBufferPointer($0), .value) }
    }
}
