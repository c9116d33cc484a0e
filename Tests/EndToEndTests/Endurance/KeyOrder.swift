/// What a consumer has seen of numbered messages, by key: which, in what order, how many twice.
///
/// Kafka promises order within a partition, and a key has one partition. A message may come twice (it was under way when
/// the process was killed), but the first time that each comes, it comes behind every one before it.
struct KeyOrder: Sendable {
    struct Key: Sendable {
        /// The numbers seen; their first appearances are in order, so the largest is the last of them.
        var seen = NumberSet()
        var last = -1
        var duplicates = 0
        /// Numbers whose first appearance was behind a larger one.
        var late: [Int] = []
    }

    private(set) var keys: [String: Key] = [:]

    mutating func note(_ key: String, _ number: Int) {
        note(&keys[key, default: Key()], number)
    }

    private func note(_ key: inout Key, _ number: Int) {
        guard key.seen.insert(number) else {
            key.duplicates += 1
            return
        }
        if number < key.last { key.late.append(number) }
        key.last = max(key.last, number)
    }

    var count: Int { keys.values.reduce(0) { $0 + $1.seen.count } }
    var duplicates: Int { keys.values.reduce(0) { $0 + $1.duplicates } }
    var late: Int { keys.values.reduce(0) { $0 + $1.late.count } }

    /// Whether every number of `expected` has been seen.
    func holds(_ expected: [String: NumberSet]) -> Bool {
        expected.allSatisfy { key, numbers in keys[key]?.seen.isSuperset(of: numbers) ?? (numbers.count == 0) }
    }

    /// What is missing, for the report of a failure.
    func missing(of expected: [String: NumberSet]) -> [String] {
        expected.sorted { $0.key < $1.key }.flatMap { key, numbers in
            (keys[key]?.seen ?? NumberSet()).missing(of: numbers).map { "\(key) \($0)" }
        }
    }
}

/// A set of numbers from 0 up, a bit each: there are millions.
struct NumberSet: Sendable {
    private var words: [UInt64] = []
    private(set) var count = 0

    /// False when it was there already.
    @discardableResult
    mutating func insert(_ number: Int) -> Bool {
        let (word, bit) = (number >> 6, UInt64(1) << UInt64(number & 63))
        if word >= words.count {
            words += [UInt64](repeating: 0, count: max(64, word + 1 - words.count, words.count))
        }
        guard words[word] & bit == 0 else { return false }
        words[word] |= bit
        count += 1
        return true
    }

    func isSuperset(of other: NumberSet) -> Bool {
        for (index, word) in other.words.enumerated() where word != 0 {
            guard index < words.count, word & ~words[index] == 0 else { return false }
        }
        return true
    }

    func missing(of other: NumberSet) -> [Int] {
        var missing: [Int] = []
        for (index, word) in other.words.enumerated() {
            var absent = word & ~(index < words.count ? words[index] : 0)
            while absent != 0 {
                missing.append(index << 6 + absent.trailingZeroBitCount)
                absent &= absent - 1
            }
        }
        return missing
    }
}
