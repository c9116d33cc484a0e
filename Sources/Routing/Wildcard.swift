/// A pattern of bytes in which `*` stands for any run and `?` for one byte.
struct Wildcard: Sendable {
    let pattern: [UInt8]

    init(_ text: String) { pattern = Array(text.utf8) }

    var matchesEverything: Bool { !pattern.isEmpty && pattern.allSatisfy { $0 == UInt8(ascii: "*") } }

    /// Linear in the text for each `*`: only the last `*` is ever widened.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        pattern.withUnsafeBufferPointer { pattern in
            var at = 0
            var next = 0
            var star = -1
            var starText = 0
            while at < text.count {
                if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
                    star = next
                    starText = at
                    next += 1
                } else if next < pattern.count, pattern[next] == UInt8(ascii: "?") || pattern[next] == text[at] {
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
            while next < pattern.count, pattern[next] == UInt8(ascii: "*") { next += 1 }
            return next == pattern.count
        }
    }
}
