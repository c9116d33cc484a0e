import Events
import Patterns

/// Encodes once, at load, everything of an event that does not depend on the message: keys, constants, the beginning
/// and the source.
package struct OutputCompiler {
    private(set) var outcomes: [Outcome] = []
    private(set) var items: [OutputItem] = []
    private(set) var maps: [ValueMap] = []
    private(set) var mapEntries: [ValueMapEntry] = []
    private(set) var lifts: [Lift] = []
    private(set) var liftEntries: [LiftEntry] = []
    /// Most captures and lifted members of one outcome.
    private(set) var maximumSlots = 0
    private(set) var fragments: [UInt8] = []

    private let vocabulary: Vocabulary
    /// Where a fragment that was written before stands: rules share most keys.
    private var known: [[UInt8]: UInt32] = [:]
    /// Where the keys of a rule's `pairs` begin: all expansions of the rule share them.
    private var liftedRule = absent
    private var liftedEntries: [UInt32] = []

    init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    /// Fields that stand before the timestamp, in this order.
    package static let leadFields = ["ip", "mac", "hostname"]

    /// The outcome of messages that no pattern matches: type `SYSLOG`, source `syslog`.
    mutating func addUnmatched() {
        addOutcome(type: .syslog, typeName: "SYSLOG", source: "syslog", rule: absent, lead: [], tail: [], lifts: [])
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
        var lead: [(rank: Int, item: OutputItem)] = []
        var tail: [OutputItem] = []
        func add(_ item: OutputItem, _ name: String) {
            if let rank = Self.leadFields.firstIndex(of: name) { lead.append((rank, item)) } else { tail.append(item) }
        }
        for field in fields {
            if let value = lifted[field.name] {
                add(liftedItem(value.member, value.slot, value.isJSON, map: ruleMaps[field.name]), field.name)
            } else if let value = captured[field.name] {
                let lift = liftNumbers[field.name]
                add(capturedItem(field.name, value.capture, value.type, map: lift ?? ruleMaps[field.name]), field.name)
            } else if let constant = rule.constants.first(where: { $0.name == field.name }) {
                add(constantItem(constant), field.name)
            }
        }
        lead.sort { $0.rank < $1.rank }
        addOutcome(
            type: vocabulary.eventTypeID(named: rule.eventType) ?? .syslog, typeName: rule.eventType, source: source,
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
                            keyStart: fragment(key), keyCount: UInt16(key.count),
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

    /// Adds the outcomes and fields of a plug-in. Its fields are one item each, in the order in which it declares them.
    mutating func add(_ runner: PluginRunner) -> CompiledPlugin {
        var numbers: [UInt32] = []
        for name in runner.eventTypes {
            numbers.append(UInt32(outcomes.count))
            addOutcome(
                type: vocabulary.eventTypeID(named: name) ?? .syslog, typeName: name, source: runner.name, rule: absent,
                lead: [], tail: [], lifts: [])
        }
        let first = UInt32(items.count)
        for field in runner.fields {
            // A plug-in says with each value how it is written; only the quotes depend on the field.
            let type: CaptureType = field.kind == .text ? .text : field.kind == .object ? .json : .int
            items.append(capturedItem(field.name, 0, type, map: nil))
        }
        return CompiledPlugin(
            runner: runner, outcomes: numbers, firstItem: first,
            lead: Self.leadFields.map { name in runner.fields.firstIndex { $0.name == name } ?? -1 })
    }

    /// Adds the value map of one field of a rule.
    /// - Returns: its number.
    mutating func add(_ map: FieldMap) -> UInt32 {
        let sorted = map.entries.sorted { precedesByLength($0.value, $1.value) }
        var entries: [ValueMapEntry] = []
        for entry in sorted {
            let value = Array(entry.value.utf8)
            let (start, count) = mappedItems(entry.mapped, of: map.field)
            entries.append(
                ValueMapEntry(
                    valueStart: fragment(value), valueCount: UInt32(value.count), itemStart: start, itemCount: count))
        }
        var record = ValueMap(
            entryStart: UInt32(mapEntries.count), entryCount: UInt32(entries.count), otherStart: absent, otherCount: 0)
        mapEntries += entries
        if let other = map.other { (record.otherStart, record.otherCount) = mappedItems(other, of: map.field) }
        maps.append(record)
        return UInt32(maps.count - 1)
    }

    private mutating func mappedItems(_ mapped: MappedValue, of field: String) -> (UInt32, UInt32) {
        let added: [OutputItem]
        switch mapped {
        case .value(let value):
            added = [constantItem(ConstantField(name: field, value: value, place: Place(line: 0, column: 0)))]
        case .fields(let fields):
            added = fields.map { constantItem($0) }
        }
        let start = UInt32(items.count)
        items += added
        return (start, UInt32(added.count))
    }

    private mutating func addOutcome(
        type: EventTypeID, typeName: String, source: String, rule: UInt32, lead: [OutputItem], tail: [OutputItem],
        lifts new: [Lift]
    ) {
        let head = Array("{\"type\":\"\(typeName)\"".utf8)
        let sourceFragment = Array("\",\"source\":\"\(source)\"".utf8)
        var outcome = Outcome(
            headStart: fragment(head), sourceStart: fragment(sourceFragment), headCount: UInt16(head.count),
            sourceCount: UInt16(sourceFragment.count), leadStart: 0, tailStart: 0, leadCount: UInt16(lead.count),
            tailCount: UInt16(tail.count), eventType: type.rawValue, liftCount: UInt16(new.count),
            liftStart: UInt32(lifts.count), rule: rule)
        outcome.leadStart = UInt32(items.count)
        items += lead
        outcome.tailStart = UInt32(items.count)
        items += tail
        lifts += new
        outcomes.append(outcome)
    }

    private mutating func capturedItem(
        _ name: String, _ capture: Int, _ type: CaptureType, map: UInt32?
    ) -> OutputItem {
        let kind: OutputItem.Kind =
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
        return valueItem(name, capture, kind, quoted: type.kind == .text, isMapped: isMapped, map: map)
    }

    private mutating func liftedItem(_ member: LiftedMember, _ slot: Int, _ isJSON: Bool, map: UInt32?) -> OutputItem {
        if member.isFlag {
            if isJSON { return valueItem(member.field, slot, .boolean, quoted: false, isMapped: false, map: nil) }
            var item = constantItem(ConstantField(name: member.field, value: .boolean(true), place: member.place))
            (item.kind, item.unmapped, item.capture) = (.flag, .flag, UInt16(slot))
            return item
        }
        let kind: OutputItem.Kind =
            switch member.type {
            case .mac: .mac
            case .int, .decimal: .number
            case .duration: .duration
            case .size: .size
            case .text where member.isFlagsBehind: .text
            case .text, .word, .unit, .quoted: isJSON ? .jsonText : .listText
            default: .plain
            }
        return valueItem(
            member.field, slot, kind, quoted: member.type.kind == .text, isMapped: map != nil, map: map)
    }

    private mutating func valueItem(
        _ name: String, _ capture: Int, _ kind: OutputItem.Kind, quoted: Bool, isMapped: Bool, map: UInt32?
    ) -> OutputItem {
        let bytes = Array(",\"\(name)\":\(quoted ? "\"" : "")".utf8)
        return OutputItem(
            kind: isMapped ? .mapped : kind, unmapped: kind, field: fieldID(name), capture: UInt16(capture),
            fragmentCount: UInt16(bytes.count), fragmentStart: fragment(bytes), valueOffset: 0, valueCount: 0,
            map: map ?? absent)
    }

    private mutating func constantItem(_ constant: ConstantField) -> OutputItem {
        let key = Array(",\"\(constant.name)\":".utf8)
        let value = Array(constant.value.json.utf8)
        let quote = constant.value.kind == .text ? 1 : 0
        return OutputItem(
            kind: .constant, unmapped: .constant, field: fieldID(constant.name), capture: 0,
            fragmentCount: UInt16(key.count + value.count), fragmentStart: fragment(key + value),
            valueOffset: UInt16(key.count + quote), valueCount: UInt16(value.count - 2 * quote), map: absent)
    }

    private func fieldID(_ name: String) -> UInt16 { (vocabulary.fieldID(named: name) ?? .none).rawValue }

    private mutating func fragment(_ bytes: [UInt8]) -> UInt32 {
        if let start = known[bytes] { return start }
        let start = UInt32(fragments.count)
        fragments += bytes
        known[bytes] = start
        return start
    }
}
