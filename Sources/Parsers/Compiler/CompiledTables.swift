import Base
import Events
import Patterns

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

/// What a matched pattern makes: an event of a type, with fields.
struct Outcome: BitwiseCopyable {
    /// Position in ``Events/EventTables/fields``: `ip`, `mac` and `hostname`, then the others.
    var fieldStart: UInt32
    var leadCount: UInt16
    /// How many fields there are in all.
    var fieldCount: UInt16
    var eventType: UInt16
    /// Position in ``Events/EventNames/sources``.
    var source: UInt16
    /// How many captures have members that become fields.
    var liftCount: UInt16
    var liftStart: UInt32
    /// Position in ``ParserSet/rules``.
    var rule: UInt32
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
    /// What outcomes say of events.
    var events: UnsafePointer<EventTables>
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
