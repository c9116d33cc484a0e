/// An entry of the streamer's log: `2026-11-22T12:00:00.123Z notice ledger received=3 delivered=3`.
struct LogEntry {
    var level: String
    var message: String
    var values: [String: String] = [:]

    /// nil when the line is no log entry.
    init?(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, parts[0].hasSuffix("Z"), parts[0].contains("T") else { return nil }
        level = String(parts[1])
        var words: [String] = []
        for word in Self.words(parts[2]) {
            // A key is small letters, digits and a few signs; a sentence may hold an equals sign too.
            if let sign = word.firstIndex(of: "="), sign != word.startIndex,
                word[..<sign].allSatisfy({ $0.isLetter || $0.isNumber || "._-".contains($0) })
            {
                values[String(word[..<sign])] = String(word[word.index(after: sign)...])
            } else if values.isEmpty {
                words.append(word)
            }
        }
        message = words.joined(separator: " ")
    }

    /// Splits at spaces outside double quotes, and takes the quotes away.
    private static func words(_ text: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if isEscaped {
                word.append(character)
                isEscaped = false
            } else if isQuoted && character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == " " && !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}

/// The streamer's ledger as it printed it.
struct Ledger: Equatable, CustomStringConvertible {
    var values: [String: UInt64]

    init(_ values: [String: String]) throws {
        self.values = try values.mapValues {
            guard let number = UInt64($0) else { throw HarnessError("the ledger holds \($0), which is no number") }
            return number
        }
        for key in ["received", "delivered", "pending", "rejected"] where self.values[key] == nil {
            throw HarnessError("the ledger has no \(key): \(values)")
        }
    }

    var received: UInt64 { values["received", default: 0] }
    var delivered: UInt64 { values["delivered", default: 0] }
    var pending: UInt64 { values["pending", default: 0] }
    var rejected: UInt64 { values["rejected", default: 0] }
    /// Of the received: what an earlier process left in the spool.
    var replayed: UInt64 { values["replayed", default: 0] }

    /// Messages rejected for `reason`.
    func rejected(for reason: String) -> UInt64 { values["rejected.\(reason)", default: 0] }

    /// Every message is somewhere, and each rejected one has its reason.
    var isBalanced: Bool {
        var reasons: UInt64 = 0
        for (key, count) in values where key.hasPrefix("rejected.") { reasons += count }
        return received == delivered + pending + rejected && reasons == rejected
    }

    var description: String {
        values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
}
