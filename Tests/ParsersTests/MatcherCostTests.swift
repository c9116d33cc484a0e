import Events
import Parsers
import Syslog
import Testing

@Suite struct MatcherCostTests {
    /// Rules in the shapes that daemons log in; `index` makes each its own.
    private func pattern(_ index: Int) -> String {
        switch index % 8 {
        case 0: "action\(index) on {ip:ip} to {mac:mac}{? ({hostname:text})} via {interface}"
        case 1: "event\(index) from {client:ip}#{port:int}: {detail:rest}"
        case 2: "{unit:unit}: Step \(index) finished{? with {result:quoted}}."
        case 3: "{subject:word}: phase \(index) {state:word}"
        case 4: "{who:text} did thing \(index) at {place:word}"
        case 5: "Started {description:text} number \(index)."
        case 6: "{name:text} failed with code \(index)"
        default: "job {job:int} of queue\(index): {|done|{reason:text}}"
        }
    }

    private let messages = [
        "action0 on 192.168.0.101 to 00:11:22:33:44:55 (laptop-01) via eth0",
        "event1 from 192.0.2.1#53: a query for something",
        "nginx.service: Step 2 finished with \"success\".", "worker: phase 3 running",
        "someone with a name did thing 4 at home", "Started a long description of a unit number 5.",
        "the thing that broke failed with code 6", "job 17 of queue7: out of memory",
        "no rule knows this line at all, however long it is: 1 2 3",
    ]

    private func steps(_ ruleCount: Int) throws -> (total: Int, types: [UInt16]) {
        let set = try parserSet((0..<ruleCount).map(pattern))
        var encoder = EventEncoder(set)
        var headers = HeaderParser()
        var total = 0
        var types: [UInt16] = []
        for message in messages {
            let frame = Array(("<30>1 2026-01-01T00:00:00Z h test - - - " + message).utf8)
            let header = headers.parse(frame.span, receivedSeconds: 0, zone: .utc)
            types.append(encoder.match(frame.span, header, parser: set.parser(named: "test")!).rawValue)
            total += encoder.byteSteps
        }
        return (total, types)
    }

    @Test func aThousandRulesCostAboutAsManyByteStepsAsTen() throws {
        let few = try steps(10)
        let many = try steps(1000)
        #expect(few.types == [1, 2, 3, 4, 5, 6, 7, 8, 0])
        #expect(many.types == few.types)
        #expect(Double(many.total) <= 1.5 * Double(few.total), "10 rules: \(few.total), 1000 rules: \(many.total)")
    }

    /// Rules whose patterns all begin alike and differ only behind captures at the same place: the structure must share
    /// the text and the values, or each message would pay for all of them.
    private func sharedPrefix(_ index: Int) -> String {
        switch index % 4 {
        case 0: "session {id:int} from {ip:ip}: step {n:int} of plan\(index) done"
        case 1: "session {code:hex} from {ip:ip}: step {n:int} at plan\(index) in {seconds:duration}"
        case 2: "session {id:int} from {name:host}: state{plan:int} by rule\(index)"
        default: "session {id:int} from {ip:ip}: {detail:text} under plan\(index)"
        }
    }

    private let sharedPrefixMessages = [
        "session 17 from 192.0.2.1: step 3 of plan0 done", "session beef from 192.0.2.1: step 3 at plan1 in 2min 5s",
        "session 17 from gw.example: state9 by rule2", "session 17 from 2001:db8::1: something else under plan3",
        // As far as possible through everything, and then nothing.
        "session 17 from 192.0.2.1: step 3 of plan0 failed", "session 17 from 192.0.2.1: something under plan",
    ]

    @Test func rulesThatShareTheirBeginningCostNoMoreWhenThereAreAThousand() throws {
        func steps(_ count: Int) throws -> [(steps: Int, type: UInt16)] {
            let set = try parserSet((0..<count).map(sharedPrefix))
            var harness = try Harness(set)
            return try sharedPrefixMessages.map { message in
                let matched = try harness.fields(message)
                return (harness.encoder.byteSteps, matched == nil ? 0 : 1)
            }
        }
        let few = try steps(10)
        let many = try steps(1000)
        #expect(few.map(\.type) == [1, 1, 1, 1, 0, 0] && many.map(\.type) == few.map(\.type))
        for (index, message) in sharedPrefixMessages.enumerated() {
            #expect(
                Double(many[index].steps) <= 1.5 * Double(few[index].steps),
                "\(message): \(few[index].steps) with 10 rules, \(many[index].steps) with 1000")
        }
    }

    @Test func noMessageCostsMoreThanTheBound() throws {
        // Free text inside free text: the worst that a structure can ask for.
        var patterns: [String] = []
        for index in 0..<40 {
            patterns.append((0...index).map { "{f\($0):text}a" }.joined() + "{g:text}b\(index)c")
        }
        let set = try parserSet(patterns)
        var encoder = EventEncoder(set)
        var headers = HeaderParser()
        for length in [0, 1, 100, 1000, 10_000, 60_000] {
            let frame = [UInt8](repeating: UInt8(ascii: "a"), count: length)
            var header = headers.parse(frame.span, receivedSeconds: 0, zone: .utc)
            header.content = ByteRange(start: 0, count: UInt32(length))
            header.body = header.content
            #expect(encoder.match(frame.span, header, parser: set.parser(named: "test")!) == .syslog)
            // The bound is looked at between captures, each of which looks at no byte twice.
            #expect(encoder.byteSteps <= 40 * length + 2048)
        }
    }
}
