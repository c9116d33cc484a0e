import Base
import CLinux
import Glibc

/// A file that is mapped into memory, whole.
///
/// Only where the mapping is: who may touch what of it, and when, is the segment's affair (`Segment`).
package struct SpoolFile: @unchecked Sendable {
    /// Its first byte.
    package var base: UnsafeMutableRawPointer
    /// Bytes that are mapped.
    package var size: Int
    package var path: String
    package var descriptor: Int32
}

/// What a name in a spool's directory turned out to be.
package enum OpenedFile {
    case file(SpoolFile)
    /// Nothing was ever written to it.
    case empty
    /// No regular file, too short for a header, or not ours to read; and why.
    case refused(String)
}

/// The file system as a spool uses it. Tests put one in its place that forgets what was never written to the disk, or
/// that refuses. Called by workers, senders and the disk's thread alike.
package protocol SpoolDisk: Sendable {
    /// Makes a file of `size` bytes, all of them allocated, and maps it.
    func create(_ path: String, size: Int) throws(SpoolError) -> SpoolFile
    /// Maps a file that an earlier process left.
    func open(_ path: String) throws(SpoolError) -> OpenedFile
    /// Writes a stretch of a file to the disk and waits for it.
    func synchronise(_ file: SpoolFile, from: Int, to: Int) throws(SpoolError)
    /// Makes the names in a directory as durable as what stands in the files.
    func synchroniseDirectory(_ path: String) throws(SpoolError)
    /// Takes a file's name away.
    func remove(_ path: String)
}

/// The system's own.
package struct SystemDisk: SpoolDisk {
    /// Bytes of a page, what the system maps and writes.
    package static let pageSize = Int(getpagesize())

    package init() {}

    /// Makes a file of `size` bytes and maps it. All its blocks are allocated now: a sparse file turns a full disk into
    /// SIGBUS at some later store.
    package func create(_ path: String, size: Int) throws(SpoolError) -> SpoolFile {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw SpoolError(path: path, operation: "create", errno: errno) }
        let allocated = clinux_fallocate(descriptor, 0, Int64(size))
        guard allocated == 0 else {
            close(descriptor)
            unlink(path)
            throw SpoolError(path: path, operation: "allocate \(size) bytes for", errno: -allocated)
        }
        do throws(SpoolError) {
            return SpoolFile(
                base: try Self.map(size: size, descriptor: descriptor), size: size, path: path, descriptor: descriptor)
        } catch {
            close(descriptor)
            unlink(path)
            throw error
        }
    }

    /// Maps a file that an earlier process left. It neither waits (for the other end of a pipe) nor follows a link out
    /// of the directory.
    package func open(_ path: String) throws(SpoolError) -> OpenedFile {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let code = errno
            switch code {
            case EISDIR, ELOOP, ENXIO, ENODEV: return .refused("no regular file")
            case EACCES, EPERM, EROFS, ETXTBSY: return .refused(SystemError.text(of: code))
            case ENOENT: return .empty
            default: throw SpoolError(path: path, operation: "open", errno: code)
            }
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw SpoolError(path: path, operation: "stat", errno: code)
        }
        let size = Int(status.st_size)
        let isRegular = status.st_mode & S_IFMT == S_IFREG
        guard isRegular, size >= SegmentLayout.smallest, size <= SegmentLayout.largest else {
            close(descriptor)
            if isRegular, size == 0 { return .empty }
            return .refused(isRegular ? "\(size) bytes" : "no regular file")
        }
        do throws(SpoolError) {
            let base = try Self.map(size: size, descriptor: descriptor)
            return .file(SpoolFile(base: base, size: size, path: path, descriptor: descriptor))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Writes a stretch of a file to the disk and waits for it.
    package func synchronise(_ file: SpoolFile, from: Int, to: Int) throws(SpoolError) {
        let start = from & ~(Self.pageSize - 1)
        guard msync(file.base + start, to - start, MS_SYNC) == 0 else {
            throw SpoolError(path: file.path, operation: "write to disk", errno: errno)
        }
    }

    /// Makes the names in a directory as durable as what stands in the files.
    package func synchroniseDirectory(_ path: String) throws(SpoolError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpoolError(path: path, operation: "open", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw SpoolError(path: path, operation: "write to disk the names in", errno: errno)
        }
    }

    /// Takes a file's name away.
    package func remove(_ path: String) { unlink(path) }

    /// Anonymous memory, or a file's.
    static func map(size: Int, descriptor: Int32) throws(SpoolError) -> UnsafeMutableRawPointer {
        let flags = descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS
        guard let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, flags, descriptor, 0), mapped != MAP_FAILED else {
            throw SpoolError(path: nil, operation: "map \(size) bytes of", errno: errno)
        }
        return mapped
    }
}
