/// What a capture accepts. Each has exactly one possible end for a given start, so matching never tries lengths.
///
/// The order of the cases is the order in which captures that leave one place of the prefix structure are tried: typed
/// before free.
package enum CaptureType: UInt8, CaseIterable, BitwiseCopyable, Sendable {
    /// One of the words that the pattern lists.
    case choice
    case ipv4, mac, ethernet, ipv6, ip, timestamp, duration, size, decimal, int, hex, quoted, unit, letters, space,
        json, kv
    // The classes: runs whose end depends on the literal text that follows them in the pattern.
    case host, word, long, text, rest

    /// All that have a name in the pattern language.
    package static let named = allCases.filter { $0 != .choice }

    /// The name in the pattern language.
    package var name: String { String(describing: self) }

    package init?(name: String) {
        guard let type = Self.byName[name] else { return nil }
        self = type
    }

    // A name is made by reflection, which is too slow to ask for each of thousands of captures.
    private static let byName = Dictionary(uniqueKeysWithValues: named.map { ($0.name, $0) })

    /// True when the end depends on what follows in the pattern.
    package var isClass: Bool { rawValue >= CaptureType.host.rawValue }

    /// True for what has members that a rule's `pairs` can lift.
    package var hasMembers: Bool { self == .kv || self == .json || self == .ethernet }

    /// The class whose bytes a run may hold; `rest` is `text` at the end of a pattern.
    package var byteClass: ByteClass {
        switch self {
        case .host: .host
        case .word: .word
        default: .any
        }
    }
}

/// The sets of bytes that the free captures run over.
package enum ByteClass: UInt8, BitwiseCopyable, Sendable {
    case host = 1
    case word = 2
    case any = 4

    package func contains(_ byte: UInt8) -> Bool {
        switch self {
        case .any: return true
        case .word: return byte > 0x20 && byte != 0x7F
        case .host:
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                return true
            default: return false
            }
        }
    }
}
