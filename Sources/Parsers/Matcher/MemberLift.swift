import Events
import Patterns

/// Puts the values of listed keys of a match's captures with members behind its captures, where the fields that they
/// become find them.
enum MemberLift {
    typealias Bytes = UnsafePointer<UInt8>
    typealias Captures = UnsafeMutablePointer<Captured>

    /// Fills the slots of an outcome. A slot without a value is left empty: its field is absent.
    @inline(never)
    static func lift(
        _ frame: Bytes, _ outcome: UnsafePointer<Outcome>, _ tables: UnsafePointer<CompiledTables>, _ captures: Captures
    ) {
        for number in 0..<Int(outcome.pointee.liftCount) {
            let lift = tables.pointee.events.pointee.lifts + Int(outcome.pointee.liftStart) + number
            let slots = captures + Int(lift.pointee.firstSlot)
            // A value stands behind its key, so none begins at 0: that is "not seen yet".
            slots.update(repeating: Captured(start: 0, end: 0), count: Int(lift.pointee.slotCount))
            let list = captures[Int(lift.pointee.capture)]
            switch lift.pointee.kind {
            case .json: liftMembers(frame, list, lift, tables, slots)
            case .pairs: liftPairs(frame, list, lift, tables, slots)
            case .ethernet: liftAddresses(list, lift, tables, slots)
            }
        }
    }

    private static func liftPairs(
        _ frame: Bytes, _ list: Captured, _ lift: UnsafePointer<Lift>, _ tables: UnsafePointer<CompiledTables>,
        _ slots: Captures
    ) {
        var reader = KeyValueReader(frame, Int(list.start), Int(list.end))
        var flags = LiftEntry.none
        while let item = reader.next() {
            if item.isFlag, flags != LiftEntry.none, !reader.isBeforeGroup {
                let behind = slots + Int(flags)
                if behind.pointee.start == 0 { behind.pointee.start = UInt32(truncatingIfNeeded: item.keyStart) }
                behind.pointee.end = UInt32(truncatingIfNeeded: item.keyEnd)
                continue
            }
            flags = LiftEntry.none
            guard
                let entry = tables.pointee.events.pointee.entry(
                    frame + item.keyStart, item.keyEnd &- item.keyStart, lift),
                entry.pointee.isFlag == item.isFlag
            else { continue }
            // Of a key that comes twice the first counts.
            if entry.pointee.flagsSlot != LiftEntry.none, slots[Int(entry.pointee.flagsSlot)].start == 0 {
                flags = entry.pointee.flagsSlot
            }
            guard entry.pointee.slot != LiftEntry.none else { continue }
            let slot = slots + Int(entry.pointee.slot)
            guard slot.pointee.start == 0 else { continue }
            if item.isFlag {
                slot.pointee = captured(item.keyStart, item.keyEnd)
            } else {
                let fits = fits(entry.pointee.type, frame, item.valueStart, item.valueEnd, item.isQuoted, tables)
                slot.pointee = captured(item.valueStart, fits ? item.valueEnd : item.valueStart)
            }
        }
    }

    /// The two addresses of an Ethernet header of 14 bytes: `destination` first, then `source`.
    private static func liftAddresses(
        _ header: Captured, _ lift: UnsafePointer<Lift>, _ tables: UnsafePointer<CompiledTables>,
        _ slots: Captures
    ) {
        guard header.end &- header.start == 41 else { return }
        let start = Int(header.start)
        liftAddress("destination", start, lift, tables, slots)
        liftAddress("source", start &+ 18, lift, tables, slots)
    }

    private static func liftAddress(
        _ name: StaticString, _ place: Int, _ lift: UnsafePointer<Lift>, _ tables: UnsafePointer<CompiledTables>,
        _ slots: Captures
    ) {
        guard let entry = tables.pointee.events.pointee.entry(name.utf8Start, name.utf8CodeUnitCount, lift),
            entry.pointee.slot != LiftEntry.none
        else { return }
        slots[Int(entry.pointee.slot)] = captured(place, place &+ 17)
    }

    private static func liftMembers(
        _ frame: Bytes, _ list: Captured, _ lift: UnsafePointer<Lift>, _ tables: UnsafePointer<CompiledTables>,
        _ slots: Captures
    ) {
        var members = JSONMembers(frame, Int(list.start), Int(list.end))
        while let member = members.next() {
            guard
                let entry = tables.pointee.events.pointee.entry(
                    frame + member.keyStart, member.keyEnd &- member.keyStart, lift)
            else {
                continue
            }
            // A key that is only left out has no slot.
            guard entry.pointee.slot != LiftEntry.none else { continue }
            let slot = slots + Int(entry.pointee.slot)
            guard slot.pointee.start == 0 else { continue }
            let first = frame[member.valueStart]
            let isString = first == UInt8(ascii: "\"")
            let start = isString ? member.valueStart &+ 1 : member.valueStart
            let end = isString ? member.valueEnd &- 1 : member.valueEnd
            let isBoolean = first == UInt8(ascii: "t") || first == UInt8(ascii: "f")
            let isScalar = first != UInt8(ascii: "{") && first != UInt8(ascii: "[") && first != UInt8(ascii: "n")
            let isFit =
                entry.pointee.isFlag
                ? isBoolean : isScalar && fits(entry.pointee.type, frame, start, end, isString, tables)
            slot.pointee = captured(start, isFit ? end : start)
        }
    }

    /// Whether the whole value is of the type.
    private static func fits(
        _ type: CaptureType, _ frame: Bytes, _ start: Int, _ end: Int, _ isQuoted: Bool,
        _ tables: UnsafePointer<CompiledTables>
    ) -> Bool {
        guard start < end else { return false }
        switch type {
        case .text: return true
        case .quoted: return isQuoted
        case .host, .word:
            let bit = type.byteClass.rawValue
            for place in start..<end where tables.pointee.classes[Int(frame[place])] & bit == 0 { return false }
            return true
        default: return TypedCapture.end(of: type, frame, start, end, messageStart: start) == end
        }
    }

    private static func captured(_ start: Int, _ end: Int) -> Captured {
        Captured(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end))
    }
}
