import Foundation
import Parsers
import TestSupport
import Testing

@Suite struct LongTextTests {
    @Test(
        arguments: [
            ("{x:long} via {y}", "a via b via c", "T0 x=a via b y=c"), ("{x:long} via {y}", "a b", nil),
            ("{x:long}/{y}/{z}", "a/b/c/d", "T0 x=a/b y=c z=d"), ("{x:long}/{y:host}", "a/b/c", "T0 x=a/b y=c"),
            ("({x:long}) via {y}", "(a) via b) via eth0", "T0 x=a) via b y=eth0"),
            ("[{x:long}]", "[]", "T0"), ("{x:long} b", " b", "T0"),
            // With nothing or only the pattern's end behind it, it is a text.
            ("a {x:long}", "a b c", "T0 x=b c"), ("{x:long}.", "a.b.", "T0 x=a.b"), ("{x:long}.", "a.b", nil),
            // The values behind the text take part in finding the last place, up to the next free one.
            ("user {x:long} {y:ip} port {z:int}", "user a b 192.0.2.1 port 22", "T0 x=a b y=192.0.2.1 z=22"),
            (
                "user {x:long} {y:ip} port {z:int}", "user a 9.9.9.9 port 7 192.0.2.1 port 22",
                "T0 x=a 9.9.9.9 port 7 y=192.0.2.1 z=22"
            ),
            ("user {x:long} {y:ip} port {z:int}", "user a 9.9.9.9 port 7 b", nil),
            ("user {x:long} {y:ip} port {z:int}", "user  192.0.2.1 port 22", "T0 y=192.0.2.1 z=22"),
            ("user {x:long} {y:ip}: {z:text}", "user a 9.9.9.9: 192.0.2.1: b", "T0 x=a 9.9.9.9: y=192.0.2.1 z=b"),
            ("{x:long} via {y:host}: {z:int}", "a via b: 1 via c: 2", "T0 x=a via b: 1 y=c z=2"),
            ("{x:long} via {y:host}: {z:int}", "a via b: 1", "T0 x=a y=b z=1"),
            ("{x:long} [{y:word}]", "a [b] [c]", "T0 x=a [b] y=c"), ("{x:long}/{y:word}.", "a/b.c.", "T0 x=a y=b.c"),
            // Of a text no end is looked for: the place is what was found before it.
            ("{x:long} via {y:text}: {z:int}", "a via b: 1 via c d", nil),
            // A value that fits reaches into the text of the next one; the first one's place stays.
            ("{x:long} {y:int} {z:int}", "a 1 2 3", "T0 x=a 1 y=2 z=3"),
            ("{x:long} {y:quoted}", #"a "b" "c""#, #"T0 x=a "b" y=c"#),
            ("{x:long}, {y:long} {z:int}", "a, b, c 1 2", "T0 x=a, b y=c 1 z=2"),
        ] as [(String, String, String?)])
    func itEndsAtTheLastPlaceOfTheTextBehindIt(pattern: String, message: String, expected: String?) throws {
        var harness = try Harness(parserSet([pattern]))
        #expect(try harness.fields(message) == expected)
    }

    @Test(
        arguments: [
            // What begins last in the message first.
            (
                ["{x:long} from {y:ip}", "{x:long} from {y:ip} port {z:int}"], "a from 1.1.1.1 port 2 from 2.2.2.2",
                "T0 x=a from 1.1.1.1 port 2 y=2.2.2.2"
            ),
            (
                ["{x:long} from {y:ip}", "{x:long} from {y:ip} port {z:int}"], "a from 1.1.1.1 from 2.2.2.2 port 3",
                "T1 x=a from 1.1.1.1 y=2.2.2.2 z=3"
            ),
            (["{x:long} on {y:text}", "{x:long} at {y:text}"], "a at b on c", "T0 x=a at b y=c"),
            (["{x:long} on {y:text}", "{x:long} at {y:text}"], "a on b at c", "T1 x=a on b y=c"),
            (["{x:long} on {z:int}", "{x:long} at {y:text}"], "a on 1 at c", "T1 x=a on 1 y=c"),
            // At one place the longer text, then as where patterns part: typed before free.
            (["{x:long}: {y:text}", "{x:long}: a {y:text}"], "b: a c", "T1 x=b y=c"),
            (["{x:long}: {y:text}", "{x:long}: {z:int}"], "b: 1", "T1 x=b z=1"),
            (["{x:long}: {y:text}", "{x:long}: {z:int}"], "b: c", "T0 x=b y=c"),
            (["{x:long}: {y:int} {z:int}", "{x:long}: {v:ip} {w:text}"], "b: 1.2.3.4 5", "T1 v=1.2.3.4 w=5 x=b"),
            // A way that leads nowhere gives way to the others.
            (["{x:long} on {y:text} end", "{x:long} at {y:text}"], "a at b on c", "T1 x=a y=b on c"),
            // Before text, behind the word.
            (["{x:text}: {y:text}", "{x:long}: {y:text}"], "a: b: c", "T1 x=a: b y=c"),
            (["{x:word}: {y:text}", "{x:long}: {y:text}"], "a: b: c", "T0 x=a y=b: c"),
            (["{x:text}: {y:text}", "{x:long}: {z:int}"], "a: b: c", "T0 x=a y=b: c"),
        ] as [([String], String, String?)])
    func ambiguityIsDecidedByTheWrittenRule(patterns: [String], message: String, expected: String?) throws {
        var harness = try Harness(parserSet(patterns))
        #expect(try harness.fields(message) == expected)
        var reversed = try Harness(parserSet(patterns.reversed()))
        let other = expected.map { ($0.hasPrefix("T0") ? "T1" : "T0") + $0.dropFirst(2) }
        #expect(try reversed.fields(message) == other)
    }

    @Test func twoThatEndInOnePlaceAreRefused() {
        #expect(throws: (any Error).self) { try parserSet(["{x:long} {y:ip}.", "{a:long} {b:ip}."]) }
        #expect(throws: (any Error).self) { try parserSet(["{x:long}.", "{a:text}."]) }
        #expect(throws: (any Error).self) { try parserSet(["{x:long}{y:ip}"]) }
    }

    @Test func aNameCannotForgeTheAddressBehindIt() throws {
        var harness = try Harness(
            parserSet([
                "login of {user:long} from {ip:ip} port {port:int}{? [{stage:word}]}",
                "login of {user:long} from {ip:ip}",
            ]))
        let names = [
            "a", "a b", "a from 9.9.9.9 port 22", "a from 9.9.9.9 port 22 [x]", " from ", "from 9.9.9.9",
            " from 9.9.9.9", "a from 9.9.9.9 port", "from from from 9.9.9.9 port 7 from",
        ]
        for name in names {
            for tail in ["", " port 50122", " port 50122 [preauth]"] {
                let fields = try harness.object("login of \(name) from 192.0.2.10\(tail)")
                #expect(fields["ip"] as? String == "192.0.2.10", "\(name)\(tail)")
                #expect(fields["user"] as? String == name, "\(name)\(tail)")
                #expect(fields["port"] as? Int == (tail.isEmpty ? nil : 50122), "\(name)\(tail)")
            }
        }
    }

    /// Against trying every place from the last one on, with a reader of its own for what follows.
    @Test func itIsWhatASearchFromTheEndFinds() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        let pieces = [" via ", " ", "via", "a", "b", "1.2.3.4", "12", "1", ".", " v", " via 7 ", ": "]
        var harness = try Harness(
            parserSet(["0{x:long} via {y:int}", "1{x:long} via {y:int} {z:rest}", "2{x:long}: {v:ipv4}: {y:int}"]))
        var found = 0
        for _ in 0..<3000 {
            let body = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            let expected: [String?] = [
                Self.last(body, " via ") { tail in
                    Self.digits(tail) == tail.count && !tail.isEmpty ? ["y=\(Int(tail) ?? 0)"] : nil
                },
                Self.last(body, " via ") { tail in
                    let count = Self.digits(tail)
                    guard count > 0, tail.dropFirst(count).first == " " else { return nil }
                    let rest = tail.dropFirst(count + 1)
                    return ["y=\(Int(tail.prefix(count)) ?? 0)"] + (rest.isEmpty ? [] : ["z=\(rest)"])
                },
                Self.last(body, ": ") { tail in
                    guard let colon = tail.firstIndex(of: ":"), tail[colon...].hasPrefix(": ") else { return nil }
                    let rest = tail[colon...].dropFirst(2)
                    var storage = in_addr()
                    guard inet_pton(AF_INET, String(tail[..<colon]), &storage) == 1, !rest.isEmpty,
                        Self.digits(rest) == rest.count
                    else { return nil }
                    return ["v=\(tail[..<colon])", "y=\(Int(rest) ?? 0)"]
                },
            ]
            for (index, expected) in expected.enumerated() {
                let actual = try harness.fields("\(index)\(body)")
                let line = expected.map { $0.isEmpty ? "T\(index)" : "T\(index) \($0)" }
                #expect(actual == line, "seed \(seed), \(index)\(body)")
                if actual != nil { found += 1 }
            }
        }
        #expect(found > 50, "seed \(seed)")
    }

    private static func digits(_ text: Substring) -> Int { text.prefix { $0.isASCII && $0.isNumber }.count }

    private static func last(_ body: String, _ text: String, _ fields: (Substring) -> [String]?) -> String? {
        var place = body.endIndex
        while true {
            if body[place...].hasPrefix(text), let found = fields(body[place...].dropFirst(text.count)) {
                let value = body[..<place]
                return ((value.isEmpty ? [] : ["x=\(value)"]) + found).sorted().joined(separator: " ")
            }
            guard place > body.startIndex else { return nil }
            place = body.index(before: place)
        }
    }

    /// Every place fits the beginning of what is behind it, and none all of it.
    @Test func aMessageOfNothingButPlacesIsBounded() throws {
        var harness = try Harness(
            parserSet(["{x:long} {y:hex} {z:int}.", "{x:long} {y:quoted}{z:int}.", "{x:long} {_:json}z {w:word}."]))
        let hostile = [
            String(repeating: " a", count: 4000), " " + String(repeating: "a", count: 8000),
            String(repeating: " \"", count: 4000), String(repeating: " {", count: 4000),
            String(repeating: " 1.2.3.4 port 1", count: 600),
        ]
        for message in hostile {
            #expect(try harness.fields(message) == nil)
            // A last probe may go over the bound by as much as it reads.
            let bound = message.utf8.count * 34 + 2048
            #expect(harness.encoder.byteSteps <= bound, "\(message.prefix(8)): \(harness.encoder.byteSteps)")
        }
    }
}
