/// Where reading stands in one file, without a buffer: what ``LineReader`` works on while the file has its turn.
struct LineState: Sendable {
    /// File position of the first byte that is not consumed, which is a line's first.
    var position: UInt64
    /// Bytes from there on that are read already: the beginning of a line whose end has not come.
    var held: [UInt8] = []
    /// Bytes of that line behind `held` that are read and forgotten, because the line is too long.
    var dropped: UInt64 = 0
    /// The proof of `position`.
    var consumed = Fingerprint()
    /// The proof behind the dropped bytes; nil when there are none.
    var ahead: Fingerprint?

    /// A place whose proof is not known, as in a pipe, or needs none, as at the start.
    init(position: UInt64 = 0, consumed: Fingerprint = Fingerprint()) {
        self.position = position
        self.consumed = consumed
    }

    /// File position of the next byte to read.
    var offset: UInt64 { position + UInt64(held.count) + dropped }

    /// Forgets what is read ahead; it is read again.
    mutating func forgetHeld() {
        held = []
        dropped = 0
        ahead = nil
    }
}
