import Base

/// Tags: `name:`, `name[pid]:`, `%FACILITY-SEVERITY-MNEMONIC:`. The rules are told at `OriginReader`.
extension OriginReader {
    /// Reads a tag at `start` and sets program, process and content. `isTight` allows `name:text` without a space.
    @inline(__always)
    static func readTag(
        _ text: FrameText, at start: Int, isTight: Bool, _ message: inout SyslogMessage
    ) -> Bool {
        var end = start
        while end < text.count, ByteClass.tag.contains(text[inside: end]) { end &+= 1 }
        if end == start { return false }
        let byte = text[end]
        if byte == UInt8(ascii: "[") { return readProcess(text, start, bracket: end, &message) }
        guard byte == UInt8(ascii: ":") else { return false }
        if end &+ 1 == text.count || text[inside: end &+ 1] == UInt8(ascii: " ") {
            message.program = ByteRange(start, end)
            setContent(text, end &+ 1, &message)
            return true
        }
        return readInnerColon(text, start, colon: end, isTight: isTight, &message)
    }

    @inline(__always)
    private static func setContent(_ text: FrameText, _ offset: Int, _ message: inout SyslogMessage) {
        message.content = ByteRange(text[offset] == UInt8(ascii: " ") ? offset &+ 1 : offset, text.count)
    }

    /// `[pid]` after a name; the colon after it is optional, but then a space or the end must follow.
    @inline(__always)
    private static func readProcess(
        _ text: FrameText, _ start: Int, bracket: Int, _ message: inout SyslogMessage
    ) -> Bool {
        var close = bracket &+ 1
        while close < text.count, text[inside: close] != UInt8(ascii: "]"), text[inside: close] > UInt8(ascii: " ") {
            close &+= 1
        }
        guard text[close] == UInt8(ascii: "]") else { return false }
        var end = close &+ 1
        if text[end] == UInt8(ascii: ":") {
            end &+= 1
        } else if end < text.count, text[inside: end] != UInt8(ascii: " ") {
            return false
        }
        message.program = ByteRange(start, bracket)
        message.processID = ByteRange(bracket &+ 1, close)
        setContent(text, end, &message)
        if text[inside: end &- 1] == UInt8(ascii: "]") { readOddEnd(text, bracket, close, &message) }
        return true
    }

    /// No colon after `[pid]`: unbound's own file has process and thread there, which its text in syslog begins with;
    /// macOS has a level behind it, `login[9] <Notice>: text`.
    @inline(never)
    private static func readOddEnd(
        _ text: FrameText, _ bracket: Int, _ close: Int, _ message: inout SyslogMessage
    ) {
        var digits = bracket &+ 1
        while isDigit(text[digits]) { digits &+= 1 }
        if digits > bracket &+ 1, text[digits] == UInt8(ascii: ":"), text.has("unbound", at: message.program.lowerBound)
        {
            message.processID = ByteRange(bracket &+ 1, digits)
            message.content = ByteRange(bracket, text.count)
            return
        }
        if text.has("] : ", at: close) { message.content = ByteRange(close &+ 4, text.count) }
        guard text.has("] <", at: close) else { return }
        var end = close &+ 3
        while isLetter(text[end]) { end &+= 1 }
        if end > close &+ 3, text.has(">:", at: end) { setContent(text, end &+ 2, &message) }
    }

    /// A colon with no space after it: inside a tag (`Foo::Bar[12]:`), or at the end of one (`su:text`).
    @inline(never)
    private static func readInnerColon(
        _ text: FrameText, _ start: Int, colon: Int, isTight: Bool, _ message: inout SyslogMessage
    ) -> Bool {
        if isDigit(text[start]) { return false }
        if text[start] == UInt8(ascii: "("), text[inside: colon &- 1] != UInt8(ascii: ")") { return false }
        var end = colon
        while end < text.count, ByteClass.tag.contains(text[inside: end]) || text[inside: end] == UInt8(ascii: ":") {
            end &+= 1
        }
        if text[end] == UInt8(ascii: "["), text[end &- 1] != UInt8(ascii: ":"), !text.has("//", at: colon &+ 1) {
            if readProcess(text, start, bracket: end, &message) { return true }
        }
        if end == text.count || text[inside: end] == UInt8(ascii: " "), text[end &- 1] == UInt8(ascii: ":") {
            message.program = ByteRange(start, end &- 1)
            setContent(text, end, &message)
            return true
        }
        guard isTight, colon &- start > 1, !text.has("//", at: colon &+ 1) else { return false }
        // The first colon of an address ends no tag.
        if HostWord.isAddress(text, ByteRange(start, text.tokenEnd(start))) { return false }
        // AIX: `auth:info sshd[12]: text`.
        var ignored = message
        if PriorityWord.read(text, at: start, &ignored) > 0 { return false }
        message.program = ByteRange(start, colon)
        setContent(text, colon &+ 1, &message)
        return true
    }

    /// `name[digits]:`, a tag beyond doubt; with `colonMayLack` also `name[digits] ` and `name[digits:digits] `.
    static func readNumberedTag(
        _ text: FrameText, at start: Int, colonMayLack: Bool = false, _ message: inout SyslogMessage
    ) -> Bool {
        var end = start
        while ByteClass.tag.contains(text[end]) { end &+= 1 }
        guard end > start, text[end] == UInt8(ascii: "[") else { return false }
        var close = end &+ 1
        while isDigit(text[close]) || (colonMayLack && text[close] == UInt8(ascii: ":")) { close &+= 1 }
        guard close > end &+ 1, text.has("]:", at: close) || (colonMayLack && text.has("] ", at: close)) else {
            return false
        }
        return readProcess(text, start, bracket: end, &message)
    }

    /// `%FACILITY-SEVERITY-MNEMONIC: text`, from old wireless controllers with `#`. The program has the sign and not the
    /// colon.
    @inline(never)
    static func readMnemonic(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Bool {
        guard text[start] == UInt8(ascii: "%") || text[start] == UInt8(ascii: "#") else { return false }
        var end = start &+ 1
        var dashes = 0
        while ByteClass.host.contains(text[end]) {
            if text[end] == UInt8(ascii: "-") { dashes += 1 }
            end &+= 1
        }
        guard dashes > 1, text[end] == UInt8(ascii: ":") || text.has(" :", at: end) else { return false }
        message.program = ByteRange(start, end)
        setContent(text, text[end] == UInt8(ascii: ":") ? end &+ 1 : end &+ 2, &message)
        return true
    }
}
