/// Length of the well-formed UTF-8 sequence at `bytes` (Unicode table 3-7), or 0 when the first byte starts none:
/// overlong forms, surrogates, values above U+10FFFF and sequences that the end cuts are not well-formed.
///
/// Only for a first byte of 0x80 or more; `count` is what may be read and is at least 1.
@inlinable
public func wellFormedSequenceLength(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    let first = bytes[0]
    switch first {
    case 0xC2...0xDF:
        return count >= 2 && isContinuation(bytes[1]) ? 2 : 0
    case 0xE0...0xEF:
        guard count >= 3, isContinuation(bytes[1]), isContinuation(bytes[2]) else { return 0 }
        if first == 0xE0 && bytes[1] < 0xA0 { return 0 }
        if first == 0xED && bytes[1] > 0x9F { return 0 }
        return 3
    case 0xF0...0xF4:
        guard count >= 4, isContinuation(bytes[1]), isContinuation(bytes[2]), isContinuation(bytes[3]) else { return 0 }
        if first == 0xF0 && bytes[1] < 0x90 { return 0 }
        if first == 0xF4 && bytes[1] > 0x8F { return 0 }
        return 4
    default:
        return 0
    }
}

@inlinable
func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
