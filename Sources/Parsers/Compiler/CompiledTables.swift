import Patterns

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

/// A capture that leaves a node: at most one for each type, and for each list of words. A class (host, word, long, text)
/// holds all its terminators.
struct Operation {
    var type: CaptureType
    /// Where a typed capture leads; for a class, where it leads when it takes its whole run.
    var target: UInt32 = absent
    /// Root of the terminators that are looked for by their first occurrence; of the words of a choice.
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
    /// The longest other terminator that is a prefix of this one (for suffixes: a suffix), tried after it; of a `long`
    /// also one with the same text and another probe.
    var shorter: UInt32
    /// Of a `long`: the first of a row of nodes with what must fit behind the text, up to the next free value
    /// (``Probe``).
    var probe: UInt32 = absent
}

/// The outcomes that end the row of nodes of a ``Terminator/probe``.
enum Probe {
    /// A free value follows, which takes what there is.
    static let isFree: UInt32 = 0
    /// The message must end here.
    static let isEnd: UInt32 = 1
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
    /// How many captures have members that become fields.
    var liftCount: UInt16
    var liftStart: UInt32
    /// Position in ``ParserSet/rules``.
    var rule: UInt32
}

/// One field of an outcome.
struct OutputItem {
    enum Kind: UInt8 {
        case constant, text, quoted, mac, number, duration, size, mapped
        /// Text of a type that holds nothing to escape.
        case plain
        /// A value of a `kv` list, in quotes or not.
        case listText
        /// The inside of a JSON string, or a JSON number or boolean as text.
        case jsonText
        /// Text in which a backslash escapes any byte.
        case escaped
        /// `true` when there is a value; the fragment holds it.
        case flag
        /// `true` or `false` as captured.
        case boolean
        /// A `kv` list as an object, a JSON value, an object that a plug-in made; `map` is the number of a ``Lift``.
        case pairs, json, members
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

/// A capture of which members become fields: they are put behind the captures of the match.
struct Lift {
    enum Kind: UInt8 { case pairs, json, ethernet }

    var capture: UInt16
    /// Where the first lifted value is put.
    var firstSlot: UInt16
    var kind: Kind
    var entryCount: UInt16
    /// How many values there can be.
    var slotCount: UInt16
    /// Sorted by length, then bytes of the key.
    var entryStart: UInt32
}

struct LiftEntry {
    var keyStart: UInt32
    var keyCount: UInt16
    /// Counted from ``Lift/firstSlot``; ``none`` for a key that is dropped.
    var slot: UInt16
    /// Where the flags behind the pair are put; ``none`` for nowhere.
    var flagsSlot: UInt16
    var type: CaptureType
    var isFlag: Bool

    /// No place.
    static let none = UInt16.max
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
    var lifts: UnsafePointer<Lift>
    var liftEntries: UnsafePointer<LiftEntry>
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
    /// Most captures and lifted members of one outcome.
    var maximumSlots: Int
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
