import CLinux
import Glibc

/// Which file it is, whatever its name is now: device and inode.
///
/// Both numbers are given away again: the inode's once the file is deleted, the device's at a reboot. A place in a file
/// is therefore believed only with a proof of its bytes beside the identity.
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

    /// What the system says of a file.
    public init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// When an open file was made, ns of Unix time; 0 where the file system does not tell.
    public static func birth(of descriptor: Int32) -> Int64 { clinux_birth_time(descriptor) }
}
