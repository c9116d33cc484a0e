import Base

/// Reads the header of one syslog message, whatever its form. Never fails: what could be read is in the result, the
/// first violation is named, and no byte of text is lost.
///
/// One per worker: it remembers the last date and time of day it read, so that a second that comes again costs two
/// comparisons. It owns no memory and does no I/O.
///
/// ## Which form a frame has, decided per frame
/// 1. A byte order mark in front, and spaces before a priority, are left out.
/// 2. `<`, one to three digits, `>` is a priority. `<` and anything else is text (`<info> started`): the frame is
///    unstructured and the fault says so. A number above 191 is a fault, but the rest is read; one of more than three
///    digits only where a header follows it.
/// 3. After the priority, `1` and a space is RFC 5424, unless the name of a month follows (`<30>1 Nov 2025 ...`) or
///    seconds since 1970 (Meraki). Another version of one to three digits and a space is RFC 5424 only if a full date or
///    `- ` follows, since it may as well be text.
/// 4. A frame without priority that begins with `1 `, a full date and `T` is RFC 5424 whose priority was stripped.
/// 5. Everything else is the older form, see `HeaderParser+RFC3164.swift`.
public struct HeaderParser: ~Copyable {
    var clock = ClockCache()
    /// The time that was read last named its zone.
    var timeIsZoned = false
    /// A header inside the message is being read: there is none inside that one.
    var isNested = false

    /// A parser that has read nothing yet.
    public init() {}

    /// Reads one frame. Trailing LF, CR and NUL belong to no part of the result.
    ///
    /// - Parameters:
    ///   - frame: the bytes as received; bytes after the first 4 GiB are not looked at.
    ///   - receivedSeconds: the time of reception, UTC seconds since 1970: a time without a year is given the year that
    ///     puts it closest to this.
    ///   - zone: the sender's clock, for times that name no zone.
    @inline(__always)
    public mutating func parse(
        _ frame: Span<UInt8>, receivedSeconds: Int64, zone: borrowing LocalZone
    ) -> SyslogMessage {
        var message = SyslogMessage()
        parse(frame, receivedSeconds: receivedSeconds, zone: zone, into: &message)
        return message
    }

    /// As the other `parse`, into a message that the caller keeps: nothing of what was in it stays. Saves the hot path a
    /// copy of the whole result, which costs more than its bytes because it reads what has only just been written.
    public mutating func parse(
        _ frame: Span<UInt8>, receivedSeconds: Int64, zone: borrowing LocalZone, into message: inout SyslogMessage
    ) {
        let text = FrameText(frame)
        message.reset(wholeFrame: text.count)
        read(text, receivedSeconds, zone, &message)
    }

    @inline(__always)
    private mutating func read(
        _ text: FrameText, _ receivedSeconds: Int64, _ zone: borrowing LocalZone, _ message: inout SyslogMessage
    ) {
        if text.count == 0 {
            message.fault = HeaderFault(.empty, offset: 0)
            return
        }
        var first = 0
        if text[inside: 0] != UInt8(ascii: "<") {
            first = HeaderParser.firstByte(text)
            guard text[first] == UInt8(ascii: "<") else {
                readWithoutPriority(text, from: first, receivedSeconds, zone, &message)
                return
            }
        }
        let start = HeaderParser.readPriority(text, at: first, &message)
        if start == 0 {
            message.content = ByteRange(HeaderParser.markEnd(text, 0), text.count)
            HeaderParser.finishBody(text, &message)
        } else if HeaderParser.isRFC5424(text, at: start, hasPriority: true) {
            readRFC5424(text, from: start, receivedSeconds, zone, &message)
        } else if text[start] == UInt8(ascii: " "), HeaderParser.isRFC5424(text, at: start &+ 1, hasPriority: true) {
            HeaderParser.fail(&message, .version, at: start)
            readRFC5424(text, from: start &+ 1, receivedSeconds, zone, &message)
        } else {
            readRFC3164(text, from: HeaderParser.markEnd(text, start), receivedSeconds, zone, &message)
        }
    }

    /// A line of a file, text, or a frame whose priority was stripped.
    @inline(never)
    private mutating func readWithoutPriority(
        _ text: FrameText, from start: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) {
        if start >= text.count {
            message.fault = HeaderFault(.empty, offset: 0)
        } else if HeaderParser.isRFC5424(text, at: start, hasPriority: false) {
            message.fault = HeaderFault(.priorityMissing, offset: start)
            readRFC5424(text, from: start, receivedSeconds, zone, &message)
        } else {
            readRFC3164(text, from: start, receivedSeconds, zone, &message)
        }
    }

    /// The first byte that counts: behind a byte order mark, and behind spaces when a priority follows them.
    @inline(__always)
    private static func firstByte(_ text: FrameText) -> Int {
        let start = markEnd(text, 0)
        guard text[start] <= UInt8(ascii: " ") else { return start }
        var offset = start
        while offset < text.count, text[inside: offset] <= UInt8(ascii: " ") { offset &+= 1 }
        return text[offset] == UInt8(ascii: "<") && isDigit(text[offset &+ 1]) ? offset : start
    }

    /// The offset behind a byte order mark at `start`.
    @inline(__always)
    private static func markEnd(_ text: FrameText, _ start: Int) -> Int {
        text[start] == 0xEF && text[start &+ 1] == 0xBB && text[start &+ 2] == 0xBF ? start &+ 3 : start
    }

    /// Reads `<PRI>` at `start` and returns the offset after it, or 0 when it is none.
    @inline(__always)
    static func readPriority(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Int {
        var value = 0
        var offset = start &+ 1
        while offset < start &+ 4 {
            let digit = text.digit(offset)
            if digit > 9 { break }
            value = value &* 10 &+ digit
            offset &+= 1
        }
        guard offset > start &+ 1, text[offset] == UInt8(ascii: ">") else {
            return readLongPriority(text, from: start, offset, &message)
        }
        if value > 191 {
            message.fault = HeaderFault(.priorityRange, offset: start &+ 1, number: value)
        } else {
            message.facility = UInt8(truncatingIfNeeded: value &>> 3)
            message.severity = UInt8(truncatingIfNeeded: value & 7)
            message.hasPriority = true
        }
        return offset &+ 1
    }

    /// A number of more than three digits is a priority out of range where a header follows it, otherwise text.
    @inline(never)
    private static func readLongPriority(
        _ text: FrameText, from start: Int, _ end: Int, _ message: inout SyslogMessage
    ) -> Int {
        var value = 0
        var offset = start &+ 1
        while offset < start &+ 10, isDigit(text[offset]) {
            value = value &* 10 &+ text.digit(offset)
            offset &+= 1
        }
        var reading = ClockReading()
        if offset > start &+ 4, text[offset] == UInt8(ascii: ">"),
            isRFC5424(text, at: offset &+ 1, hasPriority: true)
                || OtherTimes.rfc3164End(text, at: offset &+ 1, &reading) != nil
        {
            if value > 191 {
                message.fault = HeaderFault(.priorityRange, offset: start &+ 1, number: value)
            } else {
                message.fault = HeaderFault(.priority, offset: end)
                message.facility = UInt8(truncatingIfNeeded: value &>> 3)
                message.severity = UInt8(truncatingIfNeeded: value & 7)
                message.hasPriority = true
            }
            return offset &+ 1
        }
        message.fault = HeaderFault(.priority, offset: end)
        return 0
    }

    @inline(__always)
    static func isRFC5424(_ text: FrameText, at start: Int, hasPriority: Bool) -> Bool {
        let first = text[start]
        guard isDigit(first), first != UInt8(ascii: "0") else { return false }
        if hasPriority, first == UInt8(ascii: "1"), text[start &+ 1] == UInt8(ascii: " ") {
            if text[start &+ 6] == UInt8(ascii: "-") { return true }
            return !isOtherTime(text, at: start &+ 2)
        }
        return isRFC5424Version(text, at: start, hasPriority: hasPriority)
    }

    /// A day (`1 Nov 2025`), or seconds since 1970 behind the version.
    @inline(never)
    private static func isOtherTime(_ text: FrameText, at start: Int) -> Bool {
        if ClockCache.month(text, at: start) != 0, text[start &+ 3] == UInt8(ascii: " ") {
            // `1 Nov 14 10:11:12 gw1 dhcpd 812 - - text` is RFC 5424 with a time in words.
            var reading = ClockReading()
            return OtherTimes.rfc3164End(text, at: start, &reading) == nil
        }
        var reading = ClockReading()
        return OtherTimes.readEpoch(text, at: start, isCertain: true, &reading) != nil
    }

    @inline(never)
    private static func isRFC5424Version(_ text: FrameText, at start: Int, hasPriority: Bool) -> Bool {
        var offset = start &+ 1
        while offset < start &+ 3, isDigit(text[offset]) { offset &+= 1 }
        guard text[offset] == UInt8(ascii: " ") else { return false }
        let time = offset &+ 1
        if hasPriority, text[time] == UInt8(ascii: "-"), text[time &+ 1] == UInt8(ascii: " ") { return true }
        guard text.fourDigits(time) >= 0, text[time &+ 4] == UInt8(ascii: "-"), text.twoDigits(time &+ 5) >= 0,
            text[time &+ 7] == UInt8(ascii: "-"), text.twoDigits(time &+ 8) >= 0
        else { return false }
        return hasPriority
            || (offset == start &+ 1 && text[start] == UInt8(ascii: "1") && text[time &+ 10] == UInt8(ascii: "T"))
    }
}
