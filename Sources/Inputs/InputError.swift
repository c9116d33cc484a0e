import Base
import Glibc

/// An input could not be opened: which one, and the system's word for why.
public struct InputError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The address or path.
    public var place: String
    /// What was tried.
    public var operation: String
    /// The system's error number, 0 when `operation` says it all.
    public var errno: Int32

    /// An error.
    public init(place: String, operation: String, errno: Int32 = 0) {
        self.place = place
        self.operation = operation
        self.errno = errno
    }

    /// One sentence.
    public var description: String {
        "cannot \(operation) \(place)" + (errno == 0 ? "" : ": " + SystemError.text(of: errno)) + advice
    }

    private var advice: String {
        ["listen on udp", "listen on tcp"].contains(operation) && errno == EACCES
            ? " (ports below 1024 need root or CAP_NET_BIND_SERVICE)" : ""
    }
}
