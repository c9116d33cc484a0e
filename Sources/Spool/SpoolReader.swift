import CLinux

/// Walks the committed records of a chain in the order they were written. Owned by one sender's thread.
public struct SpoolReader: ~Copyable {
    private let chain: SegmentChain
    private var segment: Segment?
    /// The number of the segment last stood in.
    private var number: UInt64 = 0
    private var offset = SegmentLayout.header
    /// Up to where its memory was given back.
    private var restedTo = 0
    /// The segment's first byte: asking the object for it each time would count references per record.
    private var base: UnsafeMutableRawPointer?
    private var isAtEnd = false

    /// Starts before the chain's first record.
    public init(_ chain: SegmentChain) { self.chain = chain }

    /// Behind the last record of a finished chain, so that its last segment can be taken out as well.
    public init(atEndOf chain: SegmentChain) {
        self.chain = chain
        isAtEnd = true
        chain.leave()
    }

    /// The next record, left in place: `advance` moves past it. nil when the writer has no more yet.
    public mutating func peek() -> Record? {
        while !isAtEnd {
            guard let base else {
                guard let next = chain.next(after: number) else { return nil }
                segment = next.segment
                number = next.number
                base = next.segment.base
                offset = SegmentLayout.header
                restedTo = 0
                continue
            }
            let length = clinux_load_acquire_u32(base + offset)
            if length == 0 { return nil }
            if length == RecordLayout.seal {
                segment = nil
                self.base = nil
                continue
            }
            let record = Record(base: base + offset)
            // The next record's header lies in another core's cache, where the worker wrote it; it is wanted next.
            clinux_prefetch(base + offset + Int(length))
            clinux_prefetch(base + offset + Int(length) + 64)
            return record
        }
        return nil
    }

    /// Moves past the record that `peek` gave.
    public mutating func advance(past record: Record) {
        offset += record.size
    }

    /// Gives back the memory of what it has passed in its segment, when that is much: for a reader that only copies.
    public mutating func restBehind() {
        guard offset - restedTo >= Segment.restStep else { return }
        segment?.rest(from: restedTo, to: offset)
        restedTo = offset
    }
}
