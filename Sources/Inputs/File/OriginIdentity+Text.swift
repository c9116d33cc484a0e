import Spool

/// One life of a file's content is an origin: its identity is drawn when the first byte is read and kept with the place.
/// The file's own numbers will not do: they are given away again, and a truncated file keeps its own.
extension OriginIdentity {
    /// One that nothing else has.
    static func random() -> OriginIdentity {
        OriginIdentity(high: .random(in: 1...(.max)), low: .random(in: 1...(.max)))
    }

    /// 32 hexadecimal digits.
    var text: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Reads what `text` wrote.
    init?(_ text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}
