/// What a misspelt name was meant to be.
public enum Spelling {
    /// `a, b or c`.
    public static func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }

    /// `; did you mean x?`, or nothing.
    public static func suggestion(_ word: String, _ names: [String]) -> String {
        nearest(to: word, among: names).map { "; did you mean \($0)?" } ?? ""
    }

    /// The name nearest to `word`, if it is near enough to be meant.
    /// - Parameter limit: how many letters may differ; nil = a third of them.
    public static func nearest(to word: String, among names: [String], within limit: Int? = nil) -> String? {
        // Long input is no slip of the keyboard, and the comparison is quadratic.
        guard word.utf8.count <= 64 else { return nil }
        let folded = fold(word)
        var best: (name: String, distance: Int)?
        for name in names {
            let distance = distance(folded, fold(name))
            if distance < best?.distance ?? .max { best = (name, distance) }
        }
        guard let best, best.distance <= limit ?? max(1, folded.count / 3), best.distance < folded.count else {
            return nil
        }
        return best.name
    }

    /// `maxSize`, `max_size` and `MAX-SIZE` are all `max-size`.
    private static func fold(_ word: String) -> [Character] {
        var folded: [Character] = []
        var afterSmall = false
        for character in word {
            if character.isUppercase, afterSmall { folded.append("-") }
            afterSmall = character.isLowercase
            folded.append(character == "_" ? "-" : Character(character.lowercased().first.map(String.init) ?? "-"))
        }
        return folded
    }

    /// Insertions, removals, replacements and swaps of neighbours that lead from one to the other.
    private static func distance(_ from: [Character], _ to: [Character]) -> Int {
        guard !from.isEmpty, !to.isEmpty else { return max(from.count, to.count) }
        var before = [Int](repeating: 0, count: to.count + 1)
        var last = Array(0...to.count)
        for i in 1...from.count {
            var row = [i] + [Int](repeating: 0, count: to.count)
            for j in 1...to.count {
                let replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1)
                row[j] = min(last[j] + 1, row[j - 1] + 1, replaced)
                if i > 1, j > 1, from[i - 1] == to[j - 2], from[i - 2] == to[j - 1] {
                    row[j] = min(row[j], before[j - 2] + 1)
                }
            }
            before = last
            last = row
        }
        return last[to.count]
    }
}
