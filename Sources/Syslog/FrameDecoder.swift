/// Cuts the byte stream of one connection into syslog frames, RFC 6587.
///
/// One per stream connection, used by one thread at a time. Frames that lie wholly inside a chunk are lent in place;
/// only a frame that is split across reads is put together in the carry-over buffer, which grows to what the largest
/// such frame needed, never beyond `maximumFrameSize` and a few bytes, and is kept for the next one.
///
/// ## How a frame's end is found (`.detect`), decided for every frame from its first bytes
/// - LF, CR and NUL before a frame are skipped: empty lines, and line ends after counted frames, are nothing.
/// - **Octet counting** (section 3.4.1): a digit 1 to 9, at most nine digits in all, one space, `<` and a digit. So
///   `2025 Nov  4 ...` is a line, not a count of 2025. A sender that counts messages which do not begin with `<` needs
///   the mode `.octetCounting`, in which anything may follow the space.
/// - **Line** (section 3.4.2): everything else, up to LF or NUL. One CR before the LF is left out. The first of LF and
///   NUL to end a frame is the connection's delimiter; the other is then text, unless `<` and a digit follow it,
///   which makes it the delimiter from there on. (So a NUL-delimited message may have several lines, a line may have a
///   stray NUL, and a wrong first guess mends itself.)
/// - **Oversize**: of a longer frame the first `maximumFrameSize` bytes are offered, `.truncated`, as soon as they are
///   there; the rest up to its end, by count or delimiter, is skipped.
/// - **Wrong count**: when a counted frame is followed by something that is neither a count nor `<` nor a delimiter,
///   the count was wrong. The text up to the next delimiter or plausible count (a count as above) is offered as a
///   frame of its own, `.resynchronised`, and counted. Text that begins with `<` there is a sender that changed to
///   lines: no fault, but a plausible count ends it too. A count beyond 16 MiB and beyond 16 times `maximumFrameSize` is
///   not believed: taken literally, one bad number could swallow hours of messages.
///
/// No decision depends on where reads happened to end.
public struct FrameDecoder: ~Copyable {
    /// How frames are delimited.
    public enum Mode: UInt8, Sendable {
        /// Decided for every frame.
        case detect
        /// Octet counting only; text without a count is a fault and resynchronises.
        case octetCounting
        /// LF or NUL only; digits at the start of a line are text.
        case delimited
    }

    /// What is to be known of a frame beside its bytes.
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The flags as bits.
        public let rawValue: UInt8

        /// Flags from bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Cut at `maximumFrameSize`; the rest is skipped.
        public static let truncated = Flags(rawValue: 1)
        /// Text found where an octet count should have been.
        public static let resynchronised = Flags(rawValue: 2)
        /// The stream ended before the octet count was reached.
        public static let incomplete = Flags(rawValue: 4)
    }

    /// What the receiver of a frame says.
    public enum Verdict: Sendable {
        /// The frame is taken; go on.
        case next
        /// The frame is not taken; offer it again, first, at the next call.
        case stop
    }

    enum Phase: UInt8 {
        /// At a frame's start, the carry-over is empty.
        case start
        /// The carry-over holds the beginning of a frame.
        case gathering
        /// The carry-over holds a whole frame that is to be offered.
        case ready
        /// Skipping the rest of a counted frame.
        case discardingCounted
        /// Skipping the rest of a line; the carry-over may hold a possible beginning of the next frame.
        case discardingLine
    }

    let scanner: FrameScanner
    var connection = FrameScanner.Connection()
    var phase = Phase.start
    var carryOver: CarryOver
    /// In `.gathering`: what is known of the frame; in `.ready`: its extent in the carry-over.
    var extent = FrameScanner.Extent()
    /// In `.discardingCounted`: bytes still to be skipped.
    var discardRemaining = 0
    /// In `.discardingLine`: a plausible count ends it too.
    var discardSeeksCount = false

    /// Times that a wrong octet count was found.
    public private(set) var resynchronisations: UInt64 = 0
    /// Frames that were cut at the maximum size.
    public private(set) var truncatedFrames: UInt64 = 0
    /// Bytes that were looked at to find where frames with a wrong count end.
    private(set) var sought: UInt64 = 0
    /// Bytes of a frame that waits for its rest. 0 between frames.
    public var bufferedBytes: Int { carryOver.count }

    /// A decoder at the start of a connection.
    ///
    /// - Parameters:
    ///   - maximumFrameSize: the most bytes that a frame is offered with; at least 1, at most 1 GiB (others are moved
    ///     to the nearer end).
    ///   - mode: how frames are delimited.
    public init(maximumFrameSize: Int, mode: Mode = .detect) {
        scanner = FrameScanner(maximumFrameSize: max(1, min(maximumFrameSize, 1 << 30)), mode: mode)
        carryOver = CarryOver(limit: scanner.maximumFrameSize &+ 64)
    }

    /// Takes the next bytes of the stream and offers every frame that is complete, in order.
    ///
    /// - Parameters:
    ///   - chunk: bytes that follow those consumed so far.
    ///   - body: gets each frame; its bytes are valid only during the call.
    /// - Returns: how many bytes of `chunk` were consumed: all, unless `body` stopped. The frame it stopped at counts as
    ///   not consumed and is offered first by the next call, whose chunk begins with the first byte not consumed (also
    ///   when the frame lies in the carry-over; then `chunk` may be empty).
    public mutating func decode(_ chunk: Span<UInt8>, _ body: (Span<UInt8>, Flags) -> Verdict) -> Int {
        let count = chunk.count
        var position = 0
        while true {
            switch phase {
            case .ready:
                if !offerReady(body) { return position }
            case .start:
                position = skipDelimiters(chunk, position)
                if position == count { return count }
                let rest = chunk.extracting(unchecked: position..<count)
                let found = scanner.examine(rest, from: 0, connection)
                if found.outcome == .needsMore {
                    carryOver.append(rest)
                    extent = found
                    phase = .gathering
                    return count
                }
                if FrameDecoder.offer(rest, found, body) == .stop { return position }
                commit(found)
                position &+= found.next
            case .gathering:
                if position == count { return count }
                position &+= gather(chunk.extracting(unchecked: position..<count))
            case .discardingCounted:
                let skipped = min(discardRemaining, count &- position)
                position &+= skipped
                discardRemaining &-= skipped
                if discardRemaining > 0 { return count }
                phase = .start
            case .discardingLine:
                if position == count { return count }
                position &+= discardLine(chunk.extracting(unchecked: position..<count))
            }
        }
    }

    /// The stream has ended: offers what is left as a last frame, if there is any, and makes the decoder ready for
    /// another connection (the counters go on).
    ///
    /// A counted frame that is cut short is offered without its count, `.incomplete`. A line needs no delimiter at the
    /// end. Returns false when `body` stopped: the frame is kept, and the next call offers it again.
    public mutating func finish(_ body: (Span<UInt8>, Flags) -> Verdict) -> Bool {
        while true {
            if phase == .gathering {
                let found = scanner.examine(carryOver.bytes, from: extent.resume, connection)
                extent = found.outcome == .needsMore ? scanner.last(carryOver.bytes, found) : found
                phase = .ready
            }
            guard phase == .ready else { break }
            if !offerReady(body) { return false }
        }
        phase = .start
        carryOver.removeAll()
        connection = FrameScanner.Connection()
        return true
    }

    /// Offers the frame in the carry-over, if one is ready. False when it was refused.
    private mutating func offerReady(_ body: (Span<UInt8>, Flags) -> Verdict) -> Bool {
        guard phase == .ready else { return true }
        if FrameDecoder.offer(carryOver.bytes, extent, body) == .stop { return false }
        let taken = extent
        commit(taken)
        carryOver.removeFirst(taken.next)
        if phase == .start, carryOver.count > 0 {
            extent = FrameScanner.Extent()
            phase = .gathering
        }
        return true
    }

    @inline(__always)
    private static func offer(
        _ bytes: Span<UInt8>, _ extent: FrameScanner.Extent, _ body: (Span<UInt8>, Flags) -> Verdict
    ) -> Verdict {
        assert(extent.frameStart >= 0 && extent.frameStart <= extent.frameEnd && extent.frameEnd <= bytes.count)
        return body(bytes.extracting(unchecked: extent.frameStart..<extent.frameEnd), extent.flags)
    }

    /// The frame is taken: only now does anything of it change the decoder's state, so that a frame offered twice is
    /// neither counted nor learned from twice.
    @inline(__always)
    private mutating func commit(_ taken: FrameScanner.Extent) {
        connection.delimiter = taken.delimiter
        connection.lastWasCounted = taken.isCounted
        if taken.flags.isEmpty, taken.outcome == .frame {
            phase = .start
            return
        }
        sought &+= UInt64(taken.looked)
        if taken.flags.contains(.truncated) { truncatedFrames &+= 1 }
        if taken.flags.contains(.resynchronised) { resynchronisations &+= 1 }
        switch taken.outcome {
        case .oversizeCounted:
            phase = .discardingCounted
            discardRemaining = taken.discard
        case .oversizeLine:
            phase = .discardingLine
            discardSeeksCount = taken.seeksCount
        case .frame, .needsMore:
            phase = .start
        }
    }

    /// The offset of the next frame's first byte.
    @inline(__always)
    private mutating func skipDelimiters(_ chunk: Span<UInt8>, _ start: Int) -> Int {
        var position = start
        while position < chunk.count {
            let byte = chunk[inside: position]
            if byte > UInt8(ascii: "\r") { break }
            if byte == UInt8(ascii: "\n") {
                // NUL LF as a line end: LF is what delimits.
                if connection.delimiter == .nul { connection.delimiter = .lineFeed }
            } else if byte != UInt8(ascii: "\r"), byte != 0 {
                break
            }
            position &+= 1
        }
        return position
    }

    /// Moves bytes of the chunk to the frame in the carry-over until it is whole. Returns how many were taken.
    private mutating func gather(_ chunk: Span<UInt8>) -> Int {
        var piece = min(chunk.count, max(1, extent.required &- carryOver.count))
        if extent.isLine, let end = scanner.firstDelimiter(chunk.extracting(unchecked: 0..<piece), connection) {
            piece = end &+ 1
        }
        carryOver.append(chunk.extracting(unchecked: 0..<piece))
        let found = scanner.examine(carryOver.bytes, from: extent.resume, connection)
        sought &+= UInt64(found.looked)
        extent = found
        if found.outcome == .needsMore { return piece }
        phase = .ready
        // What was taken beyond the frame goes back. Bytes of earlier chunks cannot: they stay for the next frame.
        let surplus = min(carryOver.count &- found.next, piece)
        carryOver.removeLast(surplus)
        return piece &- surplus
    }

    /// Skips the rest of an oversize line. Returns how many bytes of the chunk were taken.
    private mutating func discardLine(_ chunk: Span<UInt8>) -> Int {
        if carryOver.count == 0 {
            let end = scanner.boundary(
                chunk, from: 0, seeksCount: discardSeeksCount, minimum: 0, connection.delimiter)
            if end.isFound {
                endDiscard(end)
                return end.next
            }
            carryOver.append(chunk.extracting(unchecked: end.resume..<chunk.count))
            return chunk.count
        }
        let piece = min(chunk.count, 16)
        carryOver.append(chunk.extracting(unchecked: 0..<piece))
        let end = scanner.boundary(
            carryOver.bytes, from: 0, seeksCount: discardSeeksCount, minimum: 0, connection.delimiter)
        let kept = end.isFound ? end.next : end.resume
        let surplus = min(carryOver.count &- kept, piece)
        if end.isFound {
            endDiscard(end)
            carryOver.removeLast(surplus)
            carryOver.removeFirst(kept)
            if carryOver.count > 0 {
                extent = FrameScanner.Extent()
                phase = .gathering
            }
            return piece &- surplus
        }
        carryOver.removeFirst(kept)
        if carryOver.count > piece || piece < 16 { return piece }
        let back = carryOver.count
        carryOver.removeAll()
        return piece &- back
    }

    private mutating func endDiscard(_ end: FrameScanner.Boundary) {
        phase = .start
        connection.delimiter = end.delimiter
    }
}
