/// Host, tag and process of the older header, RFC 3164 sections 4.1.2 and 4.1.3.
///
/// How `host tag:` and `tag:` are told apart, by the first word after the time:
/// - `name:` and `name[pid]` (with or without a colon after it) are a tag; then there is no host, as on `/dev/log`.
/// - Letters, digits and `. _ -`, then a space and more text, are a host. So are an IPv6 address and words with
///   `/ @ %` (chained hosts) that do not end in a colon.
/// - `last message repeated 3 times` and any other word, such as `(root)` or `"quoted`, begin the text.
/// - A single word and nothing after it is text.
///
/// A tag ends at a colon that a space follows, or at `[pid]`. A colon without a space after it ends a tag too
/// (`su:text`), but not before `//`, after a single letter (`C:\`) or where the word begins with a digit. Colons
/// inside a tag are kept when the word ends in one (`Foo::Bar:`). A word without colon or `[pid]` is no tag: it belongs
/// to the text. One space after the tag is left out; more are kept, they are indentation.
enum OriginReader {
    /// Reads what follows the time; `timeEnd` is the offset after it. Sets host, program, process and content.
    @inline(__always)
    static func read(_ text: FrameText, after timeEnd: Int, hostNeedsTag: Bool, _ message: inout SyslogMessage) {
        var offset = timeEnd
        if text[offset] == UInt8(ascii: ":") { offset &+= 1 }
        while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        message.content = ByteRange(offset, text.count)
        var end = offset
        while end < text.count, ByteClass.host.contains(text.base[end]) { end &+= 1 }
        if text[end] == UInt8(ascii: " "), end > offset, message.host.isEmpty {
            if isRepetition(text, at: offset) { return }
            var next = end &+ 1
            while text[next] == UInt8(ascii: " ") { next &+= 1 }
            if readTag(text, at: next, isTight: true, &message) {
                setHost(text, offset, end, &message)
            } else {
                readAfterHost(text, from: offset, end, next, hostNeedsTag: hostNeedsTag, &message)
            }
            return
        }
        readUnusual(text, at: offset, &message)
    }

    @inline(__always)
    private static func setHost(_ text: FrameText, _ begin: Int, _ end: Int, _ message: inout SyslogMessage) {
        if end &- begin != 1 || text.base[begin] != UInt8(ascii: "-") { message.host = ByteRange(begin, end) }
        if let first = firstByte(text, message.program), isDigit(first) { readRelayedCisco(text, &message) }
    }

    @inline(__always)
    private static func firstByte(_ text: FrameText, _ range: ByteRange) -> UInt8? {
        range.isEmpty ? nil : text[range.lowerBound]
    }

    /// A host without a tag after it: Cisco, AIX, or just text.
    @inline(never)
    private static func readAfterHost(
        _ text: FrameText, from begin: Int, _ end: Int, _ next: Int, hostNeedsTag: Bool, _ message: inout SyslogMessage
    ) {
        if text.has("Message forwarded from ", at: begin) {
            readForwarded(text, from: begin &+ 23, &message)
            return
        }
        // ASA with a device name writes `fw1 : %ASA-6-302013: text`.
        let mnemonic = text.has(": ", at: next) ? next &+ 2 : next
        if readMnemonic(text, at: mnemonic, &message) {
            setHost(text, begin, end, &message)
            return
        }
        if hostNeedsTag { return }
        message.content = ByteRange(next, text.count)
        setHost(text, begin, end, &message)
    }

    /// AIX: `Message forwarded from gw1: tag[pid]: text`.
    private static func readForwarded(_ text: FrameText, from begin: Int, _ message: inout SyslogMessage) {
        let end = text.tokenEnd(begin)
        guard end &- begin > 1, end < text.count, text.base[end &- 1] == UInt8(ascii: ":") else { return }
        message.host = ByteRange(begin, end &- 1)
        message.content = ByteRange(end &+ 1, text.count)
        _ = readTag(text, at: end &+ 1, isTight: true, &message)
    }

    /// The first word after the time is not a plain name: a tag, an unusual host, or text.
    @inline(never)
    private static func readUnusual(_ text: FrameText, at offset: Int, _ message: inout SyslogMessage) {
        if readMnemonic(text, at: offset, &message) || isRepetition(text, at: offset) { return }
        let token = text.tokenEnd(offset)
        if token < text.count, message.host.isEmpty, isUnusualHost(text, offset, token) {
            var next = token &+ 1
            while text[next] == UInt8(ascii: " ") { next &+= 1 }
            if readTag(text, at: next, isTight: true, &message) {
                setHost(text, offset, token, &message)
            } else {
                readAfterHost(text, from: offset, token, next, hostNeedsTag: false, &message)
            }
            return
        }
        _ = readTag(text, at: offset, isTight: true, &message)
    }

    private static func isUnusualHost(_ text: FrameText, _ begin: Int, _ end: Int) -> Bool {
        var colons = 0
        var isHexadecimal = true
        for offset in begin..<end {
            let byte = text.base[offset]
            if byte == UInt8(ascii: ":") {
                colons += 1
            } else if byte == UInt8(ascii: "%") {
                // What follows is the scope of an address.
                break
            } else {
                // A name in another script is a name too.
                guard ByteClass.wideHost.contains(byte) || byte >= 0x80 else { return false }
                if !(isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6 || byte == UInt8(ascii: ".")) {
                    isHexadecimal = false
                }
            }
        }
        guard isLetter(text.base[begin]) || isDigit(text.base[begin]) || colons > 1 || text.base[begin] >= 0x80 else {
            return false
        }
        return colons == 0 || (colons > 1 && isHexadecimal && !endsInLoneColon(text, begin, end))
    }

    /// `::` may end an address (`fe80::`), one colon may not.
    private static func endsInLoneColon(_ text: FrameText, _ begin: Int, _ end: Int) -> Bool {
        text.base[end &- 1] == UInt8(ascii: ":") && (end &- begin < 2 || text.base[end &- 2] != UInt8(ascii: ":"))
    }

    /// A priority and no time: a mnemonic, a tag, or a host before `name[digits]:`.
    static func readUntimed(_ text: FrameText, at offset: Int, _ message: inout SyslogMessage) {
        let token = text.tokenEnd(offset)
        if readMnemonic(text, at: offset, &message) || isRepetition(text, at: offset) { return }
        // `R1: %SYS-5-CONFIG_I: text` has a device name, `1w2d: %SYS-...` an uptime.
        if token &- offset > 1, text[token &- 1] == UInt8(ascii: ":"), text[token &+ 1] == UInt8(ascii: "%"),
            readMnemonic(text, at: token &+ 1, &message)
        {
            if isLetter(text[offset]) { message.host = ByteRange(offset, token &- 1) }
            return
        }
        if readTag(text, at: offset, isTight: false, &message) { return }
        guard token < text.count, token > offset else { return }
        for index in offset..<token where !ByteClass.host.contains(text.base[index]) { return }
        if readNumberedTag(text, at: token &+ 1, &message) { message.host = ByteRange(offset, token) }
    }

    @inline(__always)
    private static func isRepetition(_ text: FrameText, at offset: Int) -> Bool {
        let first = text[offset]
        guard first == UInt8(ascii: "l") || first == UInt8(ascii: "m") || first == UInt8(ascii: "-") else {
            return false
        }
        return Repetition.textStart(text, at: offset) > 0
    }
}
