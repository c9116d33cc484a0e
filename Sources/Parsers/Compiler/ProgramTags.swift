import Base

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
        tags.first { Wildcard.matches($0.bytes, program, hasSingle: false) }?.parser
    }

    /// The tag by which ``parser(for:)`` finds its parser.
    package func tag(for program: Span<UInt8>) -> String? {
        tags.first { Wildcard.matches($0.bytes, program, hasSingle: false) }.map {
            String(decoding: $0.bytes, as: UTF8.self)
        }
    }
}
