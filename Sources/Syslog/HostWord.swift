import Base

/// Words that a host is called by.
enum HostWord {
    /// The host in the word `begin..<end` behind a time, without the brackets around an address; empty when it is none.
    static func range(_ text: FrameText, _ begin: Int, _ end: Int) -> ByteRange {
        if text[inside: begin] == UInt8(ascii: "["), text[inside: end &- 1] == UInt8(ascii: "]"), end &- begin > 4 {
            let inner = ByteRange(begin &+ 1, end &- 1)
            return isAddress(text, inner) ? inner : .absent
        }
        if !plainRange(text, begin, end).isEmpty { return ByteRange(begin, end) }
        return isUnusual(text, begin, end) ? ByteRange(begin, end) : .absent
    }

    /// The word when it is letters, digits and `. _ -` and no number, level or facility.
    static func plainRange(_ text: FrameText, _ begin: Int, _ end: Int) -> ByteRange {
        for offset in begin..<end where !ByteClass.host.contains(text[inside: offset]) { return .absent }
        return PriorityWord.isNoHost(text, begin, end) ? .absent : ByteRange(begin, end)
    }

    /// An IPv6 address, chained hosts, a name in another script.
    private static func isUnusual(_ text: FrameText, _ begin: Int, _ end: Int) -> Bool {
        var colons = 0
        var isHexadecimal = true
        for offset in begin..<end {
            let byte = text[inside: offset]
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
        guard isLetter(text[inside: begin]) || isDigit(text[inside: begin]) || colons > 1 || text[inside: begin] >= 0x80
        else {
            return false
        }
        guard !PriorityWord.areDigits(text, begin, end) else { return false }
        return colons == 0 || (colons > 1 && isHexadecimal && !endsInLoneColon(text, begin, end))
    }

    /// `::` may end an address (`fe80::`), one colon may not.
    private static func endsInLoneColon(_ text: FrameText, _ begin: Int, _ end: Int) -> Bool {
        text[inside: end &- 1] == UInt8(ascii: ":") && (end &- begin < 2 || text[inside: end &- 2] != UInt8(ascii: ":"))
    }

    /// Digits and three dots, or hexadecimal digits and two colons at least.
    static func isAddress(_ text: FrameText, _ word: ByteRange) -> Bool {
        var dots = 0
        var colons = 0
        var hasLetters = false
        for offset in word.offsets {
            let byte = text[inside: offset]
            if byte == UInt8(ascii: "%") { break }
            if byte == UInt8(ascii: ".") {
                dots &+= 1
            } else if byte == UInt8(ascii: ":") {
                colons &+= 1
            } else if !isDigit(byte) {
                guard (byte | 0x20) &- UInt8(ascii: "a") < 6 else { return false }
                hasLetters = true
            }
        }
        if colons == 0 { return dots == 3 && !hasLetters }
        return colons > 1 && !endsInLoneColon(text, word.lowerBound, word.upperBound)
    }

    /// The same name in any case, or one of them with its domain.
    static func isSame(_ text: FrameText, _ one: ByteRange, _ other: ByteRange) -> Bool {
        let count = Int(min(one.count, other.count))
        for offset in 0..<count {
            let left = text[inside: one.lowerBound &+ offset]
            let right = text[inside: other.lowerBound &+ offset]
            guard left == right || (left | 0x20 == right | 0x20 && isLetter(left)) else { return false }
        }
        if one.count == other.count { return true }
        let longer = one.count > other.count ? one : other
        return text[inside: longer.lowerBound &+ count] == UInt8(ascii: ".")
    }
}
