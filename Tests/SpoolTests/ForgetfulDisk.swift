import Glibc
import Spool
import Synchronization
import TestSupport

/// A file system that shows what a power loss would leave. The files are real; beside each stands what of it has been
/// written to the disk. At a crash, whatever was not may have been written by the kernel of its own accord, page by page,
/// or not.
final class ForgetfulDisk: SpoolDisk, @unchecked Sendable {
    private let system = SystemDisk()
    private struct Kept {
        var bytes: [UInt8]
        /// Whether the directory that has its name is on the disk.
        var isNamed: Bool
        /// Whether the name was taken away, which is not on the disk yet.
        var isRemoved = false
        /// Address of the mapping, 0 when there is none.
        var live: UInt
    }

    private let files = Mutex<[String: Kept]>([:])
    private let refusals = Atomic<Int>(0)

    /// Lets the next writes to the disk fail.
    func refuse(_ count: Int) { refusals.store(count, ordering: .relaxed) }

    func create(_ path: String, size: Int) throws(SpoolError) -> SpoolFile {
        let file = try system.create(path, size: size)
        let kept = Kept(bytes: [UInt8](repeating: 0, count: size), isNamed: false, live: UInt(bitPattern: file.base))
        files.withLock { $0[path] = kept }
        return file
    }

    func open(_ path: String) throws(SpoolError) -> OpenedFile {
        let opened = try system.open(path)
        if case .file(let file) = opened {
            let bytes = Array(UnsafeRawBufferPointer(start: file.base, count: file.size))
            files.withLock { $0[path] = Kept(bytes: bytes, isNamed: true, live: UInt(bitPattern: file.base)) }
        }
        return opened
    }

    func synchronise(_ file: SpoolFile, from: Int, to: Int) throws(SpoolError) {
        if refusals.load(ordering: .relaxed) > 0 {
            refusals.wrappingSubtract(1, ordering: .relaxed)
            throw SpoolError(path: file.path, operation: "write to disk", errno: EIO)
        }
        let page = SystemDisk.pageSize
        let base = UInt(bitPattern: file.base)
        let (path, size) = (file.path, file.size)
        files.withLock { files in
            for start in stride(from: from & ~(page - 1), to: to, by: page) {
                Self.copyPage(
                    UnsafeMutableRawPointer(bitPattern: base)!, start, min(page, size - start), to: &files[path]!.bytes)
            }
        }
    }

    func synchroniseDirectory(_ path: String) throws(SpoolError) {
        files.withLock { files in
            for (name, kept) in files where name.hasPrefix(path + "/") {
                files[name]!.isNamed = true
                if kept.isRemoved { files[name] = nil }
            }
        }
    }

    func remove(_ path: String) {
        system.remove(path)
        files.withLock { files in
            files[path]?.isRemoved = true
            // The mapping goes with its segment.
            files[path]?.live = 0
        }
    }

    private static func copyPage(_ live: UnsafeMutableRawPointer, _ start: Int, _ count: Int, to bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes {
            $0.baseAddress!.advanced(by: start).copyMemory(from: live + start, byteCount: count)
        }
    }

    /// Writes into `directory` what a power loss at this moment leaves.
    func crash(into directory: TemporaryDirectory, _ random: inout SeededGenerator) {
        let page = SystemDisk.pageSize
        for (path, kept) in files.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            if !kept.isNamed, random.int(0...1) == 0 { continue }
            if kept.isRemoved, random.int(0...1) == 0 { continue }
            var kept = kept
            if let live = UnsafeMutableRawPointer(bitPattern: kept.live) {
                let share = random.int(0...4)
                for start in stride(from: 0, to: kept.bytes.count, by: page) where random.int(1...4) <= share {
                    Self.copyPage(live, start, min(page, kept.bytes.count - start), to: &kept.bytes)
                }
            }
            directory.write(kept.bytes, to: String(path.split(separator: "/").last!))
        }
    }
}
