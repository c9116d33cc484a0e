import Foundation

/// A directory of a test's own, removed with what is in it.
public final class Scratch: Sendable {
    /// Where it is.
    public let path: String

    /// Makes it, under /tmp.
    public init() throws {
        // Short, because a unix socket's path has room for 107 bytes.
        var template = Array("/tmp/kls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemFault("mkdtemp") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            fatalError("\(path) could not be removed: \(error)")
        }
    }

    /// The path of a name in it.
    public func file(_ name: String) -> String { path + "/" + name }

    /// Appends by one write, as a daemon does.
    public func append(_ text: String, to name: String) throws {
        try write(text, to: name, O_WRONLY | O_APPEND | O_CREAT)
    }

    /// Cuts a file and writes it anew, as `copytruncate` and a shell's `>` do: the inode stays.
    public func overwrite(_ text: String, _ name: String) throws {
        try write(text, to: name, O_WRONLY | O_TRUNC)
    }

    /// Renames a file in it.
    public func rename(_ old: String, _ new: String) throws {
        guard Glibc.rename(file(old), file(new)) == 0 else { throw SystemFault("rename \(old) to \(new)") }
    }

    private func write(_ text: String, to name: String, _ flags: Int32) throws {
        let descriptor = open(file(name), flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemFault("open \(name)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw SystemFault("write \(name)") }
    }
}

/// A system call that failed where a test needs it.
public struct SystemFault: Error, CustomStringConvertible {
    /// The call and what the system said.
    public let description: String

    init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
}
