/// A pattern of bytes in which `*` stands for any run and, where that is wanted, `?` for one byte.
public struct Wildcard: Sendable {
    /// The pattern's bytes.
    public let pattern: [UInt8]
    private let hasSingle: Bool

    /// A pattern.
    /// - Parameter hasSingle: `?` stands for one byte; otherwise it is itself.
    public init(_ text: String, hasSingle: Bool = true) {
        pattern = Array(text.utf8)
        self.hasSingle = hasSingle
    }

    /// Whether it is made of nothing but `*`.
    public var matchesEverything: Bool { !pattern.isEmpty && pattern.allSatisfy { $0 == UInt8(ascii: "*") } }

    /// Whether the whole of a text is what the pattern says.
    public func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        Self.matches(pattern, Span<UInt8>(_unsafeBytes: text), hasSingle: hasSingle)
    }

    /// Whether the whole of a text is what the pattern says.
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// The same for a pattern that is kept as bytes. Only the last `*` is ever widened, so the cost is at most the product
    /// of the lengths.
    public static func matches(_ pattern: [UInt8], _ text: Span<UInt8>, hasSingle: Bool) -> Bool {
        var at = 0
        var next = 0
        var star = -1
        var starText = 0
        while at < text.count {
            if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
                star = next
                starText = at
                next += 1
            } else if next < pattern.count,
                pattern[next] == text[at] || (hasSingle && pattern[next] == UInt8(ascii: "?"))
            {
                next += 1
                at += 1
            } else if star >= 0 {
                next = star + 1
                starText += 1
                at = starText
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
