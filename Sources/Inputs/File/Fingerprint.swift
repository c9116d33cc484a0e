import CLinux
import Glibc

/// What shows that a file is still the one whose first `offset` bytes were read: a checksum of its head and one of the
/// bytes just before the place. Device and inode alone do not show it: a deleted file's inode is given to the next one,
/// and a truncated file keeps its own.
public struct PlaceProof: Equatable, Sendable, Codable {
    /// Bytes from the file's start that `head` covers, at most ``Fingerprint/headSize``.
    var headCount: UInt32
    /// CRC-32C of them.
    var head: UInt32
    /// Bytes before the place that `tail` covers, at most ``Fingerprint/tailSize``.
    var tailCount: UInt32
    /// CRC-32C of them.
    var tail: UInt32

    /// That of a place before which nothing stands: it proves nothing.
    static let nothing = PlaceProof(headCount: 0, head: 0, tailCount: 0, tail: 0)

    /// Whether an open file is the one this was taken of.
    func holds(for descriptor: Int32, at offset: UInt64) -> Bool {
        guard let now = Fingerprint(of: descriptor, at: offset) else { return false }
        return now.proof == self
    }
}

/// The proof of a place as reading moves it forward: made of the bytes that were read and not of the file, which may be
/// another by the time it would be asked.
struct Fingerprint: Sendable {
    /// Bytes of a file's head that are remembered by their checksum.
    static let headSize = 1024
    /// Bytes before the place that are remembered themselves.
    static let tailSize = 64

    private(set) var headCount = 0
    private var head: UInt32 = 0
    private(set) var tailCount = 0
    private var tail = InlineArray<64, UInt8>(repeating: 0)

    init() {}

    /// Reads that of a place in an open file; nil when the file does not reach so far or cannot be read.
    init?(of descriptor: Int32, at offset: UInt64) {
        let size = Int(min(offset, UInt64(Self.headSize)))
        let isRead = withUnsafeTemporaryAllocation(byteCount: Self.headSize, alignment: 16) { bytes in
            guard Self.read(descriptor, bytes, size, at: 0) else { return false }
            append(UnsafeRawBufferPointer(rebasing: bytes[..<size]))
            guard offset > UInt64(size) else { return true }
            let last = Int(min(offset, UInt64(Self.tailSize)))
            guard Self.read(descriptor, bytes, last, at: offset - UInt64(last)) else { return false }
            tailCount = 0
            keep(UnsafeRawBufferPointer(rebasing: bytes[..<last]))
            return true
        }
        guard isRead else { return nil }
    }

    private static func read(
        _ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer, _ count: Int, at offset: UInt64
    ) -> Bool {
        count == 0 || pread(descriptor, bytes.baseAddress!, count, off_t(offset)) == count
    }

    /// The place has moved over these bytes.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if headCount < Self.headSize, bytes.count > 0 {
            let count = min(bytes.count, Self.headSize - headCount)
            head = clinux_crc32c(head, bytes.baseAddress!, count)
            headCount += count
        }
        keep(bytes)
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        let new = min(bytes.count, Self.tailSize)
        guard new > 0 else { return }
        let kept = min(tailCount, Self.tailSize - new)
        withTail { tail, count in
            memmove(tail, tail + count - kept, kept)
            memcpy(tail + kept, bytes.baseAddress! + bytes.count - new, new)
        }
        tailCount = kept + new
    }

    private mutating func withTail(_ body: (UnsafeMutableRawPointer, Int) -> Void) {
        let count = tailCount
        withUnsafeMutableBytes(of: &tail) { body($0.baseAddress!, count) }
    }

    /// What is kept of it in a checkpoint.
    var proof: PlaceProof {
        let tail = withUnsafeBytes(of: tail) { clinux_crc32c(0, $0.baseAddress!, tailCount) }
        return PlaceProof(headCount: UInt32(headCount), head: head, tailCount: UInt32(tailCount), tail: tail)
    }

    /// Whether the bytes before the place in an open file are those that were read.
    func isTail(of descriptor: Int32, before offset: UInt64) -> Bool {
        withUnsafeBytes(of: tail) {
            Self.stands(UnsafeRawBufferPointer(rebasing: $0[..<tailCount]), in: descriptor, before: offset)
        }
    }

    /// Whether some bytes, at most `tailSize`, stand before a place in an open file.
    static func stands(_ bytes: UnsafeRawBufferPointer, in descriptor: Int32, before offset: UInt64) -> Bool {
        guard bytes.count > 0 else { return true }
        return withUnsafeTemporaryAllocation(byteCount: tailSize, alignment: 16) { now in
            read(descriptor, now, bytes.count, at: offset - UInt64(bytes.count))
                && memcmp(now.baseAddress!, bytes.baseAddress!, bytes.count) == 0
        }
    }
}
