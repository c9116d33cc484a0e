import Base

/// RFC 5424 section 6, from VERSION on.
///
/// A violation costs what it stands in: a time that cannot be read, or only in another form, is a fault, and the fields
/// behind it are read; a field with bytes that are not allowed is kept as it is. Where structured data cannot be told
/// from text, `content` begins with it, and the fault names the byte. Another version and a missing priority are faults
/// too. A program that ends in `[pid]:` or a colon is a tag of the older form, and the text follows it.
/// Not taken as violations: fields longer than section 6 allows, seven to nine fraction digits, a `]` without backslash
/// inside a quoted value (the quotes leave no doubt), an SD-ID or parameter that comes again, a last field without the
/// rest of the header is kept.
extension HeaderParser {
    @inline(__always)
    mutating func readRFC5424(
        _ text: FrameText, from start: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) {
        message.format = .rfc5424
        var offset = start
        if text[offset] != UInt8(ascii: "1") || text[offset &+ 1] != UInt8(ascii: " ") {
            if message.fault == nil { message.fault = HeaderFault(.version, offset: offset) }
            offset = text.tokenEnd(offset) &+ 1
        } else {
            offset &+= 2
        }
        while text[offset] == UInt8(ascii: " ") {
            HeaderParser.fail(&message, .timestamp, at: offset)
            offset &+= 1
        }
        let end = readRFC5424Fields(text, from: offset, receivedSeconds, zone, &message)
        message.content = ByteRange(end, text.count)
        HeaderParser.finishBody(text, &message)
        let first = text[end]
        if isDigit(first) || isCapital(first) || first == UInt8(ascii: "<") { RepeatedHeader.read(text, &message) }
        readForwardedDevice(text, from: end, &message)
    }

    /// A forwarder took the counter of a Cisco device for its program: what the device wrote is the text then.
    @inline(__always)
    private func readForwardedDevice(_ text: FrameText, from start: Int, _ message: inout SyslogMessage) {
        let name = message.program
        guard !name.isEmpty, isDigit(text[inside: name.lowerBound]) else { return }
        HeaderParser.readDevice(text, from: start, &message)
    }

    @inline(never)
    private static func readDevice(_ text: FrameText, from start: Int, _ message: inout SyslogMessage) {
        let name = message.program
        guard PriorityWord.areDigits(text, name.lowerBound, name.upperBound) else { return }
        let outer = message
        message.program = .absent
        var device = CiscoHeader()
        guard device.read(text, from: start, &message) else {
            message = outer
            return
        }
        finishBody(text, &message)
    }

    /// Reads TIMESTAMP to STRUCTURED-DATA and returns the offset where the message text begins.
    @inline(__always)
    private mutating func readRFC5424Fields(
        _ text: FrameText, from start: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) -> Int {
        var offset = start
        if text[offset] == UInt8(ascii: "-"), offset &+ 1 == text.count || text[offset &+ 1] == UInt8(ascii: " ") {
            offset &+= 1
        } else {
            var reading = ClockReading()
            let scan = clock.readRFC3339(text, at: offset, strict: true, &reading)
            if let end = scan.end, end >= text.count || text[inside: end] == UInt8(ascii: " ") {
                message.timestamp = SyslogTimestamp(
                    seconds: reading.local &- Int64(reading.offset), nanoseconds: reading.nanoseconds,
                    digits: reading.digits)
                timeIsZoned = true
                offset = end
            } else {
                if case .fault(let fault) = scan {
                    HeaderParser.fail(&message, reading.faultKind, at: fault)
                } else {
                    HeaderParser.fail(&message, .timestamp, at: scan.end ?? offset)
                }
                guard let end = readOtherTime(text, at: offset, receivedSeconds, zone, &message) else { return offset }
                offset = end
            }
        }
        guard HeaderParser.field(text, &offset, .host, &message.host, &message.fault),
            HeaderParser.field(text, &offset, .program, &message.program, &message.fault)
        else { return offset }
        let isColonLast = !message.program.isEmpty && text[inside: offset &- 1] == UInt8(ascii: ":")
        if isColonLast, HeaderParser.readNumberedTag(text, offset, &message) { return message.content.lowerBound }
        guard HeaderParser.field(text, &offset, .processID, &message.processID, &message.fault),
            HeaderParser.field(text, &offset, .messageID, &message.messageID, &message.fault)
        else { return offset }
        let end = HeaderParser.readStructuredData(text, from: offset, &message)
        if isColonLast, message.fault?.kind == .structuredData, HeaderParser.readTag(text, &message) {
            return message.content.lowerBound
        }
        return end
    }

    /// A time that breaks the rules: read in another form where it has one, else passed over. Returns the offset after
    /// it; nil when nothing stands behind it, and it is the content.
    @inline(never)
    private mutating func readOtherTime(
        _ text: FrameText, at start: Int, _ receivedSeconds: Int64, _ zone: borrowing LocalZone,
        _ message: inout SyslogMessage
    ) -> Int? {
        var reading = ClockReading()
        var time = OtherTimes.rfc3164End(text, at: start, &reading)
        if time == nil {
            reading = ClockReading()
            time = OtherTimes.read(text, at: start, &reading)
        }
        if let end = time, text[end] == UInt8(ascii: " ") {
            message.timestamp = SyslogTimestamp(
                seconds: clock.instant(of: reading, isRemembered: false, receivedSeconds: receivedSeconds, zone: zone),
                nanoseconds: reading.nanoseconds, digits: reading.digits)
            timeIsZoned = reading.hasOffset
            return end
        }
        var end = text.tokenEnd(start)
        let second = text.tokenEnd(end &+ 1)
        if HeaderParser.isDateAlone(text, start, end), end < text.count, text[end &+ 3] == UInt8(ascii: ":"),
            isDigit(text[end &+ 1]), isDigit(text[end &+ 2])
        {
            end = second
        }
        return end < text.count ? end : nil
    }

    /// `2026-13-14`, in front of a blank where the `T` should be.
    private static func isDateAlone(_ text: FrameText, _ start: Int, _ end: Int) -> Bool {
        for offset in start..<end where text[inside: offset] == UInt8(ascii: ":") { return false }
        return end &- start > 7 && isDigit(text[start])
    }

    /// `dhcpd[812]: text` in place of APP-NAME and what follows it; `end` is the offset behind the colon.
    @inline(never)
    private static func readNumberedTag(_ text: FrameText, _ end: Int, _ message: inout SyslogMessage) -> Bool {
        let start = message.program.lowerBound
        guard !text.has(" - ", at: end), OriginReader.readNumberedTag(text, at: start, &message) else { return false }
        fail(&message, .program, at: end &- 1)
        return true
    }

    /// `dhcpd: text` in place of APP-NAME and what follows it, where no structured data has been found.
    @inline(never)
    private static func readTag(_ text: FrameText, _ message: inout SyslogMessage) -> Bool {
        message.processID = .absent
        message.messageID = .absent
        return OriginReader.readTag(text, at: message.program.lowerBound, isTight: false, &message)
    }

    /// Reads a space and a field. On a violation `offset` is left where the content begins and false is returned.
    @inline(__always)
    private static func field(
        _ text: FrameText, _ offset: inout Int, _ kind: HeaderFault.Kind, _ range: inout ByteRange,
        _ fault: inout HeaderFault?
    ) -> Bool {
        // Every field before this one has ended at a space or at the end of the frame.
        if offset >= text.count {
            if fault == nil { fault = HeaderFault(kind, offset: text.count) }
            return false
        }
        let begin = offset &+ 1
        let end = printableEnd(text, begin)
        if end == begin || (end < text.count && text[inside: end] != UInt8(ascii: " ")) {
            return oddField(text, &offset, end, kind, &range, &fault)
        }
        if end &- begin != 1 || text[inside: begin] != UInt8(ascii: "-") { range = ByteRange(begin, end) }
        offset = end
        return true
    }

    /// A field with a byte that is not allowed is taken up to the next space; a field of no bytes is absent, but a second
    /// space before the host is one too many. False at the end of the frame.
    @inline(never)
    private static func oddField(
        _ text: FrameText, _ offset: inout Int, _ faultAt: Int, _ kind: HeaderFault.Kind, _ range: inout ByteRange,
        _ fault: inout HeaderFault?
    ) -> Bool {
        if fault == nil { fault = HeaderFault(kind, offset: faultAt) }
        var begin = offset &+ 1
        if kind == .host {
            while text[begin] == UInt8(ascii: " ") { begin &+= 1 }
        }
        if begin >= text.count {
            offset = min(begin, text.count)
            return false
        }
        var end = begin
        while end < text.count, text[inside: end] != UInt8(ascii: " ") { end &+= 1 }
        if end > begin, end &- begin != 1 || text[inside: begin] != UInt8(ascii: "-") { range = ByteRange(begin, end) }
        offset = end
        return true
    }

    /// The first byte at or after `begin` that is not PRINTUSASCII (33 to 126), eight at a time.
    ///
    /// Borrows and carries between the bytes of a word only run upwards, so the lowest mark is always right.
    @inline(__always)
    private static func printableEnd(_ text: FrameText, _ begin: Int) -> Int {
        var offset = begin
        while offset &+ 8 <= text.count {
            let word = text.word(at: offset).littleEndian
            let marks =
                ((word &- 0x2121_2121_2121_2121) | word | (word &+ 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080
            if marks != 0 { return offset &+ marks.trailingZeroBitCount &>> 3 }
            offset &+= 8
        }
        while offset < text.count, text[inside: offset] &- 33 < 94 { offset &+= 1 }
        return offset
    }

    /// STRUCTURED-DATA and the start of MSG, section 6.3 and 6.4; `start` is the space before it.
    @inline(__always)
    private static func readStructuredData(_ text: FrameText, from start: Int, _ message: inout SyslogMessage) -> Int {
        let begin = start &+ 1
        var offset = begin
        if start >= text.count {
            fail(&message, .structuredData, at: text.count)
            return text.count
        }
        if text[begin] == UInt8(ascii: "-") {
            offset &+= 1
        } else {
            guard text[begin] == UInt8(ascii: "[") else {
                fail(&message, .structuredData, at: begin)
                return begin
            }
            offset = begin
            let isWhole = readElements(text, &offset, &message)
            if offset > begin { message.structuredData = ByteRange(begin, offset) }
            if !isWhole { return offset }
        }
        if offset >= text.count { return text.count }
        guard text[inside: offset] == UInt8(ascii: " ") else {
            // `-text`: the dash belongs to the text, so nothing of it may be cut off.
            fail(&message, text[begin] == UInt8(ascii: "-") ? .structuredData : .messageSeparator, at: offset)
            return text[begin] == UInt8(ascii: "-") ? begin : offset
        }
        offset &+= 1
        if text[offset] == 0xEF, text[offset &+ 1] == 0xBB, text[offset &+ 2] == 0xBF { offset &+= 3 }
        return offset
    }

    /// Reads whole SD-ELEMENTs and leaves `offset` after the last one that keeps the rules. False when one does not.
    private static func readElements(
        _ text: FrameText, _ offset: inout Int, _ message: inout SyslogMessage
    ) -> Bool {
        while text[offset] == UInt8(ascii: "[") {
            let end = elementEnd(text, offset, &message)
            if end < 0 { return false }
            offset = end
        }
        return true
    }

    /// The offset after one SD-ELEMENT, or -1 and the fault.
    private static func elementEnd(_ text: FrameText, _ begin: Int, _ message: inout SyslogMessage) -> Int {
        var offset = begin &+ 1
        let idEnd = nameEnd(text, offset)
        if idEnd == offset { return fail(&message, .structuredDataName, at: offset) }
        offset = idEnd
        while text[offset] == UInt8(ascii: " ") {
            offset &+= 1
            let parameterEnd = nameEnd(text, offset)
            if parameterEnd == offset { return fail(&message, .structuredDataName, at: offset) }
            guard text[parameterEnd] == UInt8(ascii: "=") else {
                return fail(&message, .structuredDataEquals, at: parameterEnd)
            }
            guard text[parameterEnd &+ 1] == UInt8(ascii: "\"") else {
                return fail(&message, .structuredDataQuote, at: parameterEnd &+ 1)
            }
            offset = parameterEnd &+ 2
            while offset < text.count {
                let byte = text[inside: offset]
                if byte == UInt8(ascii: "\"") { break }
                offset &+= byte == UInt8(ascii: "\\") ? 2 : 1
            }
            if offset >= text.count { return fail(&message, .structuredDataValue, at: text.count) }
            offset &+= 1
        }
        guard text[offset] == UInt8(ascii: "]") else { return fail(&message, .structuredDataEnd, at: offset) }
        return offset &+ 1
    }

    /// The end of an SD-NAME: printable ASCII without `=`, `]` and `"`.
    @inline(__always)
    private static func nameEnd(_ text: FrameText, _ begin: Int) -> Int {
        var offset = begin
        while offset < text.count, ByteClass.structuredDataName.contains(text[inside: offset]) { offset &+= 1 }
        return offset
    }

    /// Names the first fault; a later one does not replace it.
    @discardableResult
    static func fail(_ message: inout SyslogMessage, _ kind: HeaderFault.Kind, at offset: Int) -> Int {
        if message.fault == nil { message.fault = HeaderFault(kind, offset: min(offset, Int(UInt32.max) - 1)) }
        return -1
    }
}
