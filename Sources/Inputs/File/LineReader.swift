import Glibc

/// Reads a file's lines through one buffer: each line is offered in place, with the file position behind it.
///
/// A line ends with LF. One longer than `maximumLine` is offered cut and marked, once its end has come: a position is
/// always that of a line's start, so that reading can go on there.
struct LineReader: ~Copyable {
    enum Outcome: Equatable {
        /// Bytes were read (lines were offered, or more of a line came).
        case progress
        /// There is nothing more now.
        case end
        /// The sink has no room; what was offered last will be offered again.
        case blocked
        /// `read` failed with this error number.
        case failed(Int32)
    }

    private let maximumLine: Int
    private let buffer: UnsafeMutableRawBufferPointer
    /// Bytes in the buffer, from its start, that are not consumed.
    private var filled = 0
    /// Bytes of the line at the buffer's start that lie behind its first `maximumLine` ones, read and forgotten.
    private var dropped: UInt64 = 0
    /// The last bytes read, at most `tailSize`: what stands before the descriptor's offset as long as the file has not
    /// been written anew.
    private let tail: UnsafeMutableRawBufferPointer
    private var tailCount = 0
    /// The sink refused a line: whole lines are in the buffer.
    private(set) var isBlocked = false
    /// File position of the buffer's first byte, which is a line's first.
    private(set) var position: UInt64

    /// Bytes asked of the system at once.
    static let readSize = 256 * 1024
    /// Bytes remembered to recognise the file by.
    static let tailSize = 64

    init(maximumLine: Int, position: UInt64) {
        self.maximumLine = maximumLine
        self.position = position
        buffer = .allocate(byteCount: maximumLine + 1 + Self.readSize, alignment: 16)
        tail = .allocate(byteCount: Self.tailSize, alignment: 16)
    }

    deinit {
        buffer.deallocate()
        tail.deallocate()
    }

    /// Forgets what is buffered and goes on at a position.
    mutating func restart(at position: UInt64) {
        self.position = position
        filled = 0
        dropped = 0
        tailCount = 0
        isBlocked = false
    }

    /// Whether the bytes before the descriptor's offset are those that were read: false when the file was cut and
    /// written anew meanwhile.
    func recognises(_ descriptor: Int32, offset: off_t) -> Bool {
        guard tailCount > 0 else { return true }
        return withUnsafeTemporaryAllocation(byteCount: Self.tailSize, alignment: 16) { now in
            let got = pread(descriptor, now.baseAddress!, tailCount, offset - off_t(tailCount))
            return got == tailCount && memcmp(now.baseAddress!, tail.baseAddress!, tailCount) == 0
        }
    }

    /// Reads once and offers the whole lines. `offer` gets a line without its LF, whether it was cut, and the position
    /// behind it; false means that there is no room.
    mutating func read(
        from descriptor: Int32, _ offer: (UnsafeRawBufferPointer, Bool, UInt64) -> Bool
    ) -> Outcome {
        // Lines that were blocked go first.
        if !drain(offer) { return .blocked }
        let room = min(buffer.count - filled, Self.readSize)
        let count = Glibc.read(descriptor, buffer.baseAddress! + filled, room)
        if count < 0 { return errno == EINTR || errno == EAGAIN ? .end : .failed(errno) }
        if count == 0 { return .end }
        remember(buffer.baseAddress! + filled, count)
        filled += count
        return drain(offer) ? .progress : .blocked
    }

    private mutating func remember(_ bytes: UnsafeMutableRawPointer, _ count: Int) {
        let new = min(count, Self.tailSize)
        let kept = min(tailCount, Self.tailSize - new)
        memmove(tail.baseAddress!, tail.baseAddress! + tailCount - kept, kept)
        memcpy(tail.baseAddress! + kept, bytes + count - new, new)
        tailCount = kept + new
    }

    /// Offers what is left without a line end, at the end of a file that will not grow.
    mutating func finish(_ offer: (UnsafeRawBufferPointer, Bool, UInt64) -> Bool) -> Bool {
        guard drain(offer) else { return false }
        if filled > 0 {
            let line = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer).prefix(filled))
            guard offer(line, dropped > 0, position + dropped + UInt64(filled)) else {
                isBlocked = true
                return false
            }
        }
        consume(filled)
        return true
    }

    private mutating func drain(_ offer: (UnsafeRawBufferPointer, Bool, UInt64) -> Bool) -> Bool {
        isBlocked = false
        var start = 0
        defer { consume(start) }
        let base = buffer.baseAddress!
        while start < filled {
            // Of a line that was cut before, the end alone is looked for, behind what is kept of it.
            let from = dropped > 0 ? maximumLine : start
            guard let end = memchr(base + from, 10, filled - from).map({ $0 - UnsafeMutableRawPointer(base) }) else {
                let excess = filled - start - maximumLine
                if excess > 0 {
                    dropped += UInt64(excess)
                    filled -= excess
                }
                return true
            }
            let isCut = dropped > 0 || end - start > maximumLine
            let line = UnsafeRawBufferPointer(start: base + start, count: min(end - start, maximumLine))
            guard offer(line, isCut, position + dropped + UInt64(end + 1)) else {
                isBlocked = true
                return false
            }
            position += dropped
            dropped = 0
            start = end + 1
        }
        return true
    }

    private mutating func consume(_ count: Int) {
        guard count > 0 else { return }
        position += UInt64(count) + (count == filled ? dropped : 0)
        if count == filled { dropped = 0 }
        filled -= count
        if filled > 0 { memmove(buffer.baseAddress!, buffer.baseAddress! + count, filled) }
    }
}
