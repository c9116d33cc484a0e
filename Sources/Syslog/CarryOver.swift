/// The bytes of a frame that is split across reads. Grows by doubling up to a limit; large memory is given back when it is
/// empty, so that a connection that is quiet does not hold what its longest frame once took.
///
/// Owned by one `FrameDecoder`.
struct CarryOver: ~Copyable {
    private var storage: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    private(set) var count = 0
    private let limit: Int
    /// Bytes that are kept while nothing is carried over.
    private static var kept: Int { 2048 }

    /// An empty one that allocates nothing yet; `limit` is the most bytes that it will ever have to hold.
    init(limit: Int) {
        self.limit = limit
    }

    deinit {
        storage?.deallocate()
    }

    /// What it holds.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)
        get {
            let held = UnsafeBufferPointer(start: UnsafePointer(storage), count: count)
            return _overrideLifetime(Span(_unsafeElements: held), borrowing: self)
        }
    }

    mutating func append(_ bytes: Span<UInt8>) {
        guard bytes.count > 0 else { return }
        if count &+ bytes.count > capacity { grow(to: count &+ bytes.count) }
        let end = storage.unsafelyUnwrapped + count
        bytes.withUnsafeBufferPointer { end.update(from: $0.baseAddress.unsafelyUnwrapped, count: $0.count) }
        count &+= bytes.count
    }

    mutating func removeFirst(_ removed: Int) {
        guard removed < count else {
            removeAll()
            return
        }
        guard removed > 0 else { return }
        let start = storage.unsafelyUnwrapped
        start.update(from: start + removed, count: count &- removed)
        count &-= removed
    }

    mutating func removeLast(_ removed: Int) {
        assert(removed >= 0 && removed <= count)
        count &-= removed
    }

    mutating func removeAll() {
        count = 0
        guard capacity > Self.kept else { return }
        storage?.deallocate()
        storage = nil
        capacity = 0
    }

    private mutating func grow(to needed: Int) {
        let wanted = max(needed, min(max(capacity &* 2, needed &* 2, 512), limit))
        let bigger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
        if let old = storage {
            bigger.update(from: old, count: count)
            old.deallocate()
        }
        storage = bigger
        capacity = wanted
    }
}
