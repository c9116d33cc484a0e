import Syslog
import TestSupport
import Testing

@Suite struct HeaderPropertyTests {
    /// A random valid RFC 5424 message, and what its parts are.
    private struct Encoded {
        var frame: [UInt8] = []
        var priority = 0
        var time: SyslogTimestamp?
        var fields: [[UInt8]?] = []
        var elements: [(id: [UInt8], parameters: [(name: [UInt8], value: [UInt8])])] = []
        var message: [UInt8]?

        init(_ generator: inout SeededGenerator) {
            priority = generator.int(0...191)
            frame = Array("<\(priority)>1 ".utf8)
            addTime(&generator)
            for longest in [255, 48, 128, 32] {
                var field = Encoded.printable(&generator, 1...(generator.int(0...3) == 0 ? longest : 12), not: "")
                if field == [0x2D] { field = [0x2D, 0x2D] }
                fields.append(generator.int(0...3) == 0 ? nil : field)
                frame += [0x20] + (fields[fields.count - 1] ?? [0x2D])
            }
            frame.append(0x20)
            addElements(&generator)
            if generator.int(0...4) > 0 {
                frame.append(0x20)
                if generator.int(0...2) == 0 { frame += [0xEF, 0xBB, 0xBF] }
                var text = (0..<generator.int(0...60)).map { _ in UInt8(generator.int(0...255)) }
                // A byte order mark of its own, a line end and what the body leaves out have tests of their own.
                if let first = text.first, first == 0xEF || "[lm-".utf8.contains(first) { text[0] = 0x78 }
                if !text.isEmpty { text[text.count - 1] = 0x2E }
                message = text
                frame += text
            }
        }

        private mutating func addTime(_ generator: inout SeededGenerator) {
            if generator.int(0...5) == 0 {
                frame.append(0x2D)
                return
            }
            let year = generator.int(1...9998)
            let month = generator.int(1...12)
            let day = generator.int(1...28)
            let clock = (generator.int(0...23), generator.int(0...59), generator.int(0...59))
            let digits = generator.int(0...9)
            let fraction = (0..<digits).map { _ in generator.int(0...9) }
            var offset = 0
            var zone = "Z"
            if generator.int(0...1) == 1 {
                let hours = generator.int(0...23)
                let minutes = generator.int(0...59)
                let sign = generator.int(0...1) == 0 ? 1 : -1
                offset = sign * (hours * 3_600 + minutes * 60)
                zone = (sign > 0 ? "+" : "-") + Encoded.padded(hours, 2) + ":" + Encoded.padded(minutes, 2)
            }
            let local =
                Encoded.padded(year, 4) + "-" + Encoded.padded(month, 2) + "-" + Encoded.padded(day, 2) + "T"
                + Encoded.padded(clock.0, 2) + ":" + Encoded.padded(clock.1, 2) + ":" + Encoded.padded(clock.2, 2)
            frame += Array(
                (local + (digits == 0 ? "" : "." + fraction.map(String.init).joined()) + zone).utf8)
            var nanoseconds: UInt32 = 0
            for index in 0..<9 { nanoseconds = nanoseconds * 10 + UInt32(index < digits ? fraction[index] : 0) }
            let days = Encoded.days(year, month, day)
            time = SyslogTimestamp(
                seconds: Int64(days * 86_400 + clock.0 * 3_600 + clock.1 * 60 + clock.2 - offset),
                nanoseconds: nanoseconds, digits: UInt8(digits))
        }

        private mutating func addElements(_ generator: inout SeededGenerator) {
            let count = generator.int(0...3)
            if count == 0 { frame.append(0x2D) }
            for _ in 0..<count {
                let id = Encoded.printable(&generator, 1...32, not: "=]\"")
                frame += [0x5B] + id
                var parameters: [(name: [UInt8], value: [UInt8])] = []
                for _ in 0..<generator.int(0...3) {
                    let name = Encoded.printable(&generator, 1...32, not: "=]\"")
                    let value = (0..<generator.int(0...20)).map { _ in
                        generator.int(0...3) == 0 ? generator.pick(Array("\"\\]".utf8)) : UInt8(generator.int(0...255))
                    }
                    frame += [0x20] + name + [0x3D, 0x22]
                    for byte in value { frame += "\"\\]".utf8.contains(byte) ? [0x5C, byte] : [byte] }
                    frame.append(0x22)
                    parameters.append((name, value))
                }
                frame.append(0x5D)
                elements.append((id, parameters))
            }
        }

        /// Counted day by day and year by year: slow, and nothing like the code under test.
        private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
            func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
            var days = day - 1
            let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            days += lengths[..<(month - 1)].reduce(0, +)
            for earlier in min(year, 1970)..<max(year, 1970) {
                days += (isLeap(earlier) ? 366 : 365) * (year > 1970 ? 1 : -1)
            }
            return days
        }

        private static func padded(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: width - text.count) + text
        }

        private static func printable(
            _ generator: inout SeededGenerator, _ count: ClosedRange<Int>, not excluded: String
        ) -> [UInt8] {
            let allowed = (33...126).map { UInt8($0) }.filter { !excluded.utf8.contains($0) }
            return (0..<generator.int(count)).map { _ in generator.pick(allowed) }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `A valid RFC 5424 message is read back as it was written`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var parser = HeaderParser()
        for round in 0..<1_000 {
            let sent = Encoded(&generator)
            let message = parser.parse(sent.frame.span, receivedSeconds: 0, zone: .utc)
            let hint: Comment =
                "seed \(seed), round \(round), \(String(decoding: sent.frame, as: UTF8.self).debugDescription)"
            #expect(message.format == .rfc5424, hint)
            #expect(message.fault == nil, hint)
            #expect(Int(message.facility) * 8 + Int(message.severity) == sent.priority, hint)
            #expect(message.timestamp == sent.time ?? .absent, hint)
            let ranges = [message.host, message.program, message.processID, message.messageID]
            #expect(ranges.map { Array(sent.frame[$0.offsets]) } == sent.fields.map { $0 ?? [] }, hint)
            #expect(Array(sent.frame[message.content.offsets]) == sent.message ?? [], hint)
            #expect(read(message.structuredData, sent.frame) == flat(sent), hint)
        }
    }

    private func flat(_ sent: Encoded) -> [[UInt8]] {
        sent.elements.flatMap { element in [element.id] + element.parameters.flatMap { [$0.name, $0.value] } }
    }

    private func read(_ range: ByteRange, _ frame: [UInt8]) -> [[UInt8]] {
        var reader = StructuredDataReader(range)
        var items: [[UInt8]] = []
        while let item = reader.next(in: frame.span) {
            switch item {
            case .element(let id): items.append(Array(frame[id.offsets]))
            case .parameter(let name, let value, let hasEscapes):
                let raw = Array(frame[value.offsets])
                #expect(hasEscapes == raw.contains(0x5C))
                var plain: [UInt8] = []
                var index = 0
                while index < raw.count {
                    if raw[index] == 0x5C, index + 1 < raw.count, StructuredDataReader.isEscape(before: raw[index + 1])
                    {
                        index += 1
                    }
                    plain.append(raw[index])
                    index += 1
                }
                items += [Array(frame[name.offsets]), plain]
            }
        }
        return items
    }

    private static let examples: [String] = [
        "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{FEFF}'su root' failed",
        "<165>1 2003-10-11T22:14:15.003-07:00 h p 1 m [a@1 iut=\"3\" e=\"\\\"\\]\"][b c=\"d\"] text",
        "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.168.0.101 to 00:11:22:33:44:55",
        "<30>Nov  4 14:02:09.123 CET 2025 gw1 postfix/smtpd[812]: text",
        "<30>2025-11-04T14:02:09.123456+01:00 gw1 app: text",
        "<189>000123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: Configured",
        "<189>Mar  1 18:46:12 r1 123: *Mar  1 18:46:11.123 UTC: %LINK-3-UPDOWN: up",
        "<6>Nov  4 14:02:09 gw1 kernel: [12345.678901] eth0: up",
        "<38>Nov  4 14:02:09 gw1 sshd[9]: message repeated 2 times: [ Failed password]",
        "Nov  4 14:02:09 last message repeated 3 times",
        "04-Nov-2025 14:02:09.120 queries: info: client @0x7f 192.0.2.1#5353: query",
        "<30>Nov  4 14:02:09 Message forwarded from gw1: sshd[12]: x",
        "2025 Nov  4 14:02:09 fe80::1%eth0 Foo::Bar[1]: x",
        "<189>61: edge7: 000062: *Nov  4 14:02:09.345 Reykjavik: %SYS-5-CONFIG_I: Configured",
        "<187>901: core7 RP/0/RSP0/CPU0:Nov  4 14:02:09.227 UTC: ifmgr[214]: %LINK-3-UPDOWN : down",
        "<38>Nov  4 14:02:09 relay7 <38>1 2025-11-04T15:02:08+01:00 gw7 sshd 5 - [a b=\"c\"] x",
        "<30>1 2025-11-04T14:02:09Z ow7 odhcpd 13 - - 2025-11-04T14:02:08.209Z ow7 odhcpd: x y",
        "<30>Nov  4 14:02:09 AP-hall 02005e105301,U6-LR-6.5.28+14491: user.warn hostapd[812]: ath1",
        "<46>Nov  4 14:02:09 fb7 80BE00D3C8AE4 (2025-11-04T15:02:09) http-proxy[28]: Deny",
        "<38>Nov  4 14:02:09 sun7 sshd[812]: [ID 800047 auth.info] Accepted password #012",
        "Tue Nov  4 14:02:09 2025 <daemon.info> desk7 gdm-autologin][33]: y",
        "[1762264929] unbound[77:3] info: text",
        "2025-11-04 14:02:09.123 INFO  [kea-dhcp4.leases/812.14] DHCP4_LEASE_ALLOC x",
        "<134>1 1762264929.123456789 MX7 flows src=198.51.100.9",
        "Nov  4 14:02:09 mac7 Example Browser Helper (Renderer)[123]: text",
    ]

    /// What must hold for any bytes at all.
    private func checkSanity(_ frame: [UInt8], _ parser: inout HeaderParser, _ hint: @autoclosure () -> Comment) {
        let received: Int64 = 1_762_264_929
        let message = parser.parse(frame.span, receivedSeconds: received, zone: .utc)
        var fresh = HeaderParser()
        let again = fresh.parse(frame.span, receivedSeconds: received, zone: .utc)
        var isSane = message == again && message.facility < 24 && message.severity < 8
        isSane = isSane && message.timestamp.nanoseconds < 1_000_000_000 && message.timestamp.digits < 10
        let ranges = [
            message.host, message.program, message.processID, message.messageID, message.structuredData,
            message.content, message.body,
        ]
        isSane = isSane && ranges.allSatisfy { Int($0.start) + Int($0.count) <= frame.count }
        isSane = isSane && message.body.lowerBound >= message.content.lowerBound
        isSane = isSane && message.body.upperBound <= message.content.upperBound
        // No text is lost: what follows the content is nothing but line ends.
        isSane = isSane && frame[message.content.upperBound...].allSatisfy { $0 == 0 || $0 == 10 || $0 == 13 }
        if let fault = message.fault { isSane = isSane && fault.column >= 1 && Int(fault.column) <= frame.count + 1 }
        if message.format == .unstructured { isSane = isSane && message.content.start == 0 && message.host.isEmpty }
        #expect(isSane, hint())
        _ = read(message.structuredData, frame)
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func `Random bytes never trap, and ranges stay inside the frame`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var parser = HeaderParser()
        let usual = Array("<>[]:. -0123456789=\"\\TZ+JanFebNov%*".utf8)
        for round in 0..<2_000 {
            let frame = (0..<generator.int(0...80)).map { _ in
                generator.int(0...2) == 0 ? UInt8(generator.int(0...255)) : generator.pick(usual)
            }
            checkSanity(frame, &parser, "seed \(seed), round \(round), \(frame)")
        }
    }

    @Test(arguments: [21, 22, 23] as [UInt64])
    func `Mutated examples never trap, and ranges stay inside the frame`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var parser = HeaderParser()
        for round in 0..<2_000 {
            var frame = Array(generator.pick(HeaderPropertyTests.examples).utf8)
            for _ in 0..<generator.int(0...3) where !frame.isEmpty {
                let place = generator.int(0...(frame.count - 1))
                switch generator.int(0...4) {
                case 0: frame[place] = UInt8(generator.int(0...255))
                case 1: frame.remove(at: place)
                case 2: frame.insert(frame[generator.int(0...(frame.count - 1))], at: place)
                case 3: frame.removeSubrange(place...)
                default: frame.swapAt(place, generator.int(0...(frame.count - 1)))
                }
            }
            checkSanity(frame, &parser, "seed \(seed), round \(round), \(frame)")
        }
    }

    @Test(arguments: examples)
    func `An example cut anywhere keeps its text`(_ example: String) {
        var parser = HeaderParser()
        let whole = Array(example.utf8)
        for count in 0...whole.count {
            checkSanity(Array(whole[..<count]), &parser, "cut at \(count)")
        }
    }
}
