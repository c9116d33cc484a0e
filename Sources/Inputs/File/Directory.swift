import Base
import Glibc

/// What stands in a directory, as one look at it shows.
struct Directory {
    /// One name in it.
    struct Entry {
        let name: [UInt8]
        let inode: UInt64
        /// `DT_DIR`, `DT_LNK` and so on; `DT_UNKNOWN` where the file system does not tell.
        let type: Int
    }

    /// All names but `.` and `..`, in the order of their bytes; nil with `errno` set when it cannot be read.
    static func entries(of path: FilePath) -> [Entry]? {
        guard let stream = path.withPointer({ opendir($0) }) else { return nil }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name == [UInt8(ascii: ".")] || name == Array("..".utf8) { continue }
            entries.append(Entry(name: name, inode: UInt64(entry.pointee.d_ino), type: Int(entry.pointee.d_type)))
        }
        return entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// The name that a file has in a directory now; nil when it has none there, or the directory cannot be read.
    static func find(_ identity: FileIdentity, in path: FilePath) -> FilePath? {
        guard let entries = entries(of: path) else { return nil }
        func isMeant(_ entry: Entry) -> Bool {
            path.appending(entry.name).linkStatus().map(FileIdentity.init) == identity
        }
        if let found = entries.first(where: { $0.inode == identity.inode && isMeant($0) }) {
            return path.appending(found.name)
        }
        // An overlay may list other inodes than it tells of the files themselves: then every file is asked.
        guard let first = entries.first, path.appending(first.name).linkStatus()?.st_ino != ino_t(first.inode) else {
            return nil
        }
        return entries.first(where: isMeant).map { path.appending($0.name) }
    }

    /// The same, in a directory or those in it: `olddir` of logrotate.
    static func findNear(_ identity: FileIdentity, _ path: FilePath) -> FilePath? {
        if let found = find(identity, in: path) { return found }
        for entry in (entries(of: path) ?? []).lazy.filter({ $0.type == Int(DT_DIR) }).prefix(mostInside) {
            let inside = path.appending(entry.name)
            guard let status = inside.linkStatus(), status.isDirectory, UInt64(status.st_dev) == identity.device else {
                continue
            }
            if let found = find(identity, in: inside) { return found }
        }
        return nil
    }

    /// Directories in a directory that are looked through.
    private static let mostInside = 64

    /// Whether a file that is not to be found is gone, and not only out of sight: its directory can be read, or is gone
    /// itself, on the device that the file was on.
    static func hasLost(_ identity: FileIdentity, _ path: FilePath) -> Bool {
        var directory = path.directory
        while true {
            if let status = directory.status() {
                return UInt64(status.st_dev) == identity.device && entries(of: directory) != nil
            }
            guard errno == ENOENT, directory.directory != directory else { return false }
            directory = directory.directory
        }
    }
}
