/// Walks the SD-ELEMENTs of a message in the order received, RFC 5424 section 6.3. Repeated ids and parameters come as
/// often as they were sent.
///
/// It keeps offsets only, so the frame is passed to each step. A range that `HeaderParser` gave always reads to its
/// end; in any other, the walk ends at the first byte that breaks the grammar.
public struct StructuredDataReader: Sendable {
    /// One thing met on the walk.
    public enum Item: Equatable, Sendable {
        /// An SD-ELEMENT begins, with its SD-ID.
        case element(id: ByteRange)
        /// A parameter of the element that began last.
        ///
        /// `value` is what stands between the quotes, as received; with `hasEscapes` there is a backslash in it that
        /// `isEscape` has to be asked about.
        case parameter(name: ByteRange, value: ByteRange, hasEscapes: Bool)
    }

    private var offset: Int
    private var end: Int
    private var isInside = false

    /// A reader at the first element of `structuredData`.
    public init(_ structuredData: ByteRange) {
        offset = structuredData.lowerBound
        end = structuredData.upperBound
    }

    /// The next element or parameter, nil at the end.
    public mutating func next(in frame: Span<UInt8>) -> Item? {
        let text = FrameText(frame, prefix: end)
        while true {
            if !isInside {
                guard text[offset] == UInt8(ascii: "[") else { return stop() }
                let begin = offset &+ 1
                offset = StructuredDataReader.nameEnd(text, begin)
                isInside = true
                return offset > begin ? .element(id: ByteRange(begin, offset)) : stop()
            }
            if text[offset] == UInt8(ascii: "]") {
                offset &+= 1
                isInside = false
                continue
            }
            guard text[offset] == UInt8(ascii: " ") else { return stop() }
            return parameter(text)
        }
    }

    /// True when a backslash before `next` is an escape and to be left out: only before `"`, `\` and `]`, section
    /// 6.3.3; before anything else it is text.
    @inlinable
    public static func isEscape(before next: UInt8) -> Bool {
        next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") || next == UInt8(ascii: "]")
    }

    private mutating func parameter(_ text: FrameText) -> Item? {
        let name = offset &+ 1
        let nameEnd = StructuredDataReader.nameEnd(text, name)
        guard nameEnd > name, text.has("=\"", at: nameEnd) else { return stop() }
        let value = nameEnd &+ 2
        var close = value
        var hasEscapes = false
        while close < text.count, text[inside: close] != UInt8(ascii: "\"") {
            if text[inside: close] == UInt8(ascii: "\\") {
                hasEscapes = true
                close &+= 1
            }
            close &+= 1
        }
        guard close < text.count else { return stop() }
        offset = close &+ 1
        return .parameter(
            name: ByteRange(name, nameEnd), value: ByteRange(value, close), hasEscapes: hasEscapes)
    }

    private mutating func stop() -> Item? {
        end = 0
        return nil
    }

    private static func nameEnd(_ text: FrameText, _ begin: Int) -> Int {
        var offset = begin
        while offset < text.count, ByteClass.structuredDataName.contains(text[inside: offset]) { offset &+= 1 }
        return offset
    }
}
