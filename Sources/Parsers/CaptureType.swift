import Events

/// What a capture accepts. Each has exactly one possible end for a given start, so matching never tries lengths.
///
/// The order of the cases is the order in which captures that leave one place of the prefix structure are tried: typed
/// before free.
enum CaptureType: UInt8, CaseIterable, Sendable {
    case ipv4, mac, ipv6, ip, timestamp, duration, decimal, int, hex, quoted, unit
    // The classes: runs whose end depends on the literal text that follows them in the pattern.
    case host, word, text, rest

    /// The name in the pattern language.
    var name: String { String(describing: self) }

    init?(name: String) {
        guard let type = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = type
    }

    /// How a captured value is written.
    var kind: FieldKind {
        switch self {
        case .duration, .decimal, .int: .number
        default: .text
        }
    }

    /// True when the end depends on what follows in the pattern.
    var isClass: Bool { rawValue >= CaptureType.host.rawValue }

    /// The class whose bytes a run may hold; `rest` is `text` at the end of a pattern.
    var byteClass: ByteClass {
        switch self {
        case .host: .host
        case .word: .word
        default: .any
        }
    }
}

/// The sets of bytes that the free captures run over.
enum ByteClass: UInt8, Sendable {
    case host = 1
    case word = 2
    case any = 4

    func contains(_ byte: UInt8) -> Bool {
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
