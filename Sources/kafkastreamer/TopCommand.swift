import Admin
import ArgumentParser
import Glibc

/// `kafkastreamer top`: the status page in a terminal.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show what a running instance does, every two seconds.",
        discussion: "Ends with Ctrl-C. Where standard output is no terminal, one screen follows the other.")

    @OptionGroup var address: AdminAddress

    @Option(help: ArgumentHelp("Stop after so many screens.", valueName: "n"))
    var count: Int?

    func run() throws {
        if let count, count < 1 { throw Failure(Failure.usage, "--count: \(count) is not 1 or more") }
        var left = count ?? .max
        var rest: [UInt8] = []
        let isTerminal = isatty(1) == 1
        try address.stream("/top") { bytes in
            rest += bytes
            while left > 0, let end = rest.firstIndex(of: 0x0C) {
                let lines = String(decoding: rest[..<end], as: UTF8.self).split(
                    separator: "\n", omittingEmptySubsequences: false)
                let shown = isTerminal ? lines.prefix(Self.rows) : lines[...]
                // Home, and each line cleared behind its text: nothing flickers.
                let text = shown.map { TerminalText.line($0) + (isTerminal ? "\u{1B}[K" : "") }.joined(separator: "\n")
                Output.write(isTerminal ? "\u{1B}[H\(text)\u{1B}[J" : text + "\n")
                rest.removeSubrange(...end)
                left -= 1
            }
            Output.flush()
            return left > 0
        }
    }

    /// Lines that the terminal shows.
    private static var rows: Int {
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 1 ? Int(size.ws_row) - 1 : 24
    }
}
