import Foundation
import Testing

/// Waits for a condition, at most 30 s; a condition that does not come is a failure with its name.
func eventually(
    _ what: String, seconds: Double = 30, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("not within \(seconds) s: \(what)", sourceLocation: sourceLocation)
            throw NeverCame(what: what)
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}

struct NeverCame: Error {
    let what: String
}

/// A directory of the test's own.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/kls-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Issue.record("\(path) could not be removed: \(error)")
        }
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// Appends by one write, as a daemon does.
    func append(_ text: String, to name: String) throws {
        let descriptor = open(file(name), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

}
