import FoundationEssentials
import Glibc

/// How far each file of a listener has been delivered, kept in one small JSON file that is replaced as a whole.
///
/// Version 2. Version 1 had device, inode, path and offset alone.
public struct CheckpointFile: Sendable {
    /// What one file holds.
    public struct Content: Sendable, Equatable {
        /// The listener's patterns when it was written; empty in version 1.
        public var paths: [String] = []
        /// The places.
        public var places: [FilePlace] = []
        /// Whether the file was there but had nothing in it: the machine lost power before version 2 took its name.
        public var wasEmpty = false
        /// Whether version 1 wrote it.
        public var isVersion1 = false

        /// Nothing yet.
        public init() {}
    }

    /// Where it lies.
    public let path: String

    /// The checkpoint file at a path.
    public init(path: String) { self.path = path }

    /// What was kept; nil when there is no file yet. A damaged file is an error: starting over would send everything
    /// again, and that is the user's choice to make. An empty one is no such choice: nothing in it says what was sent,
    /// and files are read from their beginning.
    public func load() throws(InputError) -> Content? {
        guard let data = FileManager.default.contents(atPath: path) else {
            if FileManager.default.fileExists(atPath: path) {
                throw InputError(place: path, operation: "read checkpoints from")
            }
            return nil
        }
        if data.allSatisfy({ $0 == 0 }) {
            var content = Content()
            content.wasEmpty = true
            return content
        }
        do {
            return try CheckpointDocument.read(data)
        } catch CheckpointDocument.Fault.version(let version) {
            throw InputError(
                place: path, operation: "read version \(version) (expected 1 or 2) of checkpoints in")
        } catch {
            throw InputError(place: path, operation: "understand (delete it to read files from the start)")
        }
    }

    /// Replaces the file. A crash of the process or the machine leaves the old one or the new one.
    public func save(_ content: Content) throws(InputError) {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw fault("create", temporary) }
        do throws(InputError) {
            defer { close(descriptor) }
            // The process's umask may have taken bits away that another program reads the places with.
            guard fchmod(descriptor, 0o640) == 0 else { throw fault("set the mode of", temporary) }
            try write(CheckpointDocument.write(content), to: descriptor, temporary)
            // Before the rename: a file system may keep the new name and lose the bytes.
            guard fsync(descriptor) == 0 else { throw fault("sync", temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else { throw fault("rename to \(path)", temporary) }
        try syncDirectory()
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32, _ place: String) throws(InputError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress!, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw fault("write checkpoints to", place) }
            written += count
        }
    }

    private func syncDirectory() throws(InputError) {
        let directory = FilePath(path).directory
        let descriptor = directory.withPointer { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw fault("open", "\(directory)") }
        defer { close(descriptor) }
        // EINVAL: a file system without such a thing.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw fault("sync", "\(directory)") }
    }

    private func fault(_ operation: String, _ place: String) -> InputError {
        InputError(place: place, operation: operation, errno: errno)
    }
}
