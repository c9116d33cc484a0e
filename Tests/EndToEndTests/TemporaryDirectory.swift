import Foundation
import Glibc
import Testing

/// A directory of the test's own, removed with ``remove()``.
struct TemporaryDirectory {
    let path: String

    init() throws {
        // Short, because a unix socket's path has room for 107 bytes.
        var template = Array("/tmp/kls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw HarnessError("mkdtemp: \(String(cString: strerror(errno)))") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    func remove() {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Issue.record("\(path) could not be removed: \(error)")
        }
    }

    /// The path of a name in it.
    func file(_ name: String) -> String { path + "/" + name }

    /// The bytes in a file.
    func size(of name: String) throws -> Int {
        var status = stat()
        guard stat(file(name), &status) == 0 else {
            throw HarnessError("\(file(name)): \(String(cString: strerror(errno)))")
        }
        return Int(status.st_size)
    }

    /// Writes a file and gives its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    /// Adds to a file as a daemon does, by one write on a descriptor opened for appending.
    func append(_ lines: [String], to name: String) throws {
        let descriptor = open(file(name), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw HarnessError("\(file(name)): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw HarnessError("\(file(name)): not written whole")
        }
    }
}

/// The checkout this test was compiled from.
enum Checkout {
    static let path: String = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The text of a file of the checkout.
    static func text(_ name: String) throws -> String {
        try String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }
}
