import Glibc

/// How files are followed.
public struct FileFollowerSettings: Sendable, Equatable {
    /// Paths and globs, `**` for any depth; `-` is standard input.
    public var paths: [String]
    /// Globs of files to leave out.
    public var exclude: [String] = []
    /// Whether the files that are there at the first start are read from their beginning, and not from their end. One
    /// that comes later is read from its beginning in any case.
    public var fromBeginning = true
    /// Whether to go on at the end of a file, as `tail -F`.
    public var follow = true
    /// Milliseconds between looks at files that had nothing new.
    public var pollMilliseconds: Int32 = 200
    /// Seconds that a file which has lost its name is still held open after its last bytes came: the program that writes
    /// it goes on doing so until it is told to open the new one. Then its last line is taken even without an end.
    public var rotatedSeconds = 5
    /// Hours that a file which has been renamed is looked at for late lines after its last bytes came.
    public var lateHours = 24
    /// Seconds without a new byte after which a file's descriptor is given back.
    public var quietSeconds = 10
    /// Most files open at once; 0 = half of what the process may open.
    public var maximumOpenFiles = 0
    /// Longest line, bytes.
    public var maximumLine = 64 * 1024
    /// Where checkpoints are kept; nil = none.
    public var stateDirectory: String?

    /// The listener's name, part of the checkpoint file's.
    public var listener: String

    /// Settings for these paths.
    public init(listener: String, paths: [String]) {
        self.listener = listener
        self.paths = paths
    }

    /// `maximumOpenFiles`, or what follows from the process's limit: the other half is for brokers, segments, sockets.
    var openFiles: Int {
        if maximumOpenFiles > 0 { return maximumOpenFiles }
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 64 }
        return max(8, min(Int(clamping: limit.rlim_cur), 8192) / 2 - 32)
    }
}
