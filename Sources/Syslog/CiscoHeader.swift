import Base

/// What Cisco's devices and their relatives write before the text, each part optional and in this order:
/// `[counter:] [origin-id:] [sequence:] [time or uptime:] %FACILITY-SEVERITY-MNEMONIC:`.
///
/// - IOS numbers messages twice (`45: 000046: `), may name itself in between, marks a clock that is not set with `*` or
///   `.`, writes any word for its zone, and the time since its start (`5w6d`, `00:01:01`) where it has no clock.
/// - NX-OS begins with a lone colon and may name a VDC (`%$ VDC-1 %$`); ASA and FTD write `name : %ASA-…` or `name: `;
///   IOS XR a node right before the time and a process before the mnemonic; a wireless controller its task (`*task: `).
///
/// Only a mnemonic at the end makes such a header: without one nothing of it is taken.
struct CiscoHeader {
    /// The device's name, where it is there.
    private(set) var host = ByteRange.absent
    /// The device's own time, when `hasTime`.
    private(set) var reading = ClockReading()
    private(set) var hasTime = false

    /// Reads such a header at `start`. On success sets program, process and content of the message and its host where it
    /// has none yet; otherwise the message is left alone.
    @inline(never)
    mutating func read(_ text: FrameText, from start: Int, _ message: inout SyslogMessage) -> Bool {
        var offset = start
        for _ in 0..<10 {
            while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
            let byte = text[offset]
            if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "#") {
                if text[offset &+ 1] == UInt8(ascii: "$") {
                    offset = CiscoHeader.contextEnd(text, offset)
                    if offset == 0 { return false }
                    continue
                }
                return finish(OriginReader.readMnemonic(text, at: offset, &message), &message)
            }
            if byte == UInt8(ascii: ":") {
                offset &+= 1
                continue
            }
            let timeEnd = readTime(text, at: offset)
            if timeEnd > 0 {
                offset = readLabel(text, after: timeEnd)
                continue
            }
            let next = readWord(text, at: offset)
            if next > 0 {
                offset = next
                continue
            }
            // IOS XR names the process that a message is from.
            let isProcess = OriginReader.readNumberedTag(text, at: offset, &message)
            return finish(isProcess && CiscoHeader.isMnemonic(text, at: message.content.lowerBound), &message)
        }
        return false
    }

    private func finish(_ isRead: Bool, _ message: inout SyslogMessage) -> Bool {
        if !isRead {
            message.program = .absent
            message.processID = .absent
        } else if message.host.isEmpty {
            message.host = host
        }
        return isRead
    }

    /// Reads a time and the colon behind it; returns the offset behind both, 0 when there is none.
    private mutating func readTime(_ text: FrameText, at start: Int) -> Int {
        if hasTime { return 0 }
        let offset = RFC3164Prefix.markEnd(text, start)
        guard isDigit(text[offset]) || isLetter(text[offset]) else { return 0 }
        var ignored = ClockCache()
        var read = ClockReading()
        var isRemembered = false
        guard let end = ignored.readRFC3164Time(text, at: offset, &read, isRemembered: &isRemembered).end else {
            return 0
        }
        reading = read
        hasTime = true
        return text[end] == UInt8(ascii: ":") ? end &+ 1 : end
    }

    /// As `readLabel`, where the time has been read already: `start` is the word behind it. Returns the offset of the
    /// message's tag, 0 when it is another word.
    static func labelEnd(_ text: FrameText, at start: Int, isZoned: Bool, _ message: inout SyslogMessage) -> Int {
        var header = CiscoHeader()
        header.reading.hasOffset = isZoned
        guard start > 0, text[start &- 1] == UInt8(ascii: " ") else { return 0 }
        let end = header.readLabel(text, after: start &- 1)
        if end == start &- 1 { return 0 }
        if !header.host.isEmpty { message.host = header.host }
        return end
    }

    /// Skips the zone's name behind a time, any word that ends in a colon before the message's tag; behind a time with a
    /// zone, and before the tags of firewalls, which write none, that word is the device's name.
    private mutating func readLabel(_ text: FrameText, after timeEnd: Int) -> Int {
        guard text[timeEnd] == UInt8(ascii: " "), text[inside: timeEnd &- 1] != UInt8(ascii: ":") else {
            return timeEnd
        }
        let start = timeEnd &+ 1
        let end = text.tokenEnd(start)
        guard end &- start > 1, text[inside: end &- 1] == UInt8(ascii: ":"), text[end] == UInt8(ascii: " ") else {
            return timeEnd
        }
        let next = end &+ 1
        guard CiscoHeader.isMnemonic(text, at: next) || CiscoHeader.isProcess(text, at: next) else { return timeEnd }
        if reading.hasOffset || CiscoHeader.isFirewall(text, at: next) {
            guard host.isEmpty else { return timeEnd }
            host = ByteRange(start, end &- 1)
        }
        return next
    }

    /// Reads a counter, an uptime, a node, a task or the device's name; returns the offset behind its colon, or 0.
    private mutating func readWord(_ text: FrameText, at start: Int) -> Int {
        let end = text.tokenEnd(start)
        guard end > start else { return 0 }
        guard text[inside: end &- 1] == UInt8(ascii: ":") else {
            let node = CiscoHeader.nodeEnd(text, start, end)
            if node > 0 { return node }
            // `fw1 : ` and `router1 RP/0/RP0/CPU0:`.
            let isName = text.has(" : ", at: end)
            guard isName || CiscoHeader.nodeEnd(text, end &+ 1, text.tokenEnd(end &+ 1)) > 0, setHost(text, start, end)
            else { return 0 }
            return isName ? end &+ 2 : end
        }
        let colon = end &- 1
        if colon == start || PriorityWord.areDigits(text, start, colon) { return colon > start ? end : 0 }
        if CiscoHeader.isUptime(text, RFC3164Prefix.markEnd(text, start), colon) { return end }
        if text[inside: start] == UInt8(ascii: "*") { return end }
        return setHost(text, start, colon) ? end : 0
    }

    private mutating func setHost(_ text: FrameText, _ start: Int, _ end: Int) -> Bool {
        guard host.isEmpty else { return false }
        for offset in start..<end where !ByteClass.wideHost.contains(text[inside: offset]) { return false }
        host = ByteRange(start, end)
        return true
    }

    /// The offset behind `RP/0/RP0/CPU0:` right before a time, or 0.
    private static func nodeEnd(_ text: FrameText, _ start: Int, _ end: Int) -> Int {
        var slashes = 0
        for offset in start..<max(start, end) {
            if text[inside: offset] == UInt8(ascii: "/") { slashes &+= 1 }
            if text[inside: offset] == UInt8(ascii: ":") { return slashes > 1 ? offset &+ 1 : 0 }
        }
        return 0
    }

    /// `5w6d`, `1d02h`, `00:01:01`, `00:00:46.123`: digits with letters of units or colons between them.
    private static func isUptime(_ text: FrameText, _ start: Int, _ end: Int) -> Bool {
        var offset = start
        var parts = 0
        var units = 0
        while isDigit(text[offset]), offset < end {
            while isDigit(text[offset]) { offset &+= 1 }
            parts &+= 1
            switch text[offset] {
            case UInt8(ascii: "y"), UInt8(ascii: "w"), UInt8(ascii: "d"), UInt8(ascii: "h"), UInt8(ascii: "m"),
                UInt8(ascii: "s"), UInt8(ascii: ":"):
                units &+= 1
                if offset < end { offset &+= 1 }
            case UInt8(ascii: "."):
                // Only in front of a fraction of the seconds: an address has none of the others.
                if units == 0 { return false }
                offset &+= 1
            default: break
            }
        }
        return parts > 1 && units > 0 && offset == end
    }

    /// The offset behind `%$ VDC-1 %$`, or 0.
    private static func contextEnd(_ text: FrameText, _ start: Int) -> Int {
        let limit = min(text.count, start &+ 80)
        var offset = start &+ 2
        while offset < limit {
            if text.has("%$", at: offset) { return offset &+ 2 }
            offset &+= 1
        }
        return 0
    }

    /// True when `%FACILITY-SEVERITY-MNEMONIC` stands at `start`, whatever follows it.
    static func isMnemonic(_ text: FrameText, at start: Int) -> Bool {
        guard text[start] == UInt8(ascii: "%") || text[start] == UInt8(ascii: "#") else { return false }
        var dashes = 0
        var end = start &+ 1
        while ByteClass.host.contains(text[end]) {
            if text[end] == UInt8(ascii: "-") { dashes &+= 1 }
            end &+= 1
        }
        return dashes > 1
    }

    private static func isProcess(_ text: FrameText, at start: Int) -> Bool {
        var message = SyslogMessage()
        return OriginReader.readNumberedTag(text, at: start, &message)
            && isMnemonic(text, at: message.content.lowerBound)
    }

    /// True for the mnemonics of ASA, FTD, PIX and FWSM.
    static func isFirewall(_ text: FrameText, at start: Int) -> Bool {
        text.has("%ASA-", at: start) || text.has("%FTD-", at: start) || text.has("%PIX-", at: start)
            || text.has("%FWSM-", at: start)
    }
}
