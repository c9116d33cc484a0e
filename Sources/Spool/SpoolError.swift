import Base
import Glibc

/// The spool could not do what it was asked: which file, what, and the system's word for why.
public struct SpoolError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The file or directory, nil for memory.
    public var path: String?
    /// What was tried.
    public var operation: String
    /// The system's error number; 0 when `operation` says it all.
    public var errno: Int32

    package init(path: String?, operation: String, errno: Int32) {
        self.path = path
        self.operation = operation
        self.errno = errno
    }

    /// One sentence for a log.
    public var description: String {
        let reason = errno == 0 ? "" : ": " + SystemError.text(of: errno)
        return "spool: cannot \(operation) \(path ?? "memory")\(reason)"
    }
}
