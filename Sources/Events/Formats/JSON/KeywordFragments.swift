import Syslog

/// `"facility":"daemon","severity":"info",` for each of the 24 × 8 priorities, encoded once.
///
/// Immutable once made, so any thread may read it.
final class KeywordFragments: @unchecked Sendable {
    /// The only one: every encoder writes the same, and making it takes longer than encoding many messages.
    static let shared = KeywordFragments()

    private static let slot = 64
    private static let longest = slot - 1

    /// For each priority the fragment, and its length in the slot's last byte.
    private let slots: UnsafeMutablePointer<UInt8>

    private init() {
        slots = .allocate(capacity: 24 * 8 * Self.slot)
        slots.initialize(repeating: 0, count: 24 * 8 * Self.slot)
        for facility in UInt8(0)..<24 {
            for severity in UInt8(0)..<8 {
                let text =
                    "\"facility\":\"\(Facility.keyword(facility))\",\"severity\":\"\(Severity.keyword(severity))\","
                precondition(text.utf8.count <= Self.longest, "a keyword outgrew its slot")
                let start = slots + (Int(facility) * 8 + Int(severity)) * Self.slot
                for (offset, byte) in text.utf8.enumerated() { start[offset] = byte }
                start[Self.longest] = UInt8(text.utf8.count)
            }
        }
    }

    deinit { slots.deallocate() }

    func write(facility: UInt8, severity: UInt8, key: inout KeyPosition, into writer: inout ByteWriter) {
        // A header parser gives 0...23 and 0...7; anything else would read outside the table.
        let index = Int(min(facility, 23)) * 8 + Int(min(severity, 7))
        let start = writer.count
        let fragment = slots + index &* Self.slot
        writer.fragment(fragment, Int(fragment[Self.longest]))
        if key.field == .facility || key.field == .severity { noteKey(index, start, &key, writer) }
    }

    /// Length of a fragment.
    func count(facility: UInt8, severity: UInt8) -> Int {
        Int(slots[(Int(min(facility, 23)) * 8 + Int(min(severity, 7))) * Self.slot + Self.longest])
    }

    private func noteKey(_ index: Int, _ start: Int, _ key: inout KeyPosition, _ writer: ByteWriter) {
        guard !writer.overflowed else { return }
        let facility = Facility.keyword(UInt8(index / 8)).utf8CodeUnitCount
        key.hasEscapes = false
        if key.field == .facility {
            key.start = start + 12
            key.count = facility
        } else {
            key.start = start + 12 + facility + 14
            key.count = Severity.keyword(UInt8(index % 8)).utf8CodeUnitCount
        }
    }
}
