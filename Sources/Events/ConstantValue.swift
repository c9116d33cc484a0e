/// A value that a rule writes as it stands.
package enum ConstantValue: Hashable, Sendable, CustomStringConvertible {
    case text(String)
    /// The digits of a JSON number.
    case number(String)
    case boolean(Bool)
    /// An object or array as JSON, with the keys of objects in order: only in what an example expects.
    case object(String)

    /// How the value is written.
    package var kind: FieldKind {
        switch self {
        case .text: .text
        case .number: .number
        case .boolean: .boolean
        case .object: .object
        }
    }

    package var description: String { json }
}
