import Events

/// A parser in Swift, for what patterns cannot say. It takes the place of a rules file: the same program tags, the same
/// event types and fields, the same output.
///
/// The contract, which the conformance suite of the tests checks for every plug-in:
/// - any bytes are taken, of any length, none included; nothing traps and nothing is kept between messages;
/// - time is linear in the message; nothing is allocated on the heap;
/// - nil means "not mine": the event is then of type `SYSLOG`, and fields that were added are forgotten;
/// - whatever is returned, the message's own text stands in the event: a plug-in adds fields and never removes text.
///
/// A value of a plug-in is made once for each set of rules and used by all workers at the same time: `parse` may not
/// change shared state.
public protocol ParserPlugin: Sendable {
    /// The parser's name, which is the `source` of its events: a-z, 0-9 and `_`.
    static var name: String { get }
    /// The program tags that it is for, with `*` for any run of bytes. Routes can name the parser for others.
    static var programs: [String] { get }
    /// The types of its events; ``parse(_:into:)`` returns positions in this list.
    static var eventTypes: [String] { get }
    /// The fields of its events; ``PluginFields`` takes positions in this list. A name that rules use as well must have
    /// the same kind there.
    static var fields: [Vocabulary.Field] { get }

    /// Makes the parser, at load.
    init()

    /// Reads one message.
    /// - Parameters:
    ///   - message: what patterns would match: the text behind the header, without a trailing line feed.
    ///   - fields: takes the values, as ranges of `message`.
    /// - Returns: a position in ``eventTypes``, or nil when the message is not one that this parser knows.
    func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int?
}

/// How a plug-in's value is written.
public enum PluginEncoding: Sendable {
    /// As it stands.
    case text
    /// Text in which a backslash escapes `"`, `'` and `\`.
    case quoted
    /// A hardware address, in small letters with colons.
    case mac
    /// Decimal digits with an optional sign and fraction, as a JSON number.
    case number
}

/// The values that a plug-in found, in memory of the worker. Fixed room: ``capacity`` fields.
public struct PluginFields: ~Copyable {
    /// Most fields of one event; more are refused by ``add(_:_:as:)``.
    public static let capacity = 64

    struct Value {
        var field: Int
        var start: Int
        var count: Int
        var kind: OutputItem.Kind
    }

    private(set) var count = 0
    let values: UnsafeMutablePointer<Value>
    private var kinds: [FieldKind] = []
    private var message: UnsafePointer<UInt8>?
    private var messageCount = 0

    init() { values = .allocate(capacity: Self.capacity) }

    deinit { values.deallocate() }

    mutating func begin(_ message: UnsafePointer<UInt8>, _ length: Int, kinds: [FieldKind]) {
        self.message = message
        messageCount = length
        self.kinds = kinds
        count = 0
    }

    mutating func forget() { count = 0 }

    /// Adds a value.
    /// - Parameters:
    ///   - field: a position in ``ParserPlugin/fields``.
    ///   - range: where the value stands in the message; an empty value is left out of the event.
    ///   - encoding: how it is written; it must suit the field's declared kind.
    /// - Returns: false, and nothing is added, when the field has a value already, the range is outside the message,
    ///   the bytes are not a number or a hardware address where one was promised, or ``capacity`` is reached.
    @discardableResult
    public mutating func add(_ field: Int, _ range: Range<Int>, as encoding: PluginEncoding) -> Bool {
        guard let message, kinds.indices.contains(field), count < Self.capacity, !range.isEmpty,
            range.lowerBound >= 0, range.upperBound <= messageCount
        else { return false }
        for index in 0..<count where values[index].field == field { return false }
        let kind: OutputItem.Kind
        switch encoding {
        case .text: kind = .text
        case .quoted: kind = .quoted
        case .mac:
            guard TypedCapture.mac(message, range.lowerBound, range.upperBound) == range.upperBound else {
                return false
            }
            kind = .mac
        case .number:
            guard TypedCapture.decimal(message, range.lowerBound, range.upperBound) == range.upperBound else {
                return false
            }
            kind = .number
        }
        guard (kind == .number ? FieldKind.number : .text) == kinds[field] else { return false }
        values[count] = Value(field: field, start: range.lowerBound, count: range.count, kind: kind)
        count += 1
        return true
    }
}

/// A plug-in behind a class: one virtual call for each message that is routed to it.
class PluginRunner: @unchecked Sendable {
    let name: String
    let programs: [String]
    let eventTypes: [String]
    let fields: [Vocabulary.Field]
    let kinds: [FieldKind]

    init(name: String, programs: [String], eventTypes: [String], fields: [Vocabulary.Field]) {
        self.name = name
        self.programs = programs
        self.eventTypes = eventTypes
        self.fields = fields
        kinds = fields.map(\.kind)
    }

    func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int? { nil }

    static func runner<Plugin: ParserPlugin>(_ plugin: Plugin.Type) -> PluginRunner { Runner<Plugin>() }

    private final class Runner<Plugin: ParserPlugin>: PluginRunner, @unchecked Sendable {
        private let plugin = Plugin()

        init() {
            super.init(
                name: Plugin.name, programs: Plugin.programs, eventTypes: Plugin.eventTypes, fields: Plugin.fields)
        }

        override func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int? {
            plugin.parse(message, into: &fields)
        }
    }
}

/// A plug-in with what of its output is encoded at load.
struct CompiledPlugin: Sendable {
    let runner: PluginRunner
    /// For each of its event types.
    let outcomes: [UInt32]
    /// Position in the tables' items of its first field; the others follow.
    let firstItem: UInt32
    /// Positions of `ip`, `mac` and `hostname` in its fields; -1 where it has none.
    let lead: [Int]
}
