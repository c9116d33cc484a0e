import CLinux

/// The first 64 bytes of a segment: what it is and which use of it this is.
///
/// What never changes during a use is under a checksum; how many records are settled and how many there are is not, and
/// the latter has a check of its own.
struct SegmentHeader: Equatable {
    var version = SegmentLayout.currentVersion
    /// Bytes of the whole file.
    var size: Int
    /// Raised each time the segment is used anew.
    var generation: UInt32
    /// Order in which segments were begun.
    var sequence: UInt64
    /// The writer's chain.
    var chain: UInt32 = 0
    /// The place in its chain of the first record.
    var firstNumber: UInt64 = 0
    /// Version 1 alone: the backlog of topics that were stuck.
    var isBacklog = false

    /// What the bytes at the beginning of a file say.
    enum Reading: Equatable {
        case good(SegmentHeader)
        /// Written by a later version of the program: its checksum is right, its version unknown.
        case later(UInt32)
        /// No header, or one that is not what was written.
        case damaged
    }

    /// Reads a header of this or of the first version.
    /// - Parameter fileSize: what the file has; a header of version 1, which has no checksum, must agree with it.
    static func read(_ base: UnsafeRawPointer, fileSize: Int) -> Reading {
        let version = base.loadUnaligned(fromByteOffset: SegmentLayout.version, as: UInt32.self)
        guard base.loadUnaligned(fromByteOffset: SegmentLayout.magic, as: UInt64.self) == SegmentLayout.magicValue
        else { return .damaged }
        let size = Int(base.load(fromByteOffset: SegmentLayout.size, as: UInt32.self))
        var header = SegmentHeader(
            version: version, size: size,
            generation: base.load(fromByteOffset: SegmentLayout.generation, as: UInt32.self),
            sequence: base.load(fromByteOffset: SegmentLayout.sequence, as: UInt64.self))
        if version == SegmentLayout.firstVersion {
            guard size == fileSize else { return .damaged }
            header.isBacklog =
                base.load(fromByteOffset: SegmentLayout.flags, as: UInt32.self) & SegmentLayout.backlogFlag != 0
            return .good(header)
        }
        let checksum = base.load(fromByteOffset: SegmentLayout.checksum, as: UInt32.self)
        guard checksum == Self.checksum(base) else { return .damaged }
        guard version == SegmentLayout.currentVersion else { return .later(version) }
        header.chain = base.load(fromByteOffset: SegmentLayout.chain, as: UInt32.self)
        header.firstNumber = base.load(fromByteOffset: SegmentLayout.firstNumber, as: UInt64.self)
        return .good(header)
    }

    /// Writes it; nothing is settled and nothing sealed.
    ///
    /// A process may be killed between any two of these stores. In the middle there is no header: the magic number goes
    /// first and comes back last, and what is found then is rebuilt from the records, all of them settled in a segment that
    /// is used anew.
    func write(to base: UnsafeMutableRawPointer) {
        clinux_fence()
        clinux_store_release_u64(base + SegmentLayout.magic, 0)
        clinux_fence()
        base.storeBytes(of: version, toByteOffset: SegmentLayout.version, as: UInt32.self)
        base.storeBytes(of: UInt32(size), toByteOffset: SegmentLayout.size, as: UInt32.self)
        base.storeBytes(of: generation, toByteOffset: SegmentLayout.generation, as: UInt32.self)
        let flags = isBacklog ? SegmentLayout.backlogFlag : 0
        base.storeBytes(of: flags, toByteOffset: SegmentLayout.flags, as: UInt32.self)
        base.storeBytes(of: sequence, toByteOffset: SegmentLayout.sequence, as: UInt64.self)
        base.storeBytes(of: 0, toByteOffset: SegmentLayout.settled, as: UInt32.self)
        base.storeBytes(of: 0, toByteOffset: SegmentLayout.sealedCount, as: UInt32.self)
        base.storeBytes(of: chain, toByteOffset: SegmentLayout.chain, as: UInt32.self)
        base.storeBytes(of: 0, toByteOffset: SegmentLayout.sealCheck, as: UInt32.self)
        base.storeBytes(of: firstNumber, toByteOffset: SegmentLayout.firstNumber, as: UInt64.self)
        base.storeBytes(of: Self.checksum(base), toByteOffset: SegmentLayout.checksum, as: UInt32.self)
        clinux_store_release_u64(base + SegmentLayout.magic, SegmentLayout.magicValue)
    }

    /// The magic number is taken as what it has to be: it is stored behind the checksum.
    private static func checksum(_ base: UnsafeRawPointer) -> UInt32 {
        let magic = withUnsafeBytes(of: SegmentLayout.magicValue) { clinux_crc32c(0, $0.baseAddress!, $0.count) }
        let head = clinux_crc32c(magic, base + SegmentLayout.version, SegmentLayout.settled - SegmentLayout.version)
        let chain = clinux_crc32c(head, base + SegmentLayout.chain, 4)
        return clinux_crc32c(chain, base + SegmentLayout.firstNumber, 8)
    }

    /// What stands beside the number of records of a sealed segment.
    static func sealCheck(stored: UInt32, generation: UInt32) -> UInt32 {
        withUnsafeBytes(of: stored) { clinux_crc32c(generation, $0.baseAddress!, 4) }
    }
}
