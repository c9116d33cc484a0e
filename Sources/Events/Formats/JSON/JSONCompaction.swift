extension ByteWriter {
    /// Writes JSON that is known to be well-formed without the white space between its tokens; everything else byte for
    /// byte.
    public mutating func compact(_ source: UnsafePointer<UInt8>, _ length: Int) {
        var start = 0
        var at = 0
        while at < length {
            switch source[at] {
            case UInt8(ascii: "\""):
                at &+= 1
                while at < length, source[at] != UInt8(ascii: "\"") {
                    at &+= source[at] == UInt8(ascii: "\\") ? 2 : 1
                }
                at &+= 1
            case 0x20, 0x09, 0x0A, 0x0D:
                fragment(source + start, at &- start)
                at &+= 1
                start = at
            default:
                at &+= 1
            }
        }
        if start < length { fragment(source + start, length &- start) }
    }

    /// Writes text without the backslashes in it: each makes the byte behind it part of the text, but `\n` and `\r` are
    /// line breaks. The escapes of CEF.
    /// - Returns: as ``escaped(_:_:)``.
    public mutating func unescaped(_ source: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        var wellFormed = true
        var start = 0
        var at = 0
        while at &+ 1 < length {
            guard source[at] == UInt8(ascii: "\\") else {
                at &+= 1
                continue
            }
            if !escaped(source + start, at &- start) { wellFormed = false }
            switch source[at &+ 1] {
            case UInt8(ascii: "n"):
                fragment(#"\n"#)
                start = at &+ 2
            case UInt8(ascii: "r"):
                fragment(#"\r"#)
                start = at &+ 2
            default: start = at &+ 1
            }
            at &+= 2
        }
        if !escaped(source + start, length &- start) { wellFormed = false }
        return wellFormed
    }
}
