/// The hash of short names (programs, keys): FNV-1a, which costs a multiplication a byte and no set-up.
///
/// It has no key, so whoever names things can choose names that meet: use it only where that costs a bounded number of
/// comparisons.
public enum NameHash {
    /// The hash of some bytes.
    @inlinable
    @inline(__always)
    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}
