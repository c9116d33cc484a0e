import Events
import Patterns

/// Objects with the keys of the message.
extension FieldWriter {
    /// Writes a `kv` list as an object of texts, flags as `true`, without the members that became fields. Of a key that
    /// comes twice the first is written. An object without members is left out.
    @inline(never)
    func writePairs(
        _ frame: UnsafePointer<UInt8>, _ item: UnsafePointer<OutputItem>, _ start: Int, _ end: Int,
        _ writer: inout JSONWriter
    ) {
        let lift = item.pointee.map == absent ? nil : tables.pointee.lifts + Int(item.pointee.map)
        var reader = KeyValueReader(frame, start, end)
        var used = 0
        var isOpen = false
        while let pair = reader.next() {
            let isEmpty = pair.valueStart == pair.valueEnd && !pair.isFlag
            if isLifted(frame, pair.keyStart, pair.keyEnd, lift, isFlag: pair.isFlag, isEmpty: isEmpty) { continue }
            if pair.isFlag, isAmongFlags(pair.keyStart, lift) { continue }
            guard objectKeys.add(frame, pair.keyStart, pair.keyEnd, &used) else { continue }
            open(item, &isOpen, &writer)
            // A key's bytes need no escapes.
            writer.byte(UInt8(ascii: "\""))
            writer.fragment(frame + pair.keyStart, pair.keyEnd &- pair.keyStart)
            if pair.isFlag {
                writer.fragment("\":true")
                continue
            }
            writer.fragment("\":\"")
            let value = frame + pair.valueStart
            let count = pair.valueEnd &- pair.valueStart
            // Bad bytes are kept by the message's `raw`.
            if pair.isQuoted {
                _ = writer.unescaped(value, count, and: UInt8(ascii: "'"))
            } else {
                _ = writer.escaped(value, count)
            }
            writer.byte(UInt8(ascii: "\""))
        }
        if isOpen { writer.byte(UInt8(ascii: "}")) }
    }

    /// Writes a JSON value without white space, and an object without the members that became fields; when those are
    /// all that it has, it is left out.
    @inline(never)
    func writeJSON(
        _ frame: UnsafePointer<UInt8>, _ item: UnsafePointer<OutputItem>, _ start: Int, _ end: Int,
        _ writer: inout JSONWriter
    ) {
        guard item.pointee.map != absent, frame[start] == UInt8(ascii: "{") else {
            writer.fragment(
                tables.pointee.fragments + Int(item.pointee.fragmentStart), Int(item.pointee.fragmentCount))
            writer.compact(frame + start, end &- start)
            return
        }
        let lift = tables.pointee.lifts + Int(item.pointee.map)
        var members = JSONMembers(frame, start, end)
        var isOpen = false
        while let member = members.next() {
            if isLifted(frame, member.keyStart, member.keyEnd, lift, isFlag: nil, isEmpty: false) { continue }
            open(item, &isOpen, &writer)
            // With its quotes.
            writer.fragment(frame + (member.keyStart &- 1), member.keyEnd &- member.keyStart &+ 2)
            writer.byte(UInt8(ascii: ":"))
            writer.compact(frame + member.valueStart, member.valueEnd &- member.valueStart)
        }
        if isOpen { writer.byte(UInt8(ascii: "}")) }
    }

    /// Writes the members that a plug-in added to one of its fields. `message` is the text that they are places of.
    @inline(never)
    func writeMembers(
        _ message: UnsafePointer<UInt8>, _ item: UnsafePointer<OutputItem>, _ field: Int,
        _ fields: borrowing PluginFields, _ writer: inout JSONWriter
    ) {
        var isOpen = false
        for index in 0..<fields.memberCount where fields.members[index].field == field {
            let member = fields.members[index]
            open(item, &isOpen, &writer)
            writer.byte(UInt8(ascii: "\""))
            _ = writer.escaped(message + member.keyStart, member.keyCount)
            writer.fragment("\":")
            let value = message + member.start
            switch member.kind {
            case .flag: writer.fragment("true")
            case .number: writer.decimal(value, member.count)
            case .json: writer.compact(value, member.count)
            default:
                writer.byte(UInt8(ascii: "\""))
                switch member.kind {
                case .quoted: _ = writer.unescaped(value, member.count, and: UInt8(ascii: "'"))
                case .escaped: _ = writer.unescaped(value, member.count)
                case .jsonText, .plain: writer.fragment(value, member.count)
                case .mac: writer.hardwareAddress(value, member.count)
                default: _ = writer.escaped(value, member.count)
                }
                writer.byte(UInt8(ascii: "\""))
            }
        }
        if isOpen { writer.byte(UInt8(ascii: "}")) }
    }

    /// True for a member that is no part of the object: its field has a value, or its own is empty.
    private func isLifted(
        _ frame: UnsafePointer<UInt8>, _ keyStart: Int, _ keyEnd: Int, _ lift: UnsafePointer<Lift>?, isFlag: Bool?,
        isEmpty: Bool
    ) -> Bool {
        guard let lift, let entry = MemberLift.entry(frame + keyStart, keyEnd &- keyStart, lift, tables),
            isFlag == nil || isFlag == entry.pointee.isFlag || entry.pointee.slot == LiftEntry.none
        else { return false }
        if entry.pointee.slot == LiftEntry.none { return true }
        let slot = captures[Int(lift.pointee.firstSlot) &+ Int(entry.pointee.slot)]
        return slot.end > slot.start || isEmpty
    }

    /// True for a flag that is part of a field with the flags behind a key.
    private func isAmongFlags(_ place: Int, _ lift: UnsafePointer<Lift>?) -> Bool {
        guard let lift else { return false }
        for index in 0..<Int(lift.pointee.slotCount) {
            let slot = captures[Int(lift.pointee.firstSlot) &+ index]
            if place >= Int(slot.start), place < Int(slot.end) { return true }
        }
        return false
    }

    private func open(_ item: UnsafePointer<OutputItem>, _ isOpen: inout Bool, _ writer: inout JSONWriter) {
        if isOpen {
            writer.byte(UInt8(ascii: ","))
        } else {
            writer.fragment(
                tables.pointee.fragments + Int(item.pointee.fragmentStart), Int(item.pointee.fragmentCount))
            writer.byte(UInt8(ascii: "{"))
            isOpen = true
        }
    }
}
