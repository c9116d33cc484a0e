import Base

/// Tags with bytes in them that usual ones do not have.
///
/// `gdm-password]:` and `gdm-password][7]:` (a stray bracket of GDM's), `polkitd(authority=local):`, `[name]:`,
/// `[name][123]:`, `[123]:`
/// (a process without a name), and programs with spaces in their names, as macOS has them: `Google Chrome Helper[9]:`,
/// up to five words that each begin with a capital letter or a parenthesis.
enum OddTag {
    /// Reads one at `start` and sets program, process and content.
    static func read(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Bool {
        switch text[start] {
        case UInt8(ascii: "["): return readBracketed(text, start, &message)
        case let first where isLetter(first):
            return readStray(text, start, &message) || readSpaced(text, start, &message)
        default: return false
        }
    }

    private static func readBracketed(_ text: FrameText, _ start: Int, _ message: inout SyslogMessage) -> Bool {
        var end = start &+ 1
        while ByteClass.tag.contains(text[end]) { end &+= 1 }
        guard end > start &+ 1 else { return false }
        if text.has("][", at: end) { return readBracketedProcess(text, start, end, &message) }
        guard text.has("]:", at: end), isEnd(text, end &+ 2) else { return false }
        if PriorityWord.areDigits(text, start &+ 1, end) {
            message.processID = ByteRange(start &+ 1, end)
        } else {
            message.program = ByteRange(start &+ 1, end)
        }
        setContent(text, end &+ 2, &message)
        return true
    }

    /// `[name][123]:`.
    private static func readBracketedProcess(
        _ text: FrameText, _ start: Int, _ end: Int, _ message: inout SyslogMessage
    ) -> Bool {
        var close = end &+ 2
        while isDigit(text[close]) { close &+= 1 }
        guard close > end &+ 2, text.has("]:", at: close), isEnd(text, close &+ 2) else { return false }
        message.program = ByteRange(start &+ 1, end)
        message.processID = ByteRange(end &+ 2, close)
        setContent(text, close &+ 2, &message)
        return true
    }

    /// A name, then `]` or parentheses that hold anything but spaces, then `[pid]:` or a colon.
    private static func readStray(_ text: FrameText, _ start: Int, _ message: inout SyslogMessage) -> Bool {
        var end = start
        while ByteClass.tag.contains(text[end]), text[end] != UInt8(ascii: "(") { end &+= 1 }
        let name = end
        var programEnd = end
        if text[end] == UInt8(ascii: "]") {
            end &+= 1
        } else if text[end] == UInt8(ascii: "(") {
            while text[end] > UInt8(ascii: " "), text[end] != UInt8(ascii: ")") { end &+= 1 }
            guard text[end] == UInt8(ascii: ")") else { return false }
            end &+= 1
            programEnd = end
        }
        guard end > name, name > start else { return false }
        if text[end] == UInt8(ascii: "[") {
            let process = end &+ 1
            end = process
            while isDigit(text[end]) { end &+= 1 }
            guard end > process, text[end] == UInt8(ascii: "]") else { return false }
            message.processID = ByteRange(process, end)
            end &+= 1
        }
        guard text[end] == UInt8(ascii: ":"), isEnd(text, end &+ 1) else {
            message.processID = .absent
            return false
        }
        message.program = ByteRange(start, programEnd)
        setContent(text, end &+ 1, &message)
        return true
    }

    private static func readSpaced(_ text: FrameText, _ start: Int, _ message: inout SyslogMessage) -> Bool {
        var offset = start
        var hasSmall = false
        for word in 0..<5 {
            // `iTunes Helper[9]` begins with a small letter.
            let isName =
                isCapital(text[offset])
                || (word == 0 && text[offset] == UInt8(ascii: "i") && isCapital(text[offset &+ 1]))
            guard isName || (word > 0 && text[offset] == UInt8(ascii: "(")) else { return false }
            while ByteClass.tag.contains(text[offset]) {
                if text[offset] >= UInt8(ascii: "a") { hasSmall = true }
                offset &+= 1
            }
            if text[offset] == UInt8(ascii: "["), word > 0 { break }
            guard text[offset] == UInt8(ascii: " ") else { return false }
            // `GW1 CRON[7]:` is a host and a tag.
            hasSmall = false
            offset &+= 1
        }
        guard text[offset] == UInt8(ascii: "["), hasSmall else { return false }
        var close = offset &+ 1
        while isDigit(text[close]) { close &+= 1 }
        guard close > offset &+ 1, text.has("]:", at: close) || text.has("] ", at: close) else { return false }
        message.program = ByteRange(start, offset)
        message.processID = ByteRange(offset &+ 1, close)
        setContent(text, text[close &+ 1] == UInt8(ascii: ":") ? close &+ 2 : close &+ 1, &message)
        return true
    }

    private static func isEnd(_ text: FrameText, _ offset: Int) -> Bool {
        offset == text.count || text[offset] == UInt8(ascii: " ")
    }

    private static func setContent(_ text: FrameText, _ offset: Int, _ message: inout SyslogMessage) {
        message.content = ByteRange(text[offset] == UInt8(ascii: " ") ? offset &+ 1 : offset, text.count)
    }
}
