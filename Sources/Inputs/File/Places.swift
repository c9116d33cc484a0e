import Base
import CLinux
import Glibc
import Logging
import Spool

/// The places of a listener's files: those kept by an earlier run, until their files are found, and the file that keeps
/// them.
struct Places {
    private let directory: StateDirectory
    private let file: CheckpointFile
    private let listener: String
    private let logger: Logger
    /// This listener among those of the process.
    private let user: Int
    /// The listeners that had ended when the files were read.
    private var endings: Int
    /// The patterns now, kept with the places so that a listener is known by them.
    private(set) var paths: [String]
    private(set) var waiting: [FileIdentity: FilePlace] = [:]
    /// Identities that an earlier run knew, by inode.
    private var identities: [UInt64: FileIdentity] = [:]
    /// The patterns that an earlier run knew; nil when there was none.
    private var earlierPaths: Set<String>?
    /// What was taken over from other checkpoint files, once it is saved: left there, it would be taken for the newest
    /// when a listener gets its old name or its old paths back.
    private var adopted: [Adopted] = []

    /// Places that one checkpoint file gave away.
    private struct Adopted {
        let file: CheckpointFile
        let places: [FilePlace]
        /// Whether version 2 wrote it; what was before is never written again.
        let isCurrent: Bool
    }

    /// Opens them.
    init(directory path: String, listener: String, paths: [String], logger: Logger) throws(InputError) {
        directory = try StateDirectory.open(path)
        self.paths = paths
        self.listener = listener
        self.logger = logger
        file = directory.file(for: Self.key(of: listener, paths))
        endings = directory.endings
        user = directory.use(file)
        do throws(InputError) {
            try load()
        } catch {
            directory.release(file, user)
            throw error
        }
    }

    private mutating func load() throws(InputError) {
        (waiting, identities, earlierPaths, adopted) = ([:], [:], nil, [])
        var missing = Set(paths)
        if let own = try file.load() {
            earlierPaths = own.isVersion1 || own.wasEmpty ? Set(paths) : Set(own.paths)
            if own.wasEmpty {
                logger.warning(
                    "the checkpoint file is empty, as after a loss of power: files are read from their beginning",
                    metadata: ["path": "\(file.path)"])
            }
            for place in own.places { add(place) }
            missing.subtract(earlierPaths!)
        }
        guard !missing.isEmpty else { return }
        adopted = try adopt(missing, sharing: earlierPaths == nil)
        let places = adopted.flatMap(\.places)
        // What this one's own file has of them is older: it was without their patterns meanwhile.
        for place in places.reversed() { add(place) }
        guard !places.isEmpty else { return }
        earlierPaths = Set(paths)
        logger.notice(
            "places of files are taken over from another name of this listener",
            metadata: ["listener": "\(listener)", "files": "\(places.count)"])
    }

    // MARK: Its life

    /// The listener runs: it alone writes its checkpoint file, which is read again when another has ended since.
    mutating func claim() throws(InputError) {
        directory.claim(file, user)
        let now = directory.endings
        guard now != endings else { return }
        endings = now
        let read = self
        do throws(InputError) {
            try load()
        } catch {
            self = read
            throw error
        }
    }

    /// The listener has other patterns. The places of those that are new to it may lie in the file of one that was there
    /// before; what cannot be read there is another's affair.
    mutating func use(_ new: [String]) {
        let added = Set(new).subtracting(paths)
        paths = new
        guard !added.isEmpty else { return }
        do throws(InputError) {
            let found = try adopt(added, sharing: false)
            for place in found.flatMap(\.places) where waiting[place.file] == nil { add(place) }
            adopted += found
        } catch {
            logger.error("\(error)", metadata: ["listener": "\(listener)"])
        }
    }

    /// The listener has ended; it may still save for as long as nobody else has its file.
    func release() { directory.release(file, user) }

    /// Leaves what is pending of a reading for who goes on with its file.
    func leave(_ reading: Reading) { directory.leave(reading, user) }

    /// What an ended listener has left of an origin.
    func takePending(_ origin: OriginIdentity) -> Reading? { directory.takePending(origin, user) }

    private mutating func add(_ place: FilePlace) {
        waiting[place.file] = place
        identities[place.file.inode] = place.file
    }

    /// Whether an earlier run has followed a pattern: its files are no news then, whatever `start-at` says.
    func knows(_ pattern: String) -> Bool { earlierPaths?.contains(pattern) ?? false }

    /// Whether a name was given by a pattern that is gone, and is given by none now. In doubt it is not so: its file may
    /// have been renamed while nobody looked, and has lines that are meant to be read.
    func isRemoved(_ path: FilePath) -> Bool {
        let removed = (earlierPaths ?? []).subtracting(paths)
        guard removed.contains(where: { PathPattern($0).matches(path) }) else { return false }
        return !paths.contains { text in
            // Their text alone does not tell every name that they give.
            ["**", "//", "/./", "/../"].contains { text.contains($0) } || PathPattern(text).matches(path)
        }
    }

    // MARK: Names of checkpoint files

    /// The listener's part of its checkpoint file's name: no two listeners share it. One that was given no name, and has
    /// one from its position among others, is known by its patterns: another listener before it moves its name.
    static func key(of listener: String, _ paths: [String]) -> String {
        isPositional(listener) ? "files+" + hash(of: paths) : escaped(listener)
    }

    private static func isPositional(_ listener: String) -> Bool {
        guard listener.hasPrefix("file") else { return false }
        let rest = listener.dropFirst(4)
        return rest.isEmpty || (rest.first == "-" && Int(rest.dropFirst()) != nil)
    }

    private static func hash(of paths: [String]) -> String {
        let bytes = Array(paths.sorted().joined(separator: "\0").utf8)
        let halves = [UInt32(0), 0x9E37_79B9].map { seed in
            bytes.withUnsafeBytes { clinux_crc32c(seed, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!, $0.count) }
        }
        return OriginIdentity.hexadecimal(UInt64(halves[0]) << 32 | UInt64(halves[1]))
    }

    private static func escaped(_ name: String) -> String {
        name.utf8.map { byte in
            let isPlain = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            let isOther = UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_.".utf8.contains(byte)
            return isPlain || isOther ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    // MARK: Names that a listener had before

    /// The places that the listener has under another name: as version 1 wrote it, or with other patterns.
    /// - Parameters:
    ///   - missing: the patterns whose places it does not have itself.
    ///   - sharing: whether another listener of this process may have them too.
    private func adopt(_ missing: Set<String>, sharing: Bool) throws(InputError) -> [Adopted] {
        let patterns = missing.map { PathPattern($0) }
        var adopted: [Adopted] = []
        for file in directory.checkpointFiles() where file.path != self.file.path {
            // With a file of its own, only what nobody has any more can be meant.
            if !sharing, directory.isInUse(file) { continue }
            let isOld = earlierPaths == nil && Self.isVersion1Name(file, of: listener, in: directory)
            guard let content = try Self.load(file, mustBeRead: isOld && directory.isBeforeVersion2) else { continue }
            let isMeant =
                content.isVersion1
                ? isOld && directory.isBeforeVersion2
                : content.paths.contains { missing.contains($0) }
                    || content.places.contains { place in
                        place.standing == .retired && patterns.contains { $0.matches(place.path) }
                    }
            guard isMeant else { continue }
            // A positional name may have been another listener's: only what this one's patterns name is its own.
            let isWhole =
                Self.isPositional(listener) && Self.isOfPaths(file, content, in: directory)
                && Set(content.paths).isSubset(of: paths)
            let places =
                isWhole
                ? content.places : content.places.filter { place in patterns.contains { $0.matches(place.path) } }
            adopted.append(Adopted(file: file, places: places, isCurrent: !content.isVersion1))
        }
        return adopted
    }

    /// Whether a checkpoint file is that of a listener without a name, by the patterns that stand in it.
    private static func isOfPaths(
        _ file: CheckpointFile, _ content: CheckpointFile.Content, in directory: StateDirectory
    ) -> Bool {
        !content.isVersion1 && file.path == directory.file(for: key(of: "file", content.paths)).path
    }

    /// A file that is damaged stops the start of the listener that it may belong to, and no other's.
    private static func load(_ file: CheckpointFile, mustBeRead: Bool) throws(InputError) -> CheckpointFile.Content? {
        do throws(InputError) {
            return try file.load()
        } catch {
            guard mustBeRead else { return nil }
            throw error
        }
    }

    private static func isVersion1Name(
        _ file: CheckpointFile, of listener: String, in directory: StateDirectory
    ) -> Bool {
        let name = file.path.dropFirst((directory.path + "/checkpoints-").count).dropLast(".json".count)
        if isPositional(listener) { return isPositional(String(name)) }
        return name == String(listener.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" })
    }

    // MARK: Finding and forgetting

    /// The place of a file that was found, which is then the file's. A device may have another number after a reboot:
    /// then name and inode have to be those of the place, and its proof says the rest.
    mutating func take(_ identity: FileIdentity, _ path: FilePath) -> FilePlace? {
        if let place = waiting.removeValue(forKey: identity) { return place }
        guard let old = identities[identity.inode], let place = waiting[old], place.path == path, place.proof != nil
        else { return nil }
        waiting[old] = nil
        return place
    }

    /// Keeps the place of a file that is not followed any more.
    mutating func keep(_ place: FilePlace) { waiting[place.file] = place }

    /// Notes that a file is not meant any more, for the next start: its place stays.
    mutating func retire(_ identity: FileIdentity) { waiting[identity]?.standing = .retired }

    /// Forgets the place of a file that is gone.
    mutating func forget(_ identity: FileIdentity) { waiting[identity] = nil }

    /// Replaces the checkpoint file, and takes what was adopted away from where it was.
    mutating func save(_ followed: [FilePlace]) throws(InputError) {
        guard directory.mayWrite(file, user) else { return }
        var content = CheckpointFile.Content()
        let given = directory.given(of: file)
        content.paths = paths.filter { !given.contains($0) }
        content.places = followed.filter { !directory.isTaken($0.origin, from: user) } + waiting.values
        try file.save(content)
        let all = adopted
        adopted = []
        for one in all where one.isCurrent && !directory.isInUse(one.file) { try remove(one) }
    }

    private func remove(_ adopted: Adopted) throws(InputError) {
        directory.give(paths, of: adopted.file)
        guard var content = try adopted.file.load() else { return }
        let taken = Set(adopted.places.map(\.file))
        content.places.removeAll { taken.contains($0.file) }
        content.paths.removeAll { paths.contains($0) }
        if content.places.isEmpty {
            guard unlink(adopted.file.path) == 0 || errno == ENOENT else {
                throw InputError(
                    place: adopted.file.path, operation: "remove a checkpoint file that is taken over", errno: errno)
            }
        } else {
            try adopted.file.save(content)
        }
    }

    /// Where the checkpoint file lies.
    var path: String { file.path }
}
