import Base
import Synchronization

/// The names and constants of a set of rules: what events have that no message changes.
package struct EventNames: Sendable {
    /// The names of the event types, by ``EventTypeID``.
    package var types: [String]
    /// The names of the parsers that make events.
    package var sources: [String]
    /// All fields, by ``FieldID``.
    package var fields: [Vocabulary.Field]
    /// The values that rules write as they stand, each with its field.
    package var constants: [Constant]

    /// A value that a rule writes as it stands.
    package struct Constant: Hashable, Sendable {
        package var field: FieldID
        package var value: ConstantValue

        package init(field: FieldID, value: ConstantValue) {
            self.field = field
            self.value = value
        }
    }

    package init(types: [String], sources: [String], fields: [Vocabulary.Field], constants: [Constant]) {
        self.types = types
        self.sources = sources
        self.fields = fields
        self.constants = constants
    }
}

/// A run of bytes that was encoded ahead. ``ByteWriter/readAhead`` bytes can be read from its start.
package struct Fragment: BitwiseCopyable {
    var start: UInt32
    var count: UInt32

    static let none = Fragment(start: 0, count: 0)
}

/// A constant, encoded ahead with its key.
package struct ConstantFragment: BitwiseCopyable {
    var whole: Fragment
    /// Where in it the value stands, without quotes.
    var valueOffset: UInt32
    var valueCount: UInt32
    /// True when the value holds JSON escapes.
    var hasEscapes: Bool
}

/// What one format encoded ahead.
package struct FormatFragments: BitwiseCopyable, @unchecked Sendable {
    let bytes: UnsafePointer<UInt8>
    /// By ``EventTypeID``.
    let types: UnsafePointer<Fragment>
    /// By number of the source.
    let sources: UnsafePointer<Fragment>
    /// By ``FieldID``.
    let fields: UnsafePointer<Fragment>
    /// By number of the constant.
    let constants: UnsafePointer<ConstantFragment>
}

/// Collects what a format encodes ahead: a fragment for each type, source, field and constant, in their order.
package struct FragmentBuilder {
    private var bytes: [UInt8] = []
    private var types: [Fragment] = []
    private var sources: [Fragment] = []
    private var fields: [Fragment] = []
    private var constants: [ConstantFragment] = []

    /// What is written for the next event type.
    mutating func add(type text: String) { types.append(add(Array(text.utf8))) }

    /// What is written for the next source.
    mutating func add(source text: String) { sources.append(add(Array(text.utf8))) }

    /// What is written before the value of the next field.
    mutating func add(field text: String) { fields.append(add(Array(text.utf8))) }

    /// What is written for the next constant.
    /// - Parameters:
    ///   - key: what stands before the value.
    ///   - value: as JSON text, without quotes.
    mutating func add(constant key: String, _ value: String, behind: String = "") {
        constants.append(
            ConstantFragment(
                whole: add(Array((key + value + behind).utf8)), valueOffset: UInt32(key.utf8.count),
                valueCount: UInt32(value.utf8.count), hasEscapes: value.utf8.contains(UInt8(ascii: "\\"))))
    }

    private mutating func add(_ text: [UInt8]) -> Fragment {
        defer { bytes += text }
        return Fragment(start: UInt32(bytes.count), count: UInt32(text.count))
    }

    func copy(to memory: FlatMemory) -> FormatFragments {
        FormatFragments(
            // Fragments are read by fixed runs, the last one too.
            bytes: memory.copy(bytes + [UInt8](repeating: 0, count: ByteWriter.readAhead)),
            types: memory.copy(types), sources: memory.copy(sources), fields: memory.copy(fields),
            constants: memory.copy(constants))
    }
}

/// What the formats encoded ahead for a set of rules. Each is encoded when it is first asked for; workers ask when they
/// take up the rules, never per message. Shared by all threads: the lock holds what is made, and what was made never
/// changes.
package final class FormatTables: Sendable {
    private let names: EventNames
    private let made = Mutex<[FormatName: FormatFragments]>([:])
    private let memory = FlatMemory()

    package init(_ names: EventNames) { self.names = names }

    func fragments<Format: EventFormat & ~Copyable>(_ name: FormatName, of format: Format.Type) -> FormatFragments {
        made.withLock { made in
            if let known = made[name] { return known }
            var builder = FragmentBuilder()
            Format.encodeAhead(names, into: &builder)
            let fragments = builder.copy(to: memory)
            made[name] = fragments
            return fragments
        }
    }
}
