/// No node, no terminator, no outcome.
let absent = UInt32.max

/// A place in the prefix structure: a literal run to compare, then what can follow it.
struct PrefixNode {
    /// The first eight bytes of the literal run, and ones where it has bytes.
    var word: UInt64 = 0
    var mask: UInt64 = 0
    var literalStart: UInt32 = 0
    var literalCount: UInt32 = 0
    /// The outcome when the message ends here.
    var outcome: UInt32 = absent
    /// Children by their next byte: `children[tableStart + byte - tableLow]`.
    var tableStart: UInt32 = 0
    var tableCount: UInt16 = 0
    var tableLow: UInt8 = 0
    /// Captures that can follow, in the order in which they are tried.
    var operationCount: UInt16 = 0
    var operationStart: UInt32 = 0
}

/// A capture that leaves a node: at most one for each type. A class (host, word, text) holds all its terminators.
struct Operation {
    var type: CaptureType
    /// Where a typed capture leads; for a class, where it leads when it takes its whole run.
    var target: UInt32 = absent
    /// Root of the terminators that are looked for by their first occurrence.
    var findRoot: UInt32 = absent
    var findCount: UInt32 = 0
    /// Root of the terminators that must end the run, read backwards.
    var suffixRoot: UInt32 = absent
}

/// Literal text that ends a class capture.
struct Terminator {
    /// Where the match goes on, behind the terminator.
    var target: UInt32
    var length: UInt32
    /// The longest other terminator that is a prefix of this one (for suffixes: a suffix), tried after it.
    var shorter: UInt32
}

/// What a matched pattern writes.
struct Outcome {
    /// `{"type":"DHCP_LEASE"`.
    var headStart: UInt32
    /// `","source":"dhcp_log_parser"`.
    var sourceStart: UInt32
    var headCount: UInt16
    var sourceCount: UInt16
    /// `ip`, `mac` and `hostname`, before the timestamp.
    var leadStart: UInt32
    /// The other fields, behind the source.
    var tailStart: UInt32
    var leadCount: UInt16
    var tailCount: UInt16
    var eventType: UInt16
    /// Position in ``ParserSet/rules``.
    var rule: UInt32
}

/// One field of an outcome.
struct OutputItem {
    enum Kind: UInt8 {
        case constant, text, quoted, mac, number, duration, mapped
        /// Text of a type that holds nothing to escape.
        case plain
    }

    var kind: Kind
    /// The kind that a mapped value is written as when the map does not list it.
    var unmapped: Kind
    var field: UInt16
    var capture: UInt16
    var fragmentCount: UInt16
    /// `,"interface":"`, or a constant whole: `,"state":"started"`.
    var fragmentStart: UInt32
    /// Where the value stands in a constant's fragment, without quotes.
    var valueOffset: UInt16
    var valueCount: UInt16
    var map: UInt32
}

/// Captured values and what they are replaced by. Sorted by length, then bytes.
struct ValueMap {
    var entryStart: UInt32
    var entryCount: UInt32
    /// Items for a value that is not listed; `absent` keeps the value.
    var otherStart: UInt32
    var otherCount: UInt32
}

struct ValueMapEntry {
    var valueStart: UInt32
    var valueCount: UInt32
    var itemStart: UInt32
    var itemCount: UInt32
}

/// Everything that matching and encoding read: flat, immutable, shared by all workers. Plain pointers, so that using it
/// counts no references; ``ParserSet`` owns the memory.
struct CompiledTables: BitwiseCopyable, @unchecked Sendable {
    var nodes: UnsafePointer<PrefixNode>
    var children: UnsafePointer<UInt32>
    var literals: UnsafePointer<UInt8>
    var operations: UnsafePointer<Operation>
    var terminators: UnsafePointer<Terminator>
    var outcomes: UnsafePointer<Outcome>
    var items: UnsafePointer<OutputItem>
    var maps: UnsafePointer<ValueMap>
    var mapEntries: UnsafePointer<ValueMapEntry>
    var fragments: UnsafePointer<UInt8>
    /// The root node of each parser.
    var roots: UnsafePointer<UInt32>
    /// For each byte, the bits of the ``ByteClass``es that hold it.
    var classes: UnsafePointer<UInt8>
    var rootCount: Int
    var terminatorCount: Int
    /// Most captures on one way through a structure.
    var maximumDepth: Int
    /// Most nodes with captures on one way: how many places to go back to there can be at once.
    var maximumOpen: Int
}

/// The tables' address. Immutable memory, so any thread may read it.
struct TablesPointer: @unchecked Sendable {
    let address: UnsafePointer<CompiledTables>

    init(_ address: UnsafePointer<CompiledTables>) { self.address = address }
}

/// Memory copied once from an array and freed with its owner.
final class FlatMemory: @unchecked Sendable {
    private var blocks: [UnsafeMutableRawPointer] = []

    func copy<Element: BitwiseCopyable>(_ array: [Element]) -> UnsafePointer<Element> {
        let block = UnsafeMutablePointer<Element>.allocate(capacity: max(array.count, 1))
        array.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { block.initialize(from: start, count: source.count) }
        }
        blocks.append(UnsafeMutableRawPointer(block))
        return UnsafePointer(block)
    }

    func copy<Element: BitwiseCopyable>(_ value: Element) -> UnsafePointer<Element> { copy([value]) }

    deinit {
        for block in blocks { block.deallocate() }
    }
}
