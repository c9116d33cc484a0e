/// The bytes of one frame without its line end, for the header grammar.
///
/// Reading past the end gives NUL, which no grammar rule accepts: so a rule needs no separate test for the end, and no
/// input can make a read leave the frame. Tight loops use `base` directly under their own bound.
struct FrameText {
    let base: UnsafePointer<UInt8>
    /// Bytes without trailing LF, CR and NUL.
    let count: Int

    @inline(__always)
    init(base: UnsafePointer<UInt8>, frameCount: Int) {
        var end = frameCount
        while end > 0 {
            let last = base[end &- 1]
            guard last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") || last == 0 else { break }
            end &-= 1
        }
        self.base = base
        count = end
    }

    /// A view of the first `count` bytes as they are.
    @inline(__always)
    init(base: UnsafePointer<UInt8>, count: Int) {
        self.base = base
        self.count = count
    }

    @inline(__always)
    subscript(offset: Int) -> UInt8 {
        offset < count ? base[offset] : 0
    }

    /// Eight bytes from `offset`, which the caller has checked to be inside.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self)
    }

    /// Four bytes from `offset`, which the caller has checked to be inside.
    @inline(__always)
    func halfWord(at offset: Int) -> UInt32 {
        UnsafeRawPointer(base + offset).loadUnaligned(as: UInt32.self)
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
        for index in 0..<length where base[offset &+ index] != expected[index] { return false }
        return true
    }

    /// The offset of the first space or tab at or after `offset`, or the end.
    @inline(__always)
    func tokenEnd(_ offset: Int) -> Int {
        var end = offset
        while end < count, base[end] != UInt8(ascii: " "), base[end] != UInt8(ascii: "\t") { end &+= 1 }
        return end
    }
}
