import Patterns

/// A member of an object of an event: a key and a value of the message.
package struct ObjectMember: BitwiseCopyable {
    /// For a plug-in's: the place of the object's field among those that the plug-in declares.
    package var field: Int
    /// Where the key stands in the frame, without quotes.
    package var keyStart: Int
    package var keyCount: Int
    /// True for a key that is the inside of a JSON string; else it is printing ASCII.
    package var isKeyJSON: Bool
    /// Where the value stands; it may be empty.
    package var start: Int
    package var count: Int
    /// What the value is.
    package var kind: EventField.Kind

    package init(
        field: Int = 0, keyStart: Int, keyCount: Int, isKeyJSON: Bool = false, start: Int, count: Int,
        kind: EventField.Kind
    ) {
        self.field = field
        self.keyStart = keyStart
        self.keyCount = keyCount
        self.isKeyJSON = isKeyJSON
        self.start = start
        self.count = count
        self.kind = kind
    }
}

/// Walks through the members of a field with an object, without those that became fields of their own.
package struct ObjectMembers: BitwiseCopyable {
    private let event: MatchedEvent
    private let kind: EventField.Kind
    /// Of what becomes fields; nil when nothing does. Of a plug-in's object: none.
    private let lift: UnsafePointer<Lift>?
    private let field: Int
    private var pairs: KeyValueReader
    private var json: JSONMembers
    /// Keys noted, or members of a plug-in passed.
    private var used = 0

    /// The members of `value`, which is a field of `event`. A JSON array has none.
    package init(of value: FieldValue, in event: MatchedEvent) {
        self.event = event
        kind = value.kind
        let hasLift = value.kind != .members && value.detail != absent
        lift = hasLift ? event.tables.pointee.lifts + Int(value.detail) : nil
        field = value.kind == .members ? Int(value.detail) : 0
        pairs = KeyValueReader(event.frame, value.start, value.start &+ value.count)
        json = JSONMembers(
            event.frame, value.start, value.kind == .json ? value.start &+ value.count : value.start)
    }

    /// Whether all of a JSON value is the field's: it is an array, or none of its members becomes a field.
    package static func isWhole(_ value: FieldValue, in event: MatchedEvent) -> Bool {
        value.detail == absent || event.frame[value.start] != UInt8(ascii: "{")
    }

    /// The next member; nil behind the last.
    package mutating func next() -> ObjectMember? {
        switch kind {
        case .pairs: nextPair()
        case .json: nextOfJSON()
        default: nextOfPlugin()
        }
    }

    /// Pairs are texts, flags are `true`. Of a key that comes twice the first counts.
    private mutating func nextPair() -> ObjectMember? {
        while let pair = pairs.next() {
            let isEmpty = pair.valueStart == pair.valueEnd && !pair.isFlag
            if isLifted(pair.keyStart, pair.keyEnd, isFlag: pair.isFlag, isEmpty: isEmpty) { continue }
            if pair.isFlag, isAmongFlags(pair.keyStart) { continue }
            guard event.objectKeys.add(event.frame, pair.keyStart, pair.keyEnd, &used) else { continue }
            return ObjectMember(
                keyStart: pair.keyStart, keyCount: pair.keyEnd &- pair.keyStart, start: pair.valueStart,
                count: pair.valueEnd &- pair.valueStart,
                kind: pair.isFlag ? .flag : pair.isQuoted ? .quoted : .text)
        }
        return nil
    }

    private mutating func nextOfJSON() -> ObjectMember? {
        while let member = json.next() {
            if isLifted(member.keyStart, member.keyEnd, isFlag: nil, isEmpty: false) { continue }
            return ObjectMember(
                keyStart: member.keyStart, keyCount: member.keyEnd &- member.keyStart, isKeyJSON: true,
                start: member.valueStart, count: member.valueEnd &- member.valueStart, kind: .json)
        }
        return nil
    }

    private mutating func nextOfPlugin() -> ObjectMember? {
        while used < event.memberCount {
            let member = event.members[used]
            used &+= 1
            if member.field == field { return member }
        }
        return nil
    }

    /// True for a member that is no part of the object: its field has a value, or its own is empty.
    private func isLifted(_ keyStart: Int, _ keyEnd: Int, isFlag: Bool?, isEmpty: Bool) -> Bool {
        guard let lift, let entry = event.tables.pointee.entry(event.frame + keyStart, keyEnd &- keyStart, lift),
            isFlag == nil || isFlag == entry.pointee.isFlag || entry.pointee.slot == LiftEntry.none
        else { return false }
        if entry.pointee.slot == LiftEntry.none { return true }
        let slot = event.captures[Int(lift.pointee.firstSlot) &+ Int(entry.pointee.slot)]
        return slot.end > slot.start || isEmpty
    }

    /// True for a flag that is part of a field with the flags behind a key.
    private func isAmongFlags(_ place: Int) -> Bool {
        guard let lift else { return false }
        for index in 0..<Int(lift.pointee.slotCount) {
            let slot = event.captures[Int(lift.pointee.firstSlot) &+ index]
            if place >= Int(slot.start), place < Int(slot.end) { return true }
        }
        return false
    }
}
