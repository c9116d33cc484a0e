import Foundation
import Syslog
import Testing

/// One row of a header table: a frame and all that is expected of it. What a row does not mention is expected absent,
/// so every row is about every field.
struct HeaderCase: CustomTestStringConvertible, Sendable {
    var name: String
    var frame: [UInt8]
    var format = SyslogMessage.Format.rfc3164
    /// `facility.severity` in keywords, nil when the frame has none.
    var priority: String?
    /// UTC, RFC 3339, with the fraction digits received.
    var time: String?
    var host: String?
    var program: String?
    var pid: String?
    var messageID: String?
    var structuredData: String?
    var content: String
    /// nil: the same as `content`.
    var body: String?
    var repeated: UInt32 = 0
    var fault: HeaderFault.Kind?
    var column: UInt32 = 0

    var testDescription: String { name }

    init(
        _ name: String, _ frame: String, format: SyslogMessage.Format = .rfc3164, priority: String? = nil,
        time: String? = nil, host: String? = nil, program: String? = nil, pid: String? = nil,
        messageID: String? = nil, structuredData: String? = nil, content: String, body: String? = nil,
        repeated: UInt32 = 0, fault: HeaderFault.Kind? = nil, column: UInt32 = 0
    ) {
        self.name = name
        self.frame = Array(frame.utf8)
        self.format = format
        self.priority = priority
        self.time = time
        self.host = host
        self.program = program
        self.pid = pid
        self.messageID = messageID
        self.structuredData = structuredData
        self.content = content
        self.body = body
        self.repeated = repeated
        self.fault = fault
        self.column = column
    }

    /// Parses the frame twice with one parser and into one message: the second time everything comes out of the caches,
    /// and nothing of the first result may stay.
    func check(received: Int64 = instant("2025-11-04T14:02:10Z"), zone: LocalZone = .utc) {
        var parser = HeaderParser()
        var message = SyslogMessage()
        for round in ["first", "cached"] {
            parser.parse(frame.span, receivedSeconds: received, zone: zone, into: &message)
            let hint: Comment = "\(round) parse of \(name)"
            #expect(message.format == format, hint)
            #expect(message.hasPriority == (priority != nil), hint)
            #expect(
                "\(Facility.keyword(message.facility)).\(Severity.keyword(message.severity))"
                    == priority ?? "user.notice", hint)
            #expect(timeText(message.timestamp) == time, hint)
            #expect(text(message.host) == host ?? "", hint)
            #expect(text(message.program) == program ?? "", hint)
            #expect(text(message.processID) == pid ?? "", hint)
            #expect(text(message.messageID) == messageID ?? "", hint)
            #expect(text(message.structuredData) == structuredData ?? "", hint)
            #expect(text(message.content) == content, hint)
            #expect(text(message.body) == body ?? String(content.drop { $0 == " " }), hint)
            #expect(message.repeated == repeated, hint)
            #expect(message.fault?.kind == fault, hint)
            #expect(message.fault?.column ?? 0 == column, hint)
        }
    }

    private func text(_ range: ByteRange) -> String {
        String(decoding: frame[range.offsets], as: UTF8.self)
    }
}

/// Seconds of a UTC time, by Foundation: an oracle that shares nothing with the code under test.
func instant(_ text: String) -> Int64 {
    guard let date = ISO8601DateFormatter().date(from: text) else {
        Issue.record("not a time: \(text)")
        return 0
    }
    return Int64(date.timeIntervalSince1970.rounded())
}

/// A timestamp as RFC 3339 in UTC with the precision received, nil when it is absent.
func timeText(_ timestamp: SyslogTimestamp) -> String? {
    guard timestamp.isPresent else { return nil }
    let whole = ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: TimeInterval(timestamp.seconds)))
    if timestamp.digits == 0 { return whole }
    let nanoseconds = String(timestamp.nanoseconds)
    let padded = String(repeating: "0", count: 9 - nanoseconds.count) + nanoseconds
    return whole.dropLast() + "." + padded.prefix(Int(timestamp.digits)) + "Z"
}
