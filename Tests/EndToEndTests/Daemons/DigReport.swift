/// What dig says it sent and got, from its text with `+qr`.
struct DigReport {
    /// A message as dig prints it.
    struct Message {
        /// `qr`, `rd`, `cd` and so on.
        var flags: Set<Substring> = []
        /// `NOERROR`, `REFUSED` and so on.
        var status: Substring = ""
        /// EDNS's version; nil without EDNS.
        var edns: Int?
        /// EDNS's DO bit: the sender wants signatures.
        var wantsSignatures = false
        /// In hexadecimal: 16 digits of the client, then up to 64 of the server.
        var cookie: Substring?
        /// As `203.0.113.0/24/0`.
        var clientSubnet: Substring?
        var name: Substring = ""
        var queryClass: Substring = ""
        var type: Substring = ""
        var isSigned = false
        /// The answer section's records, their fields separated by one space.
        var answers: [String] = []
        /// Bytes; nil where dig does not say.
        var size: Int?
    }

    /// The sum that dig draws at the end of a transfer.
    struct Transfer: Equatable {
        var records: Int
        var messages: Int
        var bytes: Int
    }

    var client: (ip: String, port: Int)
    var server: String
    /// What was asked: the last one, if dig asked again.
    private(set) var sent = Message()
    /// nil when nothing came.
    private(set) var got: Message?
    private(set) var isTCP = false
    private(set) var transfer: Transfer?
    private(set) var transferFailed = false
    /// The serial of the last SOA record: dig prints its own first when it asks for an incremental transfer.
    private(set) var serial: Int?

    init(_ lines: [String], client: (ip: String, port: Int), server: String) throws {
        self.client = client
        self.server = server
        var message: Message?
        var isAnswer = false
        var section = Section.other
        func store() {
            guard let message else { return }
            if isAnswer { got = message } else { sent = message }
        }
        for line in lines {
            let words = line.split { $0 == " " || $0 == "\t" }
            switch line {
            case ";; Sending:", ";; Got answer:":
                store()
                message = Message()
                isAnswer = line == ";; Got answer:"
                section = .other
                continue
            case ";; QUESTION SECTION:": section = .question
            case ";; ANSWER SECTION:": section = .answer
            case ";; TSIG PSEUDOSECTION:":
                message?.isSigned = true
                section = .other
            case "; Transfer failed.": transferFailed = true
            case "": section = .other
            default:
                if line.hasPrefix(";; SERVER: ") { isTCP = line.hasSuffix("(TCP)") }
                if line.hasPrefix(";; XFR size: ") { transfer = try Self.transfer(words, line) }
                if line.hasPrefix(";; MSG SIZE  rcvd: ") { message?.size = words.last.flatMap { Int($0) } }
                if words.count > 6, words[3] == "SOA" { serial = Int(words[6]) }
                Self.read(line, words, in: section, into: &message)
            }
        }
        store()
    }

    /// The name asked for as the daemons write it: without the dot at its end, but for the root.
    var name: String { sent.name == "." ? "." : String(sent.name.dropLast()) }

    private enum Section { case question, answer, other }

    private static func read(
        _ line: String, _ words: [Substring], in section: Section, into message: inout Message?
    ) {
        if line.hasPrefix(";; ->>HEADER<<- "), words.count > 5 {
            message?.status = words[5].dropLast()
        } else if line.hasPrefix(";; flags: ") {
            let flags = line.dropFirst(";; flags: ".count).prefix { $0 != ";" }
            message?.flags = Set(flags.split(separator: " "))
        } else if line.hasPrefix("; EDNS: version: "), words.count > 3 {
            message?.edns = Int(words[3].dropLast())
            message?.wantsSignatures = line.contains("flags: do;")
        } else if line.hasPrefix("; COOKIE: ") {
            message?.cookie = words[2]
        } else if line.hasPrefix("; CLIENT-SUBNET: ") {
            message?.clientSubnet = words[2]
        } else if section == .question, line.hasPrefix(";"), words.count == 3 {
            message?.name = words[0].dropFirst()
            message?.queryClass = words[1]
            message?.type = words[2]
        } else if section == .answer {
            message?.answers.append(words.joined(separator: " "))
        }
    }

    /// - Parameter words: of `;; XFR size: 3003 records (messages 5, bytes 77705)`.
    private static func transfer(_ words: [Substring], _ line: String) throws -> Transfer {
        let numbers = words.compactMap { Int($0.trimmingPrefix("(").prefix { $0.isNumber }) }
        guard numbers.count == 3 else { throw HarnessError("dig printed: \(line)") }
        return Transfer(records: numbers[0], messages: numbers[1], bytes: numbers[2])
    }
}
