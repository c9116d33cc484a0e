import CLinux
import Glibc

/// One piece of the spool: a fixed stretch of memory, backed by a preallocated file or by nothing, that records are
/// appended to.
///
/// Threads: a segment is written by one worker, and settled by one sender. They share the memory: the worker publishes
/// each record by its length word, the sender counts what is settled in the header. Everything else is set before the
/// segment is handed over.
public final class Segment: @unchecked Sendable {
    /// The first byte.
    public let base: UnsafeMutableRawPointer
    /// Bytes, header included.
    public let size: Int
    let path: String?
    private let descriptor: Int32
    private(set) var generation: UInt32 = 0
    private(set) var sequence: UInt64 = 0
    let isChecked: Bool

    init(base: UnsafeMutableRawPointer, size: Int, path: String?, descriptor: Int32, isChecked: Bool) {
        self.base = base
        self.size = size
        self.path = path
        self.descriptor = descriptor
        self.isChecked = isChecked
    }

    deinit {
        munmap(base, size)
        if descriptor >= 0 { close(descriptor) }
    }

    /// A segment over anonymous memory.
    static func anonymous(size: Int) throws(SpoolError) -> Segment {
        let base = try map(size: size, descriptor: -1)
        return Segment(base: base, size: size, path: nil, descriptor: -1, isChecked: false)
    }

    /// A new segment over a new file. All its blocks are allocated now: a sparse file turns a full disk into SIGBUS at
    /// some later store.
    static func create(path: String, size: Int) throws(SpoolError) -> Segment {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw SpoolError(path: path, operation: "create", errno: errno) }
        let allocated = clinux_fallocate(descriptor, 0, Int64(size))
        guard allocated == 0 else {
            close(descriptor)
            unlink(path)
            throw SpoolError(path: path, operation: "allocate \(size) bytes for", errno: -allocated)
        }
        do throws(SpoolError) {
            let base = try map(size: size, descriptor: descriptor)
            return Segment(base: base, size: size, path: path, descriptor: descriptor, isChecked: true)
        } catch {
            close(descriptor)
            unlink(path)
            throw error
        }
    }

    /// Opens a segment that an earlier process left. Returns nil when the file is not one (too short, other magic or
    /// version): the caller says so and leaves it alone.
    static func open(path: String) throws(SpoolError) -> Segment? {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == EISDIR { return nil }
            throw SpoolError(path: path, operation: "open", errno: errno)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw SpoolError(path: path, operation: "stat", errno: code)
        }
        var head = (UInt64(0), UInt32(0), UInt32(0))
        let got = pread(descriptor, &head, 16, 0)
        let size = Int(status.st_size)
        guard status.st_mode & S_IFMT == S_IFREG, got == 16, head.0 == SegmentLayout.magicValue,
            head.1 == SegmentLayout.currentVersion,
            size == Int(head.2), size >= 4096
        else {
            close(descriptor)
            return nil
        }
        do throws(SpoolError) {
            let base = try map(size: size, descriptor: descriptor)
            let segment = Segment(base: base, size: size, path: path, descriptor: descriptor, isChecked: true)
            segment.generation = base.load(fromByteOffset: SegmentLayout.generation, as: UInt32.self)
            segment.sequence = base.load(fromByteOffset: SegmentLayout.sequence, as: UInt64.self)
            return segment
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func map(size: Int, descriptor: Int32) throws(SpoolError) -> UnsafeMutableRawPointer {
        let flags = descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS
        guard let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, flags, descriptor, 0), mapped != MAP_FAILED else {
            throw SpoolError(path: nil, operation: "map \(size) bytes of", errno: errno)
        }
        return mapped
    }

    var isBacklog: Bool {
        base.load(fromByteOffset: SegmentLayout.flags, as: UInt32.self) & SegmentLayout.backlogFlag != 0
    }

    /// Makes the segment empty and ready for a writer.
    func begin(sequence: UInt64, isBacklog: Bool) {
        generation &+= 1
        self.sequence = sequence
        // The first length word goes first: with the old one in place, the new generation would bless an old record.
        clinux_store_release_u32(base + SegmentLayout.header, 0)
        base.storeBytes(of: SegmentLayout.currentVersion, toByteOffset: SegmentLayout.version, as: UInt32.self)
        base.storeBytes(of: UInt32(size), toByteOffset: SegmentLayout.size, as: UInt32.self)
        base.storeBytes(of: generation, toByteOffset: SegmentLayout.generation, as: UInt32.self)
        let flags = (isChecked ? SegmentLayout.checkedFlag : 0) | (isBacklog ? SegmentLayout.backlogFlag : 0)
        base.storeBytes(of: flags, toByteOffset: SegmentLayout.flags, as: UInt32.self)
        base.storeBytes(of: sequence, toByteOffset: SegmentLayout.sequence, as: UInt64.self)
        base.storeBytes(of: 0, toByteOffset: SegmentLayout.settled, as: UInt32.self)
        base.storeBytes(of: 0, toByteOffset: SegmentLayout.sealedCount, as: UInt32.self)
        base.storeBytes(of: SegmentLayout.magicValue, toByteOffset: SegmentLayout.magic, as: UInt64.self)
    }

    /// Records settled so far.
    public var settled: UInt32 { clinux_load_acquire_u32(base + SegmentLayout.settled) }

    /// Records in the segment once it is sealed, nil before.
    public var sealedCount: UInt32? {
        let stored = clinux_load_acquire_u32(base + SegmentLayout.sealedCount)
        // Stored with one added, so that an empty sealed segment differs from one that is still written.
        return stored == 0 ? nil : stored - 1
    }

    func seal(at offset: Int, count: UInt32) {
        // The count goes last: with it the segment may be spent, and another writer's from then on.
        clinux_store_release_u32(base + offset, RecordLayout.seal)
        clinux_store_release_u32(base + SegmentLayout.sealedCount, count + 1)
    }

    /// Whether every record in it is settled and no more will come.
    public var isSpent: Bool { sealedCount.map { $0 == settled } ?? false }

    /// Gives the memory of a file-backed segment back to the page cache: the bytes stay, the resident size goes down.
    func rest() {
        if descriptor >= 0 { madvise(base, size, MADV_DONTNEED) }
    }

    /// Writes the range to the disk and waits for it.
    func synchronise(from: Int, to: Int) throws(SpoolError) {
        guard descriptor >= 0, to > from else { return }
        let page = Int(getpagesize())
        let start = from & ~(page - 1)
        guard msync(base + start, to - start, MS_SYNC) == 0 else {
            throw SpoolError(path: path, operation: "write to disk", errno: errno)
        }
    }

    func removeFile() {
        if let path { unlink(path) }
    }
}

/// The spool could not do what it was asked: which file, what, and the system's word for why.
public struct SpoolError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The file or directory, nil for memory.
    public var path: String?
    /// What was tried.
    public var operation: String
    /// The system's error number; 0 when `operation` says it all.
    public var errno: Int32

    /// One sentence for a log.
    public var description: String {
        let reason = errno == 0 ? "" : ": " + String(cString: strerror(errno))
        return "spool: cannot \(operation) \(path ?? "memory")\(reason)"
    }
}
