import Events
import Parsers
import Syslog
import TestRules
import TestSupport
import Testing

/// An encoder that has seen other lines must write what one that has seen none writes.
@Suite struct SenderCacheTests {
    private struct Line {
        var frame: [UInt8]
        var peer: [UInt8]
        var received: Int64
        var truncated = false

        init(_ frame: String, peer: String = "192.0.2.10", received: Int64 = 1_762_264_929_120_000_000) {
            self.frame = Array(frame.utf8)
            self.peer = Array(peer.utf8)
            self.received = received
        }
    }

    private func encode(
        _ line: Line, key: FieldID?, room: Int = 1 << 14, with encoder: inout EventEncoder, _ parser: ParserID
    ) -> (event: EncodedEvent, bytes: [UInt8])? {
        var headers = HeaderParser()
        let header = headers.parse(line.frame.span, receivedSeconds: 1_762_264_929, zone: .utc)
        _ = encoder.match(line.frame.span, header, parser: parser)
        // A guard behind the room shows any write past it.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room + 64, alignment: 8)
        defer { memory.deallocate() }
        for index in room..<room + 64 { memory[index] = 0xA5 }
        let out = UnsafeMutableRawBufferPointer(rebasing: memory[..<room])
        let event = line.peer.withUnsafeBytes { peer in
            encoder.encode(
                line.frame.span, header,
                envelope: Envelope(receivedNanoseconds: line.received, peer: peer, truncated: line.truncated), key: key,
                into: out)
        }
        for index in room..<room + 64 { #expect(memory[index] == 0xA5, "written past the end") }
        return event.map { ($0, Array(memory[..<$0.byteCount])) }
    }

    private func check(_ lines: [Line], seed: UInt64 = 0) throws {
        let set = try BuiltIn.set()
        let parser = try #require(set.parser(named: "dhcp_log_parser"))
        var warm = EventEncoder(set)
        let keys: [FieldID?] = [
            nil, .host, .program, .pid, .msgid, .facility, .severity, .peer, .message,
            set.vocabulary.fieldID(named: "mac"),
        ]
        for (index, line) in lines.enumerated() {
            let key = keys[index % keys.count]
            var cold = EventEncoder(set)
            let expected = try #require(encode(line, key: key, with: &cold, parser))
            for _ in 0..<2 {
                let event = try #require(encode(line, key: key, with: &warm, parser))
                #expect(event.bytes == expected.bytes, "seed \(seed), line \(index)")
                #expect(event.event == expected.event, "seed \(seed), line \(index)")
            }
        }
    }

    private let ack = "DHCPACK on 192.168.0.101 to 00:11:22:33:44:55 (laptop-01) via eth0"

    @Test func whatDiffersBetweenLinesOfASenderIsWritten() throws {
        let base = "<30>Nov  4 14:02:09 gw1 dhcpd[812]: "
        var cut = Line(base + ack)
        cut.truncated = true
        try check([
            Line(base + ack), Line(base + "DHCPACK on 10.0.0.1 to 00-11-22-33-44-56 via eth1"), Line(base + "other"),
            Line(base + ack, peer: "192.0.2.11"), Line(base + ack, peer: ""), Line(base + ack, peer: "::1"),
            Line(base + ack, peer: "::2"), Line(base + ack, received: 1_762_264_930_000_000_000),
            Line("<31>Nov  4 14:02:09 gw1 dhcpd[812]: " + ack), Line("Nov  4 14:02:09 gw1 dhcpd[812]: " + ack),
            Line("<13>Nov  4 14:02:09 gw1 dhcpd[812]: " + ack), Line("<30>Nov  4 14:02:09 gw1 dhcpd[813]: " + ack),
            Line("<30>Nov  4 14:02:09 gw1 dhcpd: " + ack), Line("<30>Nov  4 14:02:09 gw1d hcpd[812]: " + ack),
            Line("<30>Nov  4 14:02:09 gw2 dhcpd[812]: " + ack), Line("<30>Nov  4 14:02:09 dhcpd[812]: " + ack),
            Line("<30>1 2025-11-04T14:02:09Z gw1 dhcpd 812 - - " + ack),
            Line("<30>1 2025-11-04T14:02:09Z gw1 dhcpd 812 ID - " + ack),
            Line("<30>1 2025-11-04T14:02:09Z gw1 dhcpd 812 - [a b=\"c\"] " + ack),
            Line("<30>1 2025-11-04T14:02:09Z g\"1 dhcpd 812 - - " + ack),
            Line("<30>1 2025-11-04T14:02:09Z gw1 dh\\pd 812 - - " + ack),
            Line("<30>Nov  4 14:02:09 gw1 dhcpd[812]: message repeated 3 times: [ \(ack)]"), cut,
            Line("<999>" + ack), Line(base + ack, peer: String(repeating: "9", count: 60)),
            Line(base + ack),
        ])
    }

    @Test func bytesThatAreNotUTF8AreNotKept() throws {
        var line = Line("<30>1 2025-11-04T14:02:09Z gwX dhcpd 812 - - " + ack)
        let at = try #require(line.frame.firstIndex(of: UInt8(ascii: "X")))
        line.frame[at] = 0xFF
        try check([line, line, Line("<30>1 2025-11-04T14:02:09Z gw1 dhcpd 812 - - " + ack), line])
    }

    @Test func sendersThatShareAPlaceDoNotMix() throws {
        // Far more senders than places, each of them twice and again in another order.
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        var lines = (0..<600).map { index in
            Line(
                "<\(index % 192)>Nov  4 14:02:09 host-\(index % 37)x\(String(repeating: "y", count: index % 50)) "
                    + "prog\(index % 11)\(index % 3 == 0 ? "" : "[\(index % 101)]"): \(ack)",
                peer: "192.0.2.\(index % 5)", received: 1_762_264_929_000_000_000 + Int64(index % 7) * 1_000_000)
        }
        lines += lines.shuffled(using: &random)
        try check(lines, seed: seed)
    }

    @Test func aKeptSenderWritesTheSameIntoAnyRoom() throws {
        let set = try BuiltIn.set()
        let parser = try #require(set.parser(named: "dhcp_log_parser"))
        for text in [ack, "short", "DHCPDISCOVER from 00:11:22:AA:BB:CC (a \"b\" é) via eth0.20"] {
            let line = Line("<30>Nov  4 14:02:09 gw1 dhcpd[812]: " + text)
            var encoder = EventEncoder(set)
            let whole = try #require(encode(line, key: .pid, with: &encoder, parser))
            for room in 0..<whole.bytes.count {
                #expect(encode(line, key: .pid, room: room, with: &encoder, parser) == nil)
            }
            for room in whole.bytes.count...whole.bytes.count + 100 {
                let event = try #require(encode(line, key: .pid, room: room, with: &encoder, parser))
                #expect(event.bytes == whole.bytes, "room \(room)")
                #expect(event.event == whole.event, "room \(room)")
            }
        }
    }
}
