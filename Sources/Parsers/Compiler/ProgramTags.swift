/// Program tags with `*` wildcards and the parsers they belong to.
package struct ProgramTags: Sendable {
    private struct Tag: Sendable {
        var bytes: [UInt8]
        var literalCount: Int
        var hasWildcard: Bool
        var parser: Int
        var order: Int
    }

    /// In the order in which they are tried.
    private let tags: [Tag]

    /// - Parameter programs: for each parser its tags; of two that are equally exact, the one of higher order is found.
    init(_ programs: [[(tag: String, order: Int)]]) {
        var tags: [Tag] = []
        for (parser, list) in programs.enumerated() {
            for (program, order) in list {
                let bytes = Array(program.utf8)
                let wildcards = bytes.count { $0 == UInt8(ascii: "*") }
                tags.append(
                    Tag(
                        bytes: bytes, literalCount: bytes.count - wildcards, hasWildcard: wildcards > 0,
                        parser: parser, order: order))
            }
        }
        self.tags = tags.sorted { left, right in
            if left.hasWildcard != right.hasWildcard { return !left.hasWildcard }
            if left.literalCount != right.literalCount { return left.literalCount > right.literalCount }
            return left.order > right.order
        }
    }

    func parser(for program: Span<UInt8>) -> Int? {
        tags.first { Self.matches($0.bytes, program) }?.parser
    }

    /// The tag by which ``parser(for:)`` finds its parser.
    package func tag(for program: Span<UInt8>) -> String? {
        tags.first { Self.matches($0.bytes, program) }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// Compares with a wildcard pattern. Only the last `*` is ever taken up again, so the cost is at most the product of
    /// the lengths.
    private static func matches(_ pattern: [UInt8], _ text: Span<UInt8>) -> Bool {
        var at = 0
        var position = 0
        var star = -1
        var starPosition = 0
        while position < text.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                star = at
                starPosition = position
                at += 1
            } else if at < pattern.count, pattern[at] == text[position] {
                at += 1
                position += 1
            } else if star >= 0 {
                at = star + 1
                starPosition += 1
                position = starPosition
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
