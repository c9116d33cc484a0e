import Patterns

/// What a match made of one message: its type and source, and a list of fields, each with its kind and its range of the
/// frame. This is all that a format is given beside header and envelope.
///
/// Plain pointers, good only inside the call that a format is given it in: the frame is the receiver's, the rest belongs
/// to the worker's matcher and its rules.
package struct MatchedEvent: BitwiseCopyable {
    /// The bytes that header and match were read from.
    package let frame: UnsafePointer<UInt8>
    /// Behind the last of them.
    package let frameEnd: UnsafePointer<UInt8>
    /// How many of them were received: behind them may stand a program that the listener gave the line.
    package let receivedCount: Int
    /// The event's type.
    package let type: EventTypeID
    /// Which parser made it: a place in ``EventNames/sources``.
    package let source: Int
    /// How many fields at the front name what the event is about (`ip`, `mac`, `hostname`).
    package let leadCount: Int
    /// How many fields there are, those at the front included.
    package let fieldCount: Int
    /// A plug-in's values are taken as they are; of patterns', words that stand for "not known" are no values.
    package let keepsPlaceholders: Bool

    let fields: UnsafePointer<EventField>
    let captures: UnsafePointer<Captured>
    let tables: UnsafePointer<EventTables>
    let objectKeys: ObjectKeys
    let members: UnsafePointer<ObjectMember>
    let memberCount: Int

    package init(
        frame: UnsafePointer<UInt8>, frameEnd: UnsafePointer<UInt8>, receivedCount: Int, type: EventTypeID, source: Int,
        fields: UnsafePointer<EventField>, leadCount: Int, fieldCount: Int, captures: UnsafePointer<Captured>,
        tables: UnsafePointer<EventTables>, objectKeys: ObjectKeys, members: UnsafePointer<ObjectMember>,
        memberCount: Int, keepsPlaceholders: Bool
    ) {
        self.frame = frame
        self.frameEnd = frameEnd
        self.receivedCount = receivedCount
        self.type = type
        self.source = source
        self.fields = fields
        self.leadCount = leadCount
        self.fieldCount = fieldCount
        self.captures = captures
        self.tables = tables
        self.objectKeys = objectKeys
        self.members = members
        self.memberCount = memberCount
        self.keepsPlaceholders = keepsPlaceholders
    }

    /// The fields at the front.
    @inline(__always)
    package var lead: FieldList { FieldList(fields, leadCount) }

    /// The fields behind those at the front.
    @inline(__always)
    package var rest: FieldList { FieldList(fields + leadCount, fieldCount &- leadCount) }

    /// All fields.
    package var all: FieldList { FieldList(fields, fieldCount) }
}

/// A field of an event with its value.
package struct FieldValue: BitwiseCopyable {
    /// Which field it is.
    package var field: FieldID
    /// What its bytes are; never `mapped`.
    package var kind: EventField.Kind
    /// As ``EventField/detail``.
    package var detail: UInt32
    /// Where the value begins in the frame; not of a constant.
    package var start: Int
    /// How long it is: at least one byte; not of a constant.
    package var count: Int
}

/// Walks through fields that have a value: maps are followed, absent values and placeholders are passed over.
package struct FieldList: BitwiseCopyable {
    private var at: UnsafePointer<EventField>
    private var end: UnsafePointer<EventField>
    /// What follows the constants that a map gave.
    private var outerAt: UnsafePointer<EventField>?
    private var outerEnd: UnsafePointer<EventField>

    @inline(__always)
    init(_ start: UnsafePointer<EventField>, _ count: Int) {
        at = start
        end = start + count
        outerEnd = end
    }

    /// The next field of `event`, which the list is of; nil behind the last. The kinds that most values have are decided
    /// here, without a call.
    @inline(__always)
    package mutating func next(_ event: MatchedEvent) -> FieldValue? {
        while true {
            while at < end {
                let item = at
                at += 1
                let kind = item.pointee.kind
                if kind == .plain || kind == .text || kind == .mac || kind == .number {
                    let captured = event.captures[Int(item.pointee.capture)]
                    let start = Int(captured.start)
                    let count = Int(captured.end) &- start
                    // Free text can be empty; the field is then absent.
                    if count > 0,
                        kind == .number || kind == .mac || event.keepsPlaceholders
                            || !Placeholder.isOne(event.frame + start, count)
                    {
                        return FieldValue(
                            field: item.pointee.field, kind: kind, detail: item.pointee.detail, start: start,
                            count: count)
                    }
                    continue
                }
                let found = Self.resolve(item, event)
                if found.count > 0 {
                    outerAt = at
                    outerEnd = end
                    at = event.tables.pointee.fields + Int(found.start)
                    end = at + Int(found.count)
                } else if found.isPresent {
                    return found.value
                }
            }
            guard let outer = outerAt else { return nil }
            at = outer
            end = outerEnd
            outerAt = nil
        }
    }

    /// What an item stands for: one value, the constants of a map, or nothing.
    private struct Resolved {
        var value: FieldValue
        var isPresent: Bool
        var start: UInt32 = 0
        var count: UInt32 = 0
    }

    @inline(never)
    private static func resolve(_ item: UnsafePointer<EventField>, _ event: MatchedEvent) -> Resolved {
        let captured = event.captures[Int(item.pointee.capture)]
        let start = Int(captured.start)
        var value = FieldValue(
            field: item.pointee.field, kind: item.pointee.kind, detail: item.pointee.detail, start: start,
            count: Int(captured.end) &- start)
        switch value.kind {
        case .constant: return Resolved(value: value, isPresent: true)
        case .flag, .pairs, .json, .members: return Resolved(value: value, isPresent: value.count > 0)
        case .mapped:
            let map = event.tables.pointee.maps + Int(value.detail)
            if let constants = event.tables.pointee.mapped(map, event.frame + start, value.count) {
                return Resolved(
                    value: value, isPresent: false, start: constants.start, count: constants.count)
            }
            value.kind = item.pointee.unmapped
        default: break
        }
        let isPresent =
            value.count > 0 && (event.keepsPlaceholders || !Placeholder.isOne(event.frame + start, value.count))
        return Resolved(value: value, isPresent: isPresent)
    }
}
