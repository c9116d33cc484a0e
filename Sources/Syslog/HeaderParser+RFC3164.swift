import Base

/// The older header, RFC 3164 section 4, from the end of the priority on (or from the first byte without one).
///
/// Ambiguities and how they are decided:
/// - No priority and a time is a line of a log file: no fault, facility user and severity notice by default. Where that
///   time is not the one of RFC 3164 (but an ISO time, say) and neither host nor tag follows, it is a line of a program's
///   own file: `unstructured`, with its time, and the body begins behind it.
/// - No priority and no time is text (`unstructured`), unless it begins with `name[digits]:` or `%FAC-SEV-MNEMONIC:`.
/// - A priority and no time is normal for small devices: a tag may follow, a host only before `name[digits]:`.
/// - A time whose shape is clear but whose value breaks the rules is a fault, and costs the time alone.
/// - What follows the time is host and tag, see `OriginReader` and `OriginWalk`. A whole header that stands where the tag
///   should is the message's own: a relay has put its header in front. Its host and priority hold, and its time where
///   it names its zone; otherwise the relay's.
/// - Cisco's headers are told at `CiscoHeader`, other times at `OtherTimes`.
extension HeaderParser {
    @inline(__always)
    mutating func readRFC3164(
        _ text: FrameText, from start: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) {
        var offset = start
        if !isLetter(text[offset]), !clock.recallsRFC3339(text, at: offset) {
            offset = RFC3164Prefix.end(text, from: start)
        }
        var reading = ClockReading()
        var isRemembered = false
        let scan = clock.readRFC3164Time(text, at: offset, &reading, isRemembered: &isRemembered)
        guard case .end(let end) = scan else {
            readUnusualTime(text, from: start, offset, scan, reading.faultKind, receivedSeconds, zone, &message)
            return
        }
        let seconds = clock.instant(
            of: reading, isRemembered: isRemembered, receivedSeconds: receivedSeconds, zone: zone)
        readOrigin(text, from: start, timeAt: offset, after: end, reading, seconds, receivedSeconds, zone, &message)
    }

    /// Takes the time and reads what follows it.
    @inline(__always)
    private mutating func readOrigin(
        _ text: FrameText, from start: Int, timeAt: Int, after end: Int, _ reading: ClockReading, _ seconds: Int64,
        _ receivedSeconds: Int64, _ zone: borrowing LocalZone, _ message: inout SyslogMessage
    ) {
        message.format = .rfc3164
        message.timestamp = SyslogTimestamp(
            seconds: seconds, nanoseconds: reading.nanoseconds, digits: reading.digits)
        timeIsZoned = reading.hasOffset
        // `2025-11-04 14:02:09 INFO text` is how applications write their own logs: a word is only a host there when
        // a tag follows it.
        let isLoose =
            !isNested && !HeaderParser.hasPriority(text, before: start)
            && (!isCapital(text[timeAt]) || isDigit(text[timeAt &+ 1]))
        let context = OriginReader.Context(
            hostNeedsTag: isLoose, isZoned: reading.hasOffset, isNested: isNested)
        let header = OriginReader.read(text, after: end, context, &message)
        if header > 0 {
            readInnerHeader(text, at: header, receivedSeconds, zone, &message)
            return
        }
        if isLoose, message.program.isEmpty, message.host.isEmpty, message.processID.isEmpty {
            readOwnLine(text, from: start, &message)
            return
        }
        HeaderParser.finishBody(text, &message)
    }

    /// True when a priority stands in front of `start`: else nothing does, or a byte order mark of three bytes.
    @inline(__always)
    private static func hasPriority(_ text: FrameText, before start: Int) -> Bool {
        start > 3 || (start == 3 && text[inside: 2] == UInt8(ascii: ">"))
    }

    /// A program's own line: the whole of it is the content, and the body what follows the time.
    @inline(never)
    private func readOwnLine(_ text: FrameText, from start: Int, _ message: inout SyslogMessage) {
        message.format = .unstructured
        HeaderParser.finishBody(text, &message)
        message.content = ByteRange(start, text.count)
    }

    /// A header inside the message, in front of which a relay has put its own.
    @inline(never)
    private mutating func readInnerHeader(
        _ text: FrameText, at start: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) {
        let outer = message
        message.host = .absent
        isNested = true
        defer { isNested = false }
        var offset = start
        if text[start] == UInt8(ascii: "<") { offset = HeaderParser.readPriority(text, at: start, &message) }
        timeIsZoned = false
        if HeaderParser.isRFC5424(text, at: offset, hasPriority: true) {
            readRFC5424(text, from: offset, receivedSeconds, zone, &message)
        } else {
            readRFC3164(text, from: offset, receivedSeconds, zone, &message)
        }
        if message.host.isEmpty { message.host = outer.host }
        if outer.timestamp.isPresent, !timeIsZoned || !message.timestamp.isPresent {
            message.timestamp = outer.timestamp
        }
    }

    // MARK: No time, or another one

    /// No time of the usual forms stands at `offset`, or one with a fault does.
    @inline(never)
    private mutating func readUnusualTime(
        _ text: FrameText, from start: Int, _ offset: Int, _ scan: TimeScan, _ kind: HeaderFault.Kind,
        _ receivedSeconds: Int64, _ zone: borrowing LocalZone, _ message: inout SyslogMessage
    ) {
        if case .fault(let fault) = scan {
            readFaultyTime(text, from: start, timeAt: offset, fault: fault, kind, &message)
            return
        }
        var device = CiscoHeader()
        if device.read(text, from: start, &message) {
            message.format = .rfc3164
            if device.hasTime { setTime(device.reading, receivedSeconds, zone, &message) }
            HeaderParser.finishBody(text, &message)
            return
        }
        var other = ClockReading()
        var timeEnd = OtherTimes.read(text, at: offset, &other)
        // Meraki: a version as of RFC 5424, and seconds since 1970.
        if timeEnd == nil, text.has("1 ", at: offset) {
            timeEnd = OtherTimes.readEpoch(text, at: offset &+ 2, isCertain: true, &other)
        }
        if timeEnd == nil, !message.hasPriority { timeEnd = ApplicationLine.readKlogTime(text, at: offset, &other) }
        if let timeEnd, isEndOfTime(text[timeEnd]) || timeEnd == text.count {
            setTime(other, receivedSeconds, zone, &message)
            let seconds = message.timestamp.seconds
            readOrigin(
                text, from: start, timeAt: offset, after: timeEnd, other, seconds, receivedSeconds, zone, &message)
            return
        }
        readNamedTime(text, from: start, offset, receivedSeconds, zone, &message)
    }

    private func isEndOfTime(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: ":") }

    private mutating func setTime(
        _ reading: ClockReading, _ receivedSeconds: Int64, _ zone: borrowing LocalZone, _ message: inout SyslogMessage
    ) {
        timeIsZoned = reading.hasOffset
        message.timestamp = SyslogTimestamp(
            seconds: clock.instant(of: reading, isRemembered: false, receivedSeconds: receivedSeconds, zone: zone),
            nanoseconds: reading.nanoseconds, digits: reading.digits)
    }

    /// `R1: *Mar  1 18:46:11.123: text`: a device's name and a colon before the time; without a time, what is left.
    private mutating func readNamedTime(
        _ text: FrameText, from start: Int, _ offset: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) {
        let token = text.tokenEnd(offset)
        var isName = token &- offset > 1 && text[token &- 1] == UInt8(ascii: ":") && text[token] == UInt8(ascii: " ")
        if isName {
            for place in offset..<(token &- 1) where !ByteClass.wideHost.contains(text[inside: place]) {
                isName = false
            }
        }
        if isName {
            let time = RFC3164Prefix.markEnd(text, token &+ 1)
            var reading = ClockReading()
            if let end = OtherTimes.rfc3164End(text, at: time, &reading) {
                message.host = ByteRange(offset, token &- 1)
                setTime(reading, receivedSeconds, zone, &message)
                let seconds = message.timestamp.seconds
                readOrigin(
                    text, from: start, timeAt: time, after: end, reading, seconds, receivedSeconds, zone, &message)
                return
            }
        }
        readUntimed(text, from: start, offset, receivedSeconds, zone, &message)
    }

    /// A time with a fault costs itself alone: host and tag behind it are read.
    private mutating func readFaultyTime(
        _ text: FrameText, from start: Int, timeAt offset: Int, fault: Int, _ kind: HeaderFault.Kind,
        _ message: inout SyslogMessage
    ) {
        HeaderParser.fail(&message, kind, at: fault)
        let outer = message.host
        let end = HeaderParser.faultyTimeEnd(text, offset)
        message.format = .rfc3164
        let context = OriginReader.Context(hostNeedsTag: !message.hasPriority, isZoned: false, isNested: true)
        _ = OriginReader.read(text, after: end, context, &message)
        if message.program.isEmpty, message.host.isEmpty || message.host == outer {
            // Nothing behind it says that it was a header: nothing is cut off.
            message.content = ByteRange(start, text.count)
            if !HeaderParser.hasPriority(text, before: start) { message.format = .unstructured }
        }
        HeaderParser.finishBody(text, &message)
    }

    /// The offset behind a time that could not be read: the date's words and the one of the time of day.
    static func faultyTimeEnd(_ text: FrameText, _ start: Int) -> Int {
        var offset = start
        let isNamed = isLetter(text[start])
        for word in 0..<4 {
            let end = text.tokenEnd(offset)
            var hasColon = false
            for place in offset..<end where text[inside: place] == UInt8(ascii: ":") { hasColon = true }
            if hasColon || (!isNamed && word > 0) { return end }
            offset = end
            while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        }
        return offset
    }

    /// No timestamp: a tag, a Cisco mnemonic, or nothing but text.
    @inline(never)
    private mutating func readUntimed(
        _ text: FrameText, from start: Int, _ offset: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) {
        if isNested || HeaderParser.hasPriority(text, before: start) {
            message.format = .rfc3164
            message.content = ByteRange(start, text.count)
            OriginReader.readUntimed(text, at: offset, &message)
            HeaderParser.finishBody(text, &message)
            return
        }
        if OriginReader.readMnemonic(text, at: start, &message)
            || OriginReader.readNumberedTag(text, at: start, &message)
            || ApplicationLine.readUntimed(text, at: start, &message)
        {
            message.format = .rfc3164
            HeaderParser.finishBody(text, &message)
            return
        }
        message.content = ByteRange(start, text.count)
        var reading = ClockReading()
        let bodyStart = NameServerLine.read(text, at: start, &reading)
        guard bodyStart > 0 else {
            if ApplicationLine.readAccessTime(text, at: start, &reading) {
                setTime(reading, receivedSeconds, zone, &message)
            }
            HeaderParser.finishBody(text, &message)
            return
        }
        setTime(reading, receivedSeconds, zone, &message)
        message.content = ByteRange(bodyStart, text.count)
        HeaderParser.finishBody(text, &message)
        message.content = ByteRange(start, text.count)
    }
}
