import Base

/// Facility and severity in words, and levels in words: what stands where a host or a tag would, and is neither.
enum PriorityWord {
    /// Reads `daemon.info` (busybox, logread, Kiwi), `auth|security:info` (AIX), `<auth.info>` and `<4.6>` (FreeBSD's
    /// `-v`) or `In(182)` (files of ESXi 8) at `start`.
    ///
    /// Returns the offset of the space behind it, 0 when it is something else. Sets the priority when the frame had none.
    @inline(never)
    static func read(_ text: FrameText, at start: Int, _ message: inout SyslogMessage) -> Int {
        let isBracketed = text[start] == UInt8(ascii: "<")
        var offset = isBracketed ? start &+ 1 : start
        var facility = 0
        let severity: Int
        if isBracketed, isDigit(text[offset]) {
            guard let number = number(text, &offset), number < Int(Facility.count), text[offset] == UInt8(ascii: "."),
                isDigit(text[offset &+ 1]), text[offset &+ 1] < UInt8(ascii: "8")
            else { return 0 }
            facility = number
            severity = text.digit(offset &+ 1)
            offset &+= 2
        } else if text[offset &+ 2] == UInt8(ascii: "("), !isBracketed {
            guard isCapital(text[offset]), isLetter(text[offset &+ 1]) else { return 0 }
            offset &+= 3
            guard let number = number(text, &offset), number < 192, text[offset] == UInt8(ascii: ")") else { return 0 }
            facility = number / 8
            severity = number % 8
            offset &+= 1
        } else {
            let name = facilityEnd(text, offset)
            facility = Self.facility(word(text, offset, name))
            let separator = text[name]
            guard facility >= 0, separator == UInt8(ascii: ".") || separator == UInt8(ascii: ":") else { return 0 }
            var offsetOfLevel = name &+ 1
            if text[offsetOfLevel] == UInt8(ascii: "=") { offsetOfLevel &+= 1 }
            let end = lettersEnd(text, offsetOfLevel)
            severity = Self.severity(word(text, offsetOfLevel, end))
            offset = end
        }
        guard severity >= 0 else { return 0 }
        if isBracketed {
            guard text[offset] == UInt8(ascii: ">") else { return 0 }
            offset &+= 1
        }
        guard text[offset] == UInt8(ascii: " ") || text[offset] == UInt8(ascii: "\t") else { return 0 }
        if !message.hasPriority {
            message.facility = UInt8(truncatingIfNeeded: facility)
            message.severity = UInt8(truncatingIfNeeded: severity)
            message.hasPriority = true
        }
        return offset
    }

    /// True when the word `start..<end` is not to be taken for a host: digits alone, a level, or a facility and a dot.
    @inline(__always)
    static func isNoHost(_ text: FrameText, _ start: Int, _ end: Int) -> Bool {
        var packed: UInt64 = 0
        var offset = start
        var digits = 0
        while offset < end, offset &- start < 9 {
            let byte = text[inside: offset]
            if byte == UInt8(ascii: ".") { break }
            if isDigit(byte) { digits &+= 1 }
            packed = packed &<< 8 | UInt64(byte | 0x20)
            offset &+= 1
        }
        if offset == end { return digits == end &- start || severity(packed) >= 0 || isOtherLevel(packed) }
        if text[inside: offset] == UInt8(ascii: ".") {
            return offset &- start < 9 && facility(packed) >= 0
                && severity(word(text, offset &+ 1, end)) >= 0
        }
        return digits == 9 && areDigits(text, start, end)
    }

    /// True for a level in any case, of syslog or of applications: `INFO`, `warn`, `TRACE`.
    static func isLevel(_ text: FrameText, _ start: Int, _ end: Int) -> Bool {
        let packed = word(text, start, end)
        return severity(packed) >= 0 || isOtherLevel(packed)
    }

    static func areDigits(_ text: FrameText, _ start: Int, _ end: Int) -> Bool {
        var offset = start
        while offset < end, isDigit(text[inside: offset]) { offset &+= 1 }
        return offset == end && end > start
    }

    /// A number of at most three digits; `offset` is left behind it.
    private static func number(_ text: FrameText, _ offset: inout Int) -> Int? {
        let start = offset
        var value = 0
        while offset < start &+ 3, isDigit(text[offset]) {
            value = value &* 10 &+ text.digit(offset)
            offset &+= 1
        }
        return offset > start ? value : nil
    }

    /// `auth|security` of AIX is one facility, named after its first word.
    private static func facilityEnd(_ text: FrameText, _ start: Int) -> Int {
        var end = lettersEnd(text, start)
        while isDigit(text[end]) { end &+= 1 }
        if text.has("|security", at: end) { return end &+ 9 }
        return end
    }

    private static func lettersEnd(_ text: FrameText, _ start: Int) -> Int {
        var end = start
        while isLetter(text[end]) { end &+= 1 }
        return end
    }

    /// A word of at most eight letters and digits as a number, its letters in small; 0 for a longer one.
    @inline(__always)
    private static func word(_ text: FrameText, _ start: Int, _ end: Int) -> UInt64 {
        var last = end
        if last &- start > 9, text.has("|security", at: last &- 9) { last &-= 9 }
        guard last > start, last &- start <= 8 else { return 0 }
        var packed: UInt64 = 0
        for offset in start..<last { packed = packed &<< 8 | UInt64(text[inside: offset] | 0x20) }
        return packed
    }

    private static func facility(_ word: UInt64) -> Int {
        switch word {
        case code("kern"): 0
        case code("user"): 1
        case code("mail"): 2
        case code("daemon"): 3
        case code("auth"), code("security"): 4
        case code("syslog"): 5
        case code("lpr"): 6
        case code("news"): 7
        case code("uucp"): 8
        case code("cron"): 9
        case code("authpriv"): 10
        case code("ftp"): 11
        case code("ntp"): 12
        case code("audit"), code("logaudit"): 13
        case code("console"), code("logalert"): 14
        case code("clock"): 15
        case code("local0"): 16
        case code("local1"): 17
        case code("local2"): 18
        case code("local3"): 19
        case code("local4"): 20
        case code("local5"): 21
        case code("local6"): 22
        case code("local7"): 23
        default: -1
        }
    }

    private static func severity(_ word: UInt64) -> Int {
        switch word {
        case code("emerg"), code("panic"): 0
        case code("alert"): 1
        case code("crit"), code("critical"): 2
        case code("err"), code("error"): 3
        case code("warn"), code("warning"): 4
        case code("notice"): 5
        case code("info"): 6
        case code("debug"): 7
        default: -1
        }
    }

    private static func isOtherLevel(_ word: UInt64) -> Bool {
        switch word {
        case code("trace"), code("fatal"), code("severe"), code("verbose"), code("fine"): true
        default: false
        }
    }

    @inline(__always)
    private static func code(_ name: StaticString) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<name.utf8CodeUnitCount { value = value &<< 8 | UInt64(name.utf8Start[index]) }
        return value
    }
}
