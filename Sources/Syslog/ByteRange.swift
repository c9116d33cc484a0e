/// A run of bytes inside one frame, as offsets: nothing is copied and nothing is kept alive.
///
/// `start + count` never passes the end of the frame it was read from. A count of 0 means absent or empty.
public struct ByteRange: Equatable, Hashable, Sendable {
    /// Offset of the first byte, counted from 0.
    public var start: UInt32
    /// Number of bytes.
    public var count: UInt32

    /// A range of no bytes: what an absent field has.
    public static var absent: ByteRange { ByteRange(start: 0, count: 0) }

    /// A range of `count` bytes from the 0-based offset `start`.
    @inlinable
    public init(start: UInt32, count: UInt32) {
        self.start = start
        self.count = count
    }

    /// The range from `lower` up to but not including `upper`; both are offsets in a frame, `lower <= upper`.
    @inlinable
    init(_ lower: Int, _ upper: Int) {
        start = UInt32(truncatingIfNeeded: lower)
        count = UInt32(truncatingIfNeeded: upper &- lower)
    }

    /// True when there is no byte in it.
    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// Offset of the first byte.
    @inlinable
    public var lowerBound: Int { Int(start) }

    /// Offset after the last byte.
    @inlinable
    public var upperBound: Int { Int(start) &+ Int(count) }

    /// The same range as Swift offsets.
    @inlinable
    public var offsets: Range<Int> { Range(uncheckedBounds: (lowerBound, upperBound)) }
}
