import Glibc

/// Which file it is, whatever its name is now: device and inode.
public struct FileIdentity: Hashable, Sendable, Codable {
    /// Device.
    public var device: UInt64
    /// Inode.
    public var inode: UInt64

    /// An identity.
    public init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// A number for records in the spool, never 0: FNV-1a over both.
    public var fingerprint: UInt32 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for word in [device, inode] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                hash = (hash ^ (word >> shift & 0xFF)) &* 0x100_0000_01b3
            }
        }
        return max(1, UInt32(truncatingIfNeeded: hash ^ hash >> 32))
    }
}
