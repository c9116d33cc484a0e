/// The bytes of one frame without its line end, for the header grammar. It lends them: nothing of it outlives the frame.
///
/// Reading past the end gives NUL, which no grammar rule accepts: so a rule needs no separate test for the end, and no
/// input can make a read leave the frame. Tight loops ask for bytes that they know to be `inside`; debug builds hold them
/// to it.
struct FrameText: ~Escapable {
    private let bytes: Span<UInt8>
    /// Bytes without trailing LF, CR and NUL.
    let count: Int

    /// The text of a frame.
    @inline(__always)
    @_lifetime(copy frame)
    init(_ frame: Span<UInt8>) {
        var end = min(frame.count, Int(UInt32.max))
        while end > 0 {
            let last = frame[unchecked: end &- 1]
            guard last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") || last == 0 else { break }
            end &-= 1
        }
        bytes = frame
        count = end
    }

    /// The first `count` bytes of a frame as they are, or all of them where there are fewer.
    @inline(__always)
    @_lifetime(copy frame)
    init(_ frame: Span<UInt8>, prefix count: Int) {
        bytes = frame
        self.count = max(0, min(count, frame.count))
    }

    /// The first `count` bytes of this text as they are.
    @inline(__always)
    @_lifetime(copy self)
    func prefix(_ count: Int) -> FrameText { FrameText(bytes, prefix: min(count, self.count)) }

    @inline(__always)
    subscript(offset: Int) -> UInt8 {
        assert(offset >= 0)
        return offset < count ? bytes[unchecked: offset] : 0
    }

    /// A byte that the caller knows to be there.
    @inline(__always)
    subscript(inside offset: Int) -> UInt8 {
        assert(offset >= 0 && offset < count)
        return bytes[unchecked: offset]
    }

    /// Eight bytes from `offset`, which the caller has checked to be inside.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        assert(offset >= 0 && offset &+ 8 <= count)
        return bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
    }

    /// Four bytes from `offset`, which the caller has checked to be inside.
    @inline(__always)
    func halfWord(at offset: Int) -> UInt32 {
        assert(offset >= 0 && offset &+ 4 <= count)
        return bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
    }

    /// The value of the digit at `offset`, or 10 and above when it is none.
    @inline(__always)
    func digit(_ offset: Int) -> Int {
        Int(self[offset] &- UInt8(ascii: "0"))
    }

    /// The two digits at `offset` as a number, or -1.
    @inline(__always)
    func twoDigits(_ offset: Int) -> Int {
        let tens = digit(offset)
        let ones = digit(offset &+ 1)
        return tens < 10 && ones < 10 ? tens &* 10 &+ ones : -1
    }

    /// The four digits at `offset` as a number, or -1.
    @inline(__always)
    func fourDigits(_ offset: Int) -> Int {
        let high = twoDigits(offset)
        let low = twoDigits(offset &+ 2)
        return high >= 0 && low >= 0 ? high &* 100 &+ low : -1
    }

    /// True when `literal` (ASCII) stands at `offset`.
    @inline(__always)
    func has(_ literal: StaticString, at offset: Int) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard offset &+ length <= count else { return false }
        let expected = literal.utf8Start
        for index in 0..<length where self[inside: offset &+ index] != expected[index] { return false }
        return true
    }

    /// The offset of the first space or tab at or after `offset`, or the end.
    @inline(__always)
    func tokenEnd(_ offset: Int) -> Int {
        var end = offset
        while end < count, self[inside: end] != UInt8(ascii: " "), self[inside: end] != UInt8(ascii: "\t") { end &+= 1 }
        return end
    }
}
