import Base

/// Host, tag and process of the older header, RFC 3164 sections 4.1.2 and 4.1.3.
///
/// How `host tag:` and `tag:` are told apart, by the first word after the time:
/// - `name:` and `name[pid]` (with or without a colon after it) are a tag; then there is no host, as on `/dev/log`.
/// - Letters, digits and `. _ -`, then a space and more text, are a host. So are an IPv6 address, also in brackets, and
///   words with `/ @ %` (chained hosts) that do not end in a colon. A bare number, a level (`INFO`) and a facility with a
///   level (`daemon.info`) are none.
/// - `last message repeated 3 times` and any other word, such as `(root)` or `"quoted`, begin the text.
/// - A single word and nothing after it is text.
///
/// What may stand between host and tag, or around them, is told at `OriginWalk`.
///
/// A tag ends at a colon that a space follows, or at `[pid]`. A colon without a space after it ends a tag too
/// (`su:text`), but not before `//`, after a single letter (`C:\`), where the word begins with a digit or a bracket, and
/// not between a facility and a level (`auth:info`). Colons inside a tag are kept when the word ends in one
/// (`Foo::Bar:`). A word without colon or `[pid]` is no tag: it belongs to the text. One space after the tag is left
/// out; more are kept, they are indentation.
enum OriginReader {
    /// What is known of the time in front.
    struct Context {
        /// A word is only taken for a host when a tag follows it: the line is as likely an application's own.
        var hostNeedsTag = false
        /// The time named its zone.
        var isZoned = false
        /// This header stands inside another one: it is the last.
        var isNested = false
    }

    /// Reads what follows the time; `timeEnd` is the offset after it. Sets host, program, process and content.
    ///
    /// Returns the offset of a whole header that stands where the tag should, 0 when there is none.
    @inline(__always)
    static func read(
        _ text: FrameText, after timeEnd: Int, _ context: Context, _ message: inout SyslogMessage
    ) -> Int {
        var offset = timeEnd
        if text[offset] == UInt8(ascii: ":") { offset &+= 1 }
        while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        message.content = ByteRange(offset, text.count)
        var end = offset
        while end < text.count, ByteClass.host.contains(text[inside: end]) { end &+= 1 }
        if text[end] == UInt8(ascii: " "), end > offset, message.host.isEmpty {
            var next = end &+ 1
            while text[next] == UInt8(ascii: " ") { next &+= 1 }
            if !PriorityWord.isNoHost(text, offset, end), readTag(text, at: next, isTight: true, &message) {
                setHost(text, offset, end, &message)
                if message.processID.isEmpty { readBehindName(text, at: next, context, &message) }
                return 0
            }
        }
        return OriginWalk.read(text, at: offset, context, &message)
    }

    @inline(__always)
    static func setHost(_ text: FrameText, _ begin: Int, _ end: Int, _ message: inout SyslogMessage) {
        if end &- begin != 1 || text[inside: begin] != UInt8(ascii: "-") { message.host = ByteRange(begin, end) }
    }

    /// A tag without a process, at `start`, may be the beginning of a device's own header.
    @inline(__always)
    static func readBehindName(
        _ text: FrameText, at start: Int, _ context: Context, _ message: inout SyslogMessage
    ) {
        let byte = text[message.content.lowerBound]
        let isDevice =
            byte == UInt8(ascii: "%") || byte == UInt8(ascii: "*") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "#") || isDigit(byte) || isDigit(text[start]) || isCapital(byte)
        if isDevice { readDevice(text, at: start, context, &message) }
        if message.facility != Facility.user, message.hasPriority, isLetter(byte), !message.host.isEmpty {
            readPrefixed(text, &message)
        }
    }

    /// OpenWrt's `log_prefix`: a word and a colon in front of the tag. A word that a user's own program could be called
    /// by would let its text choose the program: what is sent as a user's (by `logger`, say) is left alone, and so is the
    /// kernel, which names processes.
    @inline(never)
    private static func readPrefixed(_ text: FrameText, _ message: inout SyslogMessage) {
        let name = message.program
        guard message.processID.isEmpty, name.count != 6 || !text.has("kernel", at: name.lowerBound) else { return }
        _ = readNumberedTag(text, at: message.content.lowerBound, &message)
    }

    @inline(never)
    private static func readDevice(
        _ text: FrameText, at start: Int, _ context: Context, _ message: inout SyslogMessage
    ) {
        let name = message.program
        let content = message.content.lowerBound
        let isNumber = PriorityWord.areDigits(text, name.lowerBound, name.upperBound)
        if CiscoHeader.isMnemonic(text, at: content), !isNumber {
            // `SW1 Acl: %ACL-6-…` is a process of Arista's; a firewall names itself; and right behind the time the
            // word is the zone's name, unless the time has a zone already.
            let isFirewall = CiscoHeader.isFirewall(text, at: content)
            if !message.host.isEmpty, !isFirewall { return }
            guard readMnemonic(text, at: content, &message) else { return }
            if message.host.isEmpty, isFirewall || context.isZoned { message.host = name }
            return
        }
        let tagged = message
        message.program = .absent
        var header = CiscoHeader()
        if header.read(text, from: start, &message) { return }
        if !isNumber {
            message = tagged
            return
        }
        // A bare number is no program.
        message.content = ByteRange(start, text.count)
    }

    /// A priority and no time: a device's header, a tag, or a host before `name[digits]:`.
    static func readUntimed(_ text: FrameText, at offset: Int, _ message: inout SyslogMessage) {
        let token = text.tokenEnd(offset)
        if readMnemonic(text, at: offset, &message) || isRepetition(text, at: offset) { return }
        if PriorityWord.areDigits(text, offset, text[token &- 1] == UInt8(ascii: ":") ? token &- 1 : token) { return }
        if readTag(text, at: offset, isTight: false, &message) || OddTag.read(text, at: offset, &message) { return }
        guard token < text.count, token > offset else { return }
        for index in offset..<token where !ByteClass.host.contains(text[inside: index]) { return }
        if readNumberedTag(text, at: token &+ 1, &message) { message.host = ByteRange(offset, token) }
    }

    @inline(__always)
    static func isRepetition(_ text: FrameText, at offset: Int) -> Bool {
        let first = text[offset]
        guard first == UInt8(ascii: "l") || first == UInt8(ascii: "m") || first == UInt8(ascii: "-") else {
            return false
        }
        return Repetition.textStart(text, at: offset) > 0
    }
}
