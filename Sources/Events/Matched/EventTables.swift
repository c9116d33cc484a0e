import Patterns

/// What of compiled rules says how events are made: flat, immutable, shared by all workers.
package struct EventTables: BitwiseCopyable, @unchecked Sendable {
    /// The fields of all outcomes, and those that maps give.
    package var fields: UnsafePointer<EventField>
    package var maps: UnsafePointer<ValueMap>
    package var mapEntries: UnsafePointer<ValueMapEntry>
    package var lifts: UnsafePointer<Lift>
    package var liftEntries: UnsafePointer<LiftEntry>
    /// The bytes of what maps and lifts list.
    package var text: UnsafePointer<UInt8>

    package init(
        fields: UnsafePointer<EventField>, maps: UnsafePointer<ValueMap>, mapEntries: UnsafePointer<ValueMapEntry>,
        lifts: UnsafePointer<Lift>, liftEntries: UnsafePointer<LiftEntry>, text: UnsafePointer<UInt8>
    ) {
        self.fields = fields
        self.maps = maps
        self.mapEntries = mapEntries
        self.lifts = lifts
        self.liftEntries = liftEntries
        self.text = text
    }

    /// The entry of a key that a lift lists, or nil.
    package func entry(
        _ key: UnsafePointer<UInt8>, _ count: Int, _ lift: UnsafePointer<Lift>
    ) -> UnsafePointer<LiftEntry>? {
        var low = 0
        var high = Int(lift.pointee.entryCount)
        let entries = liftEntries + Int(lift.pointee.entryStart)
        while low < high {
            let middle = (low &+ high) / 2
            let entry = entries + middle
            let order = orderByLength(key, count, text + Int(entry.pointee.keyStart), Int(entry.pointee.keyCount))
            if order == 0 { return entry }
            if order < 0 { high = middle } else { low = middle &+ 1 }
        }
        return nil
    }

    /// What a map gives for a value: constants, from a place in ``fields`` on; nil when the value stays as it is.
    package func mapped(
        _ map: UnsafePointer<ValueMap>, _ value: UnsafePointer<UInt8>, _ count: Int
    ) -> (start: UInt32, count: UInt32)? {
        var low = 0
        var high = Int(map.pointee.entryCount)
        let entries = mapEntries + Int(map.pointee.entryStart)
        while low < high {
            let middle = (low &+ high) / 2
            let entry = entries + middle
            let order = orderByLength(
                value, count, text + Int(entry.pointee.valueStart), Int(entry.pointee.valueCount))
            if order == 0 { return (entry.pointee.fieldStart, entry.pointee.fieldCount) }
            if order < 0 { high = middle } else { low = middle &+ 1 }
        }
        return map.pointee.otherStart == absent ? nil : (map.pointee.otherStart, map.pointee.otherCount)
    }
}

/// A capture of which members become fields: they are put behind the captures of the match.
package struct Lift: BitwiseCopyable {
    package enum Kind: UInt8, BitwiseCopyable { case pairs, json, ethernet }

    package var capture: UInt16
    /// Where the first lifted value is put.
    package var firstSlot: UInt16
    package var kind: Kind
    package var entryCount: UInt16
    /// How many values there can be.
    package var slotCount: UInt16
    /// Sorted by length, then bytes of the key.
    package var entryStart: UInt32

    package init(
        capture: UInt16, firstSlot: UInt16, kind: Kind, entryCount: UInt16, slotCount: UInt16, entryStart: UInt32
    ) {
        self.capture = capture
        self.firstSlot = firstSlot
        self.kind = kind
        self.entryCount = entryCount
        self.slotCount = slotCount
        self.entryStart = entryStart
    }
}

/// A key whose value becomes a field, or is dropped.
package struct LiftEntry: BitwiseCopyable {
    package var keyStart: UInt32
    package var keyCount: UInt16
    /// Counted from ``Lift/firstSlot``; ``none`` for a key that is dropped.
    package var slot: UInt16
    /// Where the flags behind the pair are put; ``none`` for nowhere.
    package var flagsSlot: UInt16
    package var type: CaptureType
    package var isFlag: Bool

    /// No place.
    package static let none = UInt16.max

    package init(keyStart: UInt32, keyCount: UInt16, slot: UInt16, flagsSlot: UInt16, type: CaptureType, isFlag: Bool) {
        self.keyStart = keyStart
        self.keyCount = keyCount
        self.slot = slot
        self.flagsSlot = flagsSlot
        self.type = type
        self.isFlag = isFlag
    }
}

/// Captured values and what they are replaced by. Sorted by length, then bytes.
package struct ValueMap: BitwiseCopyable {
    package var entryStart: UInt32
    package var entryCount: UInt32
    /// Fields for a value that is not listed; `absent` keeps the value.
    package var otherStart: UInt32
    package var otherCount: UInt32

    package init(entryStart: UInt32, entryCount: UInt32, otherStart: UInt32 = absent, otherCount: UInt32 = 0) {
        self.entryStart = entryStart
        self.entryCount = entryCount
        self.otherStart = otherStart
        self.otherCount = otherCount
    }
}

package struct ValueMapEntry: BitwiseCopyable {
    package var valueStart: UInt32
    package var valueCount: UInt32
    package var fieldStart: UInt32
    package var fieldCount: UInt32

    package init(valueStart: UInt32, valueCount: UInt32, fieldStart: UInt32, fieldCount: UInt32) {
        self.valueStart = valueStart
        self.valueCount = valueCount
        self.fieldStart = fieldStart
        self.fieldCount = fieldCount
    }
}
