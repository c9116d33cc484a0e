/// RFC 5424 section 6, from VERSION on.
///
/// A violation ends the header: the fields before it are kept, `content` begins with the field that broke the rules,
/// and the fault names the byte. Two things are faults that do not end it: another version, a missing priority.
/// Not taken as violations: fields longer than section 6 allows, seven to nine fraction digits, a `]` without backslash
/// inside a quoted value (the quotes leave no doubt), an SD-ID or parameter that comes again, a last field without the
/// rest of the header is kept.
extension HeaderParser {
    @inline(__always)
    mutating func readModern(_ text: FrameText, from start: Int, _ message: inout SyslogMessage) {
        message.format = .rfc5424
        var offset = start
        if text[offset] != UInt8(ascii: "1") || text[offset &+ 1] != UInt8(ascii: " ") {
            if message.fault == nil { message.fault = HeaderFault(.version, offset: offset) }
            offset = text.tokenEnd(offset) &+ 1
        } else {
            offset &+= 2
        }
        let end = readModernFields(text, from: offset, &message)
        message.content = ByteRange(end, text.count)
        HeaderParser.finishBody(text, &message)
    }

    /// Reads TIMESTAMP to STRUCTURED-DATA and returns the offset where the message text begins.
    @inline(__always)
    private mutating func readModernFields(
        _ text: FrameText, from start: Int, _ message: inout SyslogMessage
    ) -> Int {
        var offset = start
        if text[offset] == UInt8(ascii: "-"), offset &+ 1 == text.count || text[offset &+ 1] == UInt8(ascii: " ") {
            offset &+= 1
        } else {
            var reading = ClockReading()
            let end = clock.readInternetTime(text, at: offset, strict: true, &reading)
            if end < 0 || (end < text.count && text.base[end] != UInt8(ascii: " ")) {
                HeaderParser.fail(&message, end < 0 ? reading.faultKind : .timestamp, at: end < 0 ? ~end : end)
                return offset
            }
            message.timestamp = SyslogTimestamp(
                seconds: reading.local &- Int64(reading.offset), nanoseconds: reading.nanoseconds,
                digits: reading.digits)
            offset = end
        }
        guard HeaderParser.field(text, &offset, .host, &message.host, &message.fault),
            HeaderParser.field(text, &offset, .program, &message.program, &message.fault),
            HeaderParser.field(text, &offset, .processID, &message.processID, &message.fault),
            HeaderParser.field(text, &offset, .messageID, &message.messageID, &message.fault)
        else { return offset }
        return HeaderParser.readStructuredData(text, from: offset, &message)
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
        if end == begin || (end < text.count && text.base[end] != UInt8(ascii: " ")) {
            if fault == nil { fault = HeaderFault(kind, offset: end) }
            offset = begin
            return false
        }
        if end &- begin != 1 || text.base[begin] != UInt8(ascii: "-") { range = ByteRange(begin, end) }
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
        while offset < text.count, text.base[offset] &- 33 < 94 { offset &+= 1 }
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
        guard text.base[offset] == UInt8(ascii: " ") else {
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
                let byte = text.base[offset]
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
        while offset < text.count, ByteClass.structuredDataName.contains(text.base[offset]) { offset &+= 1 }
        return offset
    }

    /// Names the first fault; a later one does not replace it.
    @discardableResult
    static func fail(_ message: inout SyslogMessage, _ kind: HeaderFault.Kind, at offset: Int) -> Int {
        if message.fault == nil { message.fault = HeaderFault(kind, offset: min(offset, Int(UInt32.max) - 1)) }
        return -1
    }
}
