import Events
import Foundation
import Parsers
import Syslog
import Testing

/// What the parsers in Swift that come with the package make of messages.
@Suite struct ShippedPluginTests {
    private static let set = Result { try ParserSet([]) }

    /// The event's own part, as it is written; nil when the message is not the parser's.
    private func event(_ parser: String, _ message: String) throws -> String? {
        var harness = try Harness(try Self.set.get(), parser: parser)
        let event = harness.event(message: Array(message.utf8))
        let json = String(decoding: try #require(event), as: UTF8.self)
        _ = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        guard !json.hasPrefix(#"{"type":"SYSLOG""#) else { return nil }
        #expect(json.hasPrefix(#"{"type":"\#(parser.uppercased())","timestamp":""#))
        let own = try #require(json.range(of: #""source":"\#(parser)""#)).upperBound
        let end = try #require(json.range(of: #","message":""#, options: .backwards)).lowerBound
        return String(json[own..<end].dropFirst())
    }

    @Test(
        arguments: [
            (#"{"a":1}"#, #""fields":{"a":1}"#), ("{}", #""fields":{}"#),
            (#" { "a" : [ 1 , 2 ] } "#, #""fields":{"a":[1,2]}"#),
            (#"@cee:{"a":"b"}"#, #""fields":{"a":"b"}"#), (#"@cee: {"a":"b"}"#, #""fields":{"a":"b"}"#),
            (
                #"{"level":"warn","logger":"x.y","msg":"a \"b\"","n":1}"#,
                #""fields":{"level":"warn","logger":"x.y","msg":"a \"b\"","n":1},"level":"warn","logger":"x.y","#
                    + #""text":"a \"b\"""#
            ),
            (
                #"{"level":30,"severity":"high","lvl":"x"}"#,
                #""fields":{"level":30,"severity":"high","lvl":"x"},"level":"high""#
            ),
            // What a message calls itself stays under `fields`.
            (
                #"{"type":"DHCP_LEASE","source":"x","syslog":{"host":"y"}}"#,
                #""fields":{"type":"DHCP_LEASE","source":"x","syslog":{"host":"y"}}"#
            ),
            ("[1]", nil), ("", nil), ("text", nil), ("{\"a\":1} x", nil), ("{\"a\":", nil), ("@cee:", nil),
            ("@cee: x", nil),
        ] as [(String, String?)])
    func json(message: String, expected: String?) throws {
        #expect(try event("json", message) == expected)
    }

    @Test(
        arguments: [
            ("a=1 b=2", #""fields":{"a":"1","b":"2"}"#), ("a=", #""fields":{"a":""}"#),
            (
                #"level=info msg="it is \"done\"\n" took=3ms cached"#,
                #""fields":{"level":"info","msg":"it is \"done\"\n","took":"3ms","cached":true},"level":"info","#
                    + #""text":"it is \"done\"\n""#
            ),
            (#"a="x\qy" b="z"#, #""fields":{"a":"x\\qy","b":"\"z"}"#), (#"a="x"y"#, #""fields":{"a":"\"x\"y"}"#),
            ("@t=1 http.status=200 a=1 a=2", #""fields":{"@t":"1","http.status":"200","a":"1"}"#),
            ("a=é é=1 b=2", #""fields":{"a":"é","b":"2"}"#), ("type=X a=,b;", #""fields":{"type":"X","a":",b;"}"#),
            ("hello a=1", nil), ("", nil), ("=1", nil), ("hello", nil),
        ] as [(String, String?)])
    func logfmt(message: String, expected: String?) throws {
        #expect(try event("logfmt", message) == expected)
    }

    private static let head =
        #""device_vendor":"V","device_product":"P","device_version":"1","signature_id":"100","signature_name":"worm","#
        + #""cef_severity":"10""#

    @Test(
        arguments: [
            ("CEF:0|V|P|1|100|worm|10|", head), ("CEF:1|V|P|1|100|worm|10", head), ("0|V|P|1|100|worm|10|", head),
            ("CEF: 0|V|P|1|100|worm|10|", head),
            (
                #"CEF:0|V\|W|P\\Q|1|100||10|"#,
                #""device_vendor":"V|W","device_product":"P\\Q","device_version":"1","signature_id":"100","cef_severity":"10""#
            ),
            (
                "CEF:0|V|P|1|100|worm|10|src=10.0.0.1 dst=2001:db8::1 spt=1232 dpt=80 proto=TCP in=5 out=6 act=blocked",
                head + #","src_ip":"10.0.0.1","dst_ip":"2001:db8::1","src_port":1232,"dst_port":80,"protocol":"TCP","#
                    + #""bytes_in":5,"bytes_out":6,"action":"blocked""#
            ),
            (
                #"CEF:0|V|P|1|100|worm|10|msg=a \= b\nc d suser=Anna B request=http://x/?a=b\=c  x.y[0]=z "#,
                head + #","text":"a = b\nc d","user":"Anna B","extension":{"request":"http://x/?a=b=c","x.y[0]":"z"}"#
            ),
            // What does not fit stays in the extension; a key that comes twice counts once.
            (
                "CEF:0|V|P|1|100|worm|10|src=host spt=x dpt=1 dpt=2 a=1 a=2 smac=00-11-22-33-44-55",
                head + #","extension":{"src":"host","spt":"x","a":"1"},"dst_port":1,"src_mac":"00:11:22:33:44:55""#
            ),
            (
                "CEF:0|V|P|1|100|worm|10|cs1=x y cs1Label=Rule name cn1Label=N cn1=5 cs2Label=alone",
                head + #","extension":{"Rule name":"x y","N":"5","cs2Label":"alone"}"#
            ),
            // A label cannot take the place of another key.
            (
                "CEF:0|V|P|1|100|worm|10|a=1 cs1Label=a cs1=2",
                head + #","extension":{"a":"1","cs1Label":"a","cs1":"2"}"#
            ),
            ("CEF:0|V|P|1|100|worm", nil), ("CEF:2|V|P|1|100|worm|10|", nil), ("CEF:", nil), ("", nil), ("0", nil),
            ("text", nil),
        ] as [(String, String?)])
    func cef(message: String, expected: String?) throws {
        #expect(try event("cef", message) == expected)
    }

    @Test func cefIsFoundByTheTagThatItsHeaderLeaves() throws {
        let set = try Self.set.get()
        var harness = try Harness(set, parser: "cef")
        let frame = Array("<13>Nov  4 14:02:09 gw1 CEF:0|V|P|1|100|worm|10|src=10.0.0.1".utf8)
        let header = harness.headers.parse(frame.span, receivedSeconds: 1_762_264_929, zone: .utc)
        #expect(set.parser(forProgram: frame[header.program.offsets].span) == set.parser(named: "cef"))
        let event = harness.event(frame: frame, envelope: Envelope(receivedNanoseconds: 0))
        let json = try #require(event).json
        #expect(json.contains(Self.head) && json.contains(#""src_ip":"10.0.0.1""#), "\(json)")
    }

    @Test func aRouteKeyIsFoundInAPluginsField() throws {
        let set = try Self.set.get()
        var harness = try Harness(set, parser: "json")
        let event = harness.event(
            frame: Array(#"<13>Nov  4 14:02:09 gw1 app: {"level":"warn"}"#.utf8),
            envelope: Envelope(receivedNanoseconds: 0), key: set.vocabulary.fieldID(named: "level"))
        let (json, place, _) = try #require(event)
        #expect(Array(json.utf8)[place.keyStart..<place.keyStart + place.keyCount].elementsEqual("warn".utf8))
    }

    @Test func anObjectHoldsAFixedNumberOfKeys() throws {
        let pairs = (0..<1000).map { "k\($0)=\($0)" }.joined(separator: " ")
        var harness = try Harness(try Self.set.get(), parser: "logfmt")
        let object = try harness.object(pairs)
        let fields = try #require(object["fields"] as? [String: String])
        #expect(fields.count == PluginFields.memberCapacity && fields["k255"] == "255" && fields["k256"] == nil)
    }
}
