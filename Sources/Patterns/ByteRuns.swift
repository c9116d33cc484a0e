/// True when `count` bytes are the same on both sides.
@inlinable @inline(__always)
package func equalBytes(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    let one = UnsafeRawPointer(left)
    let other = UnsafeRawPointer(right)
    if count >= 8 {
        var offset = 0
        while offset &+ 8 <= count {
            if one.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return false
            }
            offset &+= 8
        }
        return one.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            == other.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    }
    var offset = 0
    while offset < count {
        if left[offset] != right[offset] { return false }
        offset &+= 1
    }
    return true
}

/// The first place at or behind `start` that holds `byte`, or `end`.
@inlinable @inline(__always)
package func nextByte(_ byte: UInt8, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    let raw = UnsafeRawPointer(bytes)
    let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
    var at = start
    while end &- at >= 8 {
        let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ pattern
        // Lanes above the first zero may be wrong; the lowest is exact.
        let zero = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
        if zero != 0 { return at &+ zero.trailingZeroBitCount &>> 3 }
        at &+= 8
    }
    while at < end, bytes[at] != byte { at &+= 1 }
    return at
}

/// By length, then by bytes: negative, zero or positive. The order of everything that is searched by its bytes.
@inlinable
package func orderByLength(
    _ left: UnsafePointer<UInt8>, _ leftCount: Int, _ right: UnsafePointer<UInt8>, _ rightCount: Int
) -> Int {
    if leftCount != rightCount { return leftCount &- rightCount }
    for offset in 0..<leftCount where left[offset] != right[offset] {
        return Int(left[offset]) &- Int(right[offset])
    }
    return 0
}

/// The same for what is sorted at load.
package func precedesByLength(_ left: String, _ right: String) -> Bool {
    let (one, other) = (Array(left.utf8), Array(right.utf8))
    return one.count != other.count ? one.count < other.count : one.lexicographicallyPrecedes(other)
}
