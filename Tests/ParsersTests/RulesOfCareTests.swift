import Events
import Foundation
import Parsers
import RuleTools
import Syslog
import Testing
import TestRules

/// What every rule of every file is held to, by changing the examples (docs/writing-rules.md, "Rules of care").
@Suite struct RulesOfCareTests {
    private static let head = Array("<30>1 2025-11-04T14:02:09Z host program - - - ".utf8)

    /// An event without its text, which keeps what is appended; the fields as JSON reads them.
    private static func fields(_ json: String) throws -> NSDictionary {
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
        let fields = try #require(object as? [String: Any])
        return NSDictionary(dictionary: fields.filter { $0.key != "message" && $0.key != "raw" })
    }

    private static func event(_ harness: inout Harness, _ message: [UInt8]) throws -> NSDictionary {
        let event = harness.event(frame: head + message, envelope: Envelope(receivedNanoseconds: 0))
        return try fields(try #require(event).json)
    }

    /// The examples of one parser: what their patterns were compared with.
    private static func examples(_ parser: String) throws -> [RulesReport.ExampleResult] {
        try BuiltIn.results().filter { $0.parser == parser }
    }

    @Test(
        "a space, an escaped or real line end or a NUL behind a message changes no field",
        arguments: RulesFile.builtIn.map(\.parser))
    func endings(parser: String) throws {
        var harness = try Harness(try BuiltIn.set(), parser: parser)
        let endings = [" ", "#012", "\r", "\n", "\0", "\t ", " #015#012\r\n"].map { Array($0.utf8) }
        for example in try Self.examples(parser) {
            let expected = try Self.event(&harness, example.message)
            for ending in endings {
                let changed = try Self.event(&harness, example.message + ending)
                #expect(changed == expected, "\(example.file):\(example.line) with \(ending) behind it")
            }
        }
    }

    @Test("a placeholder in place of a value leaves its field out", arguments: RulesFile.builtIn.map(\.parser))
    func placeholders(parser: String) throws {
        var harness = try Harness(try BuiltIn.set(), parser: parser)
        let words = ["UNKNOWN", "(null)", "n/a", "<unknown>"]
        for example in try Self.examples(parser) {
            let message = String(decoding: example.message, as: UTF8.self)
            let original = try Self.event(&harness, example.message)
            for (field, value) in original {
                guard let text = value as? String, text.utf8.count > 1, field as? String != "timestamp" else {
                    continue
                }
                for word in words {
                    guard let place = message.range(of: text) else { continue }
                    let changed = try Self.event(
                        &harness, Array(message.replacingCharacters(in: place, with: word).utf8))
                    for (name, value) in changed {
                        #expect(value as? String != word, "\(example.file):\(example.line) \(name) is \(word)")
                    }
                }
            }
        }
    }

    /// Every choice of members, in their order.
    @Test func anyMemberOfAPAMFailureMayBeMissing() throws {
        let members = [
            ("logname", "anna", "by_user"), ("uid", "1000", "by_uid"), ("euid", "0", "effective_uid"),
            ("tty", "ssh", "tty"), ("ruser", "carl", "remote_user"), ("rhost", "192.0.2.66", "client_ip"),
            ("user", "bob", "user"),
        ]
        var harness = try Harness(try BuiltIn.set(), parser: "pam_log_parser")
        for choice in 1..<(1 << members.count) {
            let present = members.indices.filter { choice >> $0 & 1 == 1 }.map { members[$0] }
            let list = present.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
            let fields = try harness.object("pam_unix(sshd:auth): authentication failure; \(list)")
            #expect(fields["type"] as? String == "PAM_FAILURE", "\(list)")
            for member in members {
                let expected = present.contains { $0.0 == member.0 } ? member.1 : nil
                #expect(fields[member.2] as? String == expected, "\(member.2) of \(list)")
            }
        }
    }

    /// Every member left out, and every two of them.
    @Test(arguments: ["", "PHYSIN=veth1 PHYSOUT=eth2 "])
    func anyMemberOfAPacketMayBeMissing(bridge: String) throws {
        let members = [
            "OUT=eth1", "MAC=02:00:5e:10:00:01:02:00:5e:10:00:02:08:00", "SRC=198.51.100.7", "DST=192.0.2.1", "LEN=60",
            "TOS=0x00", "PREC=0x00", "TTL=51", "ID=54321", "DF", "PROTO=TCP", "SPT=40000", "DPT=22", "WINDOW=64240",
            "RES=0x00", "SYN", "URGP=0", "MARK=0x1",
        ]
        let fields: [(String, String)] = [
            ("OUT=eth1", "out_interface"), ("MAC=02:00:5e:10:00:01:02:00:5e:10:00:02:08:00", "src_mac"),
            ("SRC=198.51.100.7", "src_ip"), ("DST=192.0.2.1", "dst_ip"), ("LEN=60", "length"), ("TTL=51", "ttl"),
            ("ID=54321", "ip_id"), ("PROTO=TCP", "protocol"), ("SPT=40000", "src_port"), ("DPT=22", "dst_port"),
            ("WINDOW=64240", "window"), ("MARK=0x1", "mark"),
        ]
        var harness = try Harness(try BuiltIn.set(), parser: "kernel_log_parser")
        for one in members.indices {
            for other in one..<members.count {
                let left = members.indices.filter { $0 != one && $0 != other }.map { members[$0] }
                var list = left.joined(separator: " ")
                if let mac = list.range(of: "MAC=") ?? list.range(of: "SRC=") ?? list.range(of: "DST=") {
                    list.insert(contentsOf: bridge, at: mac.lowerBound)
                }
                let event = try harness.object("fw: IN=eth0 \(list)")
                #expect(event["type"] as? String == "NETFILTER_PACKET", "\(list)")
                #expect(event["in_interface"] as? String == "eth0", "\(list)")
                for (member, field) in fields {
                    #expect((event[field] != nil) == left.contains(member), "\(field) of \(list)")
                }
                if !bridge.isEmpty { #expect(event["physical_out"] as? String == "eth2", "\(list)") }
            }
        }
    }

    private static let forged = [
        // Directories and commands are the user's own text.
        "mallory : TTY=pts/5 ; PWD=/tmp/x ; USER=alice ; USER=root ; COMMAND=/bin/id",
        "mallory : TTY=pts/5 ; PWD=/tmp/x ; USER=alice ; COMMAND=/bin/ls ; USER=root ; COMMAND=/bin/id",
        "mallory : PWD=/tmp/a b ; USER=alice ; COMMAND=/bin/ls ; USER=root ; COMMAND=/bin/id",
        "mallory : command not allowed ; PWD=/tmp/x ; USER=alice ; COMMAND=/bin/ls ; USER=root ; COMMAND=/bin/id",
        "mallory : user NOT in sudoers ; TTY=pts/5 ; PWD=/tmp/x ; USER=alice ; GROUP=ops ; USER=root ; COMMAND=/bin/id",
        "mallory : 3 incorrect password attempts ; PWD=/tmp/x ; USER=alice ; COMMAND=/bin/ls ; USER=root ; COMMAND=/bin/id",
    ]

    @Test(arguments: forged)
    func aDirectoryOfSudosUserNamesNoTarget(line: String) throws {
        var harness = try Harness(try BuiltIn.set(), parser: "sudo_log_parser")
        let event = try harness.object(line)
        #expect(event["type"] as? String != "SYSLOG")
        #expect(event["user"] as? String == "mallory")
        #expect(event["target_user"] == nil && event["command"] == nil && event["target_group"] == nil)
    }
}
