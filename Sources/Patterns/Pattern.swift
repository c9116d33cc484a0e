/// A pattern as written, before its optional parts and alternatives are expanded.
package indirect enum PatternPart: Equatable, Sendable {
    case literal([UInt8])
    case capture(Capture)
    case optional([PatternPart])
    case alternatives([[PatternPart]])
    /// What a named part stands for.
    case sequence([PatternPart])

    /// The captures in it, in the order in which they are written.
    package var captures: [Capture] {
        switch self {
        case .literal: []
        case .capture(let capture): [capture]
        case .optional(let content), .sequence(let content): content.flatMap(\.captures)
        case .alternatives(let branches): branches.flatMap { $0.flatMap(\.captures) }
        }
    }

    /// The same with all its captures at one byte of a pattern: what comes from elsewhere has its faults where it is named.
    func moved(to offset: Int) -> PatternPart {
        switch self {
        case .literal: return self
        case .capture(var capture):
            capture.offset = offset
            return .capture(capture)
        case .optional(let content): return .optional(content.map { $0.moved(to: offset) })
        case .sequence(let content): return .sequence(content.map { $0.moved(to: offset) })
        case .alternatives(let branches):
            return .alternatives(branches.map { $0.map { $0.moved(to: offset) } })
        }
    }
}

/// A piece of a pattern that stands under a name or in front of patterns (`{@name}`, `prefix`).
package struct NamedPart: Sendable {
    package let parts: [PatternPart]
    /// How many groups are inside each other in it.
    let nesting: Int
    /// Bytes of its text, those of the parts that it names with it.
    let size: Int

    /// A part that could not be read.
    package static let unread = NamedPart(parts: [.literal([])], nesting: 0, size: 0)
}

/// `{field:type}`: a nil field is captured and dropped.
package struct Capture: Hashable, Sendable {
    package var field: String?
    package var type: CaptureType
    /// Of a choice, the longest first.
    package var words: [[UInt8]] = []
    /// Byte of the pattern at which the capture begins.
    package var offset: Int
}
