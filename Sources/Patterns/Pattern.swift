/// A pattern as written, before its optional parts and alternatives are expanded.
package indirect enum PatternPart: Equatable, Sendable {
    case literal([UInt8])
    case capture(Capture)
    case optional([PatternPart])
    case alternatives([[PatternPart]])

    /// The captures in it, in the order in which they are written.
    package var captures: [Capture] {
        switch self {
        case .literal: []
        case .capture(let capture): [capture]
        case .optional(let content): content.flatMap(\.captures)
        case .alternatives(let branches): branches.flatMap { $0.flatMap(\.captures) }
        }
    }
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
