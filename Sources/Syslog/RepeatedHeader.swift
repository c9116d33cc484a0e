/// The older header, or its tag, once more at the start of the text: a forwarder put the text of a whole line into a
/// message of its own.
enum RepeatedHeader {
    /// Reads a time, a host and a tag at the start of an RFC 5424 message's text, where the tag is the program that the
    /// header names; the body then begins behind it. Where the header names none, it is the message's own: host, program
    /// and process are taken from it.
    @inline(never)
    static func read(_ text: FrameText, _ message: inout SyslogMessage) {
        var start = message.content.lowerBound
        var inner = SyslogMessage()
        if text[start] == UInt8(ascii: "<") {
            start = HeaderParser.readPriority(text, at: start, &inner)
            guard start > 0 else { return }
        }
        var reading = ClockReading()
        guard let end = OtherTimes.rfc3164End(text, at: start, &reading), text[end] == UInt8(ascii: " ") else { return }
        let context = OriginReader.Context(hostNeedsTag: true, isZoned: true, isNested: true)
        guard OriginReader.read(text, after: end, context, &inner) == 0, !inner.program.isEmpty else { return }
        if message.program.isEmpty {
            // Without a priority only the header's own host makes it more than text.
            guard !inner.host.isEmpty,
                inner.hasPriority || message.host.isEmpty || HostWord.isSame(text, inner.host, message.host)
            else { return }
            if inner.hasPriority { (message.facility, message.severity) = (inner.facility, inner.severity) }
            message.host = inner.host
            message.program = inner.program
            message.processID = inner.processID
            message.content = inner.content
        } else {
            guard isSame(text, inner.program, message.program) else { return }
        }
        var probe = message
        probe.content = inner.content
        HeaderParser.finishBody(text, &probe)
        message.body = probe.body
        message.repeated = probe.repeated
    }

    /// The offset behind the program's own tag, `name: ` or `name[pid]: `, when it stands at `start` again; otherwise
    /// `start`.
    @inline(never)
    static func tagEnd(_ text: FrameText, at start: Int, _ message: SyslogMessage) -> Int {
        var inner = SyslogMessage()
        guard OriginReader.readTag(text, at: start, isTight: false, &inner),
            isSame(text, inner.program, message.program),
            inner.processID.isEmpty || message.processID.isEmpty
                || isSame(text, inner.processID, message.processID)
        else { return start }
        return inner.content.lowerBound
    }

    private static func isSame(_ text: FrameText, _ one: ByteRange, _ other: ByteRange) -> Bool {
        guard one.count == other.count else { return false }
        for offset in 0..<Int(one.count)
        where text[inside: one.lowerBound &+ offset] != text[inside: other.lowerBound &+ offset] { return false }
        return true
    }
}
