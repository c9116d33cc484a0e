import Logging

/// A place where messages come in: sockets of one address, or the files of one list of paths.
///
/// Its life: `open` binds and inspects and may fail, in which case nothing has changed; `start` sets it going; `use` gives
/// it other settings while it runs, so that a reload keeps its socket, its connections and its places in files; `stop`
/// takes what has arrived and ends. One that was opened and never started closes what it holds when it is released.
public protocol Listener: AnyObject, Sendable {
    /// What it is told.
    associatedtype Settings: ListenerSettings
    /// Where its messages go.
    associatedtype Sink: InputSink

    /// Binds or inspects everything that can fail. What it throws names the place and the system's reason.
    static func open(_ settings: Settings, logger: Logger) throws(InputError) -> Self

    /// Where it listens, for the log: an address with the port that the system gave, or paths.
    var place: String { get }

    /// Sets it going.
    /// - Parameters:
    ///   - sink: makes a sink; asked once for each thread or event loop, which then owns the sink and closes it.
    ///   - ended: called once when it ends by itself: with nil when its input has an end, with the error when it failed.
    func start(
        sink: @escaping @Sendable () -> Sink, ended: @escaping @Sendable (InputError?) -> Void
    ) throws(InputError)

    /// Goes over to other settings of the same place.
    /// - Returns: the settings, as the configuration names them, that differ and that it can only take at a start.
    func use(_ settings: Settings) -> [String]

    /// Lets a successor bind an address that overlaps with its own (another interface, the same port), or no longer.
    func share(_ isShared: Bool)

    /// Takes nothing new, gives its sinks what has arrived, and returns when it has ended.
    func stop() async

    /// After `stop`: a look at what was delivered. Called again for as long as `readAgain` says that something is pending.
    func finish()

    /// What it was told to read and could not, once it has ended by itself.
    var failures: [InputError] { get }

    /// Messages taken and not delivered that a next process reads again, once `finish` was called: they are not lost.
    var readAgain: UInt64 { get }

    /// What its sockets have seen since it was opened.
    var readings: SocketReadings { get }

    /// How far it is in each file; empty for what reads none.
    var lags: [FileLag] { get }
}

/// What takes the messages of an input. The thread that owns it makes all calls.
public protocol InputSink: AnyObject, SendableMetatype {
    /// No more messages will come.
    func close()
}

/// What a listener is told.
public protocol ListenerSettings: Sendable {
    /// Whether it binds although another listener of this process still has a part of its address and shares it.
    var isShared: Bool { get set }
}

extension Listener {
    /// Sockets have no end that could come too early.
    public var failures: [InputError] { [] }

    /// Sockets are no files.
    public var lags: [FileLag] { [] }

    /// What a socket has given is gone from it.
    public var readAgain: UInt64 { 0 }
}
