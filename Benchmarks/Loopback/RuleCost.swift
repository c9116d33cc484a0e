import Events
import Foundation
import Parsers
import Syslog

/// One measurement of a parser with a number of rules.
struct RuleTrial: Codable, Sendable {
    var round: Int
    var rules: Int
    /// To read the files and compile them.
    var loadSeconds: Double
    /// Header, match and JSON of one message, on one thread.
    var nanosecondsPerMessage: Double
}

/// The same messages through a parser of few rules and one of many: what a rule more costs.
///
/// Eight shapes of pattern, as daemons log; the few rules are among the many, so both give the same events.
struct RuleCost {
    let messages: Int
    private let lines: [[UInt8]]

    init(messages: Int) {
        self.messages = messages
        lines = [
            "action0 on 192.168.0.101 to 00:11:22:33:44:55 (laptop-01) via eth0",
            "event1 from 192.0.2.1#53: a query for something",
            "nginx.service: Step 2 finished with \"success\".",
            "worker: phase 3 running",
            "someone with a name did thing 4 at home",
            "Started a long description of a unit number 5.",
            "the thing that broke failed with code 6",
            "job 17 of queue7: out of memory",
            "no rule knows this line at all, however long it is: 1 2 3",
        ].map { Array("<30>1 2026-01-01T00:00:00.000Z host test 812 - - \($0)".utf8) }
    }

    private static func pattern(_ index: Int) -> String {
        switch index % 8 {
        case 0: "action\(index) on {ip:ip} to {mac:mac}{? ({hostname:text})} via {interface}"
        case 1: "event\(index) from {client_ip:ip}#{client_port:int}: {detail:rest}"
        case 2: "{unit:unit}: Step \(index) finished{? with {result:quoted}}."
        case 3: "{subject:word}: phase \(index) {state:word}"
        case 4: "{user:text} did thing \(index) at {place:word}"
        case 5: "Started {description:text} number \(index)."
        case 6: "{name:text} failed with code \(index)"
        default: "job {job:int} of queue\(index): {|done|{reason:text}}"
        }
    }

    /// Rules files hold a hundred rules each, as a host's would; all extend the first one's parser.
    private static func files(rules: Int) -> [(name: String, text: String)] {
        stride(from: 0, to: rules, by: 100).map { start in
            var text = start == 0 ? "parser: bench\nprograms: [test]\nrules:\n" : "extends: bench\nrules:\n"
            for index in start..<min(start + 100, rules) {
                text += """
                      - name: r\(index)
                        type: T\(index)
                        pattern: '\(pattern(index))'
                        examples: [{message: x, event: {}}]

                    """
            }
            return ("rules-\(start).yaml", text)
        }
    }

    func run(rules: Int, round: Int) throws -> RuleTrial {
        let files = Self.files(rules: rules)
        let begun = threadNanoseconds()
        let set = try ParserSet(files.map { try RulesFile(yaml: $0.text, name: $0.name) })
        let loaded = threadNanoseconds()
        guard let parser = set.parser(named: "bench") else { throw Failure("no parser called bench") }

        var encoder = EventEncoder(set)
        var headers = HeaderParser()
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 8)
        defer { room.deallocate() }
        let envelope = Envelope(receivedNanoseconds: 1_767_225_600_000_000_000)
        func through(_ count: Int) throws -> Int {
            var unmatched = 0
            for index in 0..<count {
                let line = lines[index % lines.count]
                let header = headers.parse(line.span, receivedSeconds: 1_767_225_600, zone: .utc)
                if encoder.match(line.span, header, parser: parser) == .syslog { unmatched += 1 }
                guard encoder.encode(line.span, header, envelope: envelope, key: nil, into: room) != nil else {
                    throw Failure("an event did not fit")
                }
            }
            return unmatched
        }
        guard try through(lines.count * 1000) == 1000 else { throw Failure("all lines but one should match") }
        let start = threadNanoseconds()
        _ = try through(messages)
        let end = threadNanoseconds()
        return RuleTrial(
            round: round, rules: rules, loadSeconds: Double(loaded - begun) / 1e9,
            nanosecondsPerMessage: Double(end - start) / Double(messages))
    }

    private func threadNanoseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
