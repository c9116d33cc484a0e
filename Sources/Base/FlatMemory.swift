/// Memory that is filled once, read by any thread through plain pointers, and freed with its owner: tables that the hot
/// path reads without counting references.
public final class FlatMemory: @unchecked Sendable {
    // Whoever adds to it from more than one thread holds a lock of its own.
    private var blocks: [UnsafeMutableRawPointer] = []

    /// Nothing yet.
    public init() {}

    /// Copies an array. The pointer is good for as long as the owner lives.
    public func copy<Element: BitwiseCopyable>(_ array: [Element]) -> UnsafePointer<Element> {
        let block = UnsafeMutablePointer<Element>.allocate(capacity: max(array.count, 1))
        array.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { block.initialize(from: start, count: source.count) }
        }
        blocks.append(UnsafeMutableRawPointer(block))
        return UnsafePointer(block)
    }

    /// Copies one value.
    public func copy<Element: BitwiseCopyable>(_ value: Element) -> UnsafePointer<Element> { copy([value]) }

    deinit {
        for block in blocks { block.deallocate() }
    }
}
