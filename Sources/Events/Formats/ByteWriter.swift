import Base

/// Writes an event straight into memory that the caller owns. Never writes past its end: what does not fit sets
/// ``overflowed``, and what is in the memory is then worthless.
@frozen public struct ByteWriter {
    @usableFromInline let base: UnsafeMutablePointer<UInt8>
    @usableFromInline let capacity: Int

    /// Bytes written so far.
    public var count: Int

    /// True as soon as something did not fit. Nothing is written from then on.
    public var overflowed: Bool

    /// Begins at the first byte of `memory`, which must outlive the writer.
    @inlinable
    public init(_ memory: UnsafeMutableRawBufferPointer) {
        if let address = memory.baseAddress {
            base = address.assumingMemoryBound(to: UInt8.self)
            capacity = memory.count
        } else {
            // Never dereferenced: there is no room for a single byte.
            base = UnsafeMutablePointer(bitPattern: 8)!
            capacity = 0
        }
        count = 0
        overflowed = false
    }

    /// True when `bytes` more fit; otherwise marks the overflow.
    @inlinable @inline(__always)
    mutating func reserve(_ bytes: Int) -> Bool {
        if bytes <= capacity - count { return true }
        markOverflow()
        return false
    }

    @inlinable @inline(never)
    mutating func markOverflow() {
        overflowed = true
        count = capacity
    }

    /// Writes one byte as it is.
    @inlinable @inline(__always)
    public mutating func byte(_ value: UInt8) {
        guard reserve(1) else { return }
        base[count] = value
        count += 1
    }

    /// Writes bytes as they are.
    @inlinable @inline(__always)
    public mutating func fragment(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
        guard reserve(length) else { return }
        copyBytes(bytes, base + count, length)
        count += length
    }

    /// Writes bytes as they are.
    @inlinable @inline(__always)
    public mutating func fragment(_ text: StaticString) {
        fragment(text.utf8Start, text.utf8CodeUnitCount)
    }

    /// Writes bytes as they are, from memory that can be read up to ``readAhead`` bytes from `bytes` on.
    @inlinable @inline(__always)
    public mutating func padded(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
        guard length <= Self.readAhead, capacity &- count >= Self.readAhead else {
            longFragment(bytes, length)
            return
        }
        let source = UnsafeRawPointer(bytes)
        let target = UnsafeMutableRawPointer(base + count)
        let low = source.loadUnaligned(as: SIMD16<UInt8>.self)
        let high = source.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self)
        target.storeBytes(of: low, as: SIMD16<UInt8>.self)
        target.storeBytes(of: high, toByteOffset: 16, as: SIMD16<UInt8>.self)
        count &+= length
    }

    /// The same for bytes of a buffer that ends at `end`.
    @inlinable @inline(__always)
    public mutating func fragment(_ bytes: UnsafePointer<UInt8>, _ length: Int, before end: UnsafePointer<UInt8>) {
        if end - bytes >= Self.readAhead { padded(bytes, length) } else { longFragment(bytes, length) }
    }

    /// How far ``padded(_:_:)`` reads. What it writes too much must be overwritten by what follows in the event, so it
    /// is not for the last bytes of one.
    @inlinable public static var readAhead: Int { 32 }

    @inlinable @inline(never)
    mutating func longFragment(_ bytes: UnsafePointer<UInt8>, _ length: Int) { fragment(bytes, length) }

    /// Writes an unsigned number in decimal.
    @inlinable
    public mutating func number(_ value: UInt64) {
        var digits = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        guard reserve(digits) else { return }
        var at = count + digits
        rest = value
        repeat {
            at -= 1
            base[at] = UInt8(truncatingIfNeeded: 0x30 &+ rest % 10)
            rest /= 10
        } while rest > 0
        count += digits
    }

    /// Writes `length` bytes as base64 (RFC 4648 section 4, with padding).
    public mutating func base64(_ source: UnsafePointer<UInt8>, _ length: Int) {
        // `length` is that of a frame, far from overflowing.
        let encoded = Base64.encodedCount(length)
        guard reserve(encoded) else { return }
        Base64.encode(
            UnsafeRawBufferPointer(start: source, count: length),
            to: UnsafeMutableRawBufferPointer(start: base + count, count: encoded))
        count += encoded
    }
}

/// Copies without calling out for the short runs that an event is made of.
@inlinable @inline(__always)
func copyBytes(_ from: UnsafePointer<UInt8>, _ to: UnsafeMutablePointer<UInt8>, _ count: Int) {
    let source = UnsafeRawPointer(from)
    let target = UnsafeMutableRawPointer(to)
    if count >= 8 {
        var offset = 0
        while offset &+ 8 <= count {
            target.storeBytes(
                of: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self), toByteOffset: offset, as: UInt64.self
            )
            offset &+= 8
        }
        // The last word overlaps what is copied already.
        target.storeBytes(
            of: source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self), toByteOffset: count &- 8,
            as: UInt64.self)
        return
    }
    if count >= 4 {
        let high = source.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
        target.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
        target.storeBytes(of: high, toByteOffset: count &- 4, as: UInt32.self)
        return
    }
    var offset = 0
    while offset < count {
        to[offset] = from[offset]
        offset &+= 1
    }
}
