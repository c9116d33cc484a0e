import Glibc

/// Which symbolic links are followed. A service that may read everything must not be led by a link to what its maker
/// may not read: links of root, of the service's own user, and those that lead to a file of the link's owner are
/// followed, no others.
enum LinkTrust {
    /// Whether a link may be followed to what it leads to.
    static func isTrusted(link: stat, leadingTo target: stat) -> Bool {
        link.st_uid == 0 || link.st_uid == geteuid() || link.st_uid == target.st_uid
    }
}
