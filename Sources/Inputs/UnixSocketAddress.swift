import Base
import Glibc

/// A path to bind a unix socket at.
struct UnixSocketAddress: Sendable {
    let path: String
    private let raw: sockaddr_un

    init(_ path: String) throws(InputError) {
        var raw = sockaddr_un()
        raw.sun_family = sa_family_t(AF_UNIX)
        let most = MemoryLayout.size(ofValue: raw.sun_path) - 1
        guard (1...most).contains(path.utf8.count) else {
            throw InputError(place: path, operation: "use a socket path of 1 to \(most) bytes:")
        }
        withUnsafeMutableBytes(of: &raw.sun_path) { $0.copyBytes(from: path.utf8) }
        self.path = path
        self.raw = raw
    }

    /// What stands at the path; nil = nothing.
    var file: FileIdentity? {
        var status = stat()
        return lstat(path, &status) == 0 ? FileIdentity(status) : nil
    }

    private func withSockaddr(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: raw) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// Removes a socket whose process is gone. Anything else at the path is an error.
    func removeLeftOver() throws(InputError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw InputError(place: path, operation: "replace what is no socket at")
        }
        guard try !isAlive() else { throw InputError(place: path, operation: "listen on", errno: EADDRINUSE) }
        unlink(path)
    }

    /// Whether some process has the socket. Only a refusal says that none has: a stream socket, for one, answers that the
    /// types differ, and one that we may not connect to says no more than that.
    private func isAlive() throws(InputError) -> Bool {
        let probe = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw InputError(place: path, operation: "open a socket for", errno: errno) }
        defer { close(probe) }
        return withSockaddr({ connect(probe, $0, $1) }) == 0 || (errno != ECONNREFUSED && errno != ENOENT)
    }

    /// A socket of this type, bound here.
    func bind(_ type: Int32, _ name: String, mode: UInt16) throws(InputError) -> Int32 {
        let descriptor = socket(AF_UNIX, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw InputError(place: path, operation: "open a socket for", errno: errno) }
        guard withSockaddr({ Glibc.bind(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            throw InputError(place: path, operation: "listen on \(name)", errno: code)
        }
        chmod(path, mode_t(mode))
        return descriptor
    }
}
