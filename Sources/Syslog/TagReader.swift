/// Tags: `name:`, `name[pid]:`, `%FACILITY-SEVERITY-MNEMONIC:`. The rules are told at `OriginReader`.
extension OriginReader {
    /// Reads a tag at `start` and sets program, process and content. `isTight` allows `name:text` without a space.
    @inline(__always)
    static func readTag(
        _ text: FrameText, at start: Int, isTight: Bool, _ message: inout SyslogMessage
    ) -> Bool {
        var end = start
        while end < text.count, ByteClass.tag.contains(text.base[end]) { end &+= 1 }
        if end == start { return false }
        let byte = text[end]
        if byte == UInt8(ascii: "[") { return readProcess(text, start, bracket: end, &message) }
        guard byte == UInt8(ascii: ":") else { return false }
        if end &+ 1 == text.count || text.base[end &+ 1] == UInt8(ascii: " ") {
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
        while close < text.count, text.base[close] != UInt8(ascii: "]"), text.base[close] > UInt8(ascii: " ") {
            close &+= 1
        }
        guard text[close] == UInt8(ascii: "]") else { return false }
        var end = close &+ 1
        if text[end] == UInt8(ascii: ":") {
            end &+= 1
        } else if end < text.count, text.base[end] != UInt8(ascii: " ") {
            return false
        }
        message.program = ByteRange(start, bracket)
        message.processID = ByteRange(bracket &+ 1, close)
        setContent(text, end, &message)
        return true
    }

    /// A colon with no space after it: inside a tag (`Foo::Bar[12]:`), or at the end of one (`su:text`).
    @inline(never)
    private static func readInnerColon(
        _ text: FrameText, _ start: Int, colon: Int, isTight: Bool, _ message: inout SyslogMessage
    ) -> Bool {
        if isDigit(text[start]) { return false }
        var end = colon
        while end < text.count, ByteClass.tag.contains(text.base[end]) || text.base[end] == UInt8(ascii: ":") {
            end &+= 1
        }
        if text[end] == UInt8(ascii: "["), text[end &- 1] != UInt8(ascii: ":"), !text.has("//", at: colon &+ 1) {
            if readProcess(text, start, bracket: end, &message) { return true }
        }
        if end == text.count || text.base[end] == UInt8(ascii: " "), text[end &- 1] == UInt8(ascii: ":") {
            message.program = ByteRange(start, end &- 1)
            setContent(text, end, &message)
            return true
        }
        guard isTight, colon &- start > 1, !text.has("//", at: colon &+ 1) else { return false }
        message.program = ByteRange(start, colon)
        setContent(text, colon &+ 1, &message)
        return true
    }

    /// `name[digits]:`, a tag beyond doubt.
    static func readNumberedTag(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Bool {
        var end = start
        while ByteClass.tag.contains(text[end]) { end &+= 1 }
        guard end > start, text[end] == UInt8(ascii: "[") else { return false }
        var close = end &+ 1
        while isDigit(text[close]) { close &+= 1 }
        guard close > end &+ 1, text.has("]:", at: close) else { return false }
        return readProcess(text, start, bracket: end, &message)
    }

    /// `%FACILITY-SEVERITY-MNEMONIC: text`. The program has the percent sign and not the colon.
    @inline(never)
    static func readMnemonic(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Bool {
        guard text[start] == UInt8(ascii: "%") else { return false }
        var end = start &+ 1
        var dashes = 0
        while ByteClass.host.contains(text[end]) {
            if text[end] == UInt8(ascii: "-") { dashes += 1 }
            end &+= 1
        }
        guard dashes > 1, text[end] == UInt8(ascii: ":") else { return false }
        message.program = ByteRange(start, end)
        setContent(text, end &+ 1, &message)
        return true
    }

    /// A relay before a Cisco device: `host 123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: text`.
    ///
    /// The number has been read as the program. The device's own time is skipped: the relay's is the one in the header.
    @inline(never)
    static func readRelayedCisco(_ text: FrameText, _ message: inout SyslogMessage) {
        for offset in message.program.offsets where !isDigit(text[offset]) { return }
        guard message.processID.isEmpty else { return }
        var offset = LegacyPrefix.markEnd(text, message.content.lowerBound)
        if text[offset] != UInt8(ascii: "%") {
            var ignored = ClockCache()
            var reading = ClockReading()
            var isRemembered = false
            let end = ignored.readClassicTime(text, at: offset, &reading, isRemembered: &isRemembered)
            guard end > 0, text.has(": %", at: end) else { return }
            offset = end &+ 2
        }
        _ = readMnemonic(text, at: offset, &message)
    }
}
