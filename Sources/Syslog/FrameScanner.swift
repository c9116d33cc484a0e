import Base

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Span<UInt8> {
    /// A byte that the caller knows to be there; debug builds hold it to that.
    @inline(__always)
    subscript(inside offset: Int) -> UInt8 {
        assert(offset >= 0 && offset < count)
        return self[unchecked: offset]
    }
}

/// Finds where a frame ends in contiguous bytes that begin with it. Pure: it only looks, and what it finds does not
/// depend on how many bytes beyond the frame are there. `FrameDecoder` tells the rules.
struct FrameScanner {
    enum Delimiter: UInt8 {
        case unknown
        case lineFeed
        case nul
    }

    /// What earlier frames of the connection have shown.
    struct Connection {
        var delimiter = Delimiter.unknown
        var lastWasCounted = false
    }

    enum Outcome: UInt8 {
        case needsMore
        case frame
        case oversizeLine
        case oversizeCounted
    }

    /// Where a frame is, or how much is known of it. Offsets count from its first byte.
    struct Extent {
        var outcome = Outcome.needsMore
        var flags: FrameDecoder.Flags = []
        /// The connection's delimiter once the frame is taken.
        var delimiter = Delimiter.unknown
        var isCounted = false
        /// With `.needsMore`: it is certain to be a line.
        var isLine = false
        /// With `.oversizeLine`: a plausible count ends it too.
        var seeksCount = false
        var frameStart = 0
        var frameEnd = 0
        /// The first byte after the frame and its delimiter; of an oversize frame, after what has been looked at.
        var next = 0
        /// With `.oversizeCounted`: bytes after `next` that still belong to the frame.
        var discard = 0
        /// With `.needsMore`: no boundary begins before this offset.
        var resume = 0
        /// With `.needsMore`: bytes from the frame's start that are worth having before the next look.
        var required = 0
        /// Bytes that were looked at for a delimiter or a count, where a count may end the line.
        var looked = 0
    }

    /// Where a line ends.
    struct Boundary {
        var isFound = false
        var delimiter = Delimiter.unknown
        /// The offset after the last byte of the line.
        var end = 0
        /// The offset of the next frame, after the delimiter.
        var next = 0
        /// When not found: no boundary begins before this offset.
        var resume = 0
        /// Bytes that were looked at for a delimiter or a count.
        var looked = 0
    }

    /// More than a count, a space and two bytes, the most that is looked at beyond a line's end to be sure of it.
    private static let slack = 16
    private static let mostCountDigits = 9

    let maximumFrameSize: Int
    let mode: FrameDecoder.Mode
    private let largestCount: Int

    init(maximumFrameSize: Int, mode: FrameDecoder.Mode) {
        self.maximumFrameSize = maximumFrameSize
        self.mode = mode
        largestCount = max(16 << 20, 16 &* maximumFrameSize)
    }

    /// Looks at the bytes from a frame's start on; `resume` is what an earlier look at fewer bytes gave.
    @inline(__always)
    func examine(_ bytes: Span<UInt8>, from resume: Int, _ connection: Connection) -> Extent {
        // `<` is how nearly every line begins.
        if bytes[inside: 0] == UInt8(ascii: "<"), mode != .octetCounting, !connection.lastWasCounted {
            return line(bytes, from: resume, connection, isFault: false, seeksCount: false)
        }
        if mode == .delimited {
            return line(bytes, from: resume, connection, isFault: false, seeksCount: false)
        }
        if bytes[inside: 0] == FrameScanner.mark.0 { return examineMarked(bytes, from: resume, connection) }
        return examineCount(bytes, from: resume, connection)
    }

    /// The byte order mark that some senders begin a stream or a frame with; `HeaderParser` leaves it out.
    private static var mark: (UInt8, UInt8, UInt8) { (0xEF, 0xBB, 0xBF) }

    /// As `examineCount` behind a byte order mark, which is no part of the frame then.
    @inline(never)
    private func examineMarked(
        _ bytes: Span<UInt8>, from resume: Int, _ connection: Connection
    ) -> Extent {
        let count = bytes.count
        let isMarked =
            (count < 2 || bytes[inside: 1] == FrameScanner.mark.1)
            && (count < 3 || bytes[inside: 2] == FrameScanner.mark.2)
        guard isMarked, count < 4 || isDigit(bytes[inside: 3]) else {
            return examineCount(bytes, from: resume, connection)
        }
        var extent = Extent()
        extent.required = count &+ FrameScanner.slack
        guard count > 3 else { return extent }
        extent = examineCount(bytes.extracting(droppingFirst: 3), from: max(0, resume &- 3), connection)
        extent.frameStart &+= 3
        extent.frameEnd &+= 3
        extent.next &+= 3
        extent.resume &+= 3
        extent.required &+= 3
        return extent
    }

    private func examineCount(
        _ bytes: Span<UInt8>, from resume: Int, _ connection: Connection
    ) -> Extent {
        let count = bytes.count
        var value = 0
        var digits = 0
        while digits < count, digits <= FrameScanner.mostCountDigits, isDigit(bytes[inside: digits]) {
            value = value &* 10 &+ Int(bytes[inside: digits] &- UInt8(ascii: "0"))
            digits &+= 1
        }
        var isFault = mode == .octetCounting || (connection.lastWasCounted && bytes[inside: 0] != UInt8(ascii: "<"))
        if digits > 0, digits <= FrameScanner.mostCountDigits, bytes[inside: 0] != UInt8(ascii: "0") {
            // In `.detect`, `<` and a digit have to follow the space.
            let isMarked = digits &+ 1 < count && bytes[inside: digits &+ 1] == FrameScanner.mark.0
            let needed = digits &+ (mode == .detect ? (isMarked ? 6 : 3) : 1)
            var offset = digits
            while offset < min(needed, count), follows(bytes[inside: offset], offset &- digits, isMarked) {
                offset &+= 1
            }
            if offset == needed {
                if value > largestCount {
                    isFault = true
                } else if mode == .octetCounting || value > 1 {
                    return counted(count, headerCount: digits &+ 1, value, connection)
                }
            } else if offset == count {
                var extent = Extent()
                extent.required = count &+ FrameScanner.slack
                return extent
            }
        }
        return line(
            bytes, from: resume, connection, isFault: isFault, seeksCount: isFault || connection.lastWasCounted)
    }

    /// The grammar ` <` digit after a count, by position; a byte order mark may stand before the `<`.
    @inline(__always)
    private func follows(_ byte: UInt8, _ position: Int, _ isMarked: Bool) -> Bool {
        switch isMarked && position > 3 ? position &- 3 : position {
        case 1 where isMarked && position == 1: byte == FrameScanner.mark.0
        case 2 where isMarked && position == 2: byte == FrameScanner.mark.1
        case 3: byte == FrameScanner.mark.2
        case 0: byte == UInt8(ascii: " ")
        case 1: byte == UInt8(ascii: "<")
        default: isDigit(byte)
        }
    }

    @inline(__always)
    private func counted(_ count: Int, headerCount: Int, _ value: Int, _ connection: Connection) -> Extent {
        var extent = Extent()
        extent.isCounted = true
        extent.delimiter = connection.delimiter
        extent.frameStart = headerCount
        let offered = min(value, maximumFrameSize)
        extent.frameEnd = headerCount &+ offered
        extent.next = extent.frameEnd
        if count < extent.frameEnd {
            extent.required = extent.frameEnd
        } else if offered < value {
            extent.outcome = .oversizeCounted
            extent.flags = .truncated
            extent.discard = value &- offered
        } else {
            extent.outcome = .frame
        }
        return extent
    }

    @inline(__always)
    private func line(
        _ bytes: Span<UInt8>, from resume: Int, _ connection: Connection, isFault: Bool,
        seeksCount: Bool
    ) -> Extent {
        let found = boundary(bytes, from: resume, seeksCount: seeksCount, minimum: 1, connection.delimiter)
        var extent = Extent()
        extent.looked = found.looked
        if isFault { extent.flags = .resynchronised }
        if found.isFound {
            extent.outcome = .frame
            extent.delimiter = found.delimiter
            extent.frameEnd = found.end
            extent.next = found.next
            if found.end > maximumFrameSize {
                extent.frameEnd = maximumFrameSize
                extent.flags.insert(.truncated)
            }
            return extent
        }
        extent.seeksCount = seeksCount
        if bytes.count >= maximumFrameSize &+ FrameScanner.slack {
            extent.outcome = .oversizeLine
            extent.delimiter = connection.delimiter
            extent.frameEnd = maximumFrameSize
            extent.flags.insert(.truncated)
            extent.next = found.resume
            return extent
        }
        extent.isLine = true
        extent.resume = found.resume
        extent.required = maximumFrameSize &+ FrameScanner.slack
        return extent
    }

    /// The stream has ended inside the frame that `found` says needs more: its extent is what there is.
    func last(_ bytes: Span<UInt8>, _ found: Extent) -> Extent {
        let count = bytes.count
        var extent = found
        extent.outcome = .frame
        extent.next = count
        if found.isCounted, count > found.frameStart {
            extent.frameEnd = count
            extent.flags = .incomplete
            return extent
        }
        extent.isCounted = false
        extent.frameStart = 0
        extent.frameEnd = count
        if count > 1, bytes[inside: count &- 1] == UInt8(ascii: "\r") { extent.frameEnd = count &- 1 }
        if extent.frameEnd > maximumFrameSize {
            extent.frameEnd = maximumFrameSize
            extent.flags.insert(.truncated)
        }
        return extent
    }

    /// The first byte in a chunk that may end a line, to know how much of it to take.
    func firstDelimiter(_ bytes: Span<UInt8>, _ connection: Connection) -> Int? {
        FrameScanner.find(connection.delimiter == .nul ? 0 : UInt8(ascii: "\n"), bytes, 0, bytes.count)
    }

    /// Finds the end of a line at or after `resume`: a delimiter, or a plausible count at `minimum` or later.
    @inline(__always)
    func boundary(
        _ bytes: Span<UInt8>, from resume: Int, seeksCount: Bool, minimum: Int, _ delimiter: Delimiter
    ) -> Boundary {
        if seeksCount { return nearestBoundary(bytes, from: resume, minimum: minimum, delimiter) }
        var found = Boundary(delimiter: delimiter, resume: bytes.count)
        seekDelimiter(bytes, resume, bytes.count, &found)
        return found
    }

    /// The same where a count may end the line. Delimiter and count are sought together, in stretches that grow: each
    /// alone may be as far away as the chunk is long while the other is near, frame after frame, and a sender whose counts
    /// are wrong would have every frame cost the rest of its chunk.
    @inline(never)
    private func nearestBoundary(
        _ bytes: Span<UInt8>, from resume: Int, minimum: Int, _ delimiter: Delimiter
    ) -> Boundary {
        var found = Boundary(delimiter: delimiter, resume: bytes.count)
        var from = resume
        var stretch = 32
        while from < bytes.count {
            let end = min(bytes.count, from &+ stretch)
            found.looked &+= end &- from
            seekDelimiter(bytes, from, end, &found)
            if seekCount(bytes, from, found.isFound ? found.end : end, minimum, &found) {
                // Nothing is learned from a delimiter that lies beyond the count.
                found.delimiter = delimiter
            }
            if found.isFound { return found }
            from = end
            stretch &*= 2
        }
        FrameScanner.notePendingCount(bytes, from: resume, &found)
        return found
    }

    /// Looks for a delimiter in `from..<end`; bytes behind `end` only say what one in front of it means.
    @inline(__always)
    private func seekDelimiter(_ bytes: Span<UInt8>, _ from: Int, _ end: Int, _ found: inout Boundary) {
        let primary: UInt8 = found.delimiter == .nul ? 0 : UInt8(ascii: "\n")
        let primaryAt = FrameScanner.find(primary, bytes, from, end) ?? end
        if let secondaryAt = FrameScanner.find(UInt8(ascii: "\n") &- primary, bytes, from, primaryAt) {
            seekSecondary(bytes, secondaryAt, primaryAt, &found)
        }
        if !found.isFound, primaryAt < end {
            found.isFound = true
            found.end = primaryAt
            if found.delimiter == .unknown { found.delimiter = .lineFeed }
        }
        guard found.isFound else { return }
        found.next = found.end &+ 1
        if bytes[inside: found.end] == UInt8(ascii: "\n"), found.end > 0,
            bytes[inside: found.end &- 1] == UInt8(ascii: "\r")
        {
            found.end &-= 1
        }
    }

    /// The delimiter that is not the connection's ends a line only before `<` and a digit.
    @inline(never)
    private func seekSecondary(_ bytes: Span<UInt8>, _ first: Int, _ primaryAt: Int, _ found: inout Boundary) {
        let byte = bytes[inside: first]
        var candidate: Int? = first
        while let offset = candidate {
            let isPending =
                offset &+ 1 == bytes.count
                || (offset &+ 2 == bytes.count && bytes[inside: offset &+ 1] == UInt8(ascii: "<"))
            if found.delimiter == .unknown
                || (!isPending && bytes[inside: offset &+ 1] == UInt8(ascii: "<")
                    && isDigit(bytes[inside: offset &+ 2]))
            {
                found.isFound = true
                found.end = offset
                found.delimiter = byte == 0 ? .nul : .lineFeed
                return
            }
            if isPending {
                found.resume = min(found.resume, offset)
                return
            }
            candidate = FrameScanner.find(byte, bytes, offset &+ 1, primaryAt)
        }
    }

    /// Looks for the `<` behind a plausible count in `from..<limit`; true when there is one.
    ///
    /// A count is judged by the nine bytes before its space alone, so that nothing further back has to be kept.
    private func seekCount(
        _ bytes: Span<UInt8>, _ from: Int, _ limit: Int, _ minimum: Int, _ found: inout Boundary
    ) -> Bool {
        var from = from
        while let angle = FrameScanner.find(UInt8(ascii: "<"), bytes, from, limit) {
            from = angle &+ 1
            guard angle &+ 1 < bytes.count, isDigit(bytes[inside: angle &+ 1]), angle > 1,
                bytes[inside: angle &- 1] == UInt8(ascii: " ")
            else { continue }
            var start = FrameScanner.digitsStart(bytes, angle &- 1)
            while start < angle &- 1, bytes[inside: start] == UInt8(ascii: "0") { start &+= 1 }
            var value = 0
            for offset in start..<(angle &- 1) {
                value = value &* 10 &+ Int(bytes[inside: offset] &- UInt8(ascii: "0"))
            }
            if start >= minimum, value > 1, value <= largestCount {
                found.isFound = true
                found.end = start
                found.next = start
                return true
            }
        }
        return false
    }

    /// A count may have begun at the very end of what is there.
    private static func notePendingCount(_ bytes: Span<UInt8>, from resume: Int, _ found: inout Boundary) {
        var end = bytes.count
        if end > resume, bytes[inside: end &- 1] == UInt8(ascii: "<") {
            end &-= 1
            if end == 0 || bytes[inside: end &- 1] != UInt8(ascii: " ") { return }
        }
        if end > 0, bytes[inside: end &- 1] == UInt8(ascii: " ") { end &-= 1 }
        let start = digitsStart(bytes, end)
        if start < end { found.resume = min(found.resume, start) }
    }

    /// The start of the at most nine digits before `end`.
    private static func digitsStart(_ bytes: Span<UInt8>, _ end: Int) -> Int {
        var start = end
        while start > 0, end &- start < mostCountDigits, isDigit(bytes[inside: start &- 1]) { start &-= 1 }
        return start
    }

    /// The offset of a byte in `from..<end`.
    @inline(__always)
    private static func find(_ byte: UInt8, _ bytes: Span<UInt8>, _ from: Int, _ end: Int) -> Int? {
        assert(from >= 0 && end <= bytes.count)
        guard from < end else { return nil }
        return bytes.withUnsafeBytes { buffer in
            let start = buffer.baseAddress.unsafelyUnwrapped
            guard let hit = memchr(start + from, Int32(byte), end &- from) else { return nil }
            return UnsafeRawPointer(hit) - start
        }
    }
}
