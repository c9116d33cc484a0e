import CLinux
import Glibc

/// A number that the system gave for a refusal, and its word for it.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The number, as in `errno`.
    public let code: Int32

    /// The error of a number.
    public init(_ code: Int32) { self.code = code }

    /// What the last call that failed on this thread left. Asked at once: the next call may change it.
    public static var last: SystemError { SystemError(errno) }

    /// The system's word, such as `No such file or directory`.
    public var description: String { Self.text(of: code) }

    /// The system's word for a number. Any thread: `strerror` shares one buffer among all of them.
    public static func text(of code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            clinux_error_text(code, buffer.baseAddress!, buffer.count)
            return String(cString: buffer.baseAddress!)
        }
    }
}
