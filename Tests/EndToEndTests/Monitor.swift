import Foundation

/// What went wrong outside of the product: a program that does not start, a condition that never came true.
struct HarnessError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// How long any wait may last before it counts as a failure. Far longer than a busy machine needs, so that no test
/// depends on speed.
let patience: TimeInterval = 300

/// State that several threads share, with waits for a condition on it.
///
/// The lock inside guards `state`; every change wakes every waiter.
final class Monitor<State>: @unchecked Sendable {
    private let condition = NSCondition()
    private var state: State

    init(_ state: State) { self.state = state }

    func update<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&state)
    }

    func read<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body(state)
    }

    /// Waits until `body` gives a value; nil after ``patience``.
    func wait<Result>(_ body: (State) throws -> Result?) rethrows -> Result? {
        let deadline = Date(timeIntervalSinceNow: patience)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = try body(state) { return result }
            if !condition.wait(until: deadline) { return try body(state) }
        }
    }
}

/// Asks again and again until `body` gives a value, for conditions that nothing announces (a file that appears, a
/// counter in another process).
func eventually<Result>(_ what: @autoclosure () -> String, _ body: () throws -> Result?) throws -> Result {
    let deadline = Date(timeIntervalSinceNow: patience)
    while true {
        if let result = try body() { return result }
        guard Date() < deadline else { throw HarnessError("gave up waiting for \(what())") }
        usleep(20_000)
    }
}

/// The same for a condition without a value.
func eventually(_ what: @autoclosure () -> String, _ body: () throws -> Bool) throws {
    _ = try eventually(what()) { try body() ? true : nil }
}
