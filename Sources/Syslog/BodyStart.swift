import Base

extension HeaderParser {
    /// Sets `body` and `repeated` from `content`.
    ///
    /// Spaces, tabs and escaped line ends (`#012` and its like, as rsyslog writes control bytes) at the text's end are no
    /// part of the body: relays and collectors add them, and they change nothing of what the message says.
    @inline(__always)
    static func finishBody(_ text: FrameText, _ message: inout SyslogMessage) {
        var start = message.content.lowerBound
        // rsyslog keeps the space behind an old tag as part of the message and writes it behind its own when it forwards
        // in the new format: no pattern begins with a space.
        while text[start] == UInt8(ascii: " ") { start &+= 1 }
        start = min(start, message.content.upperBound)
        let end = BodyEnd.find(text, from: start)
        message.body = ByteRange(start, end)
        let first = text[start]
        if first == UInt8(ascii: "[") {
            let after = BodyPrefix.end(text, at: start, &message)
            if after > 0 { message.body = ByteRange(min(after, end), end) }
        } else if first == UInt8(ascii: "l") || first == UInt8(ascii: "m") || first == UInt8(ascii: "-") {
            Repetition.read(text, at: start, end, &message)
        } else if isDigit(first) {
            let after = BodyPrefix.timeEnd(text, at: start, message)
            if after > 0 { message.body = ByteRange(min(after, end), end) }
        }
        if !message.program.isEmpty, first == text[inside: message.program.lowerBound] {
            let after = RepeatedHeader.tagEnd(text, at: start, message)
            if after > start { message.body = ByteRange(min(after, end), end) }
        }
    }
}

/// Where a body ends.
enum BodyEnd {
    /// The end of the text without what says nothing at its end; never before `start`.
    @inline(__always)
    static func find(_ text: FrameText, from start: Int) -> Int {
        let end = text.count
        guard end > start else { return end }
        let last = text[inside: end &- 1]
        if last > UInt8(ascii: " "), !isDigit(last) { return end }
        if isDigit(last), end &- start < 4 || text[inside: end &- 4] != UInt8(ascii: "#") { return end }
        return trimmed(text, from: start)
    }

    @inline(never)
    private static func trimmed(_ text: FrameText, from start: Int) -> Int {
        var end = text.count
        while end > start {
            let last = text[inside: end &- 1]
            if last == UInt8(ascii: " ") || (last >= UInt8(ascii: "\t") && last <= UInt8(ascii: "\r")) || last == 0 {
                end &-= 1
            } else if end &- start >= 4, isEscape(text, at: end &- 4) {
                end &-= 4
            } else {
                break
            }
        }
        return end
    }

    /// `#000`, `#011`, `#012`, `#015` and `#040`: NUL, tab, LF, CR and space.
    private static func isEscape(_ text: FrameText, at start: Int) -> Bool {
        text.has("#012", at: start) || text.has("#015", at: start) || text.has("#000", at: start)
            || text.has("#011", at: start) || text.has("#040", at: start)
    }
}

/// What stands in brackets in front of a text and is no part of what it says.
enum BodyPrefix {
    /// The offset behind it and the spaces that follow, 0 when it is none.
    @inline(never)
    static func end(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Int {
        let solaris = solarisEnd(text, at: start, &message)
        return solaris > 0 ? solaris : KernelStamp.end(text, at: start, message)
    }

    /// The time of its own that Kea and some builds of BIND write in front of their text. The offset behind it and the
    /// spaces that follow, 0 when there is none.
    @inline(never)
    static func timeEnd(_ text: FrameText, at start: Int, _ message: SyslogMessage) -> Int {
        let program = message.program
        guard !program.isEmpty, text.has("kea", at: program.lowerBound) || text.has("named", at: program.lowerBound)
        else { return 0 }
        var reading = ClockReading()
        if text[start &+ 2] == UInt8(ascii: "-") { return NameServerLine.read(text, at: start, &reading) }
        guard var end = OtherTimes.rfc3164End(text, at: start, &reading), text[end] == UInt8(ascii: " ") else {
            return 0
        }
        while text[end] == UInt8(ascii: " ") { end &+= 1 }
        return end
    }

    /// Solaris: `[ID 800047 auth.info] `. The number becomes the message id, facility and level the priority when there
    /// was none.
    private static func solarisEnd(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Int {
        guard text.has("[ID ", at: start) else { return 0 }
        let number = start &+ 4
        var end = number
        while isDigit(text[end]) { end &+= 1 }
        guard end > number, text[end] == UInt8(ascii: " ") else { return 0 }
        var close = end &+ 1
        while isLetter(text[close]) || isDigit(text[close]) || text[close] == UInt8(ascii: ".") { close &+= 1 }
        guard text[close] == UInt8(ascii: "]"), close > end &+ 1 else { return 0 }
        if message.messageID.isEmpty { message.messageID = ByteRange(number, end) }
        close &+= 1
        while text[close] == UInt8(ascii: " ") { close &+= 1 }
        return close
    }
}

/// The kernel's uptime stamp, `[12345.678901] ` or `[    0.000000] `, seconds since boot, and its caller,
/// `[   C0] ` or `[ T88] `, which some kernels write behind it.
enum KernelStamp {
    /// The offset after the stamp and the spaces behind it, 0 when it is none. Other programs' brackets are left alone.
    static func end(_ text: FrameText, at start: Int, _ message: SyslogMessage) -> Int {
        let program = message.program
        if !program.isEmpty, program.count != 6 || !text.has("kernel", at: program.lowerBound) { return 0 }
        var offset = start &+ 1
        while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        let seconds = offset
        while isDigit(text[offset]) { offset &+= 1 }
        guard offset > seconds, text[offset] == UInt8(ascii: ".") else { return 0 }
        let fraction = offset &+ 1
        offset = fraction
        while isDigit(text[offset]) { offset &+= 1 }
        guard offset > fraction, text[offset] == UInt8(ascii: "]") else { return 0 }
        offset = callerEnd(text, offset &+ 1)
        while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        return offset
    }

    /// CONFIG_PRINTK_CALLER: a processor (`C0`) or a thread (`T88`), padded with spaces on the left.
    private static func callerEnd(_ text: FrameText, _ start: Int) -> Int {
        var offset = start
        if text[offset] == UInt8(ascii: " "), text[offset &+ 1] == UInt8(ascii: "[") { offset &+= 1 }
        guard text[offset] == UInt8(ascii: "[") else { return start }
        offset &+= 1
        while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        guard text[offset] == UInt8(ascii: "C") || text[offset] == UInt8(ascii: "T") else { return start }
        let number = offset &+ 1
        offset = number
        while isDigit(text[offset]) { offset &+= 1 }
        return offset > number && text[offset] == UInt8(ascii: "]") ? offset &+ 1 : start
    }
}

/// What senders write instead of the same message again.
///
/// `last message repeated 3 times`, with dashes around it on macOS, says nothing of the message itself: its body is the
/// whole text. `message repeated 3 times: [ text]` has it: the body is what stands in the brackets.
enum Repetition {
    /// The offset of the count, 0 when the text at `start` is something else.
    @inline(never)
    static func textStart(_ text: FrameText, at start: Int) -> Int {
        let offset = text.has("--- ", at: start) ? start &+ 4 : start
        if text.has("last message repeated ", at: offset) { return offset &+ 22 }
        if text.has("message repeated ", at: offset) { return offset &+ 17 }
        return 0
    }

    /// Reads one that ends at `end`.
    @inline(never)
    static func read(_ text: FrameText, at start: Int, _ end: Int, _ message: inout SyslogMessage) {
        var offset = textStart(text, at: start)
        if offset == 0 { return }
        var count: UInt64 = 0
        let digits = offset
        while isDigit(text[offset]), offset < digits &+ 10 {
            count = count &* 10 &+ UInt64(text.digit(offset))
            offset &+= 1
        }
        guard offset > digits, text.has(" time", at: offset) else { return }
        message.repeated = UInt32(clamping: count)
        offset &+= 5
        if text[offset] == UInt8(ascii: "s") { offset &+= 1 }
        guard text.has(": [", at: offset), end > offset &+ 3, text[inside: end &- 1] == UInt8(ascii: "]") else {
            return
        }
        offset &+= text[offset &+ 3] == UInt8(ascii: " ") ? 4 : 3
        if offset < end {
            let inner = text.prefix(end &- 1)
            message.body = ByteRange(offset, BodyEnd.find(inner, from: offset))
        }
    }
}
