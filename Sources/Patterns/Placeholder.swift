/// Words that stand where a value is not known: a field that would hold one is left out.
///
/// `UNKNOWN`, `(null)`, `(none)`, `(unknown)`, `<unknown>`, `<none>`, `<null>`, `n/a` and `N/A`, as they stand. `unknown`
/// and `none` alone are values of some fields.
package enum Placeholder {
    package static let longest = 9

    /// True when the whole value is one.
    @inlinable @inline(__always)
    package static func isOne(_ value: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard count >= 3, count <= longest else { return false }
        switch value[0] {
        case UInt8(ascii: "U"), UInt8(ascii: "("), UInt8(ascii: "<"), UInt8(ascii: "n"), UInt8(ascii: "N"):
            return end(value, 0, count) == count
        default: return false
        }
    }

    /// The end of the one that begins at `start`, or -1.
    @inlinable @inline(__always)
    package static func end(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        guard start < end else { return -1 }
        switch bytes[start] {
        case UInt8(ascii: "U"), UInt8(ascii: "("), UInt8(ascii: "<"), UInt8(ascii: "n"), UInt8(ascii: "N"):
            return search(bytes, start, end)
        default: return -1
        }
    }

    @usableFromInline @inline(never)
    static func search(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var at = start
        if has("UNKNOWN", bytes, start, end) { return start &+ 7 }
        if has("n/a", bytes, start, end) || has("N/A", bytes, start, end) { return start &+ 3 }
        let close: UInt8
        switch bytes[start] {
        case UInt8(ascii: "("): close = UInt8(ascii: ")")
        case UInt8(ascii: "<"): close = UInt8(ascii: ">")
        default: return -1
        }
        at &+= 1
        if has("unknown", bytes, at, end) {
            at &+= 7
        } else if has("null", bytes, at, end) || has("none", bytes, at, end) {
            at &+= 4
        } else {
            return -1
        }
        return at < end && bytes[at] == close ? at &+ 1 : -1
    }

    private static func has(_ word: StaticString, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        end &- start >= word.utf8CodeUnitCount && equalBytes(bytes + start, word.utf8Start, word.utf8CodeUnitCount)
    }
}
