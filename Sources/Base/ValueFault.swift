/// A text that is not what it should be.
public struct ValueFault: Error, Sendable, Equatable {
    /// What was expected, to follow "expected ".
    public var expected: String

    /// A fault by what was expected.
    public init(_ expected: String) { self.expected = expected }
}
