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
    private let file: SpoolFile?
    private let disk: any SpoolDisk
    private(set) var generation: UInt32 = 0

    /// Anonymous memory, or a file.
    private init(base: UnsafeMutableRawPointer, size: Int, file: SpoolFile?, disk: any SpoolDisk) {
        self.base = base
        self.size = size
        self.file = file
        self.disk = disk
    }

    deinit {
        munmap(base, size)
        if let file { close(file.descriptor) }
    }

    /// A segment over anonymous memory.
    static func anonymous(size: Int, disk: any SpoolDisk) throws(SpoolError) -> Segment {
        Segment(base: try SystemDisk.map(size: size, descriptor: -1), size: size, file: nil, disk: disk)
    }

    /// A segment over a file.
    convenience init(_ file: SpoolFile, disk: any SpoolDisk) {
        self.init(base: file.base, size: file.size, file: file, disk: disk)
    }

    var path: String? { file?.path }

    /// What is written or read for later only is given back in pieces of so many bytes.
    static let restStep = 1 << 20

    /// Makes the segment empty and ready for a writer.
    func begin(sequence: UInt64, chain: UInt32, firstNumber: UInt64) {
        // The first length word goes first: with the old one in place, the new generation would bless an old record. A
        // release alone lets later stores overtake it; the header's own begin with a fence.
        clinux_store_release_u32(base + SegmentLayout.header, 0)
        use(
            SegmentHeader(
                size: size, generation: generation &+ 1, sequence: sequence, chain: chain, firstNumber: firstNumber))
    }

    /// Gives the segment a header, as new or as it must have been.
    func use(_ header: SegmentHeader) {
        generation = header.generation
        header.write(to: base)
    }

    /// Takes over the header that was read.
    func adopt(_ header: SegmentHeader) { generation = header.generation }

    /// Records settled so far.
    public var settled: UInt32 { clinux_load_acquire_u32(base + SegmentLayout.settled) }

    /// Records in the segment once it is sealed, nil before.
    public var sealedCount: UInt32? {
        let stored = clinux_load_acquire_u32(base + SegmentLayout.sealedCount)
        // Stored with one added, so that an empty sealed segment differs from one that is still written.
        return stored == 0 ? nil : stored - 1
    }

    /// What an earlier process sealed it with, when that can be believed.
    var checkedSealedCount: UInt32? {
        let stored = clinux_load_acquire_u32(base + SegmentLayout.sealedCount)
        let check = base.load(fromByteOffset: SegmentLayout.sealCheck, as: UInt32.self)
        guard stored != 0, check == SegmentHeader.sealCheck(stored: stored, generation: generation) else { return nil }
        return stored - 1
    }

    func seal(at offset: Int, count: UInt32) {
        // A file that was cut may have no place for it.
        if offset + 4 <= size { clinux_store_release_u32(base + offset, RecordLayout.seal) }
        base.storeBytes(
            of: SegmentHeader.sealCheck(stored: count + 1, generation: generation),
            toByteOffset: SegmentLayout.sealCheck, as: UInt32.self)
        // The count goes last: with it the segment may be spent, and another writer's from then on.
        clinux_store_release_u32(base + SegmentLayout.sealedCount, count + 1)
    }

    /// Whether every record in it is settled and no more will come.
    public var isSpent: Bool { sealedCount.map { $0 == settled } ?? false }

    /// Gives the memory of a file-backed segment back to the page cache: the bytes stay, the resident size goes down.
    /// Whoever touches it later has its pages back for a minor fault.
    func rest() { rest(from: 0, to: size) }

    /// The same for the whole pages of a stretch.
    func rest(from: Int, to: Int) {
        let page = SystemDisk.pageSize
        let start = (from + page - 1) & ~(page - 1)
        let end = to == size ? size : to & ~(page - 1)
        if file != nil, end > start { madvise(base + start, end - start, MADV_DONTNEED) }
    }

    /// Writes the range to the disk and waits for it.
    func synchronise(from: Int, to: Int) throws(SpoolError) {
        guard let file, to > from else { return }
        try disk.synchronise(file, from: from, to: min(to, size))
    }

    func removeFile() {
        if let file { disk.remove(file.path) }
    }
}
