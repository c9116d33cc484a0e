/// Waits until a condition is true, without a guess at how long that takes; one that never is, is an error with its
/// name.
///
/// The limit is two minutes *and* a thousand questions. Time alone is no limit: tests that block their thread can keep
/// every other one from running for longer than any deadline, and the condition would then be given up after it was
/// asked once.
public func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    var questions = 0
    while try !condition() {
        questions += 1
        guard questions < 1000 || ContinuousClock.now < deadline else { throw NeverCame(what: what) }
        try await Task.sleep(for: .milliseconds(1))
    }
}

/// A condition that was waited for and never came.
public struct NeverCame: Error, CustomStringConvertible {
    let what: String

    /// What was waited for.
    public var description: String { "waited in vain for: \(what)" }
}
