import Events
import Patterns

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
    /// The fields of its events; ``PluginFields`` takes positions in this list. A name that rules use as well in
    /// events of the same type must have the same kind there.
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
    /// An IPv4 or IPv6 address, as it stands.
    case address
    /// Text in which a backslash makes the next byte text, but `\n` and `\r` are line breaks.
    case escaped
    /// The inside of a JSON string, which stands between its quotes in the message.
    case jsonText
    /// A JSON object or array, without white space between its tokens: for a field of kind object.
    case json
    /// `true`, whatever the value is: for a member of an object.
    case flag
}

/// The values that a plug-in found, in memory of the worker. Fixed room: ``capacity`` fields and ``memberCapacity``
/// members of objects.
///
/// Keys that the message chooses belong into an object, never beside the event's own: there they cannot take another
/// field's place.
public struct PluginFields: ~Copyable {
    /// Most fields of one event; more are refused by ``add(_:_:as:)``.
    public static let capacity = 64
    /// Most members of all objects of one event; more are refused by ``addMember(_:_:_:as:)``.
    public static let memberCapacity = ObjectKeys.capacity

    struct Value {
        var field: Int
        var start: Int
        var count: Int
        var kind: EventField.Kind
    }

    typealias Member = ObjectMember

    private(set) var count = 0
    let values: UnsafeMutablePointer<Value>
    /// Members of all objects so far.
    public private(set) var memberCount = 0
    let members: UnsafeMutablePointer<Member>
    private let objectKeys: ObjectKeys
    private var keyCount = 0
    /// The list of fields that is made of the values when all are there, and where in the frame these stand.
    let list: UnsafeMutablePointer<EventField>
    let places: UnsafeMutablePointer<Captured>
    /// How many fields at the front of ``list`` name what the event is about.
    private(set) var leadCount = 0
    private var kinds: [FieldKind] = []
    private var message: UnsafePointer<UInt8>?
    private var messageCount = 0

    init() {
        values = .allocate(capacity: Self.capacity)
        members = .allocate(capacity: Self.memberCapacity)
        objectKeys = ObjectKeys.allocate()
        list = .allocate(capacity: Self.capacity)
        places = .allocate(capacity: Self.capacity)
    }

    deinit {
        values.deallocate()
        members.deallocate()
        objectKeys.deallocate()
        list.deallocate()
        places.deallocate()
    }

    mutating func begin(_ message: UnsafePointer<UInt8>, _ length: Int, kinds: [FieldKind]) {
        self.message = message
        messageCount = length
        self.kinds = kinds
        forget()
    }

    /// The message is gone: nothing more can be added.
    mutating func end() {
        message = nil
        messageCount = 0
    }

    mutating func forget() {
        count = 0
        memberCount = 0
        keyCount = 0
    }

    /// Whether a field has a value.
    public func has(_ field: Int) -> Bool {
        for index in 0..<count where values[index].field == field { return true }
        return false
    }

    /// Adds a value.
    /// - Parameters:
    ///   - field: a position in ``ParserPlugin/fields``.
    ///   - range: where the value stands in the message; an empty value is left out of the event.
    ///   - encoding: how it is written; it must suit the field's declared kind.
    /// - Returns: false, and nothing is added, when the field has a value already, the range is outside the message,
    ///   the bytes are not what the encoding promises, or ``capacity`` is reached.
    @discardableResult
    public mutating func add(_ field: Int, _ range: Range<Int>, as encoding: PluginEncoding) -> Bool {
        guard kinds.indices.contains(field), count < Self.capacity, !range.isEmpty, isInside(range), !has(field),
            encoding != .flag, let kind = kind(range, encoding)
        else { return false }
        let fieldKind: FieldKind = kind == .number ? .number : kind == .json ? .object : .text
        guard fieldKind == kinds[field] else { return false }
        values[count] = Value(field: field, start: range.lowerBound, count: range.count, kind: kind)
        count += 1
        return true
    }

    /// Adds a member with a key of the message to an object, which is written where its first member was added.
    /// - Parameters:
    ///   - field: a position in ``ParserPlugin/fields``, of kind object.
    ///   - key: where the key stands in the message: printing ASCII.
    ///   - value: where the value stands; it may be empty.
    ///   - encoding: how the value is written.
    /// - Returns: false, and nothing is added, when an object has the key already, a range is outside the message, the
    ///   bytes are not what is promised, or ``memberCapacity`` is reached.
    @discardableResult
    public mutating func addMember(
        _ field: Int, _ key: Range<Int>, _ value: Range<Int>, as encoding: PluginEncoding
    ) -> Bool {
        guard let message, kinds.indices.contains(field), kinds[field] == .object, memberCount < Self.memberCapacity,
            !key.isEmpty, isInside(key), isInside(value), let kind = kind(value, encoding)
        else { return false }
        // Other bytes could become the same key: each that is not UTF-8 is written as U+FFFD.
        for place in key where message[place] &- 0x20 >= 0x5F { return false }
        guard objectKeys.add(message, key.lowerBound, key.upperBound, &keyCount) else { return false }
        if !has(field) {
            guard count < Self.capacity else { return false }
            values[count] = Value(field: field, start: 0, count: 1, kind: .members)
            count += 1
        }
        members[memberCount] = Member(
            field: field, keyStart: key.lowerBound, keyCount: key.count, start: value.lowerBound, count: value.count,
            kind: kind)
        memberCount += 1
        return true
    }

    /// Where the key of a member stands in the message.
    /// - Parameter index: from 0 to below ``memberCount``, in the order in which they were added.
    public func memberKey(_ index: Int) -> Range<Int> {
        precondition(index >= 0 && index < memberCount, "there is no such member")
        return members[index].keyStart..<members[index].keyStart + members[index].keyCount
    }

    /// Where the value of a member stands in the message.
    /// - Parameter index: as in ``memberKey(_:)``.
    public func memberValue(_ index: Int) -> Range<Int> {
        precondition(index >= 0 && index < memberCount, "there is no such member")
        return members[index].start..<members[index].start + members[index].count
    }

    /// Gives a member the key that stands at `key` in the message: printing ASCII without a backslash, and no other
    /// member's.
    /// - Parameter index: as in ``memberKey(_:)``.
    /// - Returns: whether it was done.
    public mutating func renameMember(_ index: Int, to key: Range<Int>) -> Bool {
        precondition(index >= 0 && index < memberCount, "there is no such member")
        guard let message, !key.isEmpty, isInside(key) else { return false }
        for place in key where message[place] &- 0x20 >= 0x5F || message[place] == UInt8(ascii: "\\") { return false }
        guard objectKeys.add(message, key.lowerBound, key.upperBound, &keyCount) else { return false }
        // By a pointer of its own: under ThreadSanitizer the compiler (6.3) cannot change what a pointer that stands in a
        // type without copies leads to.
        let member = members + index
        member.pointee.keyStart = key.lowerBound
        member.pointee.keyCount = key.count
        return true
    }

    /// Takes a member out; those behind it move up.
    /// - Parameter index: as in ``memberKey(_:)``.
    public mutating func removeMember(_ index: Int) {
        precondition(index >= 0 && index < memberCount, "there is no such member")
        memberCount -= 1
        for place in index..<memberCount { members[place] = members[place + 1] }
    }

    /// Makes the list of fields: those at the front in their order, the others as the plug-in added them.
    /// - Parameter start: where the message begins in the frame.
    mutating func finish(_ plugin: CompiledPlugin, messageStart start: Int) {
        var made = 0
        func add(_ value: Value) {
            list[made] = EventField(
                kind: value.kind, field: plugin.fields[value.field], capture: made,
                detail: value.kind == .members ? UInt32(value.field) : absent)
            let first = value.kind == .members ? 0 : start &+ value.start
            places[made] = Captured(
                start: UInt32(truncatingIfNeeded: first), end: UInt32(truncatingIfNeeded: first &+ value.count))
            made &+= 1
        }
        for field in plugin.lead where field >= 0 {
            for index in 0..<count where values[index].field == field { add(values[index]) }
        }
        leadCount = made
        for index in 0..<count where !plugin.lead.contains(values[index].field) { add(values[index]) }
        for index in 0..<memberCount {
            let member = members + index
            member.pointee.keyStart &+= start
            member.pointee.start &+= start
        }
    }

    private func isInside(_ range: Range<Int>) -> Bool { range.lowerBound >= 0 && range.upperBound <= messageCount }

    /// How a value is written; nil when its bytes are not what was promised.
    private func kind(_ range: Range<Int>, _ encoding: PluginEncoding) -> EventField.Kind? {
        guard let message else { return nil }
        let (start, end) = (range.lowerBound, range.upperBound)
        switch encoding {
        case .text: return .text
        case .quoted: return .quoted
        case .escaped: return .escaped
        case .flag: return .flag
        case .mac: return TypedCapture.mac(message, start, end) == end ? .mac : nil
        case .number: return TypedCapture.decimal(message, start, end) == end ? .number : nil
        case .address: return TypedCapture.ip(message, start, end) == end ? .plain : nil
        case .json: return JSONValue.end(message, start, end) == end ? .json : nil
        case .jsonText:
            guard start > 0, end < messageCount else { return nil }
            return JSONValue.string(message, start - 1, end + 1) == end + 1 ? .jsonText : nil
        }
    }
}

/// A plug-in behind a class: one virtual call for each message that is routed to it.
///
/// Unchecked, because the compiler takes no class that others inherit from: all that it and its one heir hold is constant
/// and `Sendable`.
package class PluginRunner: @unchecked Sendable {
    package let name: String
    package let programs: [String]
    package let eventTypes: [String]
    package let fields: [Vocabulary.Field]
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

/// A plug-in as a set of rules has it.
package struct CompiledPlugin: Sendable {
    package let runner: PluginRunner
    /// For each of its event types.
    let outcomes: [UInt32]
    /// Its fields, in the order in which it declares them.
    let fields: [FieldID]
    /// Positions of `ip`, `mac` and `hostname` in its fields; -1 where it has none.
    let lead: [Int]
}
