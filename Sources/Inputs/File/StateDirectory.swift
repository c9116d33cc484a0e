import Base
import Glibc
import Spool
import Synchronization

/// The directory in which the places of files are kept, locked for this process. Two processes with one directory would
/// overwrite each other's places.
///
/// A place belongs to one listener. When a listener ends before its lines are delivered, it leaves its readings here: who
/// reads the same files next goes on behind those lines, and the place moves on as they are delivered.
///
/// Threads: any; the listeners of a process share one. A lock guards who uses which file and what was left.
public final class StateDirectory: Sendable {
    /// Where it is.
    public let path: String
    private let lockDescriptor: Int32
    /// Whether version 1 alone had kept places here when it was opened: its files are read, whatever their names, and
    /// never again once version 2 has written.
    let isBeforeVersion2: Bool
    private struct State {
        var lastUser = 0
        /// Listeners that are open or run, by their checkpoint file.
        var users: [String: Set<Int>] = [:]
        /// Who may write a checkpoint file: the listener that ran last with it.
        var writers: [String: Int] = [:]
        /// Readings whose lines are pending, and who goes on with them.
        var left: [OriginIdentity: (user: Int, reading: Reading)] = [:]
        /// Patterns whose places another listener has taken out of a checkpoint file.
        var given: [String: Set<String>] = [:]
        /// Listeners that have ended.
        var endings = 0
    }
    private let state = Mutex(State())

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

    // MARK: Who has what

    /// Notes that a listener of this process has a checkpoint file, from which no other may take places away.
    /// - Returns: its number.
    func use(_ file: CheckpointFile) -> Int {
        state.withLock { state in
            state.lastUser += 1
            state.users[file.path, default: []].insert(state.lastUser)
            return state.lastUser
        }
    }

    /// The listener has ended.
    func release(_ file: CheckpointFile, _ user: Int) {
        state.withLock { state in
            guard state.users[file.path]?.remove(user) != nil else { return }
            state.endings += 1
        }
    }

    /// How many listeners have ended: when there is one more, what was read of the files is out of date.
    var endings: Int { state.withLock { $0.endings } }

    /// Whether a listener of this process has a checkpoint file.
    func isInUse(_ file: CheckpointFile) -> Bool { state.withLock { $0.users[file.path]?.isEmpty == false } }

    /// The listener alone writes its checkpoint file from now on.
    func claim(_ file: CheckpointFile, _ user: Int) {
        state.withLock { state in
            state.writers[file.path] = user
            state.given[file.path] = nil
        }
    }

    /// Whether a listener may write its checkpoint file.
    func mayWrite(_ file: CheckpointFile, _ user: Int) -> Bool {
        state.withLock { $0.writers[file.path, default: user] == user }
    }

    /// Another listener has the places of these patterns: a listener that has ended writes them no more.
    func give(_ paths: [String], of file: CheckpointFile) {
        state.withLock { $0.given[file.path, default: []].formUnion(paths) }
    }

    /// The patterns whose places were taken out of a checkpoint file.
    func given(of file: CheckpointFile) -> Set<String> { state.withLock { $0.given[file.path, default: []] } }

    // MARK: What ended listeners left

    /// Leaves a reading for who goes on with it, or takes it away when all of it is settled.
    func leave(_ reading: Reading, _ user: Int) {
        state.withLock { state in
            guard state.left[reading.origin].map({ $0.user == user }) ?? true else { return }
            state.left[reading.origin] = reading.isSettled ? nil : (user, reading.handedOver)
        }
    }

    /// The reading of an origin that was left, which is this listener's from now on.
    func takePending(_ origin: OriginIdentity, _ user: Int) -> Reading? {
        state.withLock { state in
            guard let reading = state.left[origin]?.reading else { return nil }
            state.left[origin] = (user, reading)
            return reading
        }
    }

    /// Whether another listener has gone on with an origin.
    func isTaken(_ origin: OriginIdentity, from user: Int) -> Bool {
        state.withLock { $0.left[origin].map { $0.user != user } ?? false }
    }

    /// The checkpoint file of a listener.
    func file(for key: String) -> CheckpointFile { CheckpointFile(path: path + "/checkpoints-\(key).json") }
}
