extension HeaderParser {
    /// Sets `body` and `repeated` from `content`.
    @inline(__always)
    static func finishBody(_ text: FrameText, _ message: inout SyslogMessage) {
        message.body = message.content
        var start = message.content.lowerBound
        // rsyslog keeps the space behind an old tag as part of the message and writes it behind its own when it forwards
        // in the new format: no pattern begins with a space.
        while text[start] == UInt8(ascii: " ") { start &+= 1 }
        if start > message.content.lowerBound, start <= message.content.upperBound {
            message.body = ByteRange(start, message.content.upperBound)
        }
        let first = text[start]
        if first == UInt8(ascii: "[") {
            let end = KernelStamp.end(text, at: start, message)
            if end > 0 { message.body = ByteRange(end, text.count) }
        } else if first == UInt8(ascii: "l") || first == UInt8(ascii: "m") || first == UInt8(ascii: "-") {
            Repetition.read(text, at: start, &message)
        }
    }
}

/// The kernel's uptime stamp, `[12345.678901] ` or `[    0.000000] `, seconds since boot.
enum KernelStamp {
    /// The offset after the stamp and the spaces behind it, 0 when it is none. Other programs' brackets are left alone.
    @inline(never)
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
        offset &+= 1
        while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        return offset
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

    @inline(never)
    static func read(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) {
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
        guard text.has(": [", at: offset), text.base[text.count &- 1] == UInt8(ascii: "]") else { return }
        offset &+= text[offset &+ 3] == UInt8(ascii: " ") ? 4 : 3
        if offset < text.count { message.body = ByteRange(offset, text.count &- 1) }
    }
}
