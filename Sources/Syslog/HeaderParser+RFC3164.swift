/// The older header, RFC 3164 section 4, from the end of the priority on (or from the first byte without one).
///
/// Ambiguities and how they are decided:
/// - No priority and a time is a line of a log file: no fault, facility user and severity notice by default.
/// - No priority and no time is text (`unstructured`), unless it begins with `name[digits]:` or `%FAC-SEV-MNEMONIC:`.
/// - A priority and no time is normal for small devices: a tag may follow, a host only before `name[digits]:`.
/// - A time whose shape is clear but whose value breaks the rules is a fault: content begins where it does.
/// - What follows the time is host and tag, see `OriginReader`.
/// - Cisco puts a sequence number (`000123: `) and sometimes its own name (`R1: `) before the time, `*` or `.` right
///   before it when its clock is not set, and a colon after it. A sequence number without time is followed by an uptime
///   (`1w2d: `, `00:00:46: `), which is skipped.
extension HeaderParser {
    @inline(__always)
    mutating func readLegacy(
        _ text: FrameText, from start: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) {
        var offset = start
        if !isLetter(text[offset]), !clock.recallsInternet(text, at: offset) {
            offset = LegacyPrefix.end(text, from: start)
        }
        var reading = ClockReading()
        var isRemembered = false
        var end = clock.readClassicTime(text, at: offset, &reading, isRemembered: &isRemembered)
        if end == 0 {
            end = readNamedDeviceTime(text, at: offset, &reading, &isRemembered, &message)
            if end == 0 {
                readUntimed(text, from: start, offset, receivedSeconds, zone, &message)
                return
            }
        }
        if end < 0 {
            HeaderParser.fail(&message, reading.faultKind, at: ~end)
            if message.hasPriority || start > 0 {
                message.format = .rfc3164
                message.content = ByteRange(start, text.count)
            }
            message.host = .absent
            HeaderParser.finishBody(text, &message)
            return
        }
        message.format = .rfc3164
        message.timestamp = SyslogTimestamp(
            seconds: clock.instant(
                of: reading, isRemembered: isRemembered, receivedSeconds: receivedSeconds, zone: zone),
            nanoseconds: reading.nanoseconds, digits: reading.digits)
        // `2025-11-04 14:02:09 INFO text` is how applications write their own logs: a word is only a host there when
        // a tag follows it.
        let isLoose = start == 0 && isDigit(text[offset]) && text[offset &+ 10] == UInt8(ascii: " ")
        OriginReader.read(text, after: end, hostNeedsTag: isLoose, &message)
        HeaderParser.finishBody(text, &message)
    }

    /// `R1: *Mar  1 18:46:11.123: `: a device's name and a colon before the time. Returns what `readClassicTime` does.
    @inline(never)
    private mutating func readNamedDeviceTime(
        _ text: FrameText, at start: Int, _ reading: inout ClockReading, _ isRemembered: inout Bool,
        _ message: inout SyslogMessage
    ) -> Int {
        let token = text.tokenEnd(start)
        guard token &- start > 1, text[token &- 1] == UInt8(ascii: ":"), text[token] == UInt8(ascii: " ") else {
            return 0
        }
        for offset in start..<(token &- 1) where !ByteClass.wideHost.contains(text.base[offset]) { return 0 }
        let time = LegacyPrefix.markEnd(text, token &+ 1)
        let end = clock.readClassicTime(text, at: time, &reading, isRemembered: &isRemembered)
        if end > 0 { message.host = ByteRange(start, token &- 1) }
        return end
    }

    /// No timestamp: a tag, a Cisco mnemonic, or nothing but text.
    @inline(never)
    private mutating func readUntimed(
        _ text: FrameText, from start: Int, _ offset: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) {
        if start > 0 {
            message.format = .rfc3164
            message.content = ByteRange(start, text.count)
            OriginReader.readUntimed(text, at: offset, &message)
            HeaderParser.finishBody(text, &message)
            return
        }
        if OriginReader.readMnemonic(text, at: 0, &message) || OriginReader.readNumberedTag(text, at: 0, &message) {
            message.format = .rfc3164
            HeaderParser.finishBody(text, &message)
            return
        }
        var reading = ClockReading()
        let bodyStart = NameServerLine.read(text, &reading)
        HeaderParser.finishBody(text, &message)
        if bodyStart > 0 {
            message.timestamp = SyslogTimestamp(
                seconds: zone.utcSeconds(local: reading.local, near: receivedSeconds),
                nanoseconds: reading.nanoseconds, digits: reading.digits)
            message.body = ByteRange(bodyStart, text.count)
        }
    }
}
