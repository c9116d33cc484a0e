import Foundation

/// A small generator whose whole run follows from its seed, so that a failure can be repeated.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// The seed of random tests: the same in every run, so that a change fails because of what it changed. Another one
    /// with TEST_SEED=number; `make fuzz` is what looks for new inputs.
    public static let runSeed: UInt64 = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) } ?? 5424

    /// The same seed, the same numbers.
    public init(seed: UInt64) { state = seed }

    /// The next number, by SplitMix64.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the range.
    public mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// One of the items, of which there is at least one.
    public mutating func pick<T>(_ items: [T]) -> T { items[int(0...(items.count - 1))] }

    /// Random bytes in which those that parsers care about are frequent.
    public mutating func bytes(upTo length: Int) -> [UInt8] {
        let count = int(0...length)
        let style = int(0...3)
        return (0..<count).map { _ in
            switch style {
            case 0: UInt8.random(in: 0...255, using: &self)
            case 1: UInt8.random(in: 0x20...0x7E, using: &self)
            case 2: pick(Array("\"\\\n\u{1}ab cdefgh".utf8))
            default: pick(Array("aé€😀\"x".utf8))
            }
        }
    }

    /// The bytes with one to three places changed, doubled or removed.
    public mutating func mutation(of bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<int(1...3) where !bytes.isEmpty {
            let place = int(0...(bytes.count - 1))
            switch int(0...3) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(bytes[place], at: place)
            default: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
            }
        }
        return bytes
    }
}
