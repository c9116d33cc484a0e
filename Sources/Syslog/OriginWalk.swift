import Base

/// What stands around host and tag where they do not follow each other, each in front of the tag and in any order:
/// - facility and level in words (busybox, logread, Kiwi, AIX, FreeBSD), a level alone before `name[pid]` (F5, ESXi);
/// - a second host or an address (relays, Infoblox), before a tag that leaves no doubt, or the same name again;
/// - a label of the device's: `00005e005301,U7-Pro-8.6.11+18870:` and `("U7PG2,…")` (UniFi), a prefix that was
///   configured (OpenWrt's `log_prefix`), a time in parentheses (WatchGuard), an event's number of five digits
///   (ProCurve) or a number where the host should be, which becomes the message id;
/// - a whole header, `<30>…` or from its time on: the one that a relay has put its own in front of;
/// - the header of a Cisco device.
///
/// Where no tag comes in the end, the first word is the host and the rest is text. Slow path: usual messages do not get
/// here.
enum OriginWalk {
    /// As `OriginReader.read`, from the first byte behind the time on.
    @inline(never)
    static func read(
        _ text: FrameText, at start: Int, _ context: OriginReader.Context, _ message: inout SyslogMessage
    ) -> Int {
        var begin = start
        while text[begin] == UInt8(ascii: "\t") { begin &+= 1 }
        if OriginReader.readMnemonic(text, at: begin, &message) || OriginReader.isRepetition(text, at: begin) {
            return 0
        }
        let label = CiscoHeader.labelEnd(text, at: begin, isZoned: context.isZoned, &message)
        if label > 0, OriginReader.readMnemonic(text, at: label, &message) { return 0 }
        if context.hostNeedsTag, ApplicationLine.read(text, at: begin, &message) { return 0 }
        var walk = OriginWalkState(text: text, context: context, offset: begin, hostWasKnown: !message.host.isEmpty)
        for _ in 0..<8 {
            switch walk.step(&message) {
            case .goesOn: continue
            case .tag: return 0
            case .header: return walk.offset
            case .ends:
                walk.fallBack(from: begin, &message)
                return 0
            }
        }
        walk.fallBack(from: begin, &message)
        return 0
    }
}

/// How far a walk has come.
struct OriginWalkState: ~Escapable {
    enum Step { case goesOn, tag, header, ends }

    let text: FrameText
    let context: OriginReader.Context
    /// The next byte to look at, never a space.
    var offset: Int
    /// The host was read in front of the time.
    let hostWasKnown: Bool
    /// The first host, and where the last one begins and ends.
    private var host = ByteRange.absent
    private var last = ByteRange.absent
    private var hosts = 0
    /// The label that stands for a host where there is none.
    private var label = ByteRange.absent
    private var number = ByteRange.absent
    private var hasPriorityWord = false

    @_lifetime(copy text)
    init(text: FrameText, context: OriginReader.Context, offset: Int, hostWasKnown: Bool) {
        self.text = text
        self.context = context
        self.offset = offset
        self.hostWasKnown = hostWasKnown
    }

    mutating func step(_ message: inout SyslogMessage) -> Step {
        let byte = text[offset]
        let priority = PriorityWord.read(text, at: offset, &message)
        if priority > 0 {
            hasPriorityWord = true
            return move(to: priority)
        }
        if hosts > 0 || hostWasKnown {
            if !context.isNested, isHeader(at: offset) {
                takeHost(&message)
                return .header
            }
            if readDevice(&message) { return .tag }
        }
        if byte == UInt8(ascii: "(") {
            let end = bracketedEnd
            if end > 0 { return move(to: end) }
        }
        let labelEnd = commaLabelEnd
        if labelEnd > 0 { return move(to: labelEnd) }
        // The first colon of an address ends no tag.
        let isAddress = hosts == 0 && HostWord.isAddress(text, ByteRange(offset, text.tokenEnd(offset)))
        if !isAddress, readTag(&message) {
            takeHost(&message)
            return .tag
        }
        return takeWord()
    }

    private mutating func move(to end: Int) -> Step {
        offset = end
        while text[offset] == UInt8(ascii: " ") || text[offset] == UInt8(ascii: "\t") { offset &+= 1 }
        return .goesOn
    }

    private func takeHost(_ message: inout SyslogMessage) {
        if !host.isEmpty { OriginReader.setHost(text, host.lowerBound, host.upperBound, &message) }
        if host.isEmpty, message.host.isEmpty { message.host = label }
        if !number.isEmpty, message.messageID.isEmpty { message.messageID = number }
    }

    // MARK: Tags

    /// A tag here. Behind a second name only one beyond doubt counts, unless that name says the same as the first.
    private func readTag(_ message: inout SyslogMessage) -> Bool {
        let isRead: Bool
        if hosts > 1, !isSameHost {
            isRead = OriginReader.readNumberedTag(text, at: offset, &message)
        } else if context.hostNeedsTag, hosts == 0, !hasPriorityWord {
            // An application's own line: `eth0: up` and `ERROR: text` have no program.
            isRead = OriginReader.readNumberedTag(text, at: offset, colonMayLack: true, &message)
        } else {
            isRead =
                OriginReader.readTag(text, at: offset, isTight: true, &message)
                || OddTag.read(text, at: offset, &message)
        }
        guard isRead else { return false }
        if message.processID.isEmpty {
            let host = message.host
            if hosts > 0 { takeHost(&message) }
            OriginReader.readBehindName(text, at: offset, context, &message)
            if hosts > 0 { message.host = host }
        }
        return true
    }

    private mutating func readDevice(_ message: inout SyslogMessage) -> Bool {
        var header = CiscoHeader()
        let known = message.host
        if hosts > 0 { OriginReader.setHost(text, host.lowerBound, host.upperBound, &message) }
        if header.read(text, from: offset, &message) { return true }
        message.host = known
        return false
    }

    // MARK: Labels

    /// The offset behind `(2026-11-14T10:11:12)` or `("U7PG2,00005e005301,v4.3.28")`, 0 for other parentheses.
    private var bracketedEnd: Int {
        var reading = ClockReading()
        if isDigit(text[offset &+ 1]) {
            guard let end = OtherTimes.rfc3164End(text, at: offset &+ 1, &reading), text.has(") ", at: end) else {
                return 0
            }
            return end &+ 1
        }
        guard text[offset &+ 1] == UInt8(ascii: "\"") else { return 0 }
        let end = text.tokenEnd(offset)
        return end < text.count && end &- offset > 4 && text.has("\")", at: end &- 2) ? end : 0
    }

    /// The offset behind `00005e005301,U7-Pro-8.6.11+18870:`: a word with commas, its colon and a tag or a facility
    /// behind it. Where there is no host it stands for one.
    private var commaLabelEnd: Int {
        mutating get {
            let end = text.tokenEnd(offset)
            guard end < text.count, end &- offset > 3, text[inside: end &- 1] == UInt8(ascii: ":") else { return 0 }
            var commas = 0
            for place in offset..<(end &- 1) {
                let byte = text[inside: place]
                if byte == UInt8(ascii: ",") { commas &+= 1 }
                guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "+") || ByteClass.host.contains(byte) else {
                    return 0
                }
            }
            guard commas > 0, label.isEmpty else { return 0 }
            label = ByteRange(offset, end &- 1)
            return text.has(" : ", at: end) ? end &+ 2 : end
        }
    }

    // MARK: Words

    /// A host, a second one, a number or a level; anything else ends the walk.
    private mutating func takeWord() -> Step {
        let end = text.tokenEnd(offset)
        guard end < text.count, end > offset else { return .ends }
        if number.isEmpty, hosts > 0 ? end &- offset == 5 : !context.hostNeedsTag,
            PriorityWord.areDigits(text, offset, end)
        {
            number = ByteRange(offset, end)
            return move(to: end)
        }
        if PriorityWord.isLevel(text, offset, end) {
            var probe = SyslogMessage()
            var next = end
            while text[next] == UInt8(ascii: " ") { next &+= 1 }
            return OriginReader.readNumberedTag(text, at: next, colonMayLack: true, &probe) ? move(to: end) : .ends
        }
        guard hosts < 3, !hostWasKnown, number.isEmpty else { return .ends }
        let word = ByteRange(offset, end)
        let isAnyHost = hosts == 0 || HostWord.isAddress(text, word)
        let name = isAnyHost ? HostWord.range(text, offset, end) : HostWord.plainRange(text, offset, end)
        guard !name.isEmpty else { return .ends }
        hosts &+= 1
        if host.isEmpty { host = name }
        last = name
        return move(to: end)
    }

    /// The last name says the same as the first, or one of them is an address and the other is not.
    private var isSameHost: Bool {
        guard hosts == 2 else { return false }
        return HostWord.isAddress(text, last) || HostWord.isSame(text, host, last)
    }

    /// A priority, or a time and something behind it.
    private func isHeader(at start: Int) -> Bool {
        if text[start] == UInt8(ascii: "<") {
            var end = start &+ 1
            while isDigit(text[end]), end < start &+ 4 { end &+= 1 }
            return end > start &+ 1 && text[end] == UInt8(ascii: ">")
        }
        guard isDigit(text[start]) || isCapital(text[start]) else { return false }
        if text.has("1 ", at: start), text.fourDigits(start &+ 2) > 0, text[start &+ 6] == UInt8(ascii: "-") {
            return true
        }
        var reading = ClockReading()
        var end = OtherTimes.rfc3164End(text, at: start, &reading)
        if end == nil, !isDigit(text[start]) { end = OtherTimes.read(text, at: start, &reading) }
        guard let end else { return false }
        return text[end] == UInt8(ascii: " ") || text[end] == UInt8(ascii: ":")
    }

    // MARK: Without a tag

    /// No tag has come: the first word is the host where it may be one, the rest is text.
    func fallBack(from begin: Int, _ message: inout SyslogMessage) {
        var start = begin
        var probe = message
        while true {
            let end = PriorityWord.read(text, at: start, &probe)
            if end == 0 { break }
            start = end
            while text[start] == UInt8(ascii: " ") { start &+= 1 }
        }
        message.content = ByteRange(start, text.count)
        if readForwarded(from: start, &message) { return }
        guard !context.hostNeedsTag, !host.isEmpty, message.host.isEmpty else { return }
        var next = text.tokenEnd(host.upperBound)
        while text[next] == UInt8(ascii: " ") || text[next] == UInt8(ascii: "\t") { next &+= 1 }
        let word = PriorityWord.read(text, at: next, &probe)
        if word > 0 {
            next = word
            while text[next] == UInt8(ascii: " ") { next &+= 1 }
        }
        message.content = ByteRange(next, text.count)
        if readForwarded(from: next, &message) { return }
        OriginReader.setHost(text, host.lowerBound, host.upperBound, &message)
    }

    /// AIX: `Message forwarded from gw1: tag[pid]: text`.
    private func readForwarded(from start: Int, _ message: inout SyslogMessage) -> Bool {
        guard text.has("Message forwarded from ", at: start) else { return false }
        let begin = start &+ 23
        let end = text.tokenEnd(begin)
        guard end &- begin > 1, end < text.count, text[inside: end &- 1] == UInt8(ascii: ":") else { return false }
        message.host = ByteRange(begin, end &- 1)
        message.content = ByteRange(end &+ 1, text.count)
        _ = OriginReader.readTag(text, at: end &+ 1, isTight: true, &message)
        return true
    }
}
