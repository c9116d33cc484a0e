import CLinux
import Glibc

/// Reads files' lines through one buffer: each line is offered in place, with the file position behind it.
///
/// A line ends with LF. One longer than `maximumLine` is offered cut and marked, once its end has come: a position is
/// always that of a line's start, so that reading can go on there. Blocks of NULs, which a file system leaves after a
/// crash where data never reached the disk, end a line as well and are skipped and counted. A UTF-8 byte order mark at
/// a file's start is no text.
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
    /// Whether NULs came with the last read: only then is a line looked through for them.
    private var hasNULs = false
    /// Where it stands; `held` stays empty while the buffer has those bytes.
    private var state: LineState
    /// The sink refused a line: whole lines are in the buffer.
    private(set) var isBlocked = false
    /// NULs skipped since the count was last taken.
    private var skipped: UInt64 = 0

    /// Bytes asked of the system at once.
    static let readSize = 256 * 1024
    /// So many NULs inside a line are no part of it. Fewer are left to who wrote them.
    static let nulBlock = 16

    init(maximumLine: Int, position: UInt64) {
        self.maximumLine = maximumLine
        state = LineState(position: position)
        buffer = .allocate(byteCount: maximumLine + 1 + Self.readSize, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// File position of the buffer's first byte, which is a line's first.
    var position: UInt64 { state.position }
    /// File position of the next byte to read.
    var offset: UInt64 { state.position + state.dropped + UInt64(filled) }
    /// The proof of `position`.
    var consumed: Fingerprint { state.consumed }
    /// Whether a line has begun and not ended.
    var hasUnendedLine: Bool { filled > 0 }

    /// Goes on with another file.
    mutating func load(_ new: borrowing LineState) {
        state = LineState(position: new.position, consumed: new.consumed)
        state.dropped = new.dropped
        state.ahead = new.ahead
        filled = new.held.count
        new.held.withUnsafeBytes { if filled > 0 { buffer.copyMemory(from: $0) } }
        isBlocked = false
        hasNULs = false
    }

    /// Gives the place back until the file's next turn. Not while lines are blocked: they are in the buffer alone.
    func store(into old: inout LineState) {
        assert(!isBlocked)
        old.position = state.position
        old.dropped = state.dropped
        old.consumed = state.consumed
        old.ahead = state.ahead
        old.held.removeAll(keepingCapacity: filled > 0)
        if filled > 0 { old.held.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<filled])) }
    }

    /// How many NULs were skipped since this was last asked.
    mutating func takeSkipped() -> UInt64 {
        defer { skipped = 0 }
        return skipped
    }

    /// Whether the bytes of an open file before the next one to read are those that were read: false when the file was
    /// cut and written anew meanwhile.
    func recognises(_ descriptor: Int32) -> Bool {
        guard state.consumed.isTail(of: descriptor, before: state.position) else { return false }
        let count = min(filled, Fingerprint.tailSize)
        let held = UnsafeRawBufferPointer(rebasing: buffer[(filled - count)..<filled])
        return Fingerprint.stands(held, in: descriptor, before: state.position + UInt64(filled))
    }

    /// Reads once and offers the whole lines. `offer` gets a line without its LF, whether it was cut, and the position
    /// behind it; false means that there is no room.
    /// - Parameter isSeekable: a file, read where the place is; else a pipe.
    mutating func read(
        from descriptor: Int32, isSeekable: Bool = false, _ offer: (UnsafeRawBufferPointer, Bool, UInt64) -> Bool
    ) -> Outcome {
        // Lines that were blocked go first.
        if !drain(offer) { return .blocked }
        let room = min(buffer.count - filled, Self.readSize)
        let into = buffer.baseAddress! + filled
        var count: Int
        repeat {
            count =
                isSeekable
                ? pread(descriptor, into, room, off_t(clamping: offset)) : Glibc.read(descriptor, into, room)
        } while count < 0 && errno == EINTR
        if count < 0 { return errno == EAGAIN ? .end : .failed(errno) }
        if count == 0 { return .end }
        hasNULs = memchr(into, 0, count) != nil
        filled += count
        guard drain(offer) else { return .blocked }
        if isSeekable, hasNULs, filled == 0 { skipHole(descriptor) }
        return .progress
    }

    /// Offers what is left without a line end, at the end of a file that will not grow.
    mutating func finish(_ offer: (UnsafeRawBufferPointer, Bool, UInt64) -> Bool) -> Bool {
        guard drain(offer) else { return false }
        guard filled > 0 else { return true }
        guard offer(line(0, filled), state.dropped > 0, offset) else {
            isBlocked = true
            return false
        }
        if state.dropped > 0 { passCut(filled) } else { pass(filled) }
        return true
    }

    private func line(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: buffer.baseAddress! + start, count: count)
    }

    private mutating func drain(_ offer: (UnsafeRawBufferPointer, Bool, UInt64) -> Bool) -> Bool {
        isBlocked = false
        var start = byteOrderMark
        while start < filled {
            let isContinued = state.dropped > 0
            if !isContinued, isNUL(start) {
                let count = nuls(from: start)
                skipped += UInt64(count)
                start += count
                continue
            }
            // Of a line that was cut before, the end alone is looked for, behind what is kept of it.
            let from = isContinued ? maximumLine : start
            guard let (end, behind) = lineEnd(from) else {
                pass(start)
                drop()
                return true
            }
            let isCut = isContinued || end - start > maximumLine
            guard
                offer(
                    line(start, min(end - start, maximumLine)), isCut, state.position + state.dropped + UInt64(behind))
            else {
                pass(start)
                isBlocked = true
                return false
            }
            if isContinued {
                passCut(behind)
                start = 0
            } else {
                start = behind
            }
        }
        pass(start)
        return true
    }

    private var byteOrderMark: Int {
        let isThere =
            state.position == 0 && state.dropped == 0 && filled >= 3 && buffer[0] == 0xEF && buffer[1] == 0xBB
            && buffer[2] == 0xBF
        return isThere ? 3 : 0
    }

    @inline(__always)
    private func isNUL(_ index: Int) -> Bool { buffer[index] == 0 }

    private func nuls(from start: Int) -> Int {
        var end = start
        while end < filled, isNUL(end) { end += 1 }
        return end - start
    }

    /// Where the line's text ends and where the next one begins; nil when its end has not come.
    @inline(__always)
    private func lineEnd(_ from: Int) -> (end: Int, behind: Int)? {
        let base = UnsafeMutableRawPointer(buffer.baseAddress!)
        let end = memchr(base + from, 10, filled - from).map { $0 - base }
        if hasNULs, let block = nulBlock(from, end ?? filled) { return (block, block) }
        return end.map { ($0, $0 + 1) }
    }

    /// Where a block of NULs begins between two places.
    private func nulBlock(_ from: Int, _ to: Int) -> Int? {
        var at = from
        let base = UnsafeMutableRawPointer(buffer.baseAddress!)
        while at < to, let found = memchr(base + at, 0, to - at) {
            let start = found - base
            let count = nuls(from: start)
            if count >= Self.nulBlock { return start }
            at = start + count
        }
        return nil
    }

    /// The buffer's first bytes are done with.
    private mutating func pass(_ count: Int) {
        guard count > 0 else { return }
        state.consumed.append(line(0, count))
        remove(count)
    }

    /// The cut line at the buffer's start is done with.
    private mutating func passCut(_ count: Int) {
        var ahead = state.ahead ?? state.consumed
        ahead.append(line(maximumLine, count - maximumLine))
        state.consumed = ahead
        state.ahead = nil
        state.position += state.dropped
        state.dropped = 0
        remove(count)
    }

    private mutating func remove(_ count: Int) {
        state.position += UInt64(count)
        filled -= count
        if filled > 0 { memmove(buffer.baseAddress!, buffer.baseAddress! + count, filled) }
    }

    /// Forgets what a line at the buffer's start has beyond `maximumLine` bytes.
    private mutating func drop() {
        let excess = filled - maximumLine
        guard excess > 0 else { return }
        var ahead = state.ahead ?? state.consumed
        if state.ahead == nil { ahead.append(line(0, maximumLine)) }
        ahead.append(line(maximumLine, excess))
        state.ahead = ahead
        state.dropped += UInt64(excess)
        filled -= excess
    }

    /// Goes over the rest of a hole at once: a program that writes on at its old offset after a truncation leaves one of
    /// any size.
    private mutating func skipHole(_ descriptor: Int32) {
        let data = clinux_next_data(descriptor, Int64(clamping: state.position))
        guard data >= 0, UInt64(data) > state.position else { return }
        let count = UInt64(data) - state.position
        withUnsafeTemporaryAllocation(byteCount: Fingerprint.headSize, alignment: 16) { zeros in
            memset(zeros.baseAddress!, 0, zeros.count)
            let stand = Int(min(count, UInt64(zeros.count)))
            state.consumed.append(UnsafeRawBufferPointer(rebasing: zeros[..<stand]))
        }
        skipped += count
        state.position = UInt64(data)
    }
}
