import Synchronization

/// The programs whose messages are counted apart, each with a small number. Bounded: senders choose these names, and one
/// that makes up new ones without end must not make counters without end. What finds no place is counted as `other`.
///
/// Threads: any. A router asks once for each name that it has not seen lately, behind a lock; never per message.
public final class ProgramNames: Sendable {
    /// The number of messages without a program.
    public static let none = 0
    /// The number of all programs that found no place.
    public static let other = 1
    /// Longest name that gets a place, bytes.
    static let longest = 64

    private struct State {
        var names = ["", "other"]
        var numbers: [[UInt8]: Int] = [:]
    }
    private let state = Mutex(State())
    /// Most numbers, the two above included.
    public let capacity: Int

    /// An empty table.
    /// - Parameter capacity: how many numbers there are at most, the two fixed ones included.
    public init(capacity: Int = 512) { self.capacity = max(2, capacity) }

    /// The number of a program, given out at the first question while there are free ones.
    public func number(of program: UnsafeRawBufferPointer) -> Int {
        if program.isEmpty { return Self.none }
        guard program.count <= Self.longest else { return Self.other }
        let bytes = Array(program)
        return state.withLock { state in
            if let known = state.numbers[bytes] { return known }
            guard state.names.count < capacity else { return Self.other }
            state.numbers[bytes] = state.names.count
            state.names.append(String(decoding: bytes, as: UTF8.self))
            return state.names.count - 1
        }
    }

    /// The names, by number; that of messages without a program is empty.
    public var names: [String] { state.withLock { $0.names } }
}
