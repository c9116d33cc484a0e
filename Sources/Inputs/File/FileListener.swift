import Base
import Logging
import Spool
import Synchronization

/// Lines of files, followed or read once.
///
/// Threads: the follower runs on a thread of its own with its sink, which `finish` uses once that thread has ended.
/// `start`, `use`, `stop` and `finish` come from whoever runs the listener, one after the other.
public final class FileListener<Sink: FileSink & Sendable>: Listener {
    /// What it is told.
    public struct Settings: ListenerSettings, Equatable {
        /// How files are followed.
        public var follower: FileFollowerSettings
        /// By origin, how far files are in the spool that an earlier process left.
        public var recovered: [OriginIdentity: UInt64]

        /// Files are read by whoever wants to.
        public var isShared = false

        /// Settings.
        public init(_ follower: FileFollowerSettings, recovered: [OriginIdentity: UInt64] = [:]) {
            self.follower = follower
            self.recovered = recovered
        }
    }

    private struct Running {
        var thread: SystemThread?
        var sink: Sink?
        var isClosed = false
    }

    private let follower: FileFollower
    private let settings: Mutex<FileFollowerSettings>
    private let running = Mutex(Running())

    private init(_ follower: FileFollower, _ settings: FileFollowerSettings) {
        self.follower = follower
        self.settings = Mutex(settings)
    }

    /// Reads what was kept of places, and tries what has to be there.
    public static func open(_ settings: Settings, logger: Logger) throws(InputError) -> FileListener {
        FileListener(
            try FileFollower(settings.follower, recovered: settings.recovered, logger: logger), settings.follower)
    }

    /// The paths.
    public var place: String { settings.withLock { $0.paths.joined(separator: " ") } }

    /// Sets it going.
    public func start(
        sink: @escaping @Sendable () -> Sink, ended: @escaping @Sendable (InputError?) -> Void
    ) throws(InputError) {
        let sink = sink()
        let thread = try SystemThread.start("file") { [follower] in
            follower.run(into: sink)
            ended(nil)
        }
        running.withLock { $0 = Running(thread: thread, sink: sink) }
    }

    /// Goes over to other settings.
    public func use(_ new: Settings) -> [String] {
        settings.withLock { $0 = new.follower }
        follower.use(new.follower)
        return []
    }

    /// Files are read by whoever wants to.
    public func share(_ isShared: Bool) {}

    /// Takes what has arrived, and ends.
    public func stop() async {
        follower.stop()
        let thread = running.withLock { running in
            defer { running.thread = nil }
            return running.thread
        }
        await thread?.end()
    }

    /// Moves the places to what was delivered.
    public func finish() {
        let (sink, isFirst) = running.withLock { running in
            defer { running.isClosed = true }
            return (running.sink, !running.isClosed)
        }
        guard let sink else { return }
        follower.finish(sink)
        if isFirst { sink.close() }
    }

    /// What of a single pass could not be read.
    public var failures: [InputError] { follower.failures }

    /// Lines that were read, are not delivered, and are read again by the next process.
    public var readAgain: UInt64 { follower.unsettledCount }

    /// How far it is in each file, as last published.
    public var lags: [FileLag] { follower.lags }

    /// Files have no sockets.
    public var readings: SocketReadings { SocketReadings() }
}
