import Base

/// What may stand between the priority and the time of the older header.
enum RFC3164Prefix {
    /// The offset of the time: after spaces, a lone colon (NX-OS), a sequence number and a mark.
    @inline(never)
    static func end(_ text: FrameText, from start: Int) -> Int {
        var offset = start
        while text[offset] == UInt8(ascii: " ") { offset &+= 1 }
        if text[offset] == UInt8(ascii: ":"), text[offset &+ 1] == UInt8(ascii: " ") {
            offset &+= 2
        } else if isDigit(text[offset]) {
            let end = sequenceEnd(text, offset)
            if end > 0 { offset = end }
        }
        return markEnd(text, offset)
    }

    /// The offset after `000123: `, at most ten digits, or 0 when it is no sequence number.
    static func sequenceEnd(_ text: FrameText, _ start: Int) -> Int {
        var offset = start
        while offset < start &+ 11, isDigit(text[offset]) { offset &+= 1 }
        guard offset > start, offset < start &+ 11, text.has(": ", at: offset) else { return 0 }
        return offset &+ 2
    }

    /// Skips the `*` or `.` that says that a device's clock is not set, when a letter or digit follows.
    @inline(__always)
    static func markEnd(_ text: FrameText, _ offset: Int) -> Int {
        let byte = text[offset]
        guard byte == UInt8(ascii: "*") || byte == UInt8(ascii: ".") else { return offset }
        return isLetter(text[offset &+ 1]) || isDigit(text[offset &+ 1]) ? offset &+ 1 : offset
    }
}
