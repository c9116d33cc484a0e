import Events
import Patterns

extension CaptureType {
    /// How a captured value is written.
    package var kind: FieldKind {
        switch self {
        case .duration, .size, .decimal, .int: .number
        case .json, .kv: .object
        default: .text
        }
    }
}
