import Admin
import ArgumentParser
import Glibc

/// `kafkastreamer tap`: events of a running instance as they are committed.
struct TapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tap", abstract: "Show events of a running instance as they come, one a line.",
        discussion: """
            Lossy: when events come faster than they can be shown, some are not, and how many is said on standard error. \
            Nothing waits for it, and the events go to Kafka all the same.
            """)

    @OptionGroup var address: AdminAddress

    @Option(help: ArgumentHelp("Only events of this program.", valueName: "name"))
    var program: String?

    @Option(help: ArgumentHelp("Only events of this type, such as DHCP_LEASE.", valueName: "type"))
    var type: String?

    @Option(help: ArgumentHelp("Only events with this value of a field. May be repeated.", valueName: "field=value"))
    var `where`: [String] = []

    @Option(help: ArgumentHelp("Stop after so many events.", valueName: "n"))
    var count: Int?

    func run() throws {
        if let count, count < 1 { throw Failure(Failure.usage, "--count: \(count) is not 1 or more") }
        for condition in `where` where condition.split(separator: "=", maxSplits: 1).count < 2 {
            throw Failure(Failure.usage, "--where: '\(condition)' is not field=value")
        }
        let members =
            [program.map { ("program", $0) }, type.map { ("type", $0) }].compactMap(\.self)
            + `where`.map { ("where", $0) }
        let query = members.map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
        var left = count ?? .max
        var rest: [UInt8] = []
        let isTerminal = isatty(1) == 1
        try address.stream("/tap" + (query.isEmpty ? "" : "?" + query)) { bytes in
            rest += bytes
            while left > 0, let end = rest.firstIndex(of: 10) {
                rest[..<end].withUnsafeBytes { line in
                    if line.first == UInt8(ascii: "#") {
                        Output.error(String(decoding: line.dropFirst(2), as: UTF8.self))
                        return
                    }
                    left -= 1
                    if isTerminal, !PrintableText.isPlain(line) {
                        Output.write(PrintableText.escaped(line, .value) + "\n")
                    } else {
                        Output.line(line)
                    }
                }
                rest.removeSubrange(...end)
            }
            Output.flush()
            return left > 0
        }
    }

    /// RFC 3986 section 2.1.
    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let isPlain =
                byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber)
            let digits = String(byte, radix: 16)
            encoded += isPlain ? String(Unicode.Scalar(byte)) : "%" + (digits.count < 2 ? "0" : "") + digits
        }
        return encoded
    }
}
