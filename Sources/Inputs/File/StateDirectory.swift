import Base
import Foundation
import Synchronization

/// The directory in which the places of files are kept, locked for this process. Two processes with one directory would
/// overwrite each other's places.
///
/// Threads: any; the listeners of a process share one.
public final class StateDirectory: Sendable {
    /// Where it is.
    public let path: String
    private let lockDescriptor: Int32
    /// Whether version 1 alone had kept places here when it was opened: its files are read, whatever their names, and
    /// never again once version 2 has written.
    let isBeforeVersion2: Bool
    private let inUse = Mutex<Set<String>>([])

    private final class Shared: @unchecked Sendable {
        weak var directory: StateDirectory?
        init(_ directory: StateDirectory) { self.directory = directory }
    }
    /// Those of this process: a second lock on the same file would be refused to itself.
    private static let open = Mutex<[FileIdentity: Shared]>([:])

    /// Opens a directory, which is made, and locks it; the same one when this process has it already.
    public static func open(_ path: String) throws(InputError) -> StateDirectory {
        try make(path)
        guard let status = FilePath(path).status() else {
            throw InputError(place: path, operation: "use the state directory", errno: errno)
        }
        let identity = FileIdentity(status)
        let result: Result<StateDirectory, InputError> = open.withLock { shared in
            if let known = shared[identity]?.directory { return .success(known) }
            do throws(InputError) {
                let new = try StateDirectory(path)
                shared[identity] = Shared(new)
                return .success(new)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(_ path: String) throws(InputError) {
        self.path = path
        let lock = path + "/state.lock"
        lockDescriptor = Glibc.open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard lockDescriptor >= 0, access(path, W_OK | X_OK) == 0 else {
            let code = errno
            if lockDescriptor >= 0 { close(lockDescriptor) }
            throw InputError(place: path, operation: "write to the state directory", errno: code)
        }
        isBeforeVersion2 = !Self.hasVersion2(path)
        guard flock(lockDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            // Everything is set by now, so that the object is released, and closes it.
            let code = errno
            throw code == EWOULDBLOCK
                ? InputError(place: path, operation: "share with another running process the state directory")
                : InputError(place: path, operation: "lock the state directory", errno: code)
        }
    }

    deinit { close(lockDescriptor) }

    private static func make(_ path: String) throws(InputError) {
        var partial = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            partial += (partial.isEmpty || partial.hasSuffix("/") ? "" : "/") + part
            guard mkdir(partial, 0o750) == 0 || errno == EEXIST else {
                throw InputError(place: partial, operation: "create the state directory", errno: errno)
            }
        }
    }

    private static func checkpointNames(_ path: String) -> [String] {
        (Directory.entries(of: FilePath(path)) ?? []).map { String(decoding: $0.name, as: UTF8.self) }
            .filter { $0.hasPrefix("checkpoints-") && $0.hasSuffix(".json") }
    }

    private static func hasVersion2(_ path: String) -> Bool {
        checkpointNames(path).contains { name in
            do throws(InputError) {
                return try CheckpointFile(path: path + "/" + name).load().map { !$0.isVersion1 } ?? false
            } catch {
                // The listener whose file it is says so when it loads it.
                return false
            }
        }
    }

    /// The checkpoint files in it.
    func checkpointFiles() -> [CheckpointFile] {
        Self.checkpointNames(path).map { CheckpointFile(path: path + "/" + $0) }
    }

    /// Notes that a listener of this process has a checkpoint file, which no other may take away.
    func use(_ file: CheckpointFile) { inUse.withLock { _ = $0.insert(file.path) } }

    /// Whether a listener of this process has, or had, a checkpoint file.
    func isInUse(_ file: CheckpointFile) -> Bool { inUse.withLock { $0.contains(file.path) } }

    /// The checkpoint file of a listener.
    func file(for key: String) -> CheckpointFile { CheckpointFile(path: path + "/checkpoints-\(key).json") }
}
