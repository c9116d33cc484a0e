import Glibc

/// How many descriptors the process may have, and how many of them connections leave alone.
///
/// The system gives out the lowest free number: a connection whose descriptor's number reaches the limit less the reserve
/// tells that all below are in use, by whatever, without anything being counted.
public enum DescriptorLimit {
    /// The limit in force, `RLIMIT_NOFILE`.
    public static var current: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit as far as the system lets this process raise it.
    /// - Returns: what was in force before, and what is now.
    public static func raise() -> (before: Int, now: Int) {
        let before = current
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return (before, current)
    }

    /// Descriptors that are kept for brokers, segments and files: a quarter of the limit, 16 to 256.
    public static var reserve: Int { min(256, max(16, current / 4)) }
}
