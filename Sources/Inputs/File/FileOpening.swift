import Base
import Glibc

/// Opens a followed file so that nothing another program does with its name can block the follower or lead it astray.
struct OpenedFile {
    let descriptor: Int32
    let status: stat

    var identity: FileIdentity { FileIdentity(status) }

    enum Refusal: Error, Equatable {
        /// The system's error number.
        case system(Int32)
        /// What stands there is no file of lines.
        case notRegular
        /// A symbolic link that somebody else has laid to a file that is not theirs.
        case foreignLink
    }

    /// Opens the file that a name leads to now. A FIFO that takes the name's place does not block, and what was opened is
    /// looked at once more: between two looks a name may pass to another file.
    static func open(_ path: FilePath) throws(Refusal) -> OpenedFile {
        let before = path.linkStatus()
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (before?.isLink == true ? 0 : O_NOFOLLOW)
        let descriptor = path.withPointer { Glibc.open($0, flags) }
        guard descriptor >= 0 else { throw .system(errno) }
        do throws(Refusal) {
            return try checked(descriptor, path, before)
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func checked(_ descriptor: Int32, _ path: FilePath, _ before: stat?) throws(Refusal) -> OpenedFile {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
        guard status.isRegular else { throw .notRegular }
        if let before, before.isLink {
            // The same link before and after, untouched: nobody put another in its place for the moment of the open.
            guard let after = path.linkStatus(), after.st_ino == before.st_ino, after.changed == before.changed,
                LinkTrust.isTrusted(link: before, leadingTo: status)
            else { throw .foreignLink }
        }
        return OpenedFile(descriptor: descriptor, status: status)
    }
}

extension OpenedFile.Refusal {
    /// For the log.
    var text: String {
        switch self {
        case .system(let code): "cannot open: " + SystemError.text(of: code)
        case .notRegular: "not a regular file: left out"
        case .foreignLink:
            "a symbolic link whose owner is neither root, this service's user nor the file's owner: left out"
        }
    }
}
