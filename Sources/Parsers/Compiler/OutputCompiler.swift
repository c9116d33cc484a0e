import Events
import Patterns

/// Makes the list of fields of each outcome, and numbers everything of an event that does not depend on the message:
/// sources, constants, maps. How they are written is each format's affair (``EventFormat``).
package struct OutputCompiler {
    private(set) var outcomes: [Outcome] = []
    private(set) var fields: [EventField] = []
    private(set) var sources: [String] = []
    private(set) var constants: [EventNames.Constant] = []
    private(set) var maps: [ValueMap] = []
    private(set) var mapEntries: [ValueMapEntry] = []
    private(set) var lifts: [Lift] = []
    private(set) var liftEntries: [LiftEntry] = []
    /// Most captures and lifted members of one outcome.
    private(set) var maximumSlots = 0
    /// The bytes of what maps and lifts list.
    private(set) var text: [UInt8] = []

    private let vocabulary: Vocabulary
    /// Where text that was added before stands: rules share most keys.
    private var knownText: [[UInt8]: UInt32] = [:]
    private var knownSources: [String: UInt16] = [:]
    private var knownConstants: [EventNames.Constant: UInt32] = [:]
    /// Where the keys of a rule's `pairs` begin: all expansions of the rule share them.
    private var liftedRule = absent
    private var liftedEntries: [UInt32] = []

    init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    /// Fields that name what an event is about, in this order: they stand at the front.
    package static let leadFields = ["ip", "mac", "hostname"]

    /// The outcome of messages that no pattern matches: type `SYSLOG`, source `syslog`.
    mutating func addUnmatched() {
        addOutcome(type: .syslog, source: "syslog", rule: absent, lead: [], tail: [], lifts: [])
    }

    /// Adds the outcome of one expansion.
    mutating func add(
        _ expansion: Expansion, of rule: Rule, fields: [Vocabulary.Field], maps ruleMaps: [String: UInt32],
        number: UInt32,
        source: String
    ) {
        var captured: [String: (capture: Int, type: CaptureType)] = [:]
        for (index, capture) in expansion.captures.enumerated() {
            if let field = capture.field { captured[field] = (index, capture.type) }
        }
        let (lifted, liftNumbers, outcomeLifts) = lift(captured, expansion.captures.count, rule, number)
        var lead: [(rank: Int, item: EventField)] = []
        var tail: [EventField] = []
        func add(_ item: EventField, _ name: String) {
            if let rank = Self.leadFields.firstIndex(of: name) { lead.append((rank, item)) } else { tail.append(item) }
        }
        func addValue(_ name: String) -> Bool {
            if let value = lifted[name] {
                add(liftedField(value.member, value.slot, value.isJSON, map: ruleMaps[name]), name)
            } else if let value = captured[name] {
                add(capturedField(name, value.capture, value.type, map: liftNumbers[name] ?? ruleMaps[name]), name)
            } else {
                return false
            }
            return true
        }
        // What a map always gives other fields for is none itself: it stands where the first of them does.
        var replaced = rule.maps.filter { map in !fields.contains { $0.name == map.field } }
        for field in fields {
            if addValue(field.name) { continue }
            if let index = replaced.firstIndex(where: { $0.gives(field.name) }) {
                _ = addValue(replaced.remove(at: index).field)
            } else if let constant = rule.constants.first(where: { $0.name == field.name }) {
                add(constantField(field.name, constant.value), field.name)
            }
        }
        lead.sort { $0.rank < $1.rank }
        addOutcome(
            type: vocabulary.eventTypeID(named: rule.eventType) ?? .syslog, source: source,
            rule: number, lead: lead.map(\.item), tail: tail, lifts: outcomeLifts)
    }

    private typealias Lifted = (member: LiftedMember, slot: Int, isJSON: Bool)

    /// Numbers the members that become fields in one expansion: their values go behind its captures.
    /// - Returns: the lifted fields, the number of the lift of each capture that has one, and the lifts.
    private mutating func lift(
        _ captured: [String: (capture: Int, type: CaptureType)], _ captureCount: Int, _ rule: Rule, _ number: UInt32
    ) -> (fields: [String: Lifted], numbers: [String: UInt32], lifts: [Lift]) {
        if liftedRule != number {
            liftedRule = number
            liftedEntries = rule.pairs.map { pairs in
                let start = UInt32(liftEntries.count)
                let sorted = pairs.members.enumerated().filter { !$0.element.isFlagsBehind }
                    .sorted { precedesByLength($0.element.key, $1.element.key) }
                for (slot, member) in sorted {
                    let key = Array(member.key.utf8)
                    let flags = pairs.members.firstIndex { $0.isFlagsBehind && $0.key == member.key }
                    liftEntries.append(
                        LiftEntry(
                            keyStart: place(of: key), keyCount: UInt16(key.count),
                            slot: member.isDropped ? LiftEntry.none : UInt16(slot),
                            flagsSlot: flags.map { UInt16($0) } ?? LiftEntry.none, type: member.type,
                            isFlag: member.isFlag))
                }
                return start
            }
        }
        var fields: [String: Lifted] = [:]
        var numbers: [String: UInt32] = [:]
        var new: [Lift] = []
        var slot = captureCount
        for (pairs, entryStart) in zip(rule.pairs, liftedEntries) {
            guard let value = captured[pairs.capture] else { continue }
            let kind: Lift.Kind =
                switch value.type {
                case .json: .json
                case .ethernet: .ethernet
                default: .pairs
                }
            numbers[pairs.capture] = UInt32(lifts.count + new.count)
            new.append(
                Lift(
                    capture: UInt16(value.capture), firstSlot: UInt16(slot), kind: kind,
                    entryCount: UInt16(pairs.members.count { !$0.isFlagsBehind }),
                    slotCount: UInt16(pairs.members.count), entryStart: entryStart))
            for member in pairs.members {
                if !member.isDropped { fields[member.field] = (member, slot, kind == .json) }
                slot += 1
            }
        }
        maximumSlots = max(maximumSlots, slot)
        return (fields, numbers, new)
    }

    /// Adds the outcomes of a plug-in. Its fields have values only once it has read a message.
    mutating func add(_ runner: PluginRunner) -> CompiledPlugin {
        var numbers: [UInt32] = []
        for name in runner.eventTypes {
            numbers.append(UInt32(outcomes.count))
            addOutcome(
                type: vocabulary.eventTypeID(named: name) ?? .syslog, source: runner.name, rule: absent, lead: [],
                tail: [], lifts: [])
        }
        return CompiledPlugin(
            runner: runner, outcomes: numbers, fields: runner.fields.map { fieldID($0.name) },
            lead: Self.leadFields.map { name in runner.fields.firstIndex { $0.name == name } ?? -1 })
    }

    /// Adds the value map of one field of a rule.
    /// - Returns: its number.
    mutating func add(_ map: FieldMap) -> UInt32 {
        let sorted = map.entries.sorted { precedesByLength($0.value, $1.value) }
        var entries: [ValueMapEntry] = []
        for entry in sorted {
            let value = Array(entry.value.utf8)
            let (start, count) = mappedFields(entry.mapped, of: map.field)
            entries.append(
                ValueMapEntry(
                    valueStart: place(of: value), valueCount: UInt32(value.count), fieldStart: start, fieldCount: count)
            )
        }
        var record = ValueMap(entryStart: UInt32(mapEntries.count), entryCount: UInt32(entries.count))
        mapEntries += entries
        if let other = map.other { (record.otherStart, record.otherCount) = mappedFields(other, of: map.field) }
        maps.append(record)
        return UInt32(maps.count - 1)
    }

    private mutating func mappedFields(_ mapped: MappedValue, of field: String) -> (UInt32, UInt32) {
        let added: [EventField] =
            switch mapped {
            case .value(let value): [constantField(field, value)]
            case .fields(let fields): fields.map { constantField($0.name, $0.value) }
            }
        let start = UInt32(fields.count)
        fields += added
        return (start, UInt32(added.count))
    }

    private mutating func addOutcome(
        type: EventTypeID, source: String, rule: UInt32, lead: [EventField], tail: [EventField], lifts new: [Lift]
    ) {
        outcomes.append(
            Outcome(
                fieldStart: UInt32(fields.count), leadCount: UInt16(lead.count),
                fieldCount: UInt16(lead.count + tail.count), eventType: type.rawValue, source: number(of: source),
                liftCount: UInt16(new.count), liftStart: UInt32(lifts.count), rule: rule))
        fields += lead + tail
        lifts += new
    }

    private func capturedField(_ name: String, _ capture: Int, _ type: CaptureType, map: UInt32?) -> EventField {
        let kind: EventField.Kind =
            switch type {
            case .mac: .mac
            case .int, .decimal: .number
            case .duration: .duration
            case .size: .size
            case .quoted: .quoted
            case .ip, .ipv4, .ipv6, .hex, .host, .timestamp, .ethernet: .plain
            case .kv: .pairs
            case .json: .json
            default: .text
            }
        // A map of an object's is its lift.
        let isMapped = map != nil && !type.hasMembers
        return EventField(
            kind: isMapped ? .mapped : kind, unmapped: kind, field: fieldID(name), capture: capture,
            detail: map ?? absent)
    }

    private mutating func liftedField(_ member: LiftedMember, _ slot: Int, _ isJSON: Bool, map: UInt32?) -> EventField {
        if member.isFlag {
            if isJSON { return EventField(kind: .boolean, field: fieldID(member.field), capture: slot) }
            var flag = constantField(member.field, .boolean(true))
            (flag.kind, flag.unmapped, flag.capture) = (.flag, .flag, UInt16(slot))
            return flag
        }
        let kind: EventField.Kind =
            switch member.type {
            case .mac: .mac
            case .int, .decimal: .number
            case .duration: .duration
            case .size: .size
            case .text where member.isFlagsBehind: .text
            case .text, .word, .unit, .quoted: isJSON ? .jsonText : .listText
            default: .plain
            }
        return EventField(
            kind: map == nil ? kind : .mapped, unmapped: kind, field: fieldID(member.field), capture: slot,
            detail: map ?? absent)
    }

    private mutating func constantField(_ name: String, _ value: ConstantValue) -> EventField {
        let constant = EventNames.Constant(field: fieldID(name), value: value)
        if knownConstants[constant] == nil {
            knownConstants[constant] = UInt32(constants.count)
            constants.append(constant)
        }
        return EventField(kind: .constant, field: constant.field, detail: knownConstants[constant] ?? absent)
    }

    private func fieldID(_ name: String) -> FieldID { vocabulary.fieldID(named: name) ?? .none }

    private mutating func number(of source: String) -> UInt16 {
        if let known = knownSources[source] { return known }
        let number = UInt16(sources.count)
        sources.append(source)
        knownSources[source] = number
        return number
    }

    private mutating func place(of bytes: [UInt8]) -> UInt32 {
        if let start = knownText[bytes] { return start }
        let start = UInt32(text.count)
        text += bytes
        knownText[bytes] = start
        return start
    }
}
